"""Servers that drip, and answers that unpack to more than fits, met by every client."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import product
from socket import create_server, socket
from typing import Any

import pytest

from netwar.config import Settings
from netwar.connections import elastic, elastic_client, tls
from netwar.errors import ServiceDown
from netwar.twitter import auth
from netwar.twitter.problems import Glitch
from netwar.twitter.transport import Transport
from netwar.twitter.way import Way

MOST = 100_000  # bytes, in these tests
TIME_OUT = 0.2

Answering = Callable[[socket, threading.Event], None]


def answer(body: bytes, *headers: str) -> Answering:
    head = "".join(f"{one}\r\n" for one in ("HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers))

    def send(client: socket, ended: threading.Event) -> None:
        client.sendall(f"{head}\r\n".encode() + body)

    return send


def drip(before: bytes, drop: bytes) -> Answering:
    """A server that is never silent for as long as the time-out."""

    def send(client: socket, ended: threading.Event) -> None:
        client.sendall(before)
        while not ended.wait(TIME_OUT / 4):
            client.sendall(drop)

    return send


def packed(times: int) -> bytes:
    """Ten megabytes of nothing, packed so many times."""
    body = bytes(10_000_000)
    for _ in range(times):
        body = gzip.compress(body)
    return body


LARGE: dict[str, Answering] = {
    "packed": answer(packed(1), "Content-Encoding: gzip"),
    "packed twice": answer(packed(2), "Content-Encoding: gzip, gzip"),
    "deflated": answer(zlib.compress(bytes(10_000_000)), "Content-Encoding: deflate"),
    "long": answer(bytes(10_000_000)),
    "endless": drip(b"HTTP/1.1 200 OK\r\n\r\n", bytes(MOST)),
}
SLOW: dict[str, Answering] = {
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
    "one long header": drip(b"HTTP/1.1 200 OK\r\nx: ", b"y"),
    "not yet": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"),
    "chunks": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a trailer": drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n"),
}
HUGE: dict[str, Answering] = {
    "length": lambda client, ended: client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000\r\n\r\nx"),
    "chunk": lambda client, ended: client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFF\r\nx"),
}


@contextmanager
def serving(send: Answering) -> Iterator[str]:
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            with suppress(OSError):
                client, _ = server.accept()
                with client:
                    client.recv(65_536)
                    send(client, ended)

    with create_server(("127.0.0.1", 0)) as server:
        server.settimeout(TIME_OUT / 4)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


@pytest.fixture(autouse=True)
def bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (auth, elastic_client):
        monkeypatch.setattr(module, "MAX_BYTES", MOST)
    monkeypatch.setattr("netwar.twitter.transport.MAX_BYTES", MOST)
    monkeypatch.setattr("netwar.twitter.transport.ATTEMPTS", 1)
    monkeypatch.setattr(auth, "TIMEOUT", TIME_OUT)
    monkeypatch.setattr(tls, "CONNECT_SECONDS", TIME_OUT)


def ask_x(url: str) -> None:
    with pytest.raises(Glitch) as error:
        Transport(Way(url), timeout=TIME_OUT, bearer_token="t").request("GET", "/2/users/me")
    raise error.value


def ask_cluster(url: str) -> None:
    cluster = elastic_client.client([{"host": "127.0.0.1", "port": int(url.rsplit(":")[-1]), "use_ssl": False}], _no_tls(), {})
    try:
        with elastic.translated(url, "nobody", ""):
            cluster.transport.perform_request("GET", "/", params={"request_timeout": TIME_OUT})
    finally:
        cluster.close()


def _no_tls() -> Any:
    return None


CLIENTS: dict[str, tuple[Callable[[str], Any], type[Exception]]] = {
    "the client of X": (ask_x, Glitch),
    "tw-auth's request token": (lambda url: auth.request_token(Way(url), "k", "s"), ServiceDown),
    "tw-auth's keys": (lambda url: auth.account_keys(Way(url), "k", "s", auth.RequestToken("k", "s"), "1"), ServiceDown),
    "tw-auth's bearer token": (lambda url: auth.bearer_token(Way(url), "k", "s"), ServiceDown),
    "Elasticsearch's": (ask_cluster, ServiceDown),
}


def told(answers: dict[str, Answering], at_once: int) -> Iterator[tuple[str, type[Exception], Exception | None]]:
    """Which client met which answer, the error that it is to raise, and the one that it raised; so many ask at once."""

    def ask(name: str, send: Answering) -> Exception | None:
        with serving(send) as url:
            try:
                CLIENTS[name][0](url)
            except Exception as error:
                return error
        return None

    meetings = list(product(CLIENTS, answers))
    with ThreadPoolExecutor(at_once) as pool:
        raised = pool.map(lambda one: ask(one[0], answers[one[1]]), meetings)
        for (name, how), error in zip(meetings, raised, strict=True):
            yield f"{name}, {how}", CLIENTS[name][1], error


def test_what_is_too_large_is_told_before_it_is_held(subtests: pytest.Subtests) -> None:
    for met, expected, error in told(LARGE, 1):
        with subtests.test(met):
            assert isinstance(error, expected)
            assert "is larger than 100,000 bytes" in str(error)


def test_what_never_ends_is_given_up(subtests: pytest.Subtests) -> None:
    for met, expected, error in told(SLOW | HUGE, 8):
        with subtests.test(met):
            assert isinstance(error, expected)


def test_a_server_that_drips_when_it_is_asked_what_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(SLOW["headers"]) as url, pytest.raises(ServiceDown, match="answers neither over https nor over http"):
        elastic.connect(Settings(elksg=url.removeprefix("http://")))
