"""Connections of an app: which stand, which stood, and what was flushed on each."""

from __future__ import annotations

import uuid
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from netwar.sandbox.world.clock import iso
from netwar.sandbox.world.prng import mix

ENDPOINT = "filtered_stream"


@dataclass
class Connection:
    """One connection. Times in ms; `gone`: when its client went, though X may not have noticed. `leave` is called to end it."""

    id: str
    app: str
    opened: int
    ip: str = ""
    gone: int | None = None
    closed: int | None = None
    reason: str = ""
    delivered: int = 0  # lines with posts that were handed to the machine to be sent
    flushed_ids: array[int] = field(default_factory=lambda: array("Q"))
    flushed_at: array[int] = field(default_factory=lambda: array("Q"))
    asked_to_end: str = ""

    def told(self) -> dict[str, Any]:
        """As X shows it."""
        body = {"id": self.id, "endpoint_name": ENDPOINT, "connected_at": iso(self.opened), "client_ip": self.ip}
        if self.closed is not None:
            body |= {"disconnected_at": iso(self.closed), "disconnect_reason": self.reason}
        return body

    def truth(self) -> dict[str, Any]:
        """As the sandbox knows it."""
        times = {"connected": self.opened, "gone": self.gone, "closed": self.closed}
        return {"id": self.id, "app": self.app, **times, "reason": self.reason, "posts": len(self.flushed_ids)}

    def flushed(self) -> Iterator[tuple[int, int]]:
        """(id, when) of every post that was sent, in order; one that was sent twice is there twice."""
        return zip(self.flushed_ids, self.flushed_at, strict=True)


class Connections:
    """Those of one app, the oldest first. `linger`: how long (ms) X takes a connection whose client has gone to stand."""

    def __init__(self, app: str, seed: int) -> None:
        self.app = app
        self.linger = 0
        self.all: list[Connection] = []
        self._seed = seed

    def open(self, now: int, ip: str) -> Connection:
        high, low = (mix(self._seed, half, *self.app.encode(), len(self.all)) for half in (51, 52))
        new = Connection(str(uuid.UUID(int=high << 64 | low, version=4)), self.app, now, ip)
        self.all.append(new)
        return new

    def standing(self, now: int) -> list[Connection]:
        """As X sees it: one whose client has gone stands until X notices."""
        for one in self.all:
            if one.closed is None and one.gone is not None and now >= one.gone + self.linger:
                one.closed, one.reason = one.gone + self.linger, one.reason or "client disconnected"
        return [one for one in self.all if one.closed is None]

    def end(self, one: Connection, now: int, reason: str) -> None:
        """End a connection from X's side; who delivers on it sees that."""
        one.asked_to_end = one.reason = reason
        if one.closed is None:
            one.closed = now
