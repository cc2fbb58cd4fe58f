"""What curl must be told to ask Elasticsearch as we do: lines of its configuration (curl -K), read from standard input.

Source: curl's manual, --config: values in double quotes, with a backslash before a backslash and a double quote.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from netwar.cli.services import Services
from netwar.errors import ConfigError

if TYPE_CHECKING:
    from netwar.config import Settings

ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\v": r"\v"})


def lines(services: Services, path: str | None) -> Iterator[str]:
    """The configuration, with an address for the path if one is given.

    Raises ConfigError where no Elasticsearch is named, and with a path what is wrong with the server there.
    """
    settings = services.settings
    if not settings.elksg:
        raise ConfigError(f"{settings.path} names no Elasticsearch: write  elksg = HOST  under [STREAM]")
    yield from _credentials(settings)
    if settings.elksgca:
        from netwar.connections.tls import check_file

        check_file(settings.elksgca, "elksgca")
        yield _line("cacert", str(settings.elksgca))
        yield _line("proto", "=https")  # else an address in clear is told the password
    if path is not None:
        from netwar.connections.elastic import address

        yield "globoff"  # else curl takes [ and { for lists of addresses
        yield _line("url", f"{address(settings)}/{quote(path.removeprefix('/'), safe=string.punctuation)}")


def _credentials(settings: Settings) -> Iterator[str]:
    if settings.elksgkey:
        from netwar.connections.elastic import api_key

        yield _line("header", f"Authorization: ApiKey {api_key(settings.elksgkey)}")
    elif settings.elksguser:
        yield _line("user", f"{settings.elksguser}:{settings.elksgpass or ''}")


def _line(option: str, value: str) -> str:
    return f'{option} = "{value.translate(ESCAPED)}"'
