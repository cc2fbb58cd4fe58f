"""The values of a file one by one, each with its place, in constant memory however long the file, a line or an array is.

JSON lines are cut at their ends, so that a broken line spoils nothing but itself. An array (X's account archive, other
tools) and objects written over several lines are cut by their brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LONGEST = 16 << 20  # bytes of a value: three times the longest page of X, 500 posts with all that comes along
TOO_LONG = (
    f"it has more than {LONGEST >> 20} MiB, and X sends nothing as long: are its posts on lines of their own, or in an array?"
)
CUT_OFF = "the file ends in the midst of it: what stands from here on was not read"
SNIFFED = 1 << 16
BLANK = b" \t\r\n\x1e\x00"  # \x1e begins a record of RFC 7464
# An array, perhaps behind the name that X's account archive gives it, or an object that goes on below.
STRUCTURED = re.compile(rb"\s*(?:window\.[\w.]+\s*=\s*)?(?:\[|\{\s*(?:\n|\Z))")
BETWEEN_VALUES = re.compile(rb"[\s,;\x00\x1e]*(?:window\.[\w.]+\s*=)?[\s,;\x00\x1e]*")
IN_STRING, INSIDE, BETWEEN = re.compile(rb'["\\]'), re.compile(rb'["{}\[\]]'), re.compile(rb'["{}\[\],]')


class Place(NamedTuple):
    """Where reading goes on: behind so many bytes of content, on this line, and whether within an array."""

    offset: int
    line: int
    in_array: bool = False


class Piece(NamedTuple):
    """A value as it stands in the file: the line that it begins on, the place behind it, its bytes, and what is wrong with it,
    if anything; of one that is too long there is only the beginning."""

    line: int
    end: Place
    content: bytes
    fault: str = ""


START = Place(0, 1)


def pieces(head: bytes, chunks: Iterable[bytes], begin: Place = START) -> Iterator[Piece]:
    """The values of a file. `head` is how it begins, up to SNIFFED bytes, `chunks` is all that stands behind `begin`."""
    return _Brackets(begin).values(chunks) if STRUCTURED.match(head) else _lines(chunks, begin)


class _Held:
    """What came so far of a value that goes on."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._kept = self.length = self.lines = 0

    def add(self, part: bytes) -> None:
        """One more part; of a value that never ends so much is kept that it can be told."""
        self.length += len(part)
        self.lines += part.count(b"\n")
        if self._kept < LONGEST:
            self._parts.append(part[: LONGEST - self._kept])
            self._kept += len(self._parts[-1])

    def take(self) -> tuple[bytes, str]:
        """What was held, and what is wrong with it."""
        content, fault = b"".join(self._parts), TOO_LONG if self.length > LONGEST else ""
        self._parts.clear()
        self._kept = self.length = self.lines = 0
        return content, fault


def _lines(chunks: Iterable[bytes], begin: Place) -> Iterator[Piece]:
    offset, number, _ = begin
    held = _Held()
    for chunk in chunks:
        *ended, last = chunk.split(b"\n")
        for line in ended:
            held.add(line)
            offset += held.length + 1
            content, fault = held.take()
            if content.strip(BLANK):
                yield Piece(number, Place(offset, number + 1), content, fault)
            number += 1
        held.add(last)
    offset += held.length
    content, fault = held.take()
    if content.strip(BLANK):
        yield Piece(number, Place(offset, number), content, fault)


class _Brackets:
    """Cuts by brackets: the elements of arrays, and objects that follow each other."""

    def __init__(self, begin: Place) -> None:
        self._offset, self._line, self._in_array = begin
        self._depth = int(self._in_array)
        self._in_string = self._escaped = False
        self._held = _Held()

    def values(self, chunks: Iterable[bytes]) -> Iterator[Piece]:
        """Each value, in their order."""
        for chunk in chunks:
            yield from self._cut(chunk)
            self._offset += len(chunk)
        fault = CUT_OFF if self._depth or self._in_string else ""
        yield from self._closed(0, fault)

    def _cut(self, chunk: bytes) -> Iterator[Piece]:
        start, at = 0, int(self._escaped)
        self._escaped = False
        while found := self._next_sign().search(chunk, at):
            at, sign = found.end(), found[0]
            if self._in_string or sign == b'"':
                at = self._quoted(sign, at, len(chunk))
                continue
            if sign in b"{[":
                begins, ends = self._depth == 0 and sign == b"[", False
                self._depth += 1
            else:
                begins, ends = False, self._depth == 1
                self._depth = max(self._depth - (sign != b","), 0)
            if begins or ends:
                self._held.add(chunk[start : at - (begins or self._in_array)])
                start = at
                self._in_array = begins or (self._in_array and self._depth > 0)
                yield from self._closed(at)
        self._held.add(chunk[start:])

    def _next_sign(self) -> re.Pattern[bytes]:
        if self._in_string:
            return IN_STRING
        return BETWEEN if self._in_array and self._depth == 1 else INSIDE

    def _quoted(self, sign: bytes, at: int, end: int) -> int:
        """Where to look on after a quote, or after a backslash within quotes."""
        if sign == b'"':
            self._in_string = not self._in_string
            return at
        self._escaped = at == end
        return at + 1

    def _closed(self, at: int, fault: str = "") -> Iterator[Piece]:
        """The value that ends at a place of the chunk, unless there is nothing and nothing is wrong."""
        first = self._line
        self._line += self._held.lines
        content, too_long = self._held.take()
        between = BETWEEN_VALUES.match(content)
        bare = content[between.end() if between else 0 :].rstrip(BLANK)
        if bare or fault:
            place = Place(self._offset + at, self._line, self._in_array)
            yield Piece(first + content.count(b"\n", 0, between.end() if between else 0), place, bare, too_long or fault)
