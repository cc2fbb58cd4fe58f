"""Files imported: value by value into batches, each written before its place is noted."""

from __future__ import annotations

import gc
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from netwar.archive.base import Archive, Tally
from netwar.imports import forms
from netwar.imports.checkpoint import Checkpoint, Reading
from netwar.imports.found import SHAPES, WHOLE, Found, Into, Kind, unreadable
from netwar.imports.opening import Content, Damaged
from netwar.imports.pieces import START, Piece, Place, pieces
from netwar.records.ids import posted
from netwar.records.parsing import parsed, written
from netwar.records.post_ids import is_of_users
from netwar.work.loop import gc_paused

BATCH = 1_000  # documents
BATCH_BYTES = 5 << 20
NOTE_SECONDS = 2.0
ID_LINE = re.compile(rb"""\s*["']?[0-9]{1,19}["']?\s*(?:[,;\t].*)?""", re.DOTALL)


class Rejects(Protocol):
    """Where the lines of one file go that cannot be imported."""

    @property
    def count(self) -> int:
        """How many there are."""

    def resume(self, size: int, count: int) -> None:
        """Keep so many bytes of what an earlier run put there, which are so many lines, and no more."""

    def add(self, line: int, reason: str, text: bytes) -> None:
        """One more: its line, why, and what it says."""

    def kept(self) -> int:
        """Wait until all of it is on the disk; how many bytes it has."""


@dataclass(slots=True)
class ImportProgress:
    """What was read so far: values by kind, tweets and users that they made, from when to when the tweets are (ms), what became
    of the documents, and how many of the files an earlier run had begun."""

    kinds: Counter[Kind] = field(default_factory=Counter)
    tweets: int = 0
    users: int = 0
    first: int | None = None
    last: int | None = None
    tally: Tally = field(default_factory=Tally)
    resumed: int = 0

    def add(self, batch: Found, into: Into) -> None:
        """A batch is read, and written."""
        self.kinds += batch.kinds
        tweets = [document for document in batch.documents if document.index == into.tweets]
        self.tweets += len(tweets)
        self.users += len(batch.documents) - len(tweets)
        times = [at for tweet in tweets if (at := posted(int(tweet.id)))]
        if times:
            self.first = min(times) if self.first is None else min(self.first, *times)
            self.last = max(times) if self.last is None else max(self.last, *times)


class Import:
    """Files into an index of an archive, one after the other; without an archive they are only read. `passed` is told after each
    batch how many bytes of the file on the disk were read. `garbled` is how many lines of the last file were not in UTF-8."""

    def __init__(self, archive: Archive | None, into: Into, passed: Callable[[int], None] = lambda count: None) -> None:
        self.progress = ImportProgress()
        self.garbled = 0
        self._archive = archive
        self._into = into
        self._passed = passed
        self._batch = Found()
        self._done: list[Checkpoint] = []

    def read(self, content: Content, rejects: Rejects, author: tuple[str, str] | None = None) -> None:
        """Import a file, or go on with it. `author` is whose account archive it is from, by id and screen name.

        Raises Changed where an earlier run had begun another one that began like it: read it again from the front. Raises
        Damaged behind all that can be read, which is imported then.
        """
        self.garbled = 0
        reading = Reading(content.chunks())
        ids = Kind.USER_ID if is_of_users(reading.head.decode("utf-8", "replace")) else Kind.ID
        self._into = replace(self._into, author=author, ids=ids)
        options = f"{self._into.retrieved} {self._into.author}"
        checkpoint = Checkpoint(self._archive, self._into.users, reading.head, options) if self._archive else None
        begin, *kept = checkpoint.resume(reading) if checkpoint else (START, 0, 0)
        self.progress.resumed += begin != START
        rejects.resume(*kept)
        with gc_paused():
            damaged = self._pieces(content, reading, begin, rejects, checkpoint)
        if damaged:
            raise damaged
        if checkpoint:
            self._done.append(checkpoint)

    def end(self) -> None:
        """All files are imported: nobody need go on with any of them."""
        for checkpoint in self._done:
            checkpoint.forget()

    def _pieces(
        self, content: Content, reading: Reading, begin: Place, rejects: Rejects, checkpoint: Checkpoint | None
    ) -> Damaged | None:
        """Work through the values of a file; what ended it early."""
        place, size, passed, noted = begin, 0, 0, time.monotonic()
        kept, damaged = None, None
        try:
            for piece in pieces(reading.head, reading.chunks(), begin):
                if piece.open:
                    kept = rejects.kept(), rejects.count  # without what is wrong with half a value
                self._take(piece, rejects)
                if piece.open:
                    break
                size += len(piece.content)
                place, reading.settled = piece.end, piece.end.offset
                if len(self._batch.documents) < BATCH and size < BATCH_BYTES:
                    continue
                self._write()
                self._passed(content.passed - passed)
                size, passed = 0, content.passed
                if checkpoint and time.monotonic() > noted + NOTE_SECONDS:
                    checkpoint.note(place, reading, rejects.kept(), rejects.count)
                    noted = time.monotonic()
        except Damaged as error:
            damaged = error
        self._write()
        self._passed(content.passed - passed)
        everything = rejects.kept(), rejects.count
        if checkpoint and not damaged:
            checkpoint.note(place, reading, *(kept or everything))
        return damaged

    def _take(self, piece: Piece, rejects: Rejects) -> None:
        """Add what a value makes to the batch, and put by what cannot be imported of it."""
        found = self._batch
        if piece.hole:
            rejects.add(piece.line, piece.hole, b"")
        if piece.fault:
            found.reject(piece.fault)
        elif piece.content:
            self._read(piece)
        for fault in found.faults:
            rejects.add(piece.line, fault.reason, piece.content if fault.part is WHOLE else written(fault.part))
        found.faults.clear()

    def _read(self, piece: Piece) -> None:
        found = self._batch
        try:
            value = parsed(piece.content)
        except ValueError as error:
            if ID_LINE.fullmatch(piece.content):
                found.kinds[self._into.ids] += 1
            else:
                found.reject(f"it is no JSON: {error}")
            return
        self.garbled += not _is_utf8(piece.content)
        try:
            forms.read(value, self._into, found)
        except SHAPES as error:
            found.reject(unreadable(error))

    def _write(self) -> None:
        """Write the batch: first what profiles said before, as their writing would otherwise make changes of its own."""
        batch, self._batch = self._batch, Found()
        if self._archive and batch.changes:
            self._archive.keep_changes(self._into.users, batch.changes)
        if self._archive and batch.documents:
            self.progress.tally += self._archive.write(batch.documents)
        self.progress.add(batch, self._into)
        del batch  # or Python's collector would look through all of it
        gc.collect(1)


def _is_utf8(content: bytes) -> bool:
    try:
        return content.isascii() or bool(content.decode())
    except UnicodeDecodeError:
        return False
