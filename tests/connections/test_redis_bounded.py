"""A Redis that drips, or whose answer has no end, holds nobody up for long and fills no memory."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from netwar.config.redis_address import parsed
from netwar.connections import redis as connections
from netwar.connections import redis_bounded
from netwar.connections.redis import Server
from netwar.errors import ConfigError, ServiceDown
from tests.rows import rows


def dripping(plug: socket.socket) -> None:
    plug.sendall(b"$100\r\n")
    while True:
        plug.sendall(b"x")
        time.sleep(0.01)


def endless(plug: socket.socket) -> None:
    plug.sendall(b"*99999999\r\n")
    while True:
        plug.sendall(b":1\r\n" * 10_000)


@pytest.fixture
def answering() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Starts a server that answers like this; its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def start(answer: Callable[[socket.socket], None]) -> str:
            def serve() -> None:
                plug, _ = listening.accept()
                with plug:
                    plug.recv(1000)
                    try:
                        answer(plug)
                    except OSError:  # the client has had enough
                        return

            threading.Thread(target=serve, daemon=True).start()
            return f"redis://127.0.0.1:{listening.getsockname()[1]}"

        yield start


@rows(("answer", "said"), [(dripping, "Timeout"), (endless, "larger than 1,048,576 bytes")])
def test_an_answer_is_bounded(
    answering: Callable[[Callable[[socket.socket], None]], str],
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[socket.socket], None],
    said: str,
) -> None:
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.1 if answer is dripping else 10)
    monkeypatch.setattr(redis_bounded, "MAX_BYTES", 1 << 20)
    with closing(Server(parsed(answering(answer)))) as server, pytest.raises(ServiceDown, match=said):
        server.ping()


def test_an_answer_of_a_great_many_small_parts_is_bounded_too(
    answering: Callable[[Callable[[socket.socket], None]], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 10)
    monkeypatch.setattr(redis_bounded, "MAX_LINES", 1_000)
    with closing(Server(parsed(answering(endless)))) as server, pytest.raises(ServiceDown, match="more than 1,000 lines"):
        server.ping()


def deep(plug: socket.socket) -> None:
    plug.sendall(b"*1\r\n" * 200_000)


def no_number(plug: socket.socket) -> None:
    plug.sendall(b":notanumber\r\n")


def no_length(plug: socket.socket) -> None:
    plug.sendall(b"$x\r\n")


@rows("answer", [deep, no_number, no_length])
def test_what_is_no_answer_is_a_fault_of_the_server(
    answering: Callable[[Callable[[socket.socket], None]], str], answer: Callable[[socket.socket], None]
) -> None:
    with closing(Server(parsed(answering(answer)))) as server, pytest.raises(ConfigError, match="is no Redis: correct redishost"):
        server.ping()
