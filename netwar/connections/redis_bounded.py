"""Connections to Redis whose answers come within bounds: see `bounded`, which does the same for what speaks HTTP."""

from __future__ import annotations

import socket
import time
from typing import Any

from redis import Connection, SSLConnection, UnixDomainSocketConnection
from redis.sentinel import SentinelManagedConnection, SentinelManagedSSLConnection

from netwar.connections.bounded import PATIENCE

MAX_BYTES = 1 << 28  # of an answer; what we ask for comes in portions that are a hundredth of it


class _Timed:
    """A socket from which, after each question, so many bytes can be read within twice the time-out of one reading."""

    def __init__(self, plug: socket.socket, seconds: float) -> None:
        self._plug = plug
        self._seconds = PATIENCE * seconds
        self._begin()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plug, name)

    def sendall(self, data: Any) -> None:
        self._plug.sendall(data)
        self._begin()

    def recv(self, most: int) -> bytes:
        if time.monotonic() > self._until:
            raise TimeoutError("the answer was not whole in time")
        if self._left < 0:
            raise ConnectionError(f"the answer is larger than {MAX_BYTES:,} bytes")
        got = self._plug.recv(most)
        self._left -= len(got)
        return got

    def _begin(self) -> None:
        self._until, self._left = time.monotonic() + self._seconds, MAX_BYTES


class _Bounded:
    """What makes a connection's answers timed and measured as a whole."""

    def _connect(self) -> Any:
        return _Timed(super()._connect(), self.socket_timeout)  # type: ignore[misc,attr-defined]


class Plain(_Bounded, Connection):
    """To a host."""


class Secure(_Bounded, SSLConnection):
    """To a host, over TLS."""


class Local(_Bounded, UnixDomainSocketConnection):
    """To a socket of this machine."""


class Master(_Bounded, SentinelManagedConnection):
    """To the host that Sentinels name."""


class SecureMaster(_Bounded, SentinelManagedSSLConnection):
    """To the host that Sentinels name, over TLS."""
