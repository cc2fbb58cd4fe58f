"""A way to a server that loses answers, and lets questions echo: what was asked is done, nobody hears of it, and it comes once
more when it is long answered. So does a network that is cut for a while: what waited in a buffer goes out in the end."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress

LOST, ECHO = 3, 5


class LossyWay:
    """Hands on what clients and server say to each other. Every third answer to a script is lost, with its connection; the
    question echoes some questions later."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._asked = 0
        self._echoes: list[tuple[int, bytes]] = []
        self._turn = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the end
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._converse, args=[client], daemon=True).start()

    def _converse(self, client: socket.socket) -> None:
        """One connection, until one side ends it or an answer is lost."""
        with client, suppress(OSError), socket.create_connection(self._server) as server:
            greeting, question, losing = b"", b"", False
            while True:
                for side in select.select([client, server], [], [])[0]:
                    said = side.recv(1 << 20)
                    if not said:
                        return
                    if side is client:
                        losing = losing or (b"EVALSHA" in said[:40] and self._is_lost())
                        question += said  # a long one comes in parts
                        server.sendall(said)
                    elif losing:
                        self._lose(greeting + question)
                        return
                    else:
                        greeting += question if question[8:].startswith((b"AUTH", b"SELECT")) else b""
                        question = b""
                        client.sendall(said)

    def _lose(self, said: bytes) -> None:
        with self._turn:
            self._echoes.append((self._asked + ECHO, said))

    def _is_lost(self) -> bool:
        with self._turn:
            self._asked += 1
            due = [said for at, said in self._echoes if at <= self._asked]
            self._echoes = [echo for echo in self._echoes if echo[0] > self._asked]
            for said in due:
                self._echo(said)
            return self._asked % LOST == 0

    def _echo(self, said: bytes) -> None:
        """Ask again, on a connection that begins as that one did, and return when it is done."""
        with socket.create_connection(self._server) as server:
            server.sendall(said)
            server.shutdown(socket.SHUT_WR)
            while server.recv(1 << 20):
                pass
