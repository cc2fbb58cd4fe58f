"""Searches recorded: page by page, each written together with what it proves of every line that it was asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from netwar.archive.base import Store, Tally
from netwar.archive.marks import Period
from netwar.records.documents import tweets_index, users_index
from netwar.records.expressions import joined
from netwar.records.pages import documents
from netwar.records.text import plural
from netwar.search.planning import Task, halves, of, take_back
from netwar.search.reading import Found, Wanted, read
from netwar.twitter.base import QueryRefused, Twitter
from netwar.work.loop import check_fields, gc_paused

log = logging.getLogger("netwar.search")


@dataclass(slots=True)
class SearchProgress:
    """What a run did. `posts` X sent for it; `refused` are lines that X does not take, with its reason, `lacking` those for which
    it sent posts without ids."""

    posts: int = 0
    micro: int = 0
    tally: Tally = field(default_factory=Tally)
    refused: dict[str, str] = field(default_factory=dict)
    lacking: set[str] = field(default_factory=set)


class SearchRun:
    """Tasks of one index (its name, `brexit`). `paged` is called after each page is written, with how many posts it brought.

    `checked` are the fields of posts whose absence from a whole page means that X no longer knows our words.
    """

    def __init__(
        self,
        twitter: Twitter,
        store: Store,
        index: str,
        *,
        full: bool = False,
        via: str = "search",
        checked: Iterable[str] = (),
        paged: Callable[[int, SearchProgress], None] = lambda posts, progress: None,
    ) -> None:
        self.progress = SearchProgress()
        self._twitter = twitter
        self._store = store
        self._index = index
        self.tweets, self._users = tweets_index(index), users_index(index)
        self._full = full
        self._via = via
        self._checked = tuple(checked)
        self._paged = paged

    def run(self, task: Task) -> None:
        """Bring what a task lacks. A query that X refuses is asked in halves, down to the lines that it refuses.

        Raises what Twitter and the store raise; what came until then is kept, and covered as far as it is proved.
        """
        lines = [line for line in task.lines if line not in self.progress.refused]
        if not lines:
            return
        try:
            with gc_paused():
                self._read(Task(joined(lines), task.stretch, tuple(lines)))
        except QueryRefused as refused:
            if len(lines) == 1:
                self.progress.refused[lines[0]] = str(refused)
                return
            for half in halves(lines):
                self.run(Task(joined(half), task.stretch, half))

    def _read(self, task: Task) -> None:
        wanted = Wanted(task.query, task.stretch.low, task.stretch.high, self._full)
        for found in read(self._twitter, wanted, self._index):
            if found.answer.page.nameless:
                self.progress.lacking.update(task.lines)
            self._write(found, task.lines)

    def _write(self, found: Found, lines: tuple[str, ...]) -> None:
        """Keep a page with what it proves; it is paid for, so a store that is down sends it to the spool."""
        answer, page = found.answer, found.answer.page
        account: dict[str, Any] = {"retrieved": answer.retrieved, "account": self._twitter.account, "via": self._via}
        made = documents(page, tweets=self.tweets, users=self._users, **account)
        try:
            if found.back is not None:
                for line in lines:
                    take_back(self._store.archive, self.tweets, line, found.back)
        except BaseException:  # the page proves nothing then, but it is paid for
            self._store.write(f"{self._via} {self.tweets}", made)
            raise
        marks = [Period(self.tweets, of(line), found.span) for line in lines] if found.span else []
        self.progress.micro += answer.micro
        self.progress.posts += len(page.posts)
        if page.posts:
            check_fields(page.posts, self._checked)
            log.debug("%s of %s for $%.3f", plural(len(page.posts), "post"), self.tweets, answer.micro / 1e6)
        if made or marks:
            self.progress.tally += self._store.write(f"{self._via} {self.tweets}", made, marks)
        self._paged(len(page.posts), self.progress)
