"""The batches of a stream into the archive: documents and coverage in one step, in their order, however often it takes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from threading import Event, Lock

from netwar.archive.base import Archive
from netwar.archive.marks import Period
from netwar.coverage import Span
from netwar.errors import NetwarError
from netwar.records.documents import Document, tweets_index, users_index
from netwar.records.ids import number, posted
from netwar.records.pages import Page, documents
from netwar.streams.batches import Batch, Torn
from netwar.streams.counters import Counters
from netwar.streams.coverage import SKEW
from netwar.streams.segments import Backlog

log = logging.getLogger("netwar.streams")

WAITS = (0.5, 1.0, 2.0, 5.0, 10.0)  # seconds between two tries while the archive is away

Chore = Callable[[Archive], None]
Aside = Callable[[Sequence[tuple[bytes, str]]], None]
Newcomers = Callable[[str, Sequence[str]], None]  # authors of a capture (index) who are not recorded


class Writer:
    """Writes batches, for one thread, the only one that uses the archive. `account` is whose keys bought the posts."""

    def __init__(
        self, archive: Archive, account: str, counters: Counters, aside: Aside, now: Callable[[], int], newcomers: Newcomers
    ) -> None:
        self._archive, self._account, self._counters = archive, account, counters
        self._aside, self._now, self._newcomers = aside, now, newcomers
        self.once: Collection[str] = ()  # captures whose authors do not come along
        self._certain = 0  # what was made before that may be missing
        self._torn = False
        self._chores: dict[str, Chore] = {}
        self._lock = Lock()
        self.away = ""  # why the archive takes nothing now

    def chore(self, key: str, do: Chore) -> None:
        """Something small to be noted in the archive, as soon as it can be; the newest of a key alone."""
        with self._lock:
            self._chores.pop(key, None)
            self._chores[key] = do

    def work(self, backlog: Backlog, stop: Event, *, until_empty: bool = False) -> None:
        """Write until told to stop, or until nothing waits."""
        tries = 0
        while not stop.is_set() and (backlog.waiting or not until_empty):
            try:
                self._step(backlog, 0.5)
                tries, self.away = 0, ""
            except NetwarError as error:
                if not self.away:
                    log.warning("posts go to segments on disk, as the archive does not take them: %s", error)
                self.away = str(error)
                backlog.to_disk()
                stop.wait(WAITS[min(tries, len(WAITS) - 1)])
                tries += 1

    def finish(self, backlog: Backlog, seconds: float) -> bool:
        """Write what waits, for so long; whether all is written."""
        until = time.monotonic() + seconds
        try:
            while backlog.waiting and time.monotonic() < until:
                self._step(backlog, 0.0)
            self._do_chores()
        except NetwarError as error:
            log.warning("what waits stays in segments for the next run: %s", error)
        return not backlog.waiting

    def _step(self, backlog: Backlog, seconds: float) -> None:
        self._do_chores()
        try:
            batch = backlog.first(seconds)
        except Torn as torn:
            log.warning("%s", torn)
            self._torn = True
            return
        if batch is None:
            return
        if self._torn:
            self._torn, self._certain = False, max(self._certain, batch.began + SKEW)
        self._write(batch)
        backlog.done()

    def _write(self, batch: Batch) -> None:
        """Raises NetwarError where the store is away; what it cannot take is put aside."""
        try:
            pages = batch.taken_apart()
            made = [one for index, page in pages.items() for one in self._documents(index, page, batch.ended)]
            tally = self._archive.write(made, self._floored(batch.marks))
        except NetwarError:
            raise
        except Exception as error:
            log.exception("a batch cannot be written and is in the reject file")
            self._aside([(post.line, repr(error)) for post in batch.posts])
            self._certain = max(self._certain, batch.ended + SKEW)
            return
        if tally.rejected:
            log.warning("the archive refused %d documents, they are in the dead letters", tally.rejected)
        self._look_for_newcomers(pages)
        self._committed(pages)

    def _documents(self, index: str, page: Page, at: int) -> list[Document]:
        names = {"tweets": tweets_index(index), "users": users_index(index)}
        return documents(page, **names, retrieved=at, account=self._account, via="stream")

    def _floored(self, marks: Sequence[Period]) -> list[Period]:
        """Coverage that begins where nothing is missing."""
        if not self._certain:
            return [*marks]
        found = []
        for mark in marks:
            low = max(mark.span.low, self._certain)
            if low < mark.span.high:
                found.append(replace(mark, span=Span(low, mark.span.high, mark.span.posts)))
        return found

    def _look_for_newcomers(self, pages: Mapping[str, Page]) -> None:
        for index, page in pages.items() if self.once else ():
            if index in self.once:
                authors = list(dict.fromkeys(str(post["author_id"]) for post in page.posts if post.get("author_id")))
                if unknown := self._archive.missing(users_index(index), "id", authors):
                    self._newcomers(index, unknown)

    def _committed(self, pages: Mapping[str, Page]) -> None:
        now = self._now()
        ids = [number(post["id"]) for page in pages.values() for post in page.posts]
        made = [at for id in ids if id is not None and (at := posted(id)) is not None]
        self._counters.committed([max(now - at, 0) for at in made])

    def _do_chores(self) -> None:
        """Raises NetwarError; what is not done is tried again."""
        while True:
            with self._lock:
                if not self._chores:
                    return
                key, do = next(iter(self._chores.items()))
            do(self._archive)
            with self._lock:
                if self._chores.get(key) is do:
                    del self._chores[key]
