"""An app's captures in Redis, shared by every host that reaches it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from netwar.captures import kept as keep
from netwar.captures.base import LEASE, Capture, FenceLost, Holder, KnownRule, Live
from netwar.connections.redis import Server
from netwar.connections.redis_steps import Steps
from netwar.connections.runs import Run

KEYS = ("captures", "earlier", "state", "rules", "connects")


class RedisCaptures:
    """Fills the contract `netwar.captures.base.Captures`; the keys are tw:stream:APP:… (see redis.lua).

    Leases run by the server's clock. Raises ServiceDown and ConfigError as every Server does.
    """

    def __init__(self, server: Server, app: str, run: Run, clock: Callable[[], float] | None = None) -> None:
        self._server, self._run = server, run
        self._clock = clock or server.clock
        self._keys = [f"tw:stream:{app}:{key}" for key in KEYS]
        self._captures, self._earlier, self._state, self._rules, self._connects = self._keys
        self._steps = Steps(server, Path(__file__).with_suffix(".lua"))

    def register(self, capture: Capture) -> Capture:
        while True:
            generation, known = self.generation(), self._known(capture.index)
            after = keep.registered(known, capture)
            if after == known or self._put(generation, after, keep.ended(known, after) if known else None):
                return after

    def stop(self, index: str, at: int) -> bool:
        while True:
            generation, known = self.generation(), self._known(index)
            if known is None or not known.on:
                return False
            if self._put(generation, replace(known, on=False, until=max(at, known.since))):
                return True

    def forget(self, index: str) -> bool:
        while True:
            generation, known = self.generation(), self._known(index)
            if known is None or known.on:
                return False
            if self._do("put", generation, index, "", "", "", json.dumps(self._fields(index))):
                return True

    def captures(self) -> list[Capture]:
        return sorted(map(keep.read, self._server.hvals(self._captures)), key=lambda capture: capture.index)

    def earlier(self, index: str) -> list[Capture]:
        found = self._server.hmget(self._earlier, fields) if (fields := self._fields(index)) else []
        return sorted((keep.read(kept) for kept in found if kept), key=lambda capture: capture.terms)

    def generation(self) -> int:
        return int(self._server.hget(self._state, "generation") or 0)

    def name(self) -> str:
        if not (found := self._server.hget(self._state, "name")):
            self._server.hsetnx(self._state, "name", uuid.uuid4().hex[:8])
            found = self._server.hget(self._state, "name")
        return str(found.decode())

    def hold(self, host: str, pid: int, index: str, at: int) -> Holder | None:
        held, _, run, _ = self._held()
        dead = held if held and self._run.dead(run) else ""
        now, told = self._clock(), keep.holder_written(host, pid, index, at)
        fence = int(self._do("hold", now, now + LEASE, dead, self._run.begin(), told))
        if fence and dead:
            self._run.remove_stale(run)
        return Holder(fence, host, pid, index, at) if fence else None

    def renew(self, fence: int) -> None:
        self._fenced("renew", fence, self._clock() + LEASE)

    def release(self, fence: int) -> None:
        self._do("release", fence)

    def holder(self) -> Holder | None:
        held, until, run, told = self._held()
        alive = held and keep.moment(until) > self._clock() and not self._run.dead(run)
        return keep.holder_read(int(held), told) if alive else None

    def rules(self) -> list[KnownRule]:
        rows = [(id.decode(), *kept.split(b" ", 1)) for id, kept in self._server.hgetall(self._rules).items()]
        return sorted((keep.rule_read(id, int(until), kept) for id, until, kept in rows), key=lambda rule: rule.id)

    def change_rules(self, fence: int, put: Sequence[KnownRule], removed: Mapping[str, int]) -> None:
        rules = [text for rule in put for text in (rule.id, f"{rule.until or 0} {keep.rule_written(rule)}")]
        gone = [[id, str(at)] for id, at in removed.items()]
        self._fenced("rules", fence, json.dumps(rules), json.dumps(gone), keep.forgotten(put, [*removed.values()]))

    def connects(self, since: int) -> list[int]:
        found = self._server.zrangebyscore(self._connects, since, "+inf", withscores=True)
        return [int(at) for _, at in found]

    def connecting(self, fence: int, at: int) -> None:
        self._fenced("connecting", fence, at, uuid.uuid4().hex)

    def report(self, fence: int, live: Live) -> None:
        self._fenced("report", fence, keep.live_written(live))

    def live(self) -> Live:
        return keep.live_read(self._server.hget(self._state, "live"))

    def close(self) -> None:
        """Nothing is open but the server's connections, which are not these captures'."""

    def _known(self, index: str) -> Capture | None:
        found = self._server.hget(self._captures, index)
        return keep.read(found) if found else None

    def _put(self, generation: int, capture: Capture, ended: Capture | None = None) -> bool:
        """Let a capture stand, and what it was become earlier, unless anything changed since a generation."""
        became = f"{ended.index} {ended.terms} {ended.until}" if ended else ""
        newest = capture.until or capture.since
        old = [field for field in self._fields(capture.index) if keep.too_old(int(field.split()[2]), newest)]
        was = keep.written(ended) if ended else ""
        done = self._do("put", generation, capture.index, keep.written(capture), became, was, json.dumps(old))
        return bool(done)

    def _fields(self, index: str) -> list[str]:
        """Under which names a capture is kept as it was."""
        fields = [field.decode() for field in self._server.hkeys(self._earlier)]
        return [field for field in fields if field.split()[0] == index]

    def _held(self) -> tuple[str, str, str, str]:
        """The fence that holds, "" if none does; until when, in whose run's name, and what is told of the holder."""
        found = self._server.hmget(self._state, ["held", "until", "run", "holder"])
        held, until, run, told = ((value or b"").decode() for value in found)
        return held, until, run, told

    def _fenced(self, step: str, fence: int, *arguments: Any) -> None:
        if not self._do(step, fence, *arguments):
            raise FenceLost

    def _do(self, step: str, *arguments: Any) -> Any:
        return self._steps.once(step, self._keys, *arguments)
