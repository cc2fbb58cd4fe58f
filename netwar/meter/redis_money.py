"""Money in Redis: what was paid for, what it cost, and what is set aside, for every host that uses the app."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from netwar.connections.redis import Server
from netwar.connections.redis_steps import Steps
from netwar.connections.runs import Run
from netwar.meter.base import OVERDUE, Charge, DoesNotFit, Purpose, Reservation
from netwar.meter.prices import each, price


class RedisMoney:
    """Fills the contract `netwar.meter.base.Money` for one app key; `budget` is micro-dollars a UTC day.

    The keys begin with `tw:money:APP:` (see redis_money.lua). Which objects were paid for is kept for four days.
    Raises ServiceDown and ConfigError as every Server does.
    """

    def __init__(self, server: Server, app: str, run: Run, budget: int, clock: Callable[[], float] | None = None) -> None:
        self._server = server
        self._run = run
        self._budget = budget
        self._clock = clock or server.clock
        self._prefix = f"tw:money:{app}:"
        self._spent, self._reservations, self._ahead = (self._prefix + key for key in ("spent", "reservations", "ahead"))
        self._steps = Steps(server, Path(__file__).with_suffix(".lua"))

    def price(self, most: Mapping[str, int]) -> int:
        """See the contract. Raises ValueError for a kind without a price."""
        return price(most)

    def reserve(self, request: str, most: Mapping[str, int], purpose: Purpose) -> Reservation:
        """See the contract."""
        reservation = Reservation(uuid.uuid4().hex, request, price(most), purpose)
        dead = [holder for holder in {open_.holder for open_ in self._open() if not open_.doubt} if self._run.dead(holder)]
        now = self._now()
        told: dict[str, Any] = {
            "request": request,
            "holder": self._run.begin(),
            "micro": str(reservation.micro),
            "opened": str(now),
        }
        told |= {"doubt": False, "command": purpose.command, "index": purpose.index}
        times = (json.dumps(self._days(now)), _midnight(now) - OVERDUE, now - OVERDUE)
        fits, left, others = self._do("reserve", [], reservation.id, json.dumps(told), *times, self._budget, json.dumps(dead))
        for holder in dead:
            self._run.bury(holder)
        if not fits:
            raise DoesNotFit(int(left), int(others))
        return reservation

    def settle(self, reservation: Reservation, objects: Iterable[tuple[str, str]], at: datetime) -> int:
        """See the contract. A reservation that was replaced meanwhile is booked all the same."""
        by_kind: dict[str, set[str]] = defaultdict(set)
        for kind, id_ in objects:
            by_kind[kind].add(id_)
        day = at.astimezone(UTC).date()
        kinds = json.dumps([[kind, each(kind), len(ids)] for kind, ids in by_kind.items()])
        keys = [f"charges:{day}", *(f"paid:{day}:{kind}" for kind in by_kind)]
        purpose = json.dumps([reservation.purpose.command, reservation.purpose.index])
        about = (reservation.id, str(day), at.timestamp(), self._clock(), purpose, kinds)
        return int(self._do("settle", keys, *about, *chain.from_iterable(by_kind.values())))

    def release(self, reservation: Reservation) -> None:
        """See the contract."""
        self._do("release", [], reservation.id)

    def doubt(self, reservation: Reservation) -> None:
        """See the contract."""
        self._do("doubt", [], reservation.id)

    def today(self) -> date:
        """See the contract."""
        return _day(self._now())

    def spent(self, day: date | None = None) -> int:
        """See the contract."""
        return int(self._server.hget(self._spent, str(day or self.today())) or 0)

    def held(self) -> int:
        """See the contract."""
        overdue = self._now() - OVERDUE
        settleable = [open_ for open_ in self._open() if open_.opened > overdue and not open_.doubt]
        return sum(open_.micro for open_ in settleable if open_.holder != self._run.holder and not self._run.dead(open_.holder))

    def doubtful(self) -> int:
        """See the contract."""
        now = self._now()
        today = [open_ for open_ in self._open() if open_.opened >= _midnight(now) - OVERDUE]
        nobodys = [open_ for open_ in today if open_.doubt or open_.opened <= now - OVERDUE or self._run.dead(open_.holder)]
        return sum(open_.micro for open_ in nobodys)

    def charges(self, since: date | None = None) -> list[Charge]:
        """See the contract."""
        days = sorted(date.fromisoformat(day.decode()) for day in self._server.hkeys(self._spent))
        return [charge for day in days if day >= (since or date.min) for charge in self._charges(day)]

    def _charges(self, day: date) -> list[Charge]:
        sums: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
        for field, sum_ in self._server.hgetall(f"{self._prefix}charges:{day}").items():
            command, index, kind, what = json.loads(field)
            sums[command, index, kind][what] = int(sum_)
        return [Charge(day, *about, *(sums[about][what] for what in ("objects", "free", "micro"))) for about in sorted(sums)]

    def _now(self) -> float:
        """X's time, in seconds since 1970."""
        return self._clock() + float(self._server.get(self._ahead) or 0)

    def _days(self, now: float) -> list[str]:
        """The days that count. Redis's own and the next do, too: a wrong date of one answer must open no second budget."""
        ours = _day(self._clock())
        return [str(day) for day in (_day(now), ours, ours + timedelta(days=1))]

    def _open(self) -> list[Open]:
        return [Open.read(told) for told in self._server.hvals(self._reservations)]

    def _do(self, step: str, keys: list[str], *arguments: Any) -> Any:
        whole = [self._spent, self._reservations, self._ahead, *(self._prefix + key for key in keys)]
        return self._steps.once(step, whole, *arguments)


@dataclass(frozen=True, slots=True)
class Open:
    """An open reservation, whoever's it is."""

    holder: str
    micro: int
    opened: float
    doubt: bool

    @classmethod
    def read(cls, told: bytes) -> Open:
        found = json.loads(told)
        return cls(found["holder"], int(found["micro"]), float(found["opened"]), found["doubt"])


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()


def _midnight(now: float) -> float:
    """When the UTC day of a time began."""
    return now - now % 86_400
