"""Whether anything listens where a server should be, found out in a moment."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections.abc import Iterable
from contextlib import ExitStack


def hindrance(hosts: Iterable[tuple[str, int]], seconds: float) -> str | None:
    """None if one of the hosts and ports takes a connection within `seconds`; else what hinders it, in the system's words.

    All are tried at once, with every address that a host has, so that one which swallows what is sent to it holds up nobody.
    Looking up the name of a host is not timed.
    """
    hindered = ""
    with ExitStack() as stack, selectors.DefaultSelector() as pending:
        for host, port in hosts:
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                hindered = getattr(error, "strerror", "") or str(error)
                continue
            for family, _, _, _, address in found:
                attempt = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
                attempt.setblocking(False)
                if (said := attempt.connect_ex(address)) == errno.EINPROGRESS:
                    pending.register(attempt, selectors.EVENT_WRITE)
                elif said:
                    hindered = os.strerror(said)
                else:
                    return None
        return _outcome(pending, seconds, hindered)


def _outcome(pending: selectors.BaseSelector, seconds: float, hindered: str) -> str | None:
    """Wait for the first connection that comes about."""
    until = time.monotonic() + seconds
    while pending.get_map():
        ready = pending.select(max(until - time.monotonic(), 0))
        if not ready:
            return f"no answer within {seconds} s"
        for key, _ in ready:
            attempt = key.fileobj
            assert isinstance(attempt, socket.socket)
            if not (said := attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                return None
            hindered = os.strerror(said)
            pending.unregister(attempt)
    return hindered
