"""A stream over TLS: who waits for it is let go by another thread, and a certificate of nobody known is told."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from netwar.errors import ServiceDown
from netwar.twitter.opened import Opened, connect
from netwar.twitter.transport import Transport
from netwar.twitter.way import Way
from tests.servers.certificates import certificates

ANSWER = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nDate: Sun, 01 Mar 2026 12:00:00 GMT\r\n\r\n2\r\n\r\n\r\n"
LONG = 10.0  # seconds that nothing here takes


@pytest.fixture
def port() -> Iterator[int]:
    """Where a stream is served over TLS: a keep-alive, then silence until the client goes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates().node, certificates().node_key)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            with suppress(OSError), context.wrap_socket(plain, server_side=True) as client:
                client.settimeout(60)
                client.recv(1 << 16)
                client.sendall(ANSWER)
                client.recv(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(LONG)


def test_another_thread_lets_go_whoever_waits(port: int) -> None:
    transport = Transport(Way(f"https://localhost:{port}", ca=certificates().ca), timeout=5, bearer_token="b")
    response, reply = connect(transport, {}, 60)
    assert response is not None
    assert (reply.status, reply.date is not None) == (200, True)
    stream, got = Opened(response, 0, 60), []
    came = threading.Event()

    def read() -> None:
        for chunk in stream.chunks():
            got.append(chunk)
            came.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert came.wait(LONG)
    stream.close()
    reader.join(LONG)
    assert not reader.is_alive()
    assert got == [b"\r\n"]
    transport.session.close()


def test_a_certificate_of_nobody_known_is_told(port: int) -> None:
    transport = Transport(Way(f"https://localhost:{port}", ca=certificates().wrong_ca), timeout=5, bearer_token="b")
    with pytest.raises(ServiceDown, match="is not signed by anybody trusted here"):
        connect(transport, {}, LONG)
    transport.session.close()
