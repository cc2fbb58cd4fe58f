"""Money in Redis: what was paid for, what it cost, and what is set aside, for every host that uses the app."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from netwar.connections.redis import Server
from netwar.connections.redis_steps import Steps
from netwar.connections.runs import Run
from netwar.meter.base import Charge, DoesNotFit, Purpose, Reservation
from netwar.meter.prices import each, price


class RedisMoney:
    """Fills the contract `netwar.meter.base.Money` for one app key; `budget` is micro-dollars a UTC day.

    The keys begin with `tw:money:APP:` (see redis_money.lua). Days are those of the server's clock; the budget is checked
    against today, and against tomorrow if X has booked something there already because that clock is late. Which objects were
    paid for is kept for four days; what a run of another host had set aside when it died, for one.
    Raises ServiceDown and ConfigError as every Server does.
    """

    def __init__(self, server: Server, app: str, run: Run, budget: int, clock: Callable[[], float] | None = None) -> None:
        self._server = server
        self._run = run
        self._budget = budget
        self._clock = clock or server.clock
        self._prefix = f"tw:money:{app}:"
        self._spent, self._reservations = self._prefix + "spent", self._prefix + "reservations"
        self._steps = Steps(server, Path(__file__).with_suffix(".lua"))

    def price(self, most: Mapping[str, int]) -> int:
        """See the contract. Raises ValueError for a kind without a price."""
        return price(most)

    def reserve(self, request: str, most: Mapping[str, int], purpose: Purpose) -> Reservation:
        """See the contract. What dead runs had set aside is freed first."""
        reservation = Reservation(uuid.uuid4().hex, request, price(most), purpose)
        dead = [holder for holder in {open_["holder"] for open_ in self._open()} if self._run.dead(holder)]
        now = self._clock()
        told = {"id": reservation.id, "holder": self._run.begin(), "micro": str(reservation.micro), "opened": str(now)}
        told |= {"command": purpose.command, "index": purpose.index}
        days = (self._day(now), self._day(now, days=1))
        fits, left, others = self._do("reserve", [], request, json.dumps(told), *days, now, self._budget, json.dumps(dead))
        for holder in dead:
            self._run.bury(holder)
        if not fits:
            raise DoesNotFit(int(left), int(others))
        return reservation

    def settle(self, reservation: Reservation, objects: Iterable[tuple[str, str]], day: date) -> int:
        """See the contract. A reservation that was replaced meanwhile is booked all the same."""
        by_kind: dict[str, set[str]] = defaultdict(set)
        for kind, id_ in objects:
            by_kind[kind].add(id_)
        kinds = json.dumps([[kind, each(kind), len(ids)] for kind, ids in by_kind.items()])
        keys = [f"charges:{day}", *(f"paid:{day}:{kind}" for kind in by_kind)]
        purpose = json.dumps([reservation.purpose.command, reservation.purpose.index])
        about = (reservation.request, reservation.id, str(day), purpose, kinds)
        return int(self._do("settle", keys, *about, *chain.from_iterable(by_kind.values())))

    def release(self, reservation: Reservation) -> None:
        """See the contract."""
        self._do("release", [], reservation.request, reservation.id)

    def spent(self, day: date | None = None) -> int:
        """See the contract."""
        return int(self._server.hget(self._spent, str(day) if day else self._day(self._clock())) or 0)

    def held(self) -> int:
        """See the contract."""
        ours, dead = self._run.holder, self._run.dead
        return sum(int(open_["micro"]) for open_ in self._open() if open_["holder"] != ours and not dead(open_["holder"]))

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

    def _open(self) -> list[dict[str, str]]:
        return [json.loads(open_) for open_ in self._server.hvals(self._reservations)]

    def _day(self, now: float, days: int = 0) -> str:
        return (datetime.fromtimestamp(now, UTC).date() + timedelta(days)).isoformat()

    def _do(self, step: str, keys: list[str], *arguments: Any) -> Any:
        return self._steps.once(step, [self._spent, self._reservations, *(self._prefix + key for key in keys)], *arguments)
