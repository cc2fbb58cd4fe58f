"""Files of users as people make them, read into queue entries.

A line holds one user: a numeric id (digits only), a screen name (with or without @), or the address
of a profile. Read as meant: UTF-8 or UTF-16 with or without a byte order mark, LF, CRLF or CR, blank
lines, comments from # to the end of the line, quotes, a comma or semicolon at the end of the line.
An entry is the id, or the screen name in lower case; a name that is all digits is written @123.

Spreadsheets keep 15 digits of a number and X's ids have up to 19, so a table that was opened and
saved may hold ids that belong to nobody, or worse, to somebody else. A number in scientific notation,
with a decimal part or with thousands separators is always refused. An id of 18 or 19 digits whose last
three are zeros is refused as well: that is what 15 or 16 kept digits look like. Sound ids end so once
in a thousand times; such a one is let through as the address x.com/i/user/ID, and in a file that begins with
a hundred long ids of which hardly any end so: a spreadsheet would have rounded them all. Shorter ids (accounts
made before 2016 have at most 10 digits) fit in 15 digits and cannot be damaged in this way.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from urllib.parse import parse_qs, unquote, urlsplit

from netwar.records.nobody import FAILED, PAGES, PARTS, is_empty, is_heading, is_nobody, is_taken_for_nobody

SNIFFED = 65_536
LONGEST = 4_096  # no user takes more of a line than that; the rest of it is dropped
SHOWN = 60
MAX_ID = 2**63 - 1  # X's ids are signed 64-bit numbers

NAME = re.compile(r"[A-Za-z0-9_]{1,15}")  # docs.x.com, users by username
ID = re.compile(r"[0-9]+")
NUMBER_CUT = re.compile(r"[+-]?\d+(?:[.,]\d*[eE][+-]?\d+|[eE][+-]\d+)")
NUMBER_SPLIT = re.compile(r"\d{1,3}(?:[.,'’\s]\d{3})+")
NUMBER_DECIMAL = re.compile(r"\d+(?:\.\d*|,0+)")
ADDRESS = re.compile(r"(?:https?://)?(?:www\.|mobile\.|m\.)?(?:x|twitter)\.com(?::\d+)?(?:[/?].*)?", re.IGNORECASE)
ELSEWHERE = re.compile(r"@?[\w.+-]+@[\w-]+(?:\.[\w-]+)+")  # Mastodon's addresses, and those of mail
PLAIN = re.compile(r"[A-Za-z0-9_]+")
PLAIN_NAME = re.compile(r"[0-9]{0,14}[A-Za-z_][A-Za-z0-9_]{0,14}")
LONG_ID = re.compile(r"(?<![0-9])[0-9]{18,19}(?![0-9])")
ENOUGH, HARDLY_ANY = 100, 0.02  # long ids; the part of them that may end like rounded ones
CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1c-\x1f]")
INVISIBLE = dict.fromkeys([0x1A, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)])
QUOTES = "\"'“”‘’„`<>"

HOW_TO_KEEP = "format the column as text before the file is opened, and export it again"


class NotText(ValueError):
    """The file is not a text file: nothing in it can be meant as a user."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A user as the queue takes it, the line it stood on, and how it was written there."""

    line: int
    user: str
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that names no user: what it says (at most 60 characters, nothing unprintable) and what is wrong."""

    line: int
    text: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}: {self.reason}"


def read(chunks: Iterable[bytes]) -> Iterator[Entry | Fault]:
    """The users of a file, in constant memory.

    `chunks` are its bytes in any portions, such as its lines. Raises NotText before the first entry if
    the beginning is not text.
    """
    chunks = iter(chunks)
    head = _head(chunks)
    encoding = _encoding(head)
    sound = _is_sound(head.decode(encoding, "replace"))
    first, odd = True, 0
    for number, line in enumerate(_lines(chain([head], chunks), encoding), 1):
        if len(line) <= 15 and PLAIN_NAME.fullmatch(line) and not first and not is_nobody(lower := line.lower()):
            yield Entry(number, lower, line)  # most lines of most files: the short way
            continue
        text = line if PLAIN.fullmatch(line) else _cleaned(line)
        if text:
            nobody, first = _nobody(text, first), False
            try:
                if nobody:
                    raise ValueError(nobody)
                entry = Entry(number, user(text, sound=sound), text)
            except ValueError as fault:
                yield Fault(number, shown(text), str(fault))
                continue
            if sound and _looks_damaged(entry.user):
                odd += 1
                sound = odd <= max(ENOUGH * HARDLY_ANY, number * HARDLY_ANY)
            yield entry


def text_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of any such text file; of a very long one only the beginning. Raises NotText."""
    chunks = iter(chunks)
    head = _head(chunks)
    return _lines(chain([head], chunks), _encoding(head))


def _nobody(text: str, first: bool) -> str:
    """Why a text that may look like a user is none."""
    if text.startswith("@") or text.isdigit():
        return ""
    if is_heading(text, first=first):
        return f"this is the heading of a table{_or_else(text)}"
    return f"this is what an empty cell of a table looks like{_or_else(text)}" if is_empty(text) or text.lower() in FAILED else ""


def _or_else(text: str) -> str:
    return f" (write @{text} for the user of that name)" if NAME.fullmatch(text) else ""


def _cleaned(line: str) -> str:
    """A line without what surrounds its user: comment, quotes, a comma at its end, what cannot be seen."""
    bare = line.strip(f"{QUOTES},; \t")
    if bare.lower() in FAILED:  # and no comment
        return bare
    text = line.replace("/#!/", "/").partition("#")[0].translate(INVISIBLE).strip().rstrip(",;").strip()
    return text.removeprefix("=").strip(QUOTES).strip()


def _is_sound(text: str) -> bool:
    """Whether a text has many long ids, and hardly any that end as if a spreadsheet had rounded them."""
    found: list[str] = LONG_ID.findall(text)
    return len(found) >= ENOUGH and sum(one.endswith("000") for one in found) <= HARDLY_ANY * len(found)


def are_rounded(cells: Iterable[str]) -> bool:
    """Whether long ids among the cells end in zeros, and not as seldom as sound ones do."""
    return not _is_sound("\n".join(cells))


def user(text: str, *, sound: bool = False) -> str:
    """The queue entry for an id, a screen name or a profile's address. Raises ValueError, saying what is wrong with it.

    `sound` when it stands among many ids that no spreadsheet has rounded.
    """
    if ID.fullmatch(text):
        return _id(text) if sound else _undamaged(_id(text))
    name = text.removeprefix("@")
    if NAME.fullmatch(name):
        return by_name(name)
    if ADDRESS.fullmatch(text):
        return _from_address(text)
    raise ValueError(_complaint(text))


def written(entry: str) -> str:
    """An entry so that it is read as itself, whatever stands around it."""
    if _looks_damaged(entry):
        return f"x.com/i/user/{entry}"
    return f"@{entry}" if is_taken_for_nobody(entry) else entry


def _id(digits: str) -> str:
    if digits.startswith("0"):
        raise ValueError(f"an id does not begin with 0 (write @{digits[:15]} for a screen name)")
    if len(digits) > 19 or int(digits) > MAX_ID:
        raise ValueError("this number is too large for an id")
    return digits


def _looks_damaged(entry: str) -> bool:
    return len(entry) >= 18 and entry.endswith("000") and entry.isdigit()


def _undamaged(digits: str) -> str:
    if _looks_damaged(digits):
        raise ValueError(
            f"this looks like an id whose last digits a spreadsheet replaced by zeros: {HOW_TO_KEEP} "
            f"(if the id is right, write x.com/i/user/{digits})"
        )
    return digits


def by_name(name: str) -> str:
    """The entry of a screen name: in lower case, and with @ where it is all digits."""
    return f"@{name}" if ID.fullmatch(name) else name.lower()


def _from_address(text: str) -> str:
    """x.com/NAME and what may follow it, x.com/i/user/ID, and the addresses of "follow" buttons."""
    address = urlsplit(text if "//" in text else f"//{text}")
    first, *rest = [unquote(part) for part in address.path.split("/") if part] or [""]
    if first == "i" and rest[:1] == ["user"] and len(rest) > 1 and ID.fullmatch(rest[1]):
        return _id(rest[1])
    button = first == "intent" and rest in (["user"], ["follow"])
    asked = parse_qs(address.query) if button else {}
    if ID.fullmatch(id_ := asked.get("user_id", [""])[0]):
        return _id(id_)
    name = (asked.get("screen_name", [""])[0] if button else first).removeprefix("@")
    known = button or not rest or rest[0].lower() in PARTS
    if not NAME.fullmatch(name) or name.lower() in PAGES or not known:
        raise ValueError("this address is not that of a profile")
    return by_name(name)


def _complaint(text: str) -> str:
    """Why a text is neither an id nor a name."""
    if NUMBER_CUT.fullmatch(text):
        return f"a spreadsheet cut this id to a few digits: {HOW_TO_KEEP}"
    if NUMBER_SPLIT.fullmatch(text):
        return f"an id has no thousands separators: {HOW_TO_KEEP}"
    if NUMBER_DECIMAL.fullmatch(text):
        return f"an id has no decimals, so a program took this one for a quantity and may have rounded it: {HOW_TO_KEEP}"
    if ELSEWHERE.fullmatch(text):
        return "this is a name at another service, or an e-mail address"
    if any(separator in text for separator in (",", ";", "\t")):
        return "more than one value on the line: keep only the column of the users"
    if "://" in text or text.lower().startswith("www."):
        return "this address is not at x.com or twitter.com"
    if re.fullmatch(r"@?\w{16,}", text, re.ASCII):
        return f"a screen name has at most 15 characters, this has {len(text.removeprefix('@'))}"
    return "a screen name has only letters a-z, digits and _"


def _lines(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    """The lines of a file whatever ends them; of a very long one only the beginning."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    pending = ""
    for chunk in chunks:
        *lines, pending = (pending + decoder.decode(chunk)).split("\n")
        pending = pending[:LONGEST]
        yield from lines
    yield from (pending + decoder.decode(b"", final=True)).split("\n")


def _head(chunks: Iterator[bytes]) -> bytes:
    head = bytearray()
    for chunk in chunks:
        head += chunk
        if len(head) >= SNIFFED:
            break
    return bytes(head)


def _encoding(head: bytes) -> str:
    """How the text is written. Bytes that are no UTF-8 but do no other harm are an old 8-bit encoding: users are
    ASCII in any case. Raises NotText."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text, encoding = head.decode("utf-16", "replace"), "utf-16"
    else:
        text, encoding = head.decode("utf-8", "replace"), "utf-8-sig"
    if CONTROL.search(text):
        raise NotText("this is not a text file: save the users as plain text or CSV, one a line")
    return encoding


def shown(text: str) -> str:
    """A line as a message repeats it: at most 60 characters, nothing unprintable."""
    cut = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return "".join(letter if letter.isprintable() else "�" for letter in cut)
