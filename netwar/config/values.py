"""From the text of a configuration file to values.

Each reader raises ValueError with the rest of a sentence that begins with the key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from netwar.config.loopback import loopback


class Place(NamedTuple):
    """Where a setting was found: `~` is `home`, and a relative path begins at `folder`."""

    home: Path
    folder: Path


Reader = Callable[[str, Place], Any]


QUOTES = "\"'`“”„‟‘’‚«»"
COMMENT = re.compile(r"\s[#;]")
PASSWORD = re.compile(r"(?<=://)\S*@|(?<!\S)[^/\s]*@")  # user:password@ of an address, also of one that is written wrong
QUERY = re.compile(r"\?\S*")  # of an address: ?apikey=…
VARIABLE = re.compile(r"\$\{?[A-Za-z_]\w*\}?")


def text(given: str, place: Place) -> str | None:
    """One line of any text; None when empty. It is taken as it stands: what a shell would take away is a fault."""
    password(given, place)
    if COMMENT.search(given):
        raise ValueError("has a comment behind it, which would be a part of it: give the comment a line of its own")
    return given or None


def password(given: str, _: Place) -> str | None:
    """The same, but that " #" may well be a part of it."""
    if "\n" in given:
        raise ValueError("continues over several lines: begin the next key at the start of its line")
    if unseen := next((letter for letter in given if not letter.isprintable()), None):
        raise ValueError(f"has an invisible character in it (U+{ord(unseen):04X}): type it again")
    if len(given) > 1 and given[0] in QUOTES and given[-1] in QUOTES:
        raise ValueError("is in quotes, which would be a part of it: write it without")
    return given or None


def word(given: str, place: Place) -> str | None:
    """Text without blanks: a name, an address."""
    password(given, place)
    if len(given.split()) > 1:
        raise ValueError("has a space in it (a comment needs a line of its own)")
    return given or None


def token(given: str, place: Place) -> str | None:
    """A key of X's or of Elasticsearch's."""
    word(given, place)
    sound_token(given)
    return given or None


def sound_token(given: str) -> None:
    """Raise ValueError for a key with letters that no key has: word processors make other dashes and quotes of it."""
    if other := next((letter for letter in given if not letter.isascii() or not letter.isprintable() or letter in QUOTES), None):
        raise ValueError(f"has a character in it that no key has (U+{ord(other):04X}): copy it again from where it was shown")


def filled(given: str) -> None:
    """Raise ValueError for a value that counts on a shell."""
    if variable := VARIABLE.search(given):
        raise ValueError(
            f"has {variable[0][:30]} in it, which is not expanded here: write out what it stands for (~ is the home folder)"
        )


def unused(_given: str, _: Place) -> None:
    """A key that old files have and nothing needs any more."""


def one_of(*choices: str) -> Reader:
    def read(given: str, _: Place) -> str | None:
        if given and given.lower() not in choices:
            raise ValueError(f"must be {' or '.join(choices)}, not {shown(given)}")
        return given.lower() or None

    return read


def number(least: int, most: int) -> Reader:
    def read(given: str, _: Place) -> int | None:
        if not given:
            return None
        digits = given.removesuffix("%").strip()
        if not (digits.isascii() and digits.isdigit() and least <= int(digits[:12]) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}, not {shown(given)}")
        return int(digits)

    return read


def dollars(given: str, _: Place) -> int | None:
    """Dollars to micro-dollars, exactly."""
    from decimal import Decimal, DecimalException

    if not given:
        return None
    try:
        micro = Decimal(given.removeprefix("$").strip()) * 1_000_000
        if micro.is_finite() and 0 <= micro <= 10**15 and micro == int(micro):
            return int(micro)
    except DecimalException:
        pass
    raise ValueError(f"must be dollars a day such as 5 or 2.50, not {shown(given)}")


def path(given: str, place: Place) -> Path | None:
    """A path, made absolute: ~ is the home folder, a relative one begins at the configuration file's folder."""
    if not text(given, place):
        return None
    filled(given)
    if given == "~" or given.startswith("~/"):
        return place.home / given[2:]
    return place.folder.absolute() / os.path.expanduser(given)


def address(given: str, _: Place) -> str | None:
    """The address of an API. Keys travel there, so it must be https, unless it is this machine."""
    from urllib.parse import urlsplit

    if not given:
        return None
    parts = urlsplit(given)
    try:
        plain = parts.port != 0 and parts.scheme in ("http", "https") and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        plain = False  # a port that is no number
    host = parts.hostname
    if not host or not plain or len(given.split()) > 1:
        raise ValueError("must be an address such as https://api.x.com")
    if parts.scheme == "http" and not loopback(host):
        raise ValueError(f"must begin with https:// (http would show the keys to everybody on the way to {host})")
    return given.rstrip("/")


def proxy(given: str, place: Place) -> str | None:
    """The address of a proxy, as http://HOST:PORT. It is told nothing but X's name: TLS goes through it, to X.

    `none` is none, even where the file read first names one.
    """
    from urllib.parse import urlsplit

    if given in ("", "none"):
        return None
    text(given, place)
    filled(given)
    parts = urlsplit(given if "://" in given else f"http://{given}")
    try:
        plain = parts.scheme == "http" and parts.port and parts.path in ("", "/") and not (parts.query or parts.fragment)
    except ValueError:
        plain = False  # a port that is no number
    if "@" in parts.netloc:
        raise ValueError(
            "must not hold a user and a password, which would go there in clear text: run a forwarder on this machine that "
            "signs in (such as cntlm), and name that"
        )
    if not plain or not parts.hostname or len(given.split()) > 1:
        raise ValueError(f"must be an address such as http://proxy.example.org:3128, not {shown(given)}")
    return f"http://{parts.netloc}"


def servers(given: str, place: Place) -> str | None:
    """Servers, each as host, host:port or an address with http or https; blanks or commas between them. Put apart by blanks.

    `none` is none, even where the file read first names some.
    """
    from urllib.parse import urlsplit

    text(given, place)
    filled(given)
    found = given.replace(",", " ").split()
    if found == ["none"]:
        return None
    for one in found:
        parts = urlsplit(one if "://" in one else f"//{one}")
        try:
            plain = parts.port != 0 and parts.scheme in ("", "http", "https") and parts.path in ("", "/")
        except ValueError:
            plain = False  # a port that is no number
        if parts.username or parts.password:
            raise ValueError("must not hold a user and a password: they have keys of their own")
        if not plain or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"must be hosts such as search.example.org or https://10.0.0.1:9200, not {shown(one)}")
    return " ".join(found) or None


def neo4j(given: str, place: Place) -> str | None:
    """The address of a Neo4j server as bolt://HOST:PORT, or bolt+s:// with TLS; `none` is none.

    A host, host:port, or an address as its own tools write it. What is written +ssc there is refused: it verifies nothing.
    """
    from urllib.parse import urlsplit

    if word(given, place) in (None, "none"):
        return None
    filled(given)
    parts = urlsplit(given if "://" in given else f"bolt://{given}")
    scheme = parts.scheme.replace("neo4j", "bolt")
    if scheme.endswith("+ssc"):
        raise ValueError("must not begin with +ssc, which checks no certificate: write bolt+s:// and name its CA as neo4jca")
    try:
        port = 7687 if parts.port is None else parts.port
        plain = port and scheme in ("bolt", "bolt+s") and parts.path in ("", "/") and not (parts.query or parts.fragment)
    except ValueError:
        plain = False  # a port that is no number
    if parts.username or parts.password:
        raise ValueError("must not hold a user and a password: they have keys of their own")
    if not plain or not parts.hostname:
        raise ValueError(f"must be a host, or an address such as bolt://graph.example.org:7687, not {shown(given)}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{scheme}://{host}:{port}"


def redis_url(given: str, place: Place) -> str | None:
    """The address of a Redis server, as text; see netwar.config.redis_address."""
    from netwar.config.redis_address import parsed

    if word(given, place):
        parsed(given)
    return given or None


def redis_host(given: str, place: Place) -> str | None:
    """The name of a host, or the path of a socket."""
    filled(given)
    if word(given, place) and "://" in given:
        raise ValueError("must be the name of a host: write an address as redisurl")
    if given.count(":") == 1 and not given.startswith("/"):
        raise ValueError("must be the name of a host alone: write its port as redisport")
    return given or None


def name(given: str) -> str:
    """The name of a section or key in a message. What does not look like one is not repeated: it may be a secret."""
    from re import fullmatch

    return given if fullmatch(r"[A-Za-z_ .-]{1,30}", given) else "..."


def shown(given: str) -> str:
    """A faulty value in a message: short, on one line, and without what may be a secret."""
    public = without_password(given)
    return repr(public if len(public) <= 30 else public[:30] + "…")


def without_password(given: str) -> str:
    """A value without user:password@ and ?apikey=… of addresses in it, also of those that are written wrong."""
    return QUERY.sub("", PASSWORD.sub("", given))
