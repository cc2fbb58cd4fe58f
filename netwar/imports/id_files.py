"""Ids of posts out of a file of any of the forms that people keep them in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from netwar.imports.checkpoint import Reading
from netwar.imports.opening import Content
from netwar.imports.pieces import pieces
from netwar.records.entries import Fault, shown
from netwar.records.parsing import parsed
from netwar.records.post_ids import of_table, of_value

JSON = re.compile(rb"\s*(?:[\[{]|window\.)")


def ids(content: Content) -> Iterator[tuple[int, str] | Fault]:
    """(line, id) for each post that a file names, and what names none. Raises Damaged behind all that can be read."""
    reading = Reading(content.chunks())
    if JSON.match(reading.head):
        return _of_json(reading)
    return of_table(_lines(reading.chunks()), reading.head.decode("utf-8", "replace"))


def _of_json(reading: Reading) -> Iterator[tuple[int, str] | Fault]:
    for piece in pieces(reading.head, reading.chunks()):
        try:
            found = of_value(parsed(piece.content)) if not piece.fault else []
            fault = piece.fault or "there is no id of a post in it"
        except ValueError as error:
            found, fault = [], f"it is no JSON: {error}"
        if found:
            yield from ((piece.line, id) for id in found)
        else:
            yield Fault(piece.line, shown(piece.content[:1000].decode("utf-8", "replace")), fault)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Text lines with their ends, as rows of a table may go on below."""
    rest = b""
    for chunk in chain(chunks, [b""]):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (f"{line.decode('utf-8', 'replace')}\n".replace("\0", "") for line in lines)
    if rest:
        yield rest.decode("utf-8", "replace").replace("\0", "")
