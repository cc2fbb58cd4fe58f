"""The contract of an app's captures: X sells an app one stream connection, and everything that it records shares it.

A capture is of an index: the lines of a file of users or search terms, from when on, with which options. One process holds
the connection, by a lease; its fence is a number that rises with each holder, so that whoever lost the lease can change
nothing any more. Times are ms since 1970 by X's clock, leases run by the store's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Kind = Literal["users", "terms"]

LEASE = 15.0  # seconds that the connection stays with a holder who is not heard of
RENEWAL = 5.0  # seconds between two renewals
EARLIER = 8 * 86_400_000  # ms; X's recent search reaches back 7 days
RETIRED = 3_600_000  # ms for which a removed rule stays known


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """How a capture records. `users_once`: authors are not bought with each post, but once; `budget`: micro-dollars a UTC day,
    None without a bound of its own; `list_id`: the X list whose members it follows, "" of a file."""

    users_once: bool = False
    budget: int | None = None
    list_id: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """One capture. `terms` counts how often its lines changed, from 1, or on from one of its name that was forgotten; `since` is
    when the present ones were registered, and `until` when others took their place or the capture was stopped (ms), None while
    they stand. `on` is false when it was stopped. `host`, `file`: where the lines came from, to be shown."""

    index: str
    kind: Kind
    lines: tuple[str, ...]
    options: CaptureOptions = CaptureOptions()
    terms: int = 1
    since: int = 0
    until: int | None = None
    on: bool = True
    host: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class KnownRule:
    """A rule of ours at X: which captures its matches go to. `since`: when X took it (ms); `until`: when it was removed there,
    None while it stands. `foreign`: it was there before us, and is never removed by us."""

    id: str
    value: str
    captures: tuple[str, ...]
    since: int
    until: int | None = None
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the connection: `fence` of this hold, where (`host`, `pid`), for which command line's index, since when (ms)."""

    fence: int
    host: str
    pid: int
    index: str
    since: int


@dataclass(frozen=True, slots=True)
class CaptureState:
    """What the holder last said of one capture. Times in ms; counts since the capture was registered.

    `state`: running, over budget, refused (X refused its rules), behind (the archive is), waiting (for the connection).
    `minute`, `hour`, `day`: posts in the last one; `gaps`: how many are open.
    """

    index: str
    state: str = "waiting"
    posts: int = 0
    minute: int = 0
    hour: int = 0
    day: int = 0
    last_post: int = 0
    micro: int = 0
    rejected: int = 0
    detail: str = ""
    gaps: int = 0


@dataclass(frozen=True, slots=True)
class Live:
    """What the holder last said of the connection. `at`: when it said so, `connected`: since when the connection stands, 0 of
    none; `line`: when the last line (also a keep-alive) came; `lag`: ms from a post's creation to its commit, 99th percentile
    of the last minute; `behind`: bytes in the spool; `connection`: its id at X, "" unknown."""

    at: int = 0
    connected: int = 0
    line: int = 0
    lag: int = 0
    behind: int = 0
    connection: str = ""
    detail: str = ""
    captures: Mapping[str, CaptureState] = field(default_factory=dict)


class FenceLost(Exception):
    """Another process holds the connection by now: close it, and change nothing."""


class Captures(Protocol):
    """The captures of one app. Every step is atomic, whoever else uses it."""

    def register(self, capture: Capture) -> Capture:
        """Put a capture in, or its new lines and options, at its `since`: as registered. `terms` is as given at first, and rises
        by one when the lines (in any order, or their kind) differ from those before, or when it had been stopped; what was
        before is then told by `earlier`. Saying the same again changes nothing."""

    def stop(self, index: str, at: int) -> bool:
        """Switch a capture off; whether it was on. Its lines stay known."""

    def forget(self, index: str) -> bool:
        """Remove a capture that is off, with its earlier lines; whether there was one."""

    def captures(self) -> list[Capture]:
        """All of them, also those that are off, by index."""

    def earlier(self, index: str) -> list[Capture]:
        """A capture as it was before its lines changed, or before it was stopped and begun anew, oldest first: what ended
        within the last EARLIER before the newest change, so that a gap can be filled with the lines of its time."""

    def generation(self) -> int:
        """A number that rises with each change of a capture: one small read."""

    def name(self) -> str:
        """What tells these captures from those of every other registry, drawn once: by it our rules are known at X."""

    def hold(self, host: str, pid: int, index: str, at: int) -> Holder | None:
        """Take the connection if nobody holds it, or who does is known to be dead: a new fence. None while another does."""

    def renew(self, fence: int) -> None:
        """Keep the connection for another LEASE, also after one ran out if nobody took it since. Raises FenceLost."""

    def release(self, fence: int) -> None:
        """Let the next one take the connection at once. Of a fence that was lost nothing is changed."""

    def holder(self) -> Holder | None:
        """Who holds the connection, None if nobody does."""

    def rules(self) -> list[KnownRule]:
        """The rules that stand at X for us, and those removed in the last hour: their last matches are under way."""

    def change_rules(self, fence: int, put: Sequence[KnownRule], removed: Mapping[str, int]) -> None:
        """Note rules that X took (or whose captures changed), and those that it removed: id to when (ms). Forgets what was
        removed more than an hour before the newest time named. Raises FenceLost."""

    def connects(self, since: int) -> list[int]:
        """When connects were tried from a time on (ms), oldest first, for an hour: X allows an app 50 in 15 minutes, whoever
        holds."""

    def connecting(self, fence: int, at: int) -> None:
        """Note a connect before it is tried. Raises FenceLost."""

    def report(self, fence: int, live: Live) -> None:
        """Say how it stands. Raises FenceLost."""

    def live(self) -> Live:
        """What the holder said last; an empty Live before that."""

    def close(self) -> None:
        """Let go of files and connections."""
