"""Bulk capture of timelines: users off a queue, each brought up to date in the archive."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain

from netwar.archive.base import Store
from netwar.coverage import Record, Renamed
from netwar.profiles.identity import Who, who
from netwar.profiles.suspects import Suspects
from netwar.queues.base import Claim, Queue, UserFailed
from netwar.records.dialects import DIALECTS
from netwar.records.documents import tweets_index
from netwar.records.pages import Page
from netwar.records.text import named
from netwar.timelines.answers import NAMELESS, conclusion
from netwar.timelines.bounds import UNBOUNDED, Bounds
from netwar.timelines.resolver import ResolvedUser, ScreenNameResolver
from netwar.timelines.timeline import TimelineProgress, TimelineReader
from netwar.twitter.base import Twitter, Unavailable
from netwar.work.loop import check_fields, run_through_rate_limits, since_queued
from netwar.work.named_users import NamedUsers
from netwar.work.summary import Summary

log = logging.getLogger("netwar.timelines")


@dataclass(frozen=True, slots=True)
class Refresh:
    """Which posts to ask for again: those of the last `days`, None for as far back as X reaches."""

    days: float | None


class TimelineWorker:
    """One run: `run()` works until the queue is empty or the account may ask no more.

    `report(user, progress)` is called after each page, `user_done()` after each user, for a progress bar; `room()` before
    each claim, and may raise Busy; `away(user, no)` with whoever is not to be had, as they were asked for.
    """

    def __init__(
        self,
        queue: Queue,
        twitter: Twitter,
        store: Store,
        index: str,
        *,
        limit: int | None = None,
        refresh: Refresh | None = None,
        bounds: Bounds = UNBOUNDED,
        report: Callable[[str, TimelineProgress], None] = lambda user, progress: None,
        user_done: Callable[[], None] = lambda: None,
        room: Callable[[], None] = lambda: None,
        away: Callable[[str, Unavailable], None] = lambda user, no: None,
    ) -> None:
        self.summary = Summary()
        self._queue = queue
        self._twitter = twitter
        self._store = store
        self._index = index
        self._tweets = tweets_index(index)
        self._names = ScreenNameResolver(twitter, store, index, self._paid)
        self._left = limit
        self._refresh = refresh
        self._bounds = bounds
        self._report = report
        self._user_done = user_done
        self._room = room
        self._away = away
        left = "not recorded yet" if isinstance(queue, NamedUsers) else "back on the queue"
        self._suspects = Suspects(self._ask_other, self._failed, lambda entry: self._who(ResolvedUser(entry)), left)
        self._refused: set[str] = set()  # users who failed, but only by X's refusing them
        self._witness: str | None = None  # a user about whom X answered
        self._checked = False

    def run(self, *, wait: bool, sleep: Callable[[float], None] = time.sleep) -> Summary:
        """Record users. A spent rate window ends the run, or with `wait` is waited out.

        Raises TransientError, BadRequest or KeysRefused when X answers about nobody (see profiles.suspects), and OutOfBudget,
        OutOfCredit or UsageCapped; the summary then says what was done before.
        """
        return run_through_rate_limits(self._drain, self._queue, self.summary, wait=wait, sleep=sleep)

    def _drain(self) -> None:
        with self._suspects:
            while self._left is None or self._left > 0:
                self._room()
                claim = self._queue.take(1)
                if claim is not None:
                    self._attempt(claim)
                elif not self._suspects.settled():
                    return
                gc.collect(1)

    def _attempt(self, claim: Claim) -> None:
        if self._suspects.attempt(claim, self._record):
            if self._left is not None:
                self._left -= 1
            self._user_done()

    def _failed(self, user: str) -> None:
        self._refused.add(user)
        self.summary.failed[user] += 1

    def _ask_other(self) -> bool:
        """Whether there is a user about whom X answered in this run; then it has answered about them once more."""
        if self._witness is None:
            return False
        timeline = TimelineReader(self._twitter, self._store, self._index, self._witness, lambda page, progress: None)
        try:
            timeline.look()
        except Unavailable as no:
            log.debug("user %s: %s", self._witness, no)
        finally:
            self._add(timeline.progress)
        return True

    def _answered(self, user: str) -> None:
        """X has said something of a user."""
        self._witness = user
        self._suspects.answered()

    def _record(self, claim: Claim) -> None:
        entry, known = claim.user, None
        try:
            known = ResolvedUser(entry) if entry.isdigit() else self._find(entry)
            self._bring_up_to_date(claim, known)
        except Unavailable as no:
            self._away(entry, no)
            self._conclude(who(entry).key, no.outcome, no.detail)
        except UserFailed as failure:
            log.warning("user %s: %s", self._who(known) if known else entry, failure)
            self._refused.discard(entry)
            self.summary.failed[entry] += 1
            raise
        if entry in self._refused:  # that has passed
            del self.summary.failed[entry]

    def _who(self, known: ResolvedUser) -> str:
        name = known.name or (self._store.archive.record(self._tweets, known.id).name if known.id.isdigit() else None)
        return named(known.id, name)

    def _find(self, entry: str, *, anew: bool = False) -> ResolvedUser:
        room = 99 if self._left is None else self._left - 1
        find = self._names.find_anew if anew else self._names.find
        return find(entry, chain(self._suspects.users, self._queue.waiting()), room)

    def _paid(self, micro: int) -> None:
        """What a look-up of names has cost."""
        self.summary.micro += micro

    def _bring_up_to_date(self, claim: Claim, known: ResolvedUser) -> None:
        if not claim.also(known.id):
            log.info("user %s is being recorded by another worker", self._who(known))
            self.summary.elsewhere.append(claim.user)
            return
        if self._recorded_since(known.id, claim):
            log.info("user %s was recorded since they were queued, or named", self._who(known))
            return
        if new := self._read(claim, known):
            self._follow(claim, known, new)

    def _recorded_since(self, user: str, claim: Claim) -> bool:
        """Whether the user was recorded under their other spelling, or by a run that died before it could say so.

        A pass that was bounded otherwise than this run is none.
        """
        record = self._store.archive.record(self._tweets, user)
        if record.bounded and record.bounded != self._bounds.words:
            return False
        done = min(record.asked, record.refreshed) if self._refresh else record.asked
        return since_queued(claim, done, self._twitter.now())

    def _read(self, claim: Claim, known: ResolvedUser) -> str:
        """Read a timeline, and conclude it; or the name by which its user turns out to go now, if it is another one."""
        proved, began = 0, self._twitter.now()  # what is posted once the first page came is on none of the others

        def paged(page: Page, progress: TimelineProgress) -> None:
            nonlocal proved
            # Pages that bring the same each time must not make us forget how often the user has failed.
            claim.renew(progress=progress.proved > proved)
            proved = progress.proved
            self._suspects.answered()
            self._check_fields(page)
            self._report(known.name or known.id, progress)

        bears = None if known.sure else known.name
        timeline = TimelineReader(self._twitter, self._store, self._index, known.id, paged, self._bounds, bears=bears)
        try:
            record = timeline.bring_up_to_date()
            if self._refresh and not timeline.renamed:
                timeline.refresh(self._refresh.days)
            if timeline.renamed:
                return timeline.renamed
            lacks = [self._bounds.words] if timeline.bounded else []
            if timeline.nameless:
                log.warning("user %s: %s", self._who(known), NAMELESS)
                lacks.append(NAMELESS)
            outcome = "partial" if lacks else conclusion(record, timeline.progress.posts)
            self._conclude(known.id, outcome, "; ".join(lacks), name=known.name, at=began)
            self._answered(known.id)
        except Unavailable as no:
            self._away(claim.user, no)
            self._conclude(known.id, no.outcome, no.detail, name=known.name)
            self._answered(known.id)
        finally:
            self._add(timeline.progress)
        return ""

    def _follow(self, claim: Claim, known: ResolvedUser, new: str) -> None:
        """The archive's name for a user was out of date: write down the change, and ask X who bears the name now."""
        old = known.name or ""
        at = self._twitter.now()
        self._change(known.id, lambda record: _renamed(record, old, new, at))
        log.warning("user %s: %s is %s now", known.id, old, new)
        try:
            bearer = self._find(old, anew=True)
        except Unavailable:
            self._conclude(Who(name=old).key, "renamed", f"{old} is {new} now, id {known.id}")
            bearer = ResolvedUser(known.id, new)
        self._bring_up_to_date(claim, replace(bearer, sure=True))

    def _conclude(self, user: str, outcome: str, detail: str = "", name: str | None = None, at: int | None = None) -> None:
        """Write a user's outcome into the ledger, as of a time (ms; now, if none is given), and count it."""
        at = self._twitter.now() if at is None else at

        def change(record: Record) -> Record:
            refreshed = at if self._refresh else record.refreshed
            return replace(
                record, outcome=outcome, detail=detail or None, asked=at, refreshed=refreshed, name=record.name or name
            )

        self._change(user, change)
        self.summary.users += 1
        self.summary.outcomes[f"{outcome} ({detail})" if detail == self._bounds.words != "" else outcome] += 1

    def _change(self, user: str, change: Callable[[Record], Record]) -> None:
        self._store.archive.change(self._tweets, user, change)

    def _add(self, progress: TimelineProgress) -> None:
        self.summary.read += progress.posts
        self.summary.micro += progress.micro
        self.summary.tally += progress.tally

    def _check_fields(self, page: Page) -> None:
        """Once a run: X drops field names that it no longer knows, silently, and bills all the same."""
        if page.posts and not self._checked:
            self._checked = True
            check_fields(page.posts, DIALECTS[self._twitter.dialect].checked)


def _renamed(record: Record, old: str, new: str, at: int) -> Record:
    if any((change.old.lower(), change.new.lower()) == (old.lower(), new.lower()) for change in record.renamed[-1:]):
        return record
    return replace(record, name=new, renamed=(*record.renamed, Renamed(old, new, at)))
