"""What captures have of a batch, into the archive: documents and coverage in one step, however often it takes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from threading import Lock

from netwar.archive.base import Archive
from netwar.archive.marks import Period
from netwar.coverage import Span
from netwar.errors import NetwarError
from netwar.records.dialects import Object
from netwar.records.documents import Document, tweets_index, users_index
from netwar.records.ids import number, posted
from netwar.records.pages import Page, documents
from netwar.streams import gaps
from netwar.streams.batches import Batch
from netwar.streams.counters import Counters
from netwar.streams.coverage import SKEW

log = logging.getLogger("netwar.streams")

DAMAGED = "what waited in segments on disk was damaged"
MOVED = "the archive was moved away, or removed"
EVERY = ""  # in place of an index: of every capture

Aside = Callable[[Sequence[tuple[bytes, str]]], None]
Newcomers = Callable[[str, Sequence[str]], None]  # authors of a capture (index) who are not recorded


class Portions:
    """Writes portions, for threads that never have the same capture. `account` is whose keys bought the posts."""

    def __init__(
        self, archive: Archive, account: str, counters: Counters, aside: Aside, now: Callable[[], int], newcomers: Newcomers
    ) -> None:
        self.archive, self._account, self._counters = archive, account, counters
        self._aside, self._now, self._newcomers = aside, now, newcomers
        self.once: Collection[str] = ()  # captures whose authors do not come along
        self._certain: dict[str, int] = {}  # by capture: what was made before that may be missing
        self._torn: dict[str, str] = {}  # by capture: why something before its next portion may be missing
        self._queueing = Lock()

    def torn(self, index: str, why: str) -> None:
        """Something before the next portion of a capture may be missing."""
        self._torn[index] = why

    def mend(self, index: str, began: int) -> None:
        """The next portion of a capture began at a time: what was torn is whole from there on."""
        if self._torn.pop(index, None):
            self.broken(index, began + SKEW)

    def broken(self, index: str, at: int) -> None:
        """What was made before `at` may be missing in a capture; in any of them, if none is named."""
        self._certain[index] = max(self._certain.get(index, 0), at)

    def write(self, batches: Sequence[Batch], index: str) -> None:
        """Write what a capture has of batches. Raises NetwarError where the store takes nothing; what it cannot take is put
        aside."""
        try:
            self.write_jointly(batches, [index])
        except NetwarError:
            raise
        except Exception as error:
            if len(batches) > 1:  # it is one of them alone
                for batch in batches:
                    self.write([batch], index)
                return
            log.exception("posts of %s cannot be written and are in the reject file", index)
            self._aside([(post.line, repr(error)) for post in batches[0].posts if index in post.captures])
            self.broken(index, batches[0].ended + SKEW)

    def write_jointly(self, batches: Sequence[Batch], indices: Sequence[str]) -> None:
        """Write what captures have of batches in one step. Raises whatever is in the way of any of them: all are to be written
        once more then, each by itself."""
        for index in indices:
            if why := self._torn.get(index):
                gaps.caused(self.archive, tweets_index(index), batches[0].began, why)
            self.mend(index, batches[0].began)
        pages = {index: [(batch.taken_apart().get(index, Page()), batch.ended) for batch in batches] for index in indices}
        made = [document for index, mine in pages.items() for page, at in mine for document in self._documents(index, page, at)]
        marks = [mark for batch in batches for mark in batch.marks]
        tally = self.archive.write(made, [mark for index in indices for mark in self._floored(index, marks)])
        if tally.rejected:
            whose = ", ".join(indices)
            log.warning("the archive refused %d documents of %s, they are in the dead letters", tally.rejected, whose)
        for index, mine in pages.items():
            posts = [post for page, _ in mine for post in page.posts]
            if index in self.once:
                self._look_for_newcomers(index, posts)
            self._committed(posts)

    def _documents(self, index: str, page: Page, at: int) -> list[Document]:
        names = {"tweets": tweets_index(index), "users": users_index(index)}
        return documents(page, **names, retrieved=at, account=self._account, via="stream")

    def floored(self, index: str, portion: Batch) -> Batch:
        """A capture's portion with its coverage from where nothing is missing."""
        return replace(portion, marks=self._floored(index, portion.marks))

    def _floored(self, index: str, marks: Sequence[Period]) -> list[Period]:
        """The capture's coverage, which begins where nothing is missing; what goes on is one mark."""
        certain = max(self._certain.get(index, 0), self._certain.get(EVERY, 0))
        found: list[Period] = []
        for mark in marks:
            low, high, posts = max(mark.span.low, certain), mark.span.high, mark.span.posts
            if mark.index != tweets_index(index) or low >= high:
                continue
            if found and found[-1].of == mark.of and found[-1].span.high == low:
                before = found.pop().span
                low, posts = before.low, before.posts + posts
            found.append(replace(mark, span=Span(low, high, posts)))
        return found

    def _look_for_newcomers(self, index: str, posts: Sequence[Object]) -> None:
        authors = list(dict.fromkeys(str(post["author_id"]) for post in posts if post.get("author_id")))
        if unknown := self.archive.missing(users_index(index), "id", authors):
            with self._queueing:
                self._newcomers(index, unknown)

    def _committed(self, posts: Sequence[Object]) -> None:
        now = self._now()
        ids = (number(post["id"]) for post in posts)
        made = [at for id in ids if id is not None and (at := posted(id)) is not None]
        self._counters.committed([max(now - at, 0) for at in made])
