"""Reading the whole list of who follows a user, or of whom they follow: page by page, stored, then the way on.

Whole profiles cost what bare ids cost, so they are recorded as they come, and only ids without a profile are queued. A
page that X repeats, empty pages and a page token gone stale are told apart from the end of the list.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

from netwar.archive.base import Archive, Store, Tally
from netwar.errors import RateLimited
from netwar.follows.snapshot_writer import SnapshotWriter
from netwar.follows.snapshots import Snapshot, Snapshots
from netwar.profiles.status import mark_available
from netwar.queues.base import Queue
from netwar.records.dialects import DIALECTS
from netwar.records.documents import SLIP_MS, USERTEST
from netwar.records.idlists import portions
from netwar.records.ids import number
from netwar.records.pages import documents
from netwar.records.text import plural
from netwar.twitter.base import Answer, Direction, TransientError, Twitter
from netwar.work.loop import check_fields, tell_of_waiting

log = logging.getLogger("netwar.follows")

BARREN_PAGES = 50  # empty ones in a row
REPEATS = 3  # times in a row that X leads back to a page that was read
NAP = 60.0  # seconds between signs of life while a window is waited for
BATCH_SIZE = 10_000

ADVICE = "this is a failure of X's, not the end of the list; what came is kept, run again later"

Mode = Literal["store", "queue", "ids"]


@dataclass(slots=True)
class EnumerationProgress:
    """What a run brought: ids, micro-dollars, documents, users queued."""

    read: int = 0
    micro: int = 0
    tally: Tally = field(default_factory=Tally)
    queued: int = 0


class Enumeration:
    """One run over a list, into an open snapshot.

    `mode` is what becomes of a page: profiles are recorded and those that did not come are queued (`store`), ids are queued
    unless their profile is younger than `fresh` (`queue`), or they are only kept in the snapshot (`ids`).
    `paged(progress)` is called after each page.
    """

    def __init__(
        self,
        twitter: Twitter,
        store: Store,
        queue: Queue | None,
        user: str,
        direction: Direction,
        snapshot: SnapshotWriter,
        *,
        mode: Mode,
        fresh: int,
        paged: Callable[[EnumerationProgress, int], None] = lambda progress, ids: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.progress = EnumerationProgress()
        self._twitter = twitter
        self._store = store
        self._queue = queue
        self._user = user
        self._direction = direction
        self._snapshot = snapshot
        self._mode = mode
        self._fresh = fresh
        self._paged = paged
        self._sleep = sleep
        self._checked = False

    def run(self, *, wait: bool) -> None:
        """Read to the end of the list.

        Raises RateLimited unless it shall `wait`, StaleToken, Unavailable when X does not show the list, TransientError when
        X goes round in a circle, and whatever `Twitter` raises; the snapshot stays open, and goes on.
        """
        guard = Guard()
        while not self._snapshot.ended:
            try:
                answer = self._ask()
            except RateLimited as limited:
                if not wait:
                    raise
                self._nap(limited.wait)
                continue
            if guard.is_new(answer):
                self._keep(answer)

    def _ask(self) -> Answer:
        token, whole = self._snapshot.token, self._mode == "store"
        return self._twitter.follows(self._user, self._direction, index=USERTEST, token=token, whole=whole)

    def _nap(self, seconds: float) -> None:
        tell_of_waiting(seconds, f"{self.progress.read:,} are read so far")
        while seconds > 0:
            self._sleep(min(seconds, NAP))
            self._snapshot.renew()
            seconds -= NAP

    def _keep(self, answer: Answer) -> None:
        """Everything of a page, and only then the way on."""
        ids = [str(user["id"]) for user in answer.page.users if number(user["id"]) is not None]
        self.progress.micro += answer.micro
        if self._mode == "store":
            self._record(answer)
        elif self._mode == "queue":
            self._put(stale(self._store.archive, ids, self._fresh, self._twitter.now()))
        if answer.page.unread:
            raise TransientError("X answered with something that cannot be read", ADVICE)
        self._put(problem.value for problem in answer.page.problems if problem.outcome and number(problem.value) is not None)
        log.debug("page of %s: %s for $%.3f", self._direction, plural(len(ids), "user"), answer.micro / 1e6)
        if answer.page.nameless:
            self._snapshot.lacks()
        self._snapshot.add([int(id) for id in ids], answer.page.next_token, seen=self._mode != "ids")
        self.progress.read += len(ids)
        self._paged(self.progress, len(ids))

    def _record(self, answer: Answer) -> None:
        account = self._twitter.account
        made = documents(
            answer.page, tweets=None, users=USERTEST, retrieved=answer.retrieved, account=account, via=self._direction
        )
        if made:
            self.progress.tally += self._store.write(f"{self._direction} {self._user}", made)
            mark_available(self._store.archive, USERTEST, answer.page.users, answer.retrieved)
        if answer.page.users and not self._checked:
            self._checked = True
            check_fields(answer.page.users, DIALECTS[self._twitter.dialect].checked_users)

    def _put(self, users: Iterable[str]) -> None:
        if self._queue is not None:
            self.progress.queued += self._queue.put(users)

    def queue_unseen(self, snapshots: Snapshots, snapshot: Snapshot) -> None:
        """Queue those of a snapshot whose profile is older than it: for pages that a run read that only wanted the ids."""
        for some in portions(snapshots.members(snapshot.number), BATCH_SIZE):
            fresh = min(snapshot.began, self._fresh)
            self._put(stale(self._store.archive, list(map(str, some)), fresh, self._twitter.now()))


class Guard:
    """Tells when X leads nowhere."""

    def __init__(self) -> None:
        self._led_to: dict[str, bytes] = {}  # by token: what was on the page that gave it, in short
        self._barren = 0
        self._repeats = 0

    def is_new(self, answer: Answer) -> bool:
        """Whether this page is not one that was read already. Raises TransientError when X goes round in a circle."""
        token, page = answer.page.next_token, answer.page
        self._barren = 0 if page.users else self._barren + 1
        if self._barren >= BARREN_PAGES and token is not None:
            raise TransientError(f"X sent {BARREN_PAGES} empty pages in a row", ADVICE)
        if token is None:
            return True
        short = blake2b(" ".join(sorted(str(user["id"]) for user in page.users)).encode(), digest_size=8).digest()
        known = self._led_to.get(token) == short
        self._led_to[token] = short
        self._repeats = self._repeats + 1 if known and page.users else 0  # empty ones are counted above
        if self._repeats >= REPEATS:
            raise TransientError("X leads back to the same page again and again", ADVICE)
        return not known


def stale(archive: Archive, ids: list[str], fresh: int, now: int) -> list[str]:
    """Those of whom no profile was recorded since `fresh` (ms); `now` (ms) is the time at X."""
    known = archive.profiles(USERTEST, ids)
    return [id for id in ids if id not in known or not fresh <= known[id].retrieved <= now + SLIP_MS]
