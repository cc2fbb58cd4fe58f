"""The money of a stream, slice by slice: set aside before X can send what it is for, and booked by capture.

A slice covers what may come until the next draw: a minute at the highest rate of late, each post as dear as a post can be; less
where that is much of what the budget has left, since a kill leaves all of it in doubt.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from threading import RLock

from netwar.connections.runs import HOST
from netwar.errors import NetwarError, ServiceDown
from netwar.meter.base import DoesNotFit, Money, Purpose, Reservation, present
from netwar.streams.journal import Booked, Entry, Journal
from netwar.twitter.base import REFERENCES

log = logging.getLogger("netwar.streams")

DAY = 86_400_000  # ms
SECONDS = 60.0  # at the peak
MOST, LEAST = 100, 20  # posts of a slice at a low rate, and of the last ones before the budget ends
SHARE = 50  # a slice is no more than one part in so many of what is left
LOOK = 60.0  # seconds between two looks at what is left
IN_FLIGHT = 2.0  # seconds of the peak that X may have sent, and billed, when a connection ends
BATCH = 1.5  # seconds, usually, from one draw to the next

Refusal = DoesNotFit | ServiceDown  # why no more is set aside: the budget, or the meter is away


def words(refused: Refusal | None) -> str:
    """What stands in the way of money; "" if nothing does."""
    if refused is None:
        return ""
    if isinstance(refused, DoesNotFit):
        budget, left = refused.budget, f"${refused.left / 1e6:.3f} are left"
        whose = f"; that is what {budget.file}{'' if budget.host == HOST else f' on {budget.host}'} says" if budget.file else ""
        return f"the budget of ${budget.micro / 1e6:.2f} a day is spent or in doubt ({left}{whose})"
    return str(refused)


class Slices:
    """The slices of one hold of the connection. The thread that connects opens them, the one that takes in posts books.

    `request` names the hold, as no other does. `ask_time` has X tell what time it is.
    """

    def __init__(self, money: Money, request: str, command: str, journal: Journal, ask_time: Callable[[], object]) -> None:
        self._money, self._request, self._purpose = money, request, Purpose(command, "")
        self._journal, self._ask_time = journal, ask_time
        self.authors = True  # are they bought with each post
        self._slice: Reservation | None = None
        self._owed: deque[Entry] = deque(journal.entries())
        self._unkept = False  # some of that is in memory alone
        self._unbooked = 0  # micro-dollars that the slice has to bear while the meter is away
        self._peaks: deque[float] = deque([0.0], maxlen=60)
        self._since_peak = 0, 0.0  # posts, and seconds, that are not among the peaks yet
        self._left, self._look_at = 0, 0.0  # micro-dollars, of the budget, and when that is looked at again
        self.room = 0  # posts that may be read before they are booked, beside what may be under way then
        self._cuts = 0
        self._uncovered: deque[tuple[int, int]] = deque()  # cuts, and posts that may have been under way, not in doubt yet
        self._day = 0  # of those, in days since 1970
        self._turn = RLock()

    def open(self, at: int) -> Refusal | None:
        """Have a slice before X may send anything, at a time of X's (ms); why there is none."""
        with self._turn:
            self._begin_day(at)
            try:
                self._pay()
                if self._slice is None:
                    self._reserve()
                    return None
                return self._told(self._drawn([], at)[1], at)
            except DoesNotFit as refused:
                return self._told(refused, at)
            except ServiceDown as error:
                return error
            finally:
                self._measure()

    def book(self, bought: Sequence[Booked], at: int, seconds: float) -> tuple[Counter[str], Refusal | None]:
        """Book what came within so many seconds up to `at` (ms), and draw the next slice: what it cost (micro-dollars) by index,
        and why the stream has to stop, if it has."""
        with self._turn:
            self._note_rate(sum(kind == "post" for _, objects in bought for kind, _ in objects), seconds)
            self._begin_day(at)
            try:
                self._pay()
                cost, refused = self._drawn(bought, at)
                return cost, self._told(refused, at)
            except ServiceDown as error:
                return self._price(bought), self._owe(bought, at, error)
            finally:
                self._measure()

    def cut(self, rate: float = 0.0) -> None:
        """A connection ended, by whomever: what X had sent and nobody read may be on its bill. `rate` is that of the lines that
        came last (a second)."""
        with self._turn:
            self._cuts += 1
            self._uncovered.append((self._cuts, self._under_way(rate)))
            self._cover()

    @property
    def each(self) -> int:
        """Micro-dollars that a post costs at the most."""
        return self._money.price(self._most(1))

    def _note_rate(self, posts: int, seconds: float) -> None:
        """A while that is too short to tell a rate goes together with the next one."""
        count, took = self._since_peak
        count, took = count + posts, took + seconds
        if took >= 1.0:
            self._peaks.append(count / took)
            count, took = 0, 0.0
        self._since_peak = count, took

    @property
    def _peak(self) -> float:
        """Posts a second, the most of late."""
        return max(*self._peaks, float(self._since_peak[0]))

    def _under_way(self, rate: float = 0.0) -> int:
        """Posts, each as dear as can be, that cost as much as what X may have sent when a connection ends."""
        return 1 + int(max(self._peak, rate) * IN_FLIGHT / (1 + REFERENCES))

    def _measure(self) -> None:
        left = self._slice.micro - self._unbooked if self._slice else 0
        self.room = max(left // self.each - self._under_way(), 0)

    def _cover(self) -> None:
        """Set aside, and leave in doubt, what was under way at cuts. While it does not fit, or the meter is away, it waits, and
        the slice that is left bears it."""
        with suppress(DoesNotFit, ServiceDown):
            while self._uncovered:
                cut, posts = self._uncovered[0]
                self._money.doubt(self._money.reserve(f"{self._request} cut {cut}", self._most(posts), self._purpose))
                self._uncovered.popleft()

    def _begin_day(self, at: int) -> None:
        """What was under way on another day is no more of this day's budget than all else that was in doubt then."""
        if at // DAY > self._day:
            self._day = at // DAY
            self._uncovered.clear()

    def close(self, *, whole: bool = True) -> None:
        """The connection is closed: let go of what is set aside, unless X may have billed more than is booked, as where not the
        `whole` of what came was."""
        try:
            with self._turn:
                self._pay()
                if self._slice:
                    in_doubt = self._uncovered or not whole
                    (self._money.doubt if in_doubt else self._money.release)(self._slice)
                    self._slice = None
        except ServiceDown as error:  # the slice stays, and is in doubt as soon as this run is over
            then = "what was set aside for it stays in doubt to the end of X's day" if self._unkept else "the next run does it"
            log.warning("what the stream cost could not be booked, %s: %s", then, error)

    def _most(self, posts: int) -> dict[str, int]:
        return {"post": posts * (1 + REFERENCES)} | ({"user": posts} if self.authors else {})

    def _sizes(self) -> list[int]:
        """Posts of the next slice: as many as should be, or fewer near the end of the budget, but never so few that what comes
        until the next draw, and what is under way then, may be more."""
        peak = self._peak
        least = max(LEAST, int(peak * (BATCH + IN_FLIGHT)))
        most = max(min(max(MOST, int(peak * SECONDS)), self._left // SHARE // self.each), least)
        return [most, *(size for size in (most // 4, most // 16) if size > least), least]

    def _look(self) -> None:
        """What is left, now and then: others spend it, too. Raises ServiceDown."""
        if time.monotonic() >= self._look_at:
            self._left, self._look_at = self._money.balance().left, time.monotonic() + LOOK

    def _reserve(self) -> None:
        self._look()
        *sizes, least = self._sizes()
        for size in sizes:
            with suppress(DoesNotFit):
                self._slice = self._money.reserve(self._request, self._most(size), self._purpose)
                return
        self._slice = self._money.reserve(self._request, self._most(least), self._purpose)

    def _drawn(self, bought: Sequence[Booked], at: int) -> tuple[Counter[str], DoesNotFit | None]:
        """Raises ServiceDown."""
        self._look()
        day = datetime.fromtimestamp(at / 1000, UTC)
        whole, *smaller = self._sizes()
        drawn = self._money.draw(self._slice or self._empty, bought, day, self._most(whole))
        self._slice, self._left = drawn.slice, self._left - sum(drawn.cost)
        cost: Counter[str] = Counter()
        for (purpose, _), micro in zip(bought, drawn.cost, strict=True):
            cost[purpose.index] += micro
        self._cover()
        while drawn.refused and smaller:
            drawn = self._money.draw(self._slice, [], day, self._most(smaller.pop(0)))
            self._slice = drawn.slice
        return cost, drawn.refused

    def _price(self, bought: Sequence[Booked]) -> Counter[str]:
        """What it costs at the most (micro-dollars), by index."""
        cost: Counter[str] = Counter()
        for purpose, objects in bought:
            cost[purpose.index] += sum(self._money.price({kind: 1}) for kind, _ in objects)
        return cost

    @property
    def _empty(self) -> Reservation:
        """In place of a slice where there is none: what is owed is booked, though nothing was set aside."""
        return Reservation(self._request, self._request, 0, self._purpose)

    def _told(self, refused: DoesNotFit | None, at: int) -> Refusal | None:
        """Why nothing more is set aside, once the file that forbids it was read again, if it is one of this host, and X has told
        what time it is, if it depends on that."""
        other = present(refused.budget, HOST) if refused else None
        if refused is None or (refused.sure and other is None):
            return refused
        try:
            if other:
                self._money.allows(other)
            if not refused.sure:
                self._ask_time()
            return self._drawn([], at)[1]
        except NetwarError as error:
            log.info("whether there is room in the budget again could not be asked: %s", error)
            return refused

    def _pay(self) -> DoesNotFit | None:
        """Book what is owed. Raises ServiceDown."""
        refused = None
        while self._owed:
            at, bought = self._owed[0]
            _, refused = self._drawn(bought, at)
            self._owed.popleft()
            if not self._owed:
                self._journal.clear()
        self._unbooked, self._unkept = 0, False
        return refused

    def _owe(self, bought: Sequence[Booked], at: int, error: ServiceDown) -> Refusal | None:
        """Keep what came until the meter is back: as long as the slice has room for as much again."""
        if bought:
            self._owed.append((at, bought))
            self._unkept = not self._journal.add(at, bought) or self._unkept
            self._unbooked += self._price(bought).total()
        return None if self._slice and 2 * self._unbooked < self._slice.micro else error
