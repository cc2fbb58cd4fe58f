"""Money in Redis: what was paid for, what it cost, and what is set aside, for every host that uses the app."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from netwar.connections.redis import Server
from netwar.connections.redis_steps import Steps
from netwar.connections.runs import HOST, Run
from netwar.meter.base import (
    AS_RESERVED,
    OVERDUE,
    Balance,
    Bought,
    Budget,
    Charge,
    DoesNotFit,
    Drawn,
    MadeGood,
    Purpose,
    Reservation,
)
from netwar.meter.days import BOOKED_WITHIN, DAY, DAYS_KEPT, SLIGHT, XTime, day_of, midnight
from netwar.meter.doubts import LATE, set_aside, times
from netwar.meter.prices import each, price


class RedisMoney:
    """Fills the contract `netwar.meter.base.Money` for one app key; `budget` is micro-dollars a UTC day, `config` the file
    that says so.

    The keys begin with `tw:money:APP:` (see redis_money.lua). Which objects were paid for is kept for four days.
    Raises ServiceDown and ConfigError as every Server does.
    """

    def __init__(
        self, server: Server, app: str, run: Run, budget: int, clock: Callable[[], float] | None = None, *, config: str = ""
    ) -> None:
        self._server = server
        self._run = run
        self._budget = Budget(budget, config, HOST)
        self._clock = clock or server.clock
        self._prefix = f"tw:money:{app}:"
        own = ("spent", "reservations", "ahead", "day", "budgets")
        self._spent, self._reservations, self._ahead, self._day, self._budgets = (self._prefix + key for key in own)
        self._steps = Steps(server, Path(__file__).with_suffix(".lua"))

    def price(self, most: Mapping[str, int]) -> int:
        """Raises ValueError for a kind without a price."""
        return price(most)

    def reserve(self, request: str, most: Mapping[str, int], purpose: Purpose) -> Reservation:
        reservation = Reservation(uuid.uuid4().hex, request, price(most), purpose)
        refused = self._refusal(self._time(), lambda *asked: self._do("reserve", [], reservation.id, *asked), reservation)
        if refused:
            raise refused
        return reservation

    def settle(
        self, reservation: Reservation, objects: Iterable[tuple[str, str]], at: datetime, made_good: MadeGood = AS_RESERVED
    ) -> int:
        """A reservation that was replaced meanwhile is booked all the same."""
        by_kind = _by_kind(objects)
        day = at.astimezone(UTC).date()
        kinds = json.dumps([[kind, each(kind), len(ids)] for kind, ids in by_kind.items()])
        keys = [f"charges:{day}", *(f"paid:{day}:{kind}" for kind in by_kind)]
        purpose = json.dumps([reservation.purpose.command, reservation.purpose.index])
        self._learn(at.timestamp(), at.timestamp() + BOOKED_WITHIN)
        doubts = {
            "request": reservation.request,
            "good": reservation.micro if made_good.micro is None else made_good.micro,
            "each": made_good.each,
            "resumed": made_good.resumed,
            "late": LATE,
            "posts": times(by_kind.get("post", ())) if made_good.each else [],
        }
        about = (reservation.id, str(day), purpose, kinds, json.dumps(doubts), DAYS_KEPT * DAY)
        return int(self._do("settle", keys, *about, *chain.from_iterable(by_kind.values())))

    def draw(self, slice: Reservation, bought: Bought, at: datetime, next: Mapping[str, int]) -> Drawn:
        day, wanted = at.astimezone(UTC).date(), replace(slice, micro=price(next))
        sorted_out = [(purpose, _by_kind(objects)) for purpose, objects in bought]
        kinds = list(dict.fromkeys(kind for _, by_kind in sorted_out for kind in by_kind))
        booked = json.dumps([[one.command, one.index, _kinds(by_kind, kinds)] for one, by_kind in sorted_out])
        ids = [id for _, by_kind in sorted_out for id in chain.from_iterable(by_kind.values())]
        cost: list[int] = []

        def drawn(told: str, about: str) -> Any:
            keys = [f"charges:{day}", *(f"paid:{day}:{kind}" for kind in kinds)]
            costs, fits = self._do("draw", keys, slice.id, str(day), booked, DAYS_KEPT * DAY, told, about, *ids)
            cost.extend(map(int, costs))
            return fits

        refused = self._refusal(self._time(), drawn, wanted)
        rest = replace(slice, micro=max(slice.micro - sum(cost), 0))
        return Drawn(tuple(cost), rest if refused else wanted, refused)

    def release(self, reservation: Reservation) -> None:
        self._do("release", [], reservation.id)

    def doubt(self, reservation: Reservation) -> None:
        self._do("doubt", [], reservation.id)

    def allows(self, budget: Budget) -> None:
        if (budget.file, budget.host) == (self._budget.file, self._budget.host):
            self._budget = budget
        self._do("allows", [], json.dumps([budget.file, budget.host, budget.micro]))

    def learn_time(self, at: float, took: float) -> float:
        return self._learn(at, at + 1 + took).now

    def now(self) -> float:
        return self._time().now

    def told(self) -> bool:
        return self._time().told

    def today(self) -> date:
        return date.fromisoformat(self._time().today)

    def spent(self, day: date | None = None) -> int:
        return self._spent_on([str(day or self.today())])

    def balance(self) -> Balance:
        time = self._time()
        days = self._days(time)
        reserved, doubtful = self._set_aside(time)
        lowest, spent = self._lowest(days), self._spent_on(days)
        return Balance(date.fromisoformat(time.today), lowest, spent, reserved, doubtful, time.sure, lowest != self._budget)

    def reserved(self) -> int:
        return self._set_aside(self._time())[0]

    def doubtful(self) -> int:
        return self._set_aside(self._time())[1]

    def charges(self, since: date | None = None) -> list[Charge]:
        days = sorted(date.fromisoformat(day.decode()) for day in self._server.hkeys(self._spent))
        return [charge for day in days if day >= (since or date.min) for charge in self._charges(day)]

    def _refusal(self, time: XTime, ask: Callable[[str, str], Any], wanted: Reservation) -> DoesNotFit | None:
        """Ask for a reservation, with what is said of it and of the day; why it does not fit, if it does not."""
        dead = [holder for holder in {open_.holder for open_ in self._open() if not open_.doubt} if self._run.dead(holder)]
        fits, left, others, *lowest = ask(json.dumps(self._told(wanted, time)), json.dumps(self._about(time, dead)))
        for holder in dead:
            self._run.remove_stale(holder)
        if fits:
            return None
        file, host, micro = (one.decode() for one in lowest)
        return DoesNotFit(int(left), int(others), Budget(int(micro), file, host), sure=time.sure)

    def _told(self, wanted: Reservation, time: XTime) -> dict[str, Any]:
        about = {"request": wanted.request, "holder": self._run.begin(), "micro": str(wanted.micro), "opened": str(time.now)}
        return {**about, "doubt": False, "command": wanted.purpose.command, "index": wanted.purpose.index}

    def _about(self, time: XTime, dead: list[str]) -> dict[str, Any]:
        return {
            "days": self._days(time),
            "today": time.today,
            "kept": day_of(time.now - DAYS_KEPT * DAY) if time.sure else "",
            "ended": _since(time),
            "overdue": time.now - OVERDUE,
            "budget": [self._budget.file, self._budget.host, self._budget.micro],
            "dead": dead,
        }

    def _charges(self, day: date) -> list[Charge]:
        sums: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
        for field, sum_ in self._server.hgetall(f"{self._prefix}charges:{day}").items():
            command, index, kind, what = json.loads(field)
            sums[command, index, kind][what] = int(sum_)
        return [Charge(day, *about, *(sums[about][what] for what in ("objects", "free", "micro"))) for about in sorted(sums)]

    def _time(self) -> XTime:
        """What time it is at X."""
        ahead, day = self._server.get(self._ahead), self._server.get(self._day)
        told = ahead is not None and day is not None
        return XTime(self._clock(), float(ahead or 0), (day or b"").decode() or max(self._spent_days(), default=""), told)

    def _learn(self, earliest: float, latest: float) -> XTime:
        """An answer said that it is a time between these two; what time it is then."""
        before = self._time()
        after = before.learnt(earliest, latest)
        if after != before:
            moved = after.guess - before.guess
            shift = (moved, before.now, OVERDUE) if abs(moved) > SLIGHT else (0, 0, 0)
            self._do("learn", [], f"{after.ahead:.6f}", after.day, *shift)
        return after

    def _days(self, time: XTime) -> list[str]:
        """The days of which one is today."""
        return [time.today] if time.sure else [day for day in self._spent_days() if day >= time.first] or [time.today]

    def _spent_days(self) -> list[str]:
        return [day.decode() for day in self._server.hkeys(self._spent)]

    def _spent_on(self, days: list[str]) -> int:
        """The most that was spent on one of these days."""
        return max(int(self._server.hget(self._spent, day) or 0) for day in days)

    def _lowest(self, days: list[str]) -> Budget:
        """The lowest of the budgets that hold on these days."""
        found = [self._budget]
        for told, micro in self._server.hgetall(self._budgets).items():
            day, file, host = json.loads(told)
            if day in days and (file, host) != (self._budget.file, self._budget.host):
                found.append(Budget(int(micro), file, host))
        return min(found, key=lambda one: one.micro)

    def _set_aside(self, time: XTime) -> tuple[int, int]:
        """What other live runs have open, and what nobody will settle any more."""
        found = [one for one in self._open() if one.opened >= _since(time)]
        lost = [one.doubt or one.opened <= time.now - OVERDUE or self._run.dead(one.holder) for one in found]
        told = [(one.request, one.micro, doubt) for one, doubt in zip(found, lost, strict=True)]
        others = (one.micro for one, doubt in zip(found, lost, strict=True) if not doubt and one.holder != self._run.holder)
        return sum(others), set_aside(told)[1]

    def _open(self) -> list[Open]:
        return [Open.read(told) for told in self._server.hvals(self._reservations)]

    def _do(self, step: str, keys: list[str], *arguments: Any) -> Any:
        own = [self._spent, self._reservations, self._ahead, self._day, self._budgets]
        whole = [*own, *(self._prefix + key for key in keys)]
        return self._steps.once(step, whole, *arguments)


@dataclass(frozen=True, slots=True)
class Open:
    """An open reservation, whoever's it is."""

    request: str
    holder: str
    micro: int
    opened: float
    doubt: bool

    @classmethod
    def read(cls, told: bytes) -> Open:
        found = json.loads(told)
        return cls(found["request"], found["holder"], int(found["micro"]), float(found["opened"]), found["doubt"])


def _since(time: XTime) -> float:
    """From when on what was opened counts."""
    return midnight(time.now) - OVERDUE if time.sure else 0.0


def _by_kind(objects: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    by_kind: dict[str, set[str]] = defaultdict(set)
    for kind, id in objects:
        by_kind[kind].add(id)
    return by_kind


def _kinds(by_kind: Mapping[str, set[str]], kinds: Sequence[str]) -> list[list[Any]]:
    """Kind, price, number of ids and number of the key, as the step wants them."""
    return [[kind, each(kind), len(ids), kinds.index(kind) + 1] for kind, ids in by_kind.items()]
