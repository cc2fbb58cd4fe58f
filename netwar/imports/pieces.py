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
HOLE = 16  # zero bytes in a row; single ones end the records of some tools
BLANK = b" \t\r\n\x1e\x00"  # \x1e begins a record of RFC 7464
# An array, perhaps behind the name that X's account archive gives it, or an object that goes on below.
STRUCTURED = re.compile(rb"\s*(?:window\.[\w.]+\s*=\s*)?(?:\[|\{\s*(?:\n|\Z))")
BETWEEN_VALUES = re.compile(rb"[\s,;\x00\x1e]*(?:window\.[\w.]+\s*=)?[\s,;\x00\x1e]*")
NOTHING = re.compile(rb"[\s,]*")  # millions of commas in a row would each end a value
IN_STRING, INSIDE, BETWEEN = re.compile(rb'["\\]'), re.compile(rb'["{}\[\]]'), re.compile(rb'["{}\[\],]')


class Place(NamedTuple):
    """Where reading goes on: behind so many bytes of content, on this line, and whether within an array."""

    offset: int
    line: int
    in_array: bool = False


class Piece(NamedTuple):
    """A value as it stands in the file: the line that it begins on, the place behind it, its bytes, and what is wrong with it,
    if anything; of one that is too long there is only the beginning. `zeros` is how many zero bytes stand around it; where
    they are many, there may be no value. It is `open` where the file ends with it: in one that has grown it may go on."""

    line: int
    end: Place
    content: bytes
    fault: str = ""
    zeros: int = 0
    open: bool = False

    @property
    def hole(self) -> str:
        """What is to be said of the zeros, empty for nothing."""
        found = f"{self.zeros:,} zero bytes stand here: a hole, as a crash or a full disk leaves it, and what was there is lost"
        return found if self.zeros >= HOLE else ""


START = Place(0, 1)


def pieces(head: bytes, chunks: Iterable[bytes], begin: Place = START) -> Iterator[Piece]:
    """The values of a file. `head` is how it begins, up to SNIFFED bytes, `chunks` is all that stands behind `begin`."""
    return _Brackets(begin).values(chunks) if STRUCTURED.match(head) else _lines(chunks, begin)


class _Held:
    """What came so far of a value that goes on: how long it is with the blanks before it, how many lines end in it, and how many
    of those before it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._kept = self._length = self._zeros = 0
        self.length = self.lines = self.before = 0

    def add(self, part: bytes) -> None:
        """One more part; of a value that never ends so much is kept that it can be told."""
        self.length += len(part)
        self.lines += part.count(b"\n")
        if not self._length:
            bare = part.lstrip(BLANK)
            if blanks := len(part) - len(bare):
                self._zeros += part.count(b"\0", 0, blanks)
                self.before += part.count(b"\n", 0, blanks)
            part = bare
        self._length += len(part)
        if self._kept < LONGEST:
            self._parts.append(part[: LONGEST - self._kept])
            self._kept += len(self._parts[-1])

    def take(self) -> tuple[bytes, str, int]:
        """What was held without the blanks around it, what is wrong with it, and how many of those were zeros."""
        content, fault = b"".join(self._parts), TOO_LONG if self._length > LONGEST else ""
        bare = content.rstrip(BLANK)
        zeros = self._zeros + content.count(b"\0", len(bare))
        self._parts.clear()
        self._kept = self._length = self._zeros = self.length = self.lines = self.before = 0
        return bare, fault, zeros


def _lines(chunks: Iterable[bytes], begin: Place) -> Iterator[Piece]:
    offset, number, _ = begin
    held = _Held()
    for chunk in chunks:
        *ended, last = chunk.split(b"\n")
        for line in ended:
            held.add(line)
            offset += held.length + 1
            content, fault, zeros = held.take()
            if content or fault or zeros >= HOLE:
                yield Piece(number, Place(offset, number + 1), content, fault, zeros)
            number += 1
        held.add(last)
    offset += held.length
    content, fault, zeros = held.take()
    if content or fault or zeros >= HOLE:
        yield Piece(number, Place(offset, number), content, fault, zeros, open=True)


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
        for piece in self._closed(0, fault):
            yield piece._replace(open=True)

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
                at = NOTHING.match(chunk, at).end() if self._in_array else at  # type: ignore[union-attr]
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
        first, self._line = self._line + self._held.before, self._line + self._held.lines
        content, too_long, zeros = self._held.take()
        between = BETWEEN_VALUES.match(content)
        begins = between.end() if between else 0
        zeros += content.count(b"\0", 0, begins)
        if content[begins:] or too_long or fault or zeros >= HOLE:
            place = Place(self._offset + at, self._line, self._in_array)
            yield Piece(first + content.count(b"\n", 0, begins), place, content[begins:], too_long or fault, zeros)
