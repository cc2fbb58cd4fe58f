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
STRUCTURED = re.compile(rb"\s*(?:window\.[\w.]+\s*=\s*)?(\[|\{\s*(?:\n|\Z))")
IN_STRING, INSIDE, BETWEEN = re.compile(rb'["\\]'), re.compile(rb'["{}\[\]]'), re.compile(rb'["{}\[\],]')


class Place(NamedTuple):
    """Where reading goes on: behind so many bytes of content, on this line."""

    offset: int
    line: int


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
    structured = STRUCTURED.match(head)
    if structured:
        return _Brackets(begin, in_array=structured[1] == b"[").values(chunks)
    return _lines(chunks, begin)


class _Held:
    """What came so far of a value that goes on."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._kept = self.length = self.lines = 0

    def add(self, part: bytes) -> None:
        """One more part; of a value that never ends so much is kept that it can be told."""
        self.length += len(part)
        self.lines += part.count(b"\n")
        if self._kept <= LONGEST:
            self._parts.append(part)
            self._kept += len(part)

    def take(self) -> tuple[bytes, str]:
        """What was held, and what is wrong with it."""
        content, fault = b"".join(self._parts)[:LONGEST], TOO_LONG if self.length > LONGEST else ""
        self._parts.clear()
        self._kept = self.length = self.lines = 0
        return content, fault


def _lines(chunks: Iterable[bytes], begin: Place) -> Iterator[Piece]:
    offset, number = begin
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
    """Cuts by brackets: the elements of an array, or objects that follow each other."""

    def __init__(self, begin: Place, *, in_array: bool) -> None:
        self._base = int(in_array)
        self._depth = self._base if begin.offset else 0
        self._offset, self._line = begin
        self._in_string = self._escaped = False
        self._held = _Held()

    def values(self, chunks: Iterable[bytes]) -> Iterator[Piece]:
        """Each value, in their order."""
        for chunk in chunks:
            yield from self._cut(chunk)
            self._offset += len(chunk)
        is_open = self._depth > self._base or self._in_string
        if self._depth or not self._base:
            for piece in self._closed(0):
                if piece.content.strip(BLANK + b";"):
                    yield piece._replace(fault=piece.fault or (CUT_OFF if is_open else ""))

    def _cut(self, chunk: bytes) -> Iterator[Piece]:
        start, at = 0, int(self._escaped)
        self._escaped = False
        while found := self._next_sign().search(chunk, at):
            at, sign = found.end(), found[0]
            if self._in_string or sign == b'"':
                at = self._quoted(sign, at, len(chunk))
            elif sign in b"{[":
                self._depth += 1
                if self._depth == self._base:  # what stands before an array is no element
                    self._line += self._held.lines + chunk.count(b"\n", start, at)
                    self._held.take()
                    start = at
            else:
                if self._ends(sign):
                    self._held.add(chunk[start : at if not self._base else at - 1])
                    start = at
                    yield from self._closed(at)
                self._depth = max(self._depth - (sign != b","), 0)
        self._held.add(chunk[start:])

    def _next_sign(self) -> re.Pattern[bytes]:
        if self._in_string:
            return IN_STRING
        return BETWEEN if self._depth == self._base == 1 else INSIDE

    def _quoted(self, sign: bytes, at: int, end: int) -> int:
        """Where to look on after a quote, or after a backslash within quotes."""
        if sign == b'"':
            self._in_string = not self._in_string
            return at
        self._escaped = at == end
        return at + 1

    def _ends(self, sign: bytes) -> bool:
        """Whether a closing bracket or comma ends a value."""
        return sign == b"," or self._depth == 1

    def _closed(self, at: int) -> Iterator[Piece]:
        """The value that ends at a place of the chunk, unless it is nothing."""
        first = self._line
        self._line += self._held.lines
        content, fault = self._held.take()
        bare = content.lstrip(BLANK + b",")
        if bare.strip(BLANK):
            before = content.count(b"\n", 0, len(content) - len(bare))
            yield Piece(first + before, Place(self._offset + at, self._line), bare.rstrip(BLANK), fault)
