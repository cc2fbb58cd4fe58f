"""Connections to Redis whose answers come within bounds: see `bounded`, which does the same for what speaks HTTP.

Those with TLS trust whom the configuration names, and nobody else.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any

from redis import Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import InvalidResponse
from redis.sentinel import SentinelManagedConnection, SentinelManagedSSLConnection

from netwar.connections.bounded import PATIENCE

MAX_BYTES = 1 << 28  # of an answer; what we ask for comes in portions that are a hundredth of it
MAX_LINES = 1 << 21  # likewise; a list of nothing has four bytes on its way, and twenty times as many here


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
        if self._lines < 0:
            raise ConnectionError(f"the answer has more than {MAX_LINES:,} lines")
        got = self._plug.recv(most)
        self._left -= len(got)
        self._lines -= got.count(b"\n")
        return got

    def _begin(self) -> None:
        self._until, self._left, self._lines = time.monotonic() + self._seconds, MAX_BYTES, MAX_LINES


class _Bounded:
    """What makes a connection's answers timed and measured as a whole, and what is none of Redis's a fault of the server."""

    def read_response(self, *given: Any, **more: Any) -> Any:
        try:
            return super().read_response(*given, **more)  # type: ignore[misc]
        except (ValueError, RecursionError) as error:  # no number, no text, lists in lists without end
            self.disconnect()  # type: ignore[attr-defined]
            raise InvalidResponse(type(error).__name__) from error

    def _connect(self) -> Any:
        return _Timed(super()._connect(), self.socket_timeout)  # type: ignore[misc,attr-defined]


class _Checked:
    """What makes a connection's certificates checked by `checked`, which all of a pool share.

    The library makes a context for each connection, which trusts whom the system trusts beside the CA that it is told.
    """

    def __init__(self, *, checked: ssl.SSLContext, **given: Any) -> None:
        super().__init__(**given)
        self._checked = checked

    def _wrap_socket_with_ssl(self, plug: socket.socket) -> ssl.SSLSocket:
        host: str = self.host  # type: ignore[attr-defined]
        return self._checked.wrap_socket(plug, server_hostname=host)


class Plain(_Bounded, Connection):
    """To a host."""


class Secure(_Bounded, _Checked, SSLConnection):
    """To a host, over TLS."""


class Local(_Bounded, UnixDomainSocketConnection):
    """To a socket of this machine."""


class Master(_Bounded, SentinelManagedConnection):
    """To the host that Sentinels name."""


class SecureMaster(_Bounded, _Checked, SentinelManagedSSLConnection):
    """To the host that Sentinels name, over TLS."""
