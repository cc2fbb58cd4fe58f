"""A roster in Redis, shared by every host that reaches it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from netwar.connections.redis import Server
from netwar.connections.redis_steps import Steps
from netwar.connections.runs import Run
from netwar.queues.base import LEASE_SECONDS, MAX_FAILURES, Cleared
from netwar.queues.redis import RedisQueue
from netwar.queues.roster import (
    SHOWN,
    Change,
    Member,
    Round,
    Wiped,
    busy_name,
    changed,
    checked_list,
    is_over,
    queue_name,
    read,
    released,
    unreadable,
    written,
)
from netwar.records.idlists import portions

BATCH_SIZE = 1_000

Exchange = tuple[str, str, str]  # a user, what is kept of them, what is to be kept instead


class RedisRoster:
    """Fills the contract `netwar.queues.roster.Roster`; what it keeps begins with `tw:` (see redis_roster.lua).

    Times of turns and leases are those of the server's clock. Raises ServiceDown and ConfigError as every Server does.
    """

    def __init__(self, server: Server, observer: str, index: str, run: Run, clock: Callable[[], float] | None = None) -> None:
        self.adds, self.work = (RedisQueue(server, queue_name(observer, index, one), run, clock) for one in ("adds", "work"))
        self.busy = RedisQueue(server, busy_name(index), run, clock)
        self._server = server
        self._clock = clock or server.clock
        self._seen, self._round, self._taken = (queue_name(observer, index, one) for one in ("seen", "round", "taken"))
        self._keys = [*self.adds._keys, *self.work._keys, self._seen, self._round, self._taken]
        beside = Path(__file__).parent
        self._steps = Steps(server, beside / "redis.lua", beside / "redis_roster.lua")

    def fresh(self, users: Sequence[str], list: str, at: int) -> list[str]:
        about = written(Member("", at, (checked_list(list),))).partition(" ")[2]
        parts = portions(dict.fromkeys(users), BATCH_SIZE)
        return [user.decode() for some in parts for user in self._do("fresh", list, self._clock(), about, json.dumps(some))]

    def unlist(self, users: Sequence[str], list: str) -> list[str]:
        parts = portions(dict.fromkeys(users), BATCH_SIZE)
        return [user.decode() for some in parts for user in self._do("unlist", checked_list(list), json.dumps(some))]

    def members(self) -> Iterator[Member]:
        for some in portions(sorted(map(_text, self._server.hkeys(self._seen))), BATCH_SIZE):
            yield from (read(user, kept) for user, kept in self._kept(some))

    def member(self, user: str) -> Member | None:
        return next((read(user, kept) for user, kept in self._kept([user])), None)

    def __len__(self) -> int:
        return int(self._server.hlen(self._seen))

    def change(self, user: str, change: Change) -> Member | None:
        while (kept := next((kept for _, kept in self._kept([user])), None)) is not None:
            after = changed(read(user, kept), change)
            if not self._exchanged([(user, kept, written(after))]):
                return after
        return None

    def release(self, users: Sequence[str]) -> None:
        for some in portions(dict.fromkeys(users), BATCH_SIZE):
            while some:
                found = [(user, kept, written(released(read(user, kept)))) for user, kept in self._kept(some)]
                some = self._exchanged(found, due=True) if found else []

    def round(self) -> Round:
        try:
            return Round(*map(int, (self._server.get(self._round) or b"0 0 0").split()))
        except (ValueError, TypeError) as error:
            raise unreadable("which round was begun last", error) from error

    def begin_round(self, number: int, users: Sequence[str], at: int) -> bool:
        now, dead = self._clock(), sorted({*self.adds._dead(), *self.work._dead()})
        order = json.dumps([*dict.fromkeys(users)])
        begun = self._do("begin", number, at, now, now + LEASE_SECONDS, json.dumps(dead), MAX_FAILURES, order)
        self.adds._bury(dead)
        return bool(begun)

    def turn(self, what: str, seconds: float) -> bool:
        now, last = self._clock(), self._server.hget(self._taken, what)
        try:
            begun = float(last) if last else None
        except ValueError as error:
            raise unreadable("when it was somebody's turn last", error) from error
        return is_over(begun, now, seconds) and bool(self._do("turn", what, now, seconds))

    def clear(self) -> Wiped:
        members, *counts = self._do("wipe")
        return Wiped(members, Cleared(*counts[:3]), Cleared(*counts[3:]))

    def close(self) -> None:
        """Nothing is open but the server's connections, which are not this roster's."""

    def _kept(self, users: Sequence[str]) -> Iterator[tuple[str, str]]:
        """What is kept of those users who are members."""
        for user, kept in zip(users, self._server.hmget(self._seen, users), strict=True):
            if kept is not None:
                yield user, _text(kept)

    def _exchanged(self, members: Sequence[Exchange], *, due: bool = False) -> list[str]:
        """Keep something else of members; those of whom something else was kept meanwhile, or nothing."""
        return [*map(bytes.decode, self._do("exchange", self._clock(), int(due), json.dumps(members)))]

    def _do(self, step: str, *arguments: Any) -> Any:
        return self._steps.once(step, self._keys, *arguments)


def _text(kept: bytes) -> str:
    """What is kept. Raises ServiceDown for bytes that are no text, which none of our programs wrote."""
    try:
        return kept.decode()
    except UnicodeDecodeError as error:
        raise unreadable(f"what is kept as {ascii(kept)[:SHOWN]}", error) from error
