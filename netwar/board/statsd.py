"""Figures by UDP to a statsd, such as Netdata's: sent without waiting, and lost without a word where nobody listens.

The address is looked up once, since a name server that is slow would hold everything up.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from netwar.board.base import RunState
from netwar.board.statsd_lines import gauge
from netwar.config.telling import parted

PACKET = 1_400  # bytes, so that no network splits it
COUNTED = {
    "tweets": "tweets.recorded",
    "profiles": "profiles.recorded",
    "created": "documents.new",
    "updated": "documents.updated",
    "rejected": "documents.rejected",
}


class Statsd:
    """A statsd at HOST or HOST:PORT. Raises OSError where that cannot be found out."""

    def __init__(self, address: str) -> None:
        host, port = parted(address)
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        self._where: Any = where
        self._socket = socket.socket(family, kind, protocol)
        self._socket.setblocking(False)

    def run(self, state: RunState, grown: Mapping[str, int]) -> None:
        """What a run did since it was told last, and that it lives."""
        counters = [f"netwar.{COUNTED[name]}:{number}|c" for name, number in grown.items() if name in COUNTED]
        self.send([*counters, gauge("netwar.heartbeat", time.time())])

    def send(self, lines: Iterable[str]) -> None:
        """Send lines, as many as fit together."""
        packet = ""
        for line in lines:
            if packet and len(packet) + len(line) >= PACKET:
                self._put(packet)
                packet = ""
            packet += f"{line}\n"
        if packet:
            self._put(packet)

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()

    def _put(self, packet: str) -> None:
        with suppress(OSError):  # nobody listens there now, or the network is full
            self._socket.sendto(packet.encode(), self._where)
