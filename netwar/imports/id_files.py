"""Ids of posts out of a file of any of the forms that people keep them in."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator

from netwar.imports.checkpoint import Reading
from netwar.imports.opening import Content
from netwar.imports.pieces import HOLE, pieces
from netwar.records.entries import Fault, shown
from netwar.records.parsing import parsed
from netwar.records.post_ids import of_table, of_value

JSON = re.compile(rb"\s*(?:[\[{]|window\.)")
HOLES = re.compile(f"\0{{{HOLE},}}")
LONGEST = 4 << 20  # letters of a line of a table: four of the longest cells


def ids(content: Content) -> Iterator[tuple[int, str] | Fault]:
    """(line, id) for each post that a file names, and what names none. Raises Damaged behind all that can be read."""
    reading = Reading(content.chunks())
    if JSON.match(reading.head):
        return _of_json(reading)
    head = reading.head.decode("utf-8", "replace")
    return of_table(_lines(reading.chunks()), head.replace("\r\n", "\n").replace("\r", "\n"))


def _of_json(reading: Reading) -> Iterator[tuple[int, str] | Fault]:
    for piece in pieces(reading.head, reading.chunks()):
        if piece.hole:
            yield Fault(piece.line, "", piece.hole)
        if not piece.content and not piece.fault:
            continue
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
    """Text lines with their ends, whatever these were, as rows of a table may go on below; of a very long one only the
    beginning."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
    rest = ""
    for chunk in chunks:
        first, *others = decoder.decode(chunk).split("\n")
        rest += first[: LONGEST - len(rest)]
        if others:
            yield from (f"{_bare(line)}\n" for line in (rest, *others[:-1]))
            rest = others[-1][:LONGEST]
    if rest := rest + decoder.decode(b"", final=True):
        yield _bare(rest)


def _bare(line: str) -> str:
    """A line without zeros; a hole makes an unreadable one of it, as there was more."""
    return HOLES.sub("\ufffd", line).replace("\0", "") if "\0" in line else line
