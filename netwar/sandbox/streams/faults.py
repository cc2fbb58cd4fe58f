"""What goes wrong on a stream: at a second of a connection, or at one of its posts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

ENDS = ("end", "reset", "half-line", "operational-disconnect", "slow-reader")  # the connection is over then
LINES = (
    *("bad-json", "no-tag", "no-matching-rules", "unknown-rule", "post-errors"),
    *("duplicate", "out-of-order", "late", "split-crlf"),
)
QUIET = ("silence", "no-keep-alives")
KINDS = ENDS + LINES + QUIET
_REMEMBERED = 1_000  # times of one that are told


@dataclass
class StreamFault:
    """One thing that goes wrong. `second`: so long after a connection was taken; `post`: at the n-th post of a connection,
    from 1; with neither, at once. `every`: time and again, so many seconds or posts apart. `times`: so often in all, 0 is for
    ever. `seconds`: how long (silence; 0 for ever), or how late a post is. `posts`: how many lines are concerned, or by how
    many one comes too late. `reason`: the disconnect_type that X names. `happened` tells of each time the connection, and the
    second of it."""

    kind: str
    second: float | None = None
    post: int | None = None
    every: bool = False
    times: int = 1
    seconds: float = 10.0
    posts: int = 1
    reason: str = "OperationalDisconnect"
    fired: int = field(default=0, init=False)
    happened: list[dict[str, Any]] = field(default_factory=list, init=False, repr=False)
    _last: dict[str, float] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault {self.kind!r} of a stream: one of {', '.join(KINDS)}")
        for name in ("second", "post", "times", "seconds", "posts"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int | float) or value < 0):
                raise ValueError(f"{name} of a fault of a stream must be a number from 0 on, not {value!r}")
        if self.second is not None and self.post is not None:
            raise ValueError("a fault of a stream is at a second or at a post, not at both")
        if self.every and not (self.second or self.post):
            raise ValueError("every needs a second or a post above 0")

    def due(self, connection: str, age: float, post: int) -> bool:
        """Whether it is time: `age` seconds after the connection was taken, with its post number `post` to come next.

        Each happens once on a connection, or once for each period."""
        if self.times and self.fired >= self.times:
            return False
        reached, step = (age, self.second) if self.post is None else (float(post), float(self.post))
        turn = 1.0 if not step else float(reached // step) if self.every else float(reached >= step)
        if turn <= self._last.get(connection, 0.0):
            return False
        self._last[connection] = turn
        self.fired += 1
        if len(self.happened) < _REMEMBERED:
            self.happened.append({"connection": connection, "second": round(age, 3)})
        return True

    def told(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {one.name: getattr(self, one.name) for one in fields(self) if not one.name.startswith("_")}


def stream_fault(table: dict[str, Any]) -> StreamFault:
    """Out of a table of a scenario or of the control API. Raises ValueError in words."""
    known = {one.name for one in fields(StreamFault) if one.init}
    unknown = sorted(set(table) - known)
    if unknown or "kind" not in table:
        raise ValueError(f"a fault of a stream needs a kind, and has {', '.join(sorted(known))}; not {', '.join(unknown)}")
    return StreamFault(**table)


class StreamFaults:
    """All those that are switched on."""

    def __init__(self, faults: Iterable[StreamFault] = ()) -> None:
        self._all = list(faults)

    def __iter__(self) -> Iterator[StreamFault]:
        return iter(self._all)

    def __bool__(self) -> bool:
        return bool(self._all)

    def set(self, faults: Iterable[StreamFault]) -> None:
        self._all = list(faults)

    def add(self, faults: Iterable[StreamFault]) -> None:
        self._all.extend(faults)

    def due(self, connection: str, age: float, post: int) -> list[StreamFault]:
        """Those whose time has come, oldest first."""
        return [one for one in self._all if one.due(connection, age, post)]
