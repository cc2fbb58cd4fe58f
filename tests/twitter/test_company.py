"""X behind a company's proxy, which looks into TLS with a certificate of its own CA."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path

import pytest

from netwar.config import Settings, load
from netwar.connections import tls
from netwar.errors import ConfigError, ServiceDown
from netwar.twitter import auth
from netwar.twitter.problems import Glitch
from netwar.twitter.transport import Transport
from netwar.twitter.way import Way
from tests.desk import Desk
from tests.rows import rows
from tests.servers.certificates import certificates
from tests.servers.starting import free_port

ME = {"data": {"id": "44", "username": "our_account", "name": "Us"}}
TOKEN = "oauth_token=key&oauth_token_secret=secret&oauth_callback_confirmed=true"


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._send(json.dumps(ME))

    def do_POST(self) -> None:
        self._send(TOKEN)

    def _send(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *given: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    """Counts who comes; whoever leaves in the middle of TLS is no news."""

    came = 0

    def get_request(self) -> tuple[socket.socket, object]:
        self.came += 1
        return super().get_request()

    def handle_error(self, *given: object) -> None:
        pass


class _Proxy(BaseHTTPRequestHandler):
    """Leads to the port that CONNECT says, on this machine whatever the host, and notes it."""

    asked: list[str]

    def do_CONNECT(self) -> None:
        self.asked.append(self.path)
        with socket.create_connection(("127.0.0.1", int(self.path.rpartition(":")[2]))) as there:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_carry, args=(there, self.connection))
            back.start()
            _carry(self.connection, there)
            back.join()

    def log_message(self, *given: object) -> None:
        pass


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def serving(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)  # also when the test fails
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def x() -> Iterator[_Server]:
    """What answers as X, with a certificate of the lab's CA for localhost."""
    server = _Server(("127.0.0.1", 0), _Answering)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates().node, certificates().node_key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield from serving(server)


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[str]]]:
    """The address of a proxy, and where it has led to."""
    handler = type("Proxy", (_Proxy,), {"asked": []})
    for server in serving(ThreadingHTTPServer(("127.0.0.1", 0), handler)):
        yield f"http://127.0.0.1:{server.server_port}", handler.asked


def asked(way: Way) -> object:
    transport = Transport(way, timeout=5, bearer_token="bearer")
    try:
        return transport.request("GET", "/2/users/me").body
    finally:
        transport.session.close()


class _Portal(BaseHTTPRequestHandler):
    """Stands in X's place and sends people elsewhere first."""

    elsewhere: str

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.elsewhere)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *given: object) -> None:
        pass


def test_keys_and_questions_go_nowhere_else_though_a_portal_says_so() -> None:
    for there in serving(_Server(("127.0.0.1", 0), _Answering)):
        handler = type("Portal", (_Portal,), {"elsewhere": f"http://127.0.0.1:{there.server_port}/"})
        for portal in serving(ThreadingHTTPServer(("127.0.0.1", 0), handler)):
            transport = Transport(Way(f"http://127.0.0.1:{portal.server_port}"), timeout=5, bearer_token="bearer")
            assert transport.request("GET", "/2/users/me").status == 302
            with pytest.raises(Glitch, match="answers with status 302"):
                transport.look()
            transport.session.close()
        assert there.came == 0  # type: ignore[attr-defined]


def test_an_x_that_is_not_there_has_billed_nothing() -> None:
    with pytest.raises(Glitch, match="Connection refused") as no:
        asked(Way(f"http://127.0.0.1:{free_port()}"))
    assert not no.value.billed  # type: ignore[attr-defined]


def test_it_is_reached_through_the_proxy_and_believed_by_its_ca(
    x: _Server, proxy: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # the environment has no say
    way = Way(f"https://localhost:{x.server_port}", proxy[0], certificates().ca)
    assert asked(way) == ME
    assert auth.request_token(way, "key", "secret").key == "key"
    assert proxy[1] == [f"localhost:{x.server_port}"] * 2


def test_a_home_made_ca_is_checked_as_leniently_as_that_of_other_servers(
    x: _Server, proxy: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newer Pythons refuse CAs without some extensions; the context of netwar.connections.tls does not."""
    made: list[ssl.SSLContext] = []
    genuine = tls.context
    monkeypatch.setattr(tls, "context", lambda *given: made.append(genuine(*given)) or made[-1])
    for through in (proxy[0], None):
        transport = Transport(Way(f"https://localhost:{x.server_port}", through, certificates().ca), timeout=5, bearer_token="b")
        assert transport.request("GET", "/2/users/me").body == ME
        assert made.pop().session_stats()["connect_good"] == 1, "TLS was agreed on by ours"
        transport.session.close()


@rows(("ca", "through"), product([None, "wrong"], [True, False]))
def test_a_certificate_of_another_ca_is_told_at_once(
    x: _Server, proxy: tuple[str, list[str]], tmp_path: Path, ca: str | None, through: bool
) -> None:
    """Nor is one believed that stands in the file by the time of a connection, and was not looked at."""
    (file := tmp_path / "ca.pem").write_bytes(certificates().wrong_ca.read_bytes())
    way = Way(f"https://localhost:{x.server_port}", proxy[0] if through else None, file if ca else None)
    transport = Transport(way, timeout=5, bearer_token="bearer")
    file.write_bytes(certificates().ca.read_bytes())
    with pytest.raises(ServiceDown, match="is not signed by anybody trusted here"):
        transport.request("GET", "/2/users/me")
    transport.session.close()
    file.write_bytes(certificates().wrong_ca.read_bytes())
    for ask in (lambda: asked(way), lambda: auth.request_token(way, "key", "secret"), lambda: auth.bearer_token(way, "k", "s")):
        x.came = 0
        with pytest.raises(ServiceDown, match="is not signed by anybody trusted here") as no:
            ask()
        assert str(no.value).startswith(f"the certificate of X at localhost:{x.server_port} ")
        assert str(no.value).endswith("under [API]:  ca = FILE")
        assert x.came == 1, "it will not be another one the next time"


def test_a_certificate_of_another_host_is_told(x: _Server, proxy: tuple[str, list[str]]) -> None:
    with pytest.raises(ServiceDown, match=r"of X at api\.example\.org:\d+ is for another host"):
        asked(Way(f"https://api.example.org:{x.server_port}", proxy[0], certificates().ca))


def test_a_proxy_that_is_not_there_is_told_and_nothing_was_billed() -> None:
    with pytest.raises(Glitch, match=r"the proxy http://127\.0\.0\.1:\d+ does not lead to X: ") as no:
        asked(Way("https://localhost:9", f"http://127.0.0.1:{free_port()}"))
    assert not no.value.billed


def test_a_ca_that_is_none_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ca = .*/none: there is no such file"):
        asked(Way("https://localhost:9", None, tmp_path / "none"))


def test_the_programs_take_both_from_the_configuration(x: _Server, proxy: tuple[str, list[str]], desk: Desk) -> None:
    keys: dict[str, object] = {"consumer_key": "k", "consumer_secret": "s", "access_token_key": "a", "access_token_secret": "b"}
    known = {"proxy": proxy[0], **keys}
    desk.configure(f"https://localhost:{x.server_port}", ca=certificates().ca, **known)
    assert desk.run("tw-myname", check=0).stdout == "our_account\t44\tUs\n"
    assert proxy[1] == [f"localhost:{x.server_port}"]
    desk.configure(f"https://localhost:{x.server_port}", ca=certificates().wrong_ca, **known)
    refused = desk.run("tw-myname", check=69).stderr
    assert f"the certificate of X at localhost:{x.server_port} is not signed by anybody" in refused
    assert "trouble" not in refused
    money = json.loads(desk.run("tw-spend", "--no-ask", "--json", check=0).stdout)["micro_dollars"]
    assert (money["today"], money["held"], money["in_doubt"]) == (10_000, 0, 0), "only what was answered is booked"


@rows(
    ("given", "means"),
    [("http://proxy:3128", "http://proxy:3128"), ("proxy:3128/", "http://proxy:3128"), ("none", None), ("", None)],
)
def test_what_a_proxy_may_be(tmp_path: Path, given: str, means: str | None) -> None:
    assert configured(tmp_path, given).proxy == means


@rows("given", ["http://me:hush@proxy:3128", "https://proxy:3128", "proxy", "http://proxy:port", "socks5://p:1"])
def test_what_it_may_not_be(tmp_path: Path, given: str) -> None:
    with pytest.raises(ConfigError) as no:
        configured(tmp_path, given)
    assert "[API] proxy must " in str(no.value)
    assert "hush" not in str(no.value)


def configured(folder: Path, proxy: str) -> Settings:
    path = folder / ".twitter"
    path.touch(mode=0o600)
    path.write_text(f"[API]\nproxy = {proxy}\n")
    return load(environ={"HOME": str(folder), "NETWAR_SYSTEM_CONF": str(folder / "none")})
