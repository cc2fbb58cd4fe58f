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
    """The content of a file as it is read, with a print of the portions that were worked through."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._print = blake2b(digest_size=16)
        self._first = b""
        self._damaged: Damaged | None = None
        self.seen = 0
        self._begin()
        self.head = self._first[:SNIFFED]

    def skip(self, offset: int, seen: int, digest: str) -> None:
        """Pass over what an earlier run read. Raises Changed unless its print is the same."""
        self._hash(seen)
        if self.seen != seen or self.digest != digest:
            raise Changed
        self._hash(offset - seen)
        if self.seen != offset:
            raise Changed

    def chunks(self) -> Iterator[bytes]:
        """What stands behind; a portion counts as worked through when the next one is asked for. Raises Damaged."""
        first, self._first = self._first, b""
        for chunk in chain([first], self._chunks):
            yield chunk
            self._worked_through(chunk)
        if self._damaged:
            raise self._damaged

    @property
    def digest(self) -> str:
        """The print of the first `seen` bytes."""
        return self._print.hexdigest()

    def _begin(self) -> None:
        try:
            while len(self._first) < SNIFFED and (chunk := next(self._chunks, b"")):
                self._first += chunk
        except Damaged as error:
            self._damaged = error

    def _hash(self, count: int) -> None:
        while count > 0 and (chunk := self._first or next(self._chunks, b"")):
            taken, self._first = chunk[:count], chunk[count:]
            self._worked_through(taken)
            count -= len(taken)

    def _worked_through(self, chunk: bytes) -> None:
        self._print.update(chunk)
        self.seen += len(chunk)


class Checkpoint:
    """The note of a file that begins with `head` in the ledger of an index. `options` are what else its import depends on."""

    def __init__(self, ledger: Ledger, index: str, head: bytes, options: str) -> None:
        self._ledger = ledger
        self._index = index
        self._key = NOTES + blake2b(head + options.encode(), digest_size=8).hexdigest()
        self._kept: dict[str, Any] = ledger.note(index, self._key) or {}

    def resume(self, reading: Reading) -> tuple[Place, int]:
        """Go on where the note says: the place, and how many bytes of rejected lines belong to what lies before it.

        Raises Changed, and forgets the note, where the file was another one.
        """
        if not self._kept:
            return START, 0
        try:
            reading.skip(self._kept["offset"], self._kept["seen"], self._kept["print"])
        except (Changed, Damaged) as error:
            self.forget()
            raise Changed from error
        return Place(self._kept["offset"], self._kept["line"]), self._kept["rejected"]

    def note(self, place: Place, reading: Reading, rejected: int) -> None:
        """Everything up to a place is in the archive, and its rejected lines are on the disk."""
        told = {**place._asdict(), "seen": reading.seen, "print": reading.digest, "rejected": rejected}
        self._ledger.change_note(self._index, self._key, lambda before: told)

    def forget(self) -> None:
        """The import is done."""
        self._kept = {}
        self._ledger.change_note(self._index, self._key, lambda before: None)
