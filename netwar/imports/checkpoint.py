"""How far a file was imported, noted beside the archive, so that the same command goes on there.

A file is known by how it begins, and by a print of all that was read of it: under another name, packed in another way or
longer than before it is the same one, and a changed one begins anew. The note is gone when the import is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import chain
from typing import Any

from netwar.archive.base import Ledger
from netwar.imports.opening import Damaged
from netwar.imports.pieces import SNIFFED, START, Place

NOTES = "import/"


class Changed(Exception):
    """What was read of a file before is not what stands there now."""


class Reading:
    """The content of a file as it is read, with a print of what was worked through; `seen` is how much that is, but for the
    portion that is being worked through, and `settled` where the last value ended that cannot go on behind it."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._print = blake2b(digest_size=16)
        self._settled_print = self._print.copy()
        self._first = self._current = b""
        self._damaged: Damaged | None = None
        self.seen = self.settled = 0
        self._begin()
        self.head = self._first[:SNIFFED]

    def skip(self, offset: int, digest: str) -> None:
        """Pass over what an earlier run read. Raises Changed unless its print is the same."""
        while self.seen < offset and (chunk := self._first or next(self._chunks, b"")):
            taken, self._first = chunk[: offset - self.seen], chunk[offset - self.seen :]
            self._worked_through(taken)
        self.settled = offset
        if self.seen != offset or self.digest(offset) != digest:
            raise Changed

    def chunks(self) -> Iterator[bytes]:
        """What stands behind; a portion is worked through when the next one is asked for. Raises Damaged."""
        first, self._first = self._first, b""
        for chunk in chain([first], self._chunks):
            self._current = chunk
            yield chunk
            self._worked_through(chunk)
        if self._damaged:
            raise self._damaged

    def digest(self, offset: int) -> str:
        """The print of all up to an offset that lies in the portion that is being worked through, or up to what is settled."""
        if offset < self.seen:
            return self._settled_print.hexdigest()
        whole = self._print.copy()
        whole.update(self._current[: offset - self.seen])
        return whole.hexdigest()

    def _begin(self) -> None:
        try:
            while len(self._first) < SNIFFED and (chunk := next(self._chunks, b"")):
                self._first += chunk
        except Damaged as error:
            self._damaged = error

    def _worked_through(self, chunk: bytes) -> None:
        if (settled := self.settled - self.seen) >= 0:
            self._print.update(chunk[:settled])
            self._settled_print = self._print.copy()
            self._print.update(chunk[settled:])
        else:
            self._print.update(chunk)
        self.seen += len(chunk)
        self._current = b""


class Checkpoint:
    """The note of a file that begins with `head` in the ledger of an index. `options` are what else its import depends on."""

    def __init__(self, ledger: Ledger, index: str, head: bytes, options: str) -> None:
        self._ledger = ledger
        self._index = index
        self._key = NOTES + blake2b(head + options.encode(), digest_size=8).hexdigest()
        self._kept: dict[str, Any] = ledger.note(index, self._key) or {}

    def resume(self, reading: Reading) -> tuple[Place, int, int]:
        """Go on where the note says: the place, and how many bytes of rejected lines, and lines, belong to what lies before it.

        Raises Changed, and forgets the note, where the file was another one.
        """
        if not self._kept:
            return START, 0, 0
        try:
            reading.skip(self._kept["offset"], self._kept["print"])
        except (Changed, Damaged) as error:
            self.forget()
            raise Changed from error
        place = Place(self._kept["offset"], self._kept["line"], self._kept["in_array"])
        return place, self._kept["rejected"], self._kept["lines"]

    def note(self, place: Place, reading: Reading, rejected: int, lines: int) -> None:
        """Everything up to a place is in the archive, and its rejected lines are on the disk: so many bytes, so many lines."""
        told = {**place._asdict(), "print": reading.digest(place.offset), "rejected": rejected, "lines": lines}
        self._ledger.change_note(self._index, self._key, lambda before: told)

    def forget(self) -> None:
        """The import is done."""
        self._kept = {}
        self._ledger.change_note(self._index, self._key, lambda before: None)
