"""Queues in Redis, shared by every host that reaches it."""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from netwar.connections.redis import Server
from netwar.connections.redis_steps import Steps
from netwar.connections.runs import Run
from netwar.queues.base import LEASE_SECONDS, MAX_FAILURES, Claim, Claimed, Cleared, Failed, lost
from netwar.records import entries

log = logging.getLogger("netwar.queues")

KEYS = ("turns", "queued", "claims", "holders", "leases", "claimed", "failures", "failed")

CHUNK = 5_000
BATCH_SIZE = 1_000
APART = 1  # micro-second between the turns of a list

RIGHT = re.compile(r"[0-9]{1,19}|[a-z0-9_]{1,15}|@[0-9]{1,15}")  # how tw-quser2work spells a user


class RedisQueue:
    """Fills the contract `netwar.queues.base.Queue`.

    The set NAME holds who waits, and what stands beside it begins with `tw:NAME:` (see redis.lua).
    Users are handed out in the order in which they were put (very long lists in portions, each sorted); who is put back goes
    behind the others, and so does who was added to the set by hand, in any spelling that tw-quser2work reads. Times are those
    of the server's clock. Raises ServiceDown and ConfigError as every Server does.
    """

    def __init__(self, server: Server, name: str, run: Run, clock: Callable[[], float] | None = None) -> None:
        self.name = name
        self._server = server
        self._run = run
        self._clock = clock or server.clock
        self._keys = [name, *(f"tw:{name}:{key}" for key in KEYS)]
        self._steps = Steps(server, Path(__file__).with_suffix(".lua"))

    def put(self, users: Iterable[str]) -> int:
        stream = iter(users)
        added = 0
        while chunk := list(islice(stream, CHUNK)):
            apart = APART if len(chunk) < CHUNK else 0  # a million turns that differ take half as long again
            added += self._do("put", self._clock(), apart, *map(_bytes, dict.fromkeys(chunk)))
        if added and not self._server.replicated():
            log.warning("no replica has confirmed them yet: put them again if the master of Redis is lost now")
        return added

    def take(self, size: int) -> Claim | None:
        while (claim := self._take(size)) is not None:
            if self._put_right(claim):
                return claim
        return None

    def claim(self, user: str) -> Claim | None:
        dead, token, now = self._dead(), uuid.uuid4().hex, self._clock()
        lease = (self._run.begin(), now, now + LEASE_SECONDS)
        held = self._do("claim", token, _bytes(user), *lease, json.dumps(dead), MAX_FAILURES)
        self._bury(dead)
        return Claim(self, token, [user]) if held else None

    def remove(self, users: Sequence[str]) -> dict[str, str]:
        dead = self._dead()
        stood: dict[str, str] = {}
        for some in (users[at : at + CHUNK] for at in range(0, len(users), CHUNK)):
            told = self._do("remove", self._clock(), json.dumps(dead), MAX_FAILURES, *map(_bytes, some))
            stood |= {user: _text(state) for user, state in zip(some, told, strict=True) if state}
        self._bury(dead)
        return stood

    def drop_failed(self, users: Sequence[str]) -> int:
        parts = [users[at : at + CHUNK] for at in range(0, len(users), CHUNK)]
        return sum(int(self._server.hdel(f"tw:{self.name}:failed", *map(_bytes, some))) for some in parts)

    def waiting(self, limit: int | None = None) -> Iterator[str]:
        """Who waits, those next in turn first; read in portions. Left out is who was added by hand and names no user: such an
        entry is set aside when its turn comes."""
        return islice(self._users(self._entries(min(limit or BATCH_SIZE, BATCH_SIZE))), limit)

    def claimed(self) -> list[Claimed]:
        told = self._look("claimed")
        return [
            Claimed(_text(user), _text(holder), self._here(float(until)), tuple(map(_text, also)))
            for user, holder, until, *also in told
        ]

    def failed(self) -> list[Failed]:
        found = self._server.hgetall(f"tw:{self.name}:failed")
        rows = [(_text(user), *_text(told).split(" ", 1)) for user, told in found.items()]
        return [Failed(user, reason, int(times)) for user, times, reason in rows]

    def failures(self, users: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in (users[at : at + CHUNK] for at in range(0, len(users), CHUNK)):
            for key in (f"tw:{self.name}:failures", f"tw:{self.name}:failed"):
                told = self._server.hmget(key, list(map(_bytes, some)))
                found |= {user: int(one.split(b" ", 1)[0]) for user, one in zip(some, told, strict=True) if one}
        return found

    def clear(self) -> Cleared:
        return Cleared(*self._do("clear"))

    def __len__(self) -> int:
        return int(self._server.scard(self.name))

    def _renew(self, claim: Claim, progress: bool) -> None:
        """A lease that ran out is renewed all the same while nobody else has taken the users over."""
        if not self._do("renew", claim.token, self._clock() + LEASE_SECONDS, int(progress)):
            raise lost(claim)

    def _done(self, claim: Claim) -> None:
        self._do("done", claim.token)

    def _put_back(self, claim: Claim, failure: str | None) -> None:
        self._do("put_back", claim.token, self._clock(), MAX_FAILURES, *([] if failure is None else [_bytes(failure)]))

    def _also(self, claim: Claim, user: str) -> bool:
        dead = self._dead()
        held = self._do("also", claim.token, _bytes(user), self._clock(), json.dumps(dead), MAX_FAILURES)
        self._bury(dead)
        if held < 0:
            raise lost(claim)
        return bool(held)

    def _take(self, size: int) -> Claim | None:
        """A claim of users as they stand in the set. Nothing is begun while there is nobody to take."""
        dead = self._dead()
        if size <= 0 or not (len(self) or self._server.zcard(f"tw:{self.name}:leases")):
            return None
        token, now = uuid.uuid4().hex, self._clock()
        told = self._do("take", token, self._run.begin(), now, now + LEASE_SECONDS, size, json.dumps(dead), MAX_FAILURES)
        self._bury(dead)
        return Claim(self, token, list(map(_text, told[1:])), self._here(float(told[0]))) if told else None

    def _put_right(self, claim: Claim) -> bool:
        """Spell the users of a claim as they should be, and set aside who is none; whether anybody is left."""
        for entry in [user for user in claim.users if not RIGHT.fullmatch(user)]:
            try:
                respelt = ("respell", claim.token, _bytes(entry), _right(entry), "")
            except ValueError as fault:
                respelt = ("respell", claim.token, _bytes(entry), "", str(fault))
            claim.users = list(map(_text, self._do(*respelt)))
        return bool(claim.users)

    def _entries(self, size: int) -> Iterator[str]:
        """All of them, asked for in portions of a size."""
        given, after = 0, "-inf"
        while portion := self._look("portion", after, size):
            after, users = portion[0], portion[1:]
            given += len(users)
            yield from map(_text, users)
        cursor = b"0"
        seen: set[bytes] = set()
        while len(self) > given:
            cursor, *users = self._look("unplaced", cursor, BATCH_SIZE)
            yield from map(_text, set(users) - seen)
            seen.update(users)
            if cursor == b"0":
                return

    def _users(self, found: Iterable[str]) -> Iterator[str]:
        for entry in found:
            with suppress(ValueError):
                yield _right(entry)

    def _dead(self) -> list[str]:
        """The dead runs among those that have claims."""
        holders = {_text(holder) for holder in self._server.hvals(f"tw:{self.name}:holders")}
        return [holder for holder in holders if self._run.dead(holder)]

    def _bury(self, dead: list[str]) -> None:
        for holder in dead:
            self._run.remove_stale(holder)

    def _here(self, at: float) -> float:
        """A time of the server's clock as this host's own clock has it."""
        return at - getattr(self._clock, "ahead", 0.0)

    def _do(self, step: str, *arguments: Any) -> Any:
        return self._steps.once(step, self._keys, *arguments)

    def _look(self, step: str, *arguments: Any) -> Any:
        return self._steps.look(step, self._keys, *arguments)


def _right(entry: str) -> str:
    """An entry as tw-quser2work spells it. Raises ValueError for what names no user."""
    return entry if RIGHT.fullmatch(entry) else entries.user(entry.strip())


def _text(entry: bytes) -> str:
    """An entry as it stands in Redis, where anybody may have put any bytes; _bytes() gives the same ones again."""
    return entry.decode("utf-8", "surrogateescape")


def _bytes(entry: str) -> bytes:
    return entry.encode("utf-8", "surrogateescape")
