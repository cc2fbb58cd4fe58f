"""What a server speaks, and whom we trust to sign its certificate: the CA that the configuration names, or the system's."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from netwar.config import trusted
from netwar.connections.tls import Trust, spoken
from netwar.errors import ConfigError
from tests.servers.certificates import Certificates, certificates


@pytest.fixture(scope="module")
def lab() -> Certificates:
    return certificates()


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that answers each connection so; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                with suppress(OSError), server.accept()[0] as plug:
                    answer(plug)
                if server.fileno() < 0:
                    return

        thread = Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        try:
            yield port
        finally:
            server.shutdown(socket.SHUT_RDWR)
            server.close()
            thread.join()


@pytest.fixture
def over_tls(lab: Certificates) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(lab.node, lab.node_key)

    def answer(plug: socket.socket) -> None:
        with context.wrap_socket(plug, server_side=True) as secured:
            secured.recv(1)

    with listening(answer) as port:
        yield port


def in_clear(plug: socket.socket) -> None:
    asked = plug.recv(1000)
    plug.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" if asked.startswith(b"GET ") else b"HTTP/1.1 400 what\r\n\r\n")


def asked(port: int, ca: Path | None) -> str:
    return spoken("localhost", port, Trust(ca, "elksgca"))


def test_the_systems_cas_are_not_read_for_a_server_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes 40 ms of the processor, several times what a short program takes."""

    def read(*_: object) -> None:
        raise AssertionError("they were read")

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", read)
    with listening(in_clear) as port:
        assert asked(port, None) == "http"


def test_the_ca_that_is_named_is_trusted(
    over_tls: int, lab: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no other one that is put in its place when it has been looked at."""
    assert asked(over_tls, lab.ca) == "https"
    (file := tmp_path / "ca.pem").write_bytes(b"# Of our own: \xc3\xbc\n" + lab.ca.read_bytes())
    genuine = trusted.content
    monkeypatch.setattr(trusted, "content", lambda path: (genuine(path), path.write_bytes(lab.wrong_ca.read_bytes()))[0])
    assert asked(over_tls, file) == "https"


def test_where_one_is_named_a_server_in_clear_is_refused(lab: Certificates) -> None:
    """The right one may be down, and another user of this machine have its port."""
    with listening(in_clear) as port, pytest.raises(ConfigError, match=rf"localhost:{port} speaks http, though elksgca names"):
        asked(port, lab.ca)


def test_without_one_the_system_says_who_is_trusted(over_tls: int, lab: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(lab.ca))
    assert asked(over_tls, None) == "https"
    monkeypatch.setenv("SSL_CERT_FILE", str(lab.wrong_ca))
    with pytest.raises(ConfigError, match=r"is not signed by anybody trusted here .* elksgca = FILE"):
        asked(over_tls, None)


def test_with_one_the_systems_are_not(over_tls: int, lab: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(lab.ca))
    with pytest.raises(ConfigError, match="is not signed by anybody trusted here"):
        asked(over_tls, lab.wrong_ca)
