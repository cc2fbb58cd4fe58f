"""How everything is at one moment: what the screen, the JSON, the figures and the alarms are made of.

All lengths of time are seconds, money is micro-dollars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from netwar.board.base import Host, Run
from netwar.queues.overview import QueueState


@dataclass(frozen=True, slots=True)
class Tracking:
    """A roster: members, those who wait on ADDS and on WORK, and the round: its number, its size, and how long ago it began."""

    observer: str
    index: str
    members: int
    adds: int
    work: int
    round: int = 0
    size: int = 0
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class CaptureState:
    """A capture of an app: how it is in a word, how long ago its last post came (None before the first), posts since it was
    registered and in the last minute, open gaps, cost."""

    app: str
    index: str
    word: str
    well: bool
    silence: float | None = None
    posts: int = 0
    minute: int = 0
    gaps: int = 0
    rejected: int = 0
    micro: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class IndexLag:
    """An index: users who can be asked for, how long ago half of them and all but a twentieth were last, users with gaps."""

    index: str
    users: int
    half: float
    most: float
    gaps: int


@dataclass(frozen=True, slots=True)
class MoneyState:
    """An app's money: spent today and this month, set aside by live runs, in doubt; `budget` is None where no run has told it."""

    app: str
    today: int
    month: int
    reserved: int
    doubtful: int
    budget: int | None


@dataclass(frozen=True, slots=True)
class WindowState:
    """A rate window of an account's, or an app's, keys, as X last told it."""

    who: str
    endpoint: str
    limit: int
    remaining: int
    resets: float


@dataclass(frozen=True, slots=True)
class Status:
    """Everything. `at` is seconds since 1970; `totals` are counted over all runs that ever were; `unknown` says what could not be
    had, and why."""

    at: float
    runs: Sequence[Run] = ()
    queues: Sequence[QueueState] = ()
    tracking: Sequence[Tracking] = ()
    captures: Sequence[CaptureState] = ()
    lags: Sequence[IndexLag] = ()
    hosts: Sequence[Host] = ()
    money: Sequence[MoneyState] = ()
    windows: Sequence[WindowState] = ()
    totals: dict[str, int] = field(default_factory=dict)
    unknown: Sequence[str] = ()

    @property
    def live(self) -> list[Run]:
        """The runs that work."""
        return [run for run in self.runs if run.state.status is None and not run.lost]

    @property
    def lost(self) -> list[Run]:
        """The runs that should say something and do not."""
        return [run for run in self.runs if run.lost]


def name_of(run: Run) -> str:
    """A run for people: tw-idu3elk work (first.conf)."""
    state = run.state
    config = state.config.rpartition("/")[2]
    return f"{state.program} {state.subject}".rstrip() + (f" ({config})" if config else "")
