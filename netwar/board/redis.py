"""The board in Redis, shared by every host that reaches it.

    tw:board:runs     hash  ID -> "SAID {…}"         SAID: seconds since 1970 by the server's clock
    tw:board:hosts    hash  HOST TAB FOLDER -> "SAID {…}"
    tw:board:totals   hash  WHAT -> number
    tw:board:told:DAY hash  WHAT -> who tells it, for two days
    tw:board:notes    hash  KEY -> "SAID {…}"

Plain commands suffice: whoever writes a field owns it, and what is taken down twice is gone all the same. Adding to totals alone
is not safe to send twice; see `add`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from netwar.board import kept as keep
from netwar.board.base import FORGOTTEN, Host, HostState, Run, RunState
from netwar.connections.redis import Server

RUNS, HOSTS, TOTALS, TOLD, NOTES = (f"tw:board:{what}" for what in ("runs", "hosts", "totals", "told", "notes"))
TWO_DAYS = 2 * 86_400
NUMBER = re.compile(rb"-?\d{1,19}")


class RedisBoard:
    """Fills the contract `netwar.board.base.Board`. Raises ServiceDown and ConfigError as every Server does."""

    def __init__(self, server: Server, clock: Callable[[], float] | None = None, *, alone: bool = False) -> None:
        self._server, self._alone = server, alone
        self._clock = clock or server.clock
        self._began: dict[str, float] = {}
        self._odd: dict[str, str] = {}

    def say(self, state: RunState) -> None:
        now, before = self._clock(), self._began.get(state.id)
        state = keep.stamped(state, now, before)
        if before is None or state.status is not None:
            self._take_down(state, now)
        self._put(RUNS, state.id, state)
        self._began[state.id] = state.began

    def make_good(self, state: RunState) -> None:
        now = self._clock()
        self._take_down(keep.stamped(state, now, None), now)

    def runs(self) -> list[Run]:
        return keep.ordered(self._up())

    def odd(self) -> list[str]:
        return keep.told_of(self._odd)

    def forget(self) -> int:
        gone = keep.seen_to(self._up())
        if gone:
            self._server.hdel(RUNS, *gone)
        return len(gone) + self._take_down_unread(RUNS, RunState) + self._take_down_unread(HOSTS, HostState)

    def say_host(self, state: HostState) -> None:
        self._put(HOSTS, f"{state.host}\t{state.folder}", state)

    def hosts(self) -> list[Host]:
        rows, now = self._named(HOSTS), self._clock()
        found = [Host(state, max(now - said, 0.0)) for state, said in keep.readable(HostState, rows, self._odd)]
        return sorted((one for one in found if one.silent < FORGOTTEN), key=lambda one: (one.state.host, one.state.folder))

    def add(self, counts: Mapping[str, int]) -> None:
        """An answer that is lost may let a number be added twice: these are figures to draw, and no money is booked by them."""
        for what, number in counts.items():
            self._server.hincrby(TOTALS, what, number)

    def totals(self) -> dict[str, int]:
        found = sorted(self._server.hgetall(TOTALS).items())
        return {what.decode(errors="replace"): int(number) for what, number in found if NUMBER.fullmatch(number)}

    def once(self, what: str, day: str) -> bool:
        key, mine = f"{TOLD}:{day}", uuid.uuid4().hex
        self._server.hsetnx(key, what, mine)
        self._server.expire(key, TWO_DAYS)
        return bool(self._server.hget(key, what) == mine.encode())

    def untold(self, what: str, day: str) -> None:
        self._server.hdel(f"{TOLD}:{day}", what)

    def note(self, key: str, seconds: float) -> Any:
        found = self._server.hget(NOTES, key)
        said, _, kept = (found or b"").partition(b" ")
        with suppress(ValueError):
            return keep.noted(kept) if self._clock() - keep.moment(said) < seconds else None
        return None

    def put_note(self, key: str, value: Any) -> None:
        self._put(NOTES, key, value)

    def close(self) -> None:
        """Let go of the server's connections where they are the board's `alone`."""
        if self._alone:
            self._server.close()

    def _take_down(self, state: RunState, now: float) -> None:
        up = self._up()
        old = [run.state.id for run in up if keep.over(run) and run.silent > FORGOTTEN]
        if gone := {*old, *keep.made_good(up, state, now)}:
            self._server.hdel(RUNS, *gone)

    def _up(self) -> list[Run]:
        """All runs, those included for which another one stands in."""
        return keep.told_by(self._named(RUNS), self._clock(), self._odd)

    def _put(self, key: str, field: str, state: Any) -> None:
        self._server.hset(key, field, f"{self._clock():.3f} {keep.written(state)}")

    def _named(self, key: str) -> list[tuple[str, bytes, bytes]]:
        return [(field.decode(errors="replace"), said, kept) for field, said, kept in self._rows(key)]

    def _rows(self, key: str) -> list[tuple[bytes, bytes, bytes]]:
        """Each field, when it was said, and what."""
        parted = [(field, value.partition(b" ")) for field, value in self._server.hgetall(key).items()]
        return [(field, said, kept) for field, (said, _, kept) in parted]

    def _take_down_unread(self, key: str, kind: type[Any]) -> int:
        odd = [field for field, said, kept in self._rows(key) if not list(keep.readable(kind, [("", said, kept)], {}))]
        if odd:
            self._server.hdel(key, *odd)
        self._odd.clear()
        return len(odd)
