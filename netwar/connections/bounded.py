"""Answers within bounds: a server that drips, or sends what unpacks to more than fits, holds nobody up for long.

A time-out of a socket is one for each read, so a byte now and then lasts for ever; and a small body may be packed a thousand
times and more. So an answer, its headers included, is there within twice the time that the server may keep silent, or it is
given up; and it is unpacked piece by piece, up to so many bytes.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import Any

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

CHUNK = 1 << 16
PATIENCE = 2  # times the time-out of a read


class TooLarge(HTTPError):
    """An answer is larger than it may be."""


class Answer(http.client.HTTPResponse):
    """An answer that is read from its socket within twice the socket's time-out, from the first byte of its headers on."""

    def __init__(self, sock: socket.socket, *given: Any, **more: Any) -> None:
        super().__init__(sock, *given, **more)
        if seconds := sock.gettimeout():
            self.fp = io.BufferedReader(_Timed(self.fp.detach(), sock, seconds))


class _Timed(io.RawIOBase):
    """The bytes of a socket until a deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, seconds: float) -> None:
        self._raw = raw
        self._sock = sock
        self._seconds = seconds
        self._until = time.monotonic() + PATIENCE * seconds

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer was not whole in time")
        self._sock.settimeout(min(self._seconds, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class Plain(HTTPConnection):
    """A connection whose answers are timed as a whole."""

    response_class = Answer


class Secure(HTTPSConnection):
    """The same over TLS."""

    response_class = Answer


class PlainPool(HTTPConnectionPool):
    """Connections whose answers are timed as a whole."""

    ConnectionCls = Plain


class SecurePool(HTTPSConnectionPool):
    """The same over TLS."""

    ConnectionCls = Secure


POOLS = {"http": PlainPool, "https": SecurePool}


class WholeAnswers:
    """A pool of connections that hands over whole answers of at most `most` bytes. Raises HTTPError as the pool does."""

    def __init__(self, pool: HTTPConnectionPool, most: int) -> None:
        pool.ConnectionCls = Secure if isinstance(pool, HTTPSConnectionPool) else Plain
        self._pool = pool
        self._most = most

    def urlopen(self, method: str, url: str, body: Any = None, **more: Any) -> HTTPResponse:
        """See the library."""
        return whole(self._pool.urlopen(method, url, body, preload_content=False, **more), self._most)

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.close()


def whole(response: BaseHTTPResponse, most: int) -> HTTPResponse:
    """An answer that has come, with its body unpacked. Raises TooLarge, and HTTPError when it does not come."""
    content = io.BytesIO(body(response, most))
    return HTTPResponse(content, headers=response.headers, status=response.status, preload_content=False, decode_content=False)


def body(response: BaseHTTPResponse, most: int) -> bytes:
    """The unpacked body of an answer. Raises TooLarge, and HTTPError when it does not come."""
    content = bytearray()
    try:
        while chunk := response.read1(CHUNK, decode_content=True):
            content += chunk
            if len(content) > most:
                raise TooLarge(f"the answer is larger than {most:,} bytes")
    except BaseException:
        response.close()  # what is left of it is not for the next request
        raise
    return bytes(content)
