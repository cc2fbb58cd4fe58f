"""How everything is, asked of every store there is. What one store cannot tell leaves the others' share as it is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, TypeVar

from netwar.cli import boarding, capturing, graphing, metering, queueing
from netwar.cli.services import Services
from netwar.errors import NetwarError
from netwar.operations.findings import NOT_UNDERSTOOD, OF_ANOTHER_SHAPE
from netwar.operations.status import CaptureState, IndexLag, MoneyState, Status, Tracking, WindowState

if TYPE_CHECKING:
    from netwar.board.base import Host, Run
    from netwar.queues.overview import Overview, QueueState

log = logging.getLogger("netwar.status")

T = TypeVar("T")
LARGEST = 1 << 53
LAG_SECONDS = 60.0  # for which what was counted over whole ledgers is told again


class Gathering:
    """One look at everything. Raises NetwarError as the board's store does; `unknown` says what the others raised, and which of
    all gave answers that have another shape than its own."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.unknown: list[str] = []

    def status(self) -> Status:
        """Everything."""
        services, now = self._services, time.time()
        runs: list[Run] = self._understood("runs", services.board.runs, [])
        queues, tracking = self._waiting(now)
        apps: list[str] = self._understood("apps", lambda: self._apps(runs), [])
        status = Status(
            now,
            runs,
            queues,
            tracking,
            self._part("captures", lambda: [one for app in apps for one in self._captures(app, now)]),
            self._part("coverage", lambda: self._lags(now)),
            self._part("the hosts", self._hosts),
            self._part("money", lambda: [self._money(app) for app in apps]),
            self._part("rate windows", lambda: self._windows(runs, now)),
            self._understood("totals", services.board.totals, {}),
            self.unknown,
        )
        self.unknown += services.board.odd()
        return status

    def _part(self, what: str, part: Callable[[], Sequence[T]]) -> Sequence[T]:
        try:
            return self._understood(what, part, ())
        except NetwarError as error:
            self.unknown.append(f"{what}: {error}")
            return ()

    def _understood(self, what: str, part: Callable[[], T], otherwise: T) -> T:
        """What a store tells. A server that answers in another shape must not keep the watchdog from all that others tell."""
        try:
            return part()
        except OF_ANOTHER_SHAPE as error:
            log.debug("%s", what, exc_info=error)
            self.unknown.append(f"{what}: {NOT_UNDERSTOOD} ({type(error).__name__}): see which server the configuration names")
            return otherwise

    def _waiting(self, now: float) -> tuple[Sequence[QueueState], Sequence[Tracking]]:
        """The queues, and how far the tracking of lists is."""
        opened = self._part("the queues", lambda: [queueing.overview(self._services)])
        if not opened:
            return (), ()
        with closing(opened[0]) as overview:
            queues = self._part("the queues", overview.queues)
            return queues, self._part("tracking", lambda: self._tracking(overview, now))

    def _apps(self, runs: Sequence[Run]) -> list[str]:
        """The apps whose money is spent: those of the runs, and that of the configuration."""
        settings = self._services.settings
        named = {run.state.app for run in runs if run.state.tokens}
        if settings.consumer_key or settings.bearer_token:
            named.add(settings.app)
        with suppress(NetwarError):  # it is told of the money what is wrong with the meter
            named = {self._services.apps.of(app) or app for app in named}
        return sorted(named)

    def _tracking(self, overview: Overview, now: float) -> list[Tracking]:
        found = []
        for observer, index in overview.rosters():
            with closing(queueing.roster(self._services, index, observer)) as roster:
                current = roster.round()
                age = max(now - current.began / 1000, 0.0) if current.number else 0.0
                counts = len(roster), len(roster.adds), len(roster.work)
                found.append(Tracking(observer, index, *counts, current.number, current.size, age))
        return found

    def _captures(self, app: str, now: float) -> list[CaptureState]:
        found = []
        with closing(capturing.captures(self._services, app)) as captures:
            if not captures.captures():
                return []
            from netwar.streams.health import healths

            live = captures.live().captures
            for one in healths(captures, self._services.archive, round(now * 1000)):
                posts = live[one.index].posts if one.index in live else 0
                silence = max(now - one.last_post / 1000, 0.0) if one.last_post else None
                told = (silence, posts, one.minute, one.gaps, one.rejected, one.micro, one.detail)
                found.append(CaptureState(app, one.index, one.word, one.well, *told))
        return found

    def _lags(self, now: float) -> list[IndexLag]:
        """Counted once a minute by all who look, over whole ledgers."""
        services = self._services
        key = f"lags/{services.settings.elksg or boarding.place(services.data)}"
        rows = services.board.note(key, LAG_SECONDS)
        if not _are_lags(rows):
            unread: dict[str, NetwarError] = {}
            indices = [index for index in services.archive.indices(left_out=unread) if index.startswith("tw")]
            rows = [[index, *astuple(services.archive.lag(index))] for index in indices]
            self.unknown += map(str, unread.values())
            with suppress(NetwarError):  # who may only look
                if not unread:
                    services.board.put_note(key, rows)
                services.board.say_host(replace(boarding.host_state(services.data), due=self._due(indices)))

        def age(at: int) -> float:
            return max(now - at / 1000, 0.0) if at else 0.0

        return [IndexLag(index, users, age(half), age(most), gaps) for index, users, half, most, gaps in rows]

    def _due(self, indices: Sequence[str]) -> int | None:
        if not self._services.settings.feeds_graph:
            return None
        outbox = graphing.outbox(self._services)
        names = [name for index in indices for name in (index, f"tu{index[2:]}")]
        return sum(outbox.pending(name).due for name in names)

    def _hosts(self) -> list[Host]:
        """This host as it is now, the others as they told last."""
        from netwar.board.base import Host

        mine = boarding.host_state(self._services.data)
        hosts = self._services.board.hosts()
        before = [one for one in hosts if (one.state.host, one.state.folder) == (mine.host, mine.folder)]
        due = before[0].state.due if before else None
        return [Host(replace(mine, due=due), 0.0), *(one for one in hosts if one not in before)]

    def _money(self, app: str) -> MoneyState:
        from netwar.meter.base import EVERYTHING, Budget

        services = self._services
        money = metering.money_of(services, app)
        try:
            balance = money.balance()
            month = sum(charge.micro for charge in money.charges(balance.day.replace(day=1)))
            budget = None if balance.budget.micro >= EVERYTHING else balance.budget.micro
            if app == services.settings.app:
                budget = min(budget or services.settings.budget, services.settings.budget)
            doubtful = replace(balance, budget=Budget(budget or 0)).in_doubt
            return MoneyState(app, balance.spent, month, balance.reserved, doubtful, budget)
        finally:
            if close := getattr(money, "close", None):
                close()

    def _windows(self, runs: Sequence[Run], now: float) -> list[WindowState]:
        settings = self._services.settings
        known = [(run.state.account or run.state.config, run.state.tokens) for run in runs]
        known.append((settings.account or str(settings.path), settings.tokens))
        tokens = {token: _who(name, keys) for name, named in known for keys, token in named.items()}
        of_each = zip(tokens.values(), self._services.windows.windows(*tokens), strict=True)
        return [
            WindowState(who, one.endpoint, one.limit, one.limit if one.reset <= now else one.remaining, max(one.reset - now, 0.0))
            for who, windows in sorted(of_each, key=lambda pair: pair[0])
            for one in windows
        ]


def _are_lags(rows: object) -> bool:
    """Whether a note is one of ours: an index, and four numbers of it, in each row."""
    return isinstance(rows, list) and all(
        isinstance(row, list) and [type(one) for one in row] == [str, int, int, int, int] and max(map(abs, row[1:])) < LARGEST
        for row in rows
    )


def _who(name: str, keys: str) -> str:
    """An account by its name, or that of its configuration's file."""
    short = name.rpartition("/")[2]
    return short if keys == "account" else f"{short} ({keys})"
