"""One recorded tweet, found in whichever index has it."""

from __future__ import annotations

import re
from typing import Any

from netwar.cli import click
from netwar.cli.output import as_json, echo
from netwar.cli.services import Services
from netwar.cli.show import tweet
from netwar.errors import NetwarError, left_out

ADDRESSED = re.compile(r"(?:^|/status(?:es)?/)(\d{1,20})(?:\D|$)")


def show(services: Services, given: str, index: str | None, *, json: bool) -> None:
    """Print the tweet of a number or an address. Raises NetwarError where no index has it, saying which could not be read."""
    from netwar.profiles.identity import Authors

    number = ADDRESSED.search(given.strip())
    if number is None:
        raise click.UsageError(f"{given[:60]!r} is not a tweet's id or address")
    unread: dict[str, NetwarError] = {}
    copies: dict[str, dict[str, Any]] = {}
    searched: list[str] = []
    for name in [services.recorded("tw", index)] if index else _recorded(services, unread):
        try:
            found = services.archive.get(name, [number[1]])
        except NetwarError as error:
            unread[name] = error
            continue
        searched.append(name)
        for document in found.values():
            copies[name] = document
    if not copies:
        told = f"tweet {number[1]} is not recorded in {', '.join(searched) or 'any index'}"
        raise left_out(told, unread.values(), everything=not searched)
    name = max(copies, key=lambda name: _worth(copies[name]))
    document = copies[name]
    echo(as_json(document) if json else f"{tweet(document, Authors(services.archive, name).name(document))}\t{name}")


def _worth(document: dict[str, Any]) -> tuple[bool, str]:
    """As copies are compared within an index: what was asked for says more than what came along, and the newer is right."""
    note = document.get("netwar")
    note = note if isinstance(note, dict) else {}
    return note.get("via") != "reference", str(note.get("retrieved") or "")


def _recorded(services: Services, unread: dict[str, NetwarError]) -> list[str]:
    """The indices of tweets; usertest has none, so it does not matter whether it can be read."""
    from netwar.records.documents import USERTEST

    names = [name for name in services.archive.indices(left_out=unread) if name.startswith("tw")]
    unread.pop(USERTEST, None)
    return names
