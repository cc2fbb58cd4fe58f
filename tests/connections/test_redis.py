"""Redis is found or told at once, verified, and waited for when it goes away in the middle of a run."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from redis import Redis as Client
from redis.exceptions import ConnectionError as LibraryError
from redis.exceptions import ResponseError
from redis.sentinel import SentinelConnectionPool

from netwar.config import Settings
from netwar.config.redis_address import parsed
from netwar.connections import redis as connections
from netwar.connections.redis import Server, connect
from netwar.connections.redis_bounded import SecureMaster
from netwar.connections.redis_errors import passing
from netwar.connections.redis_errors import told as told_by_words
from netwar.connections.tls import context
from netwar.errors import ConfigError, ServiceDown
from tests.redis_conf import PASSWORD, READER_PASSWORD
from tests.redis_server import Redis, RedisServer, free_port, running_redis, short_folder
from tests.rows import rows
from tests.servers.fixtures import skip_without

SOON = 1.0  # 0.3 s are promised; the machine may be busy


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """One for the tests that leave it as it is."""
    with running_redis("bind 127.0.0.1 127.0.0.2") as redis:
        yield redis


@pytest.fixture
def own() -> Iterator[Redis]:
    """One to be killed: what it was told survives that."""
    with running_redis("appendonly yes", "appendfsync always") as redis:
        yield redis


@pytest.fixture
def connected() -> Iterator[Callable[..., Server]]:
    """Connect with settings; closed with the test."""
    servers = []

    def connection(**settings: object) -> Server:
        servers.append(connect(Settings(**settings)))
        return servers[-1]

    yield connection
    for server in servers:
        server.close()


def told(error: type[Exception], **settings: object) -> tuple[str, float]:
    """What is said of a Redis that cannot be used, and after how many seconds."""
    began = time.monotonic()
    with pytest.raises(error) as no:
        connect(Settings(**settings))
    return str(no.value), time.monotonic() - began


def test_a_server_that_is_not_there_is_told_at_once() -> None:
    port = free_port()
    said, seconds = told(ServiceDown, redishost="127.0.0.1", redisport=port)
    assert said == f"Redis at 127.0.0.1:{port} does not answer (Connection refused): start it, or correct redishost or redisurl"
    assert seconds < SOON


def test_a_host_that_swallows_everything_is_told_at_once() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]  # the system drops what comes after these
        for attempt in waiting:
            attempt.setblocking(False)
            attempt.connect_ex(full.getsockname())
        said, seconds = told(ServiceDown, redishost="127.0.0.1", redisport=full.getsockname()[1])
        for attempt in waiting:
            attempt.close()
    assert "no answer within 0.25 s" in said
    assert 0.25 <= seconds < SOON


def test_one_of_many_sentinels_that_swallows_everything_holds_up_nobody() -> None:
    said, seconds = told(ServiceDown, redisurl=f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{free_port()}/netwar")
    assert said.startswith("Redis at netwar (Sentinels 127.0.0.1:")
    assert seconds < SOON


def test_a_socket_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    said, seconds = told(ServiceDown, redisurl=f"unix://{tmp_path}/none")
    assert f"Redis at {tmp_path}/none does not answer (No such file or directory)" in said
    assert seconds < SOON


def test_an_unknown_host_is_told() -> None:
    assert "does not answer (" in told(ServiceDown, redishost="no-such-host.invalid")[0]


@rows("kind", ["redis", "redis-socket", "redis-tls"])
def test_every_way_leads_to_it(redis: Redis, connected: Callable[..., Server], kind: str) -> None:
    db = connected(**redis.settings(kind, 3))
    db.set("tw:way", kind)
    with redis.server.admin() as admin:
        admin.select(3)
        assert admin.get("tw:way") == kind.encode()


def test_a_password_on_the_socket(redis: Redis, connected: Callable[..., Server]) -> None:
    db = connected(redishost=str(redis.server.socket), redisuser="netwar", redispass=PASSWORD)
    assert db.get("tw:none") is None
    assert connected(redisurl=f"unix://netwar@{redis.server.socket}?db=2", redispass=PASSWORD).get("tw:none") is None


@rows("user", ["netwar", "nobody"])
def test_a_wrong_password_is_told_and_never_shown(redis: Redis, user: str) -> None:
    said, _ = told(ConfigError, redishost="127.0.0.1", redisport=redis.server.port, redisuser=user, redispass="hush-hush")
    assert "does not accept the user and password" in said
    assert "correct redisuser and redispass" in said
    assert "hush" not in said


def test_a_certificate_of_an_unknown_ca_is_refused_and_the_setting_named(redis: Redis) -> None:
    said, _ = told(ConfigError, redisurl=redis.tls_url())
    assert said.startswith(f"the certificate of Redis at localhost:{redis.tls_port} is not signed by anybody trusted here")
    assert said.endswith("redisca = FILE")
    assert PASSWORD not in said


def test_a_certificate_of_another_ca_is_refused(redis: Redis, tmp_path: Path) -> None:
    said, _ = told(ConfigError, redisurl=redis.tls_url(), redisca=redis.certificates.wrong_ca)
    assert "is not signed by anybody trusted here" in said


def test_with_a_ca_nobody_else_is_trusted(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even whom the system trusts: it is some hundred companies."""
    monkeypatch.setenv("SSL_CERT_FILE", str(redis.ca))
    said, _ = told(ConfigError, redisurl=redis.tls_url(), redisca=redis.certificates.wrong_ca)
    assert "is not signed by anybody trusted here" in said


def test_without_a_ca_the_system_says_who_is_trusted(
    redis: Redis, connected: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(redis.ca))
    assert connected(redisurl=redis.tls_url(), redisuser="netwar", redispass=PASSWORD).ping()


def test_a_certificate_of_another_host_is_refused(redis: Redis) -> None:
    said, _ = told(ConfigError, redisurl=redis.tls_url().replace("localhost", "127.0.0.2"), redisca=redis.ca)
    assert "is for another host" in said
    assert "write the name that it is for" in said


def test_the_ca_may_stand_in_the_address(redis: Redis, connected: Callable[..., Server]) -> None:
    assert connected(redisurl=f"{redis.tls_url()}?ssl_ca_certs={redis.ca}").ping()


def test_redisca_means_tls_with_a_bare_host_too(redis: Redis, connected: Callable[..., Server]) -> None:
    db = connected(redishost="localhost", redisport=redis.tls_port, redisca=redis.ca, redisuser="netwar", redispass=PASSWORD)
    assert db.ping()


def test_a_ca_that_cannot_be_read_is_told(redis: Redis, tmp_path: Path) -> None:
    assert "there is no such file" in told(ConfigError, redisurl=redis.tls_url(), redisca=tmp_path / "none")[0]
    (tmp_path / "ca.pem").write_text("nothing of the kind")
    assert (
        f"redisca = {tmp_path}/ca.pem cannot be used"
        in told(ConfigError, redisurl=redis.tls_url(), redisca=tmp_path / "ca.pem")[0]
    )


def test_tls_where_none_is_spoken_and_none_where_it_is(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.5)
    said, _ = told(ServiceDown, redisurl=f"rediss://localhost:{redis.server.port}", redisca=redis.ca)
    assert "TLS is not spoken there, or too slowly" in said
    said, _ = told(ServiceDown, redishost="localhost", redisport=redis.tls_port)
    assert "it closes the connection; if it wants TLS, set redisca" in said


@rows(
    ("answered", "error", "sentence"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", ConfigError, "is no Redis: correct redishost and redisport"),
        (b"-ERR no upstream host\r\n", ServiceDown, "has nothing but an error to say (no upstream host): see its log"),
        (b"-NOSCRIPT No matching script\r\n", ServiceDown, "has nothing but an error to say (No matching script)"),
    ],
)
def test_what_is_no_redis_is_told(answered: bytes, error: type[Exception], sentence: str) -> None:
    """Nor is what stands before one, and has lost it: nobody is ended as by a bug by that, tw-status least of all."""
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            for _ in ("whether anybody listens", "a command"):
                with other.accept()[0] as client:
                    if client.recv(1000):
                        client.sendall(answered)

        thread = threading.Thread(target=answer)
        thread.start()
        said, _ = told(error, redishost="127.0.0.1", redisport=other.getsockname()[1])
        thread.join()
    assert sentence in said


def test_what_is_no_sentinel_is_told(redis: Redis) -> None:
    said, _ = told(ConfigError, redisurl=f"redis+sentinel://127.0.0.1:{redis.server.port}/here")
    assert "is no Sentinel: name where Sentinels listen, usually at port 26379" in said


def test_a_sentinels_certificate_is_checked_before_it_is_told_anything(redis: Redis) -> None:
    """As far as TLS goes any server stands for a Sentinel."""
    url = f"rediss+sentinel://localhost:{redis.tls_port}/netwar?sentinel_user=me&sentinel_password=hush-hush"
    said, _ = told(ConfigError, redisurl=url, redisca=redis.certificates.wrong_ca)
    assert "is not signed by anybody trusted here" in said
    said, _ = told(ConfigError, redisurl=url.replace("localhost", "127.0.0.2"), redisca=redis.ca)
    assert "is for another host" in said
    said, _ = told(ConfigError, redisurl=url, redisca=redis.ca)
    assert "password" in said


def test_a_master_that_sentinels_name_shows_a_certificate_of_the_ca(redis: Redis) -> None:
    class Named:
        def discover_master(self, service: str) -> tuple[str, int]:
            return "localhost", redis.tls_port

    def answer(ca: Path) -> object:
        way: dict[str, Any] = {"username": "netwar", "password": PASSWORD, "socket_timeout": 5, "checked": context(ca, "redisca")}
        pool = SentinelConnectionPool("netwar", Named(), connection_class=SecureMaster, **way)  # type: ignore[no-untyped-call]
        try:
            return Client(connection_pool=pool).ping()
        finally:
            pool.disconnect()

    assert answer(redis.ca) is True
    with pytest.raises(LibraryError, match="CERTIFICATE_VERIFY_FAILED"):
        answer(redis.certificates.wrong_ca)


def test_a_master_on_another_host_is_not_told_a_password_without_tls() -> None:
    """Where the master is, only the Sentinels know; this one names an address that nobody has."""
    skip_without("redis-tls")
    with short_folder() as folder:
        sentinel = RedisServer(folder, "sentinel monitor netwar 192.0.2.1 6379 1", options=("--sentinel",)).start()
        try:
            url = f"redis+sentinel://me:hush-hush@127.0.0.1:{sentinel.port}/netwar"
            said, seconds = told(ConfigError, redisurl=url)
        finally:
            sentinel.kill()
    assert said.startswith("everybody on the way to 192.0.2.1 could read the password for Redis: ")
    assert seconds < SOON, "nobody was called"


def test_a_database_that_is_not_there_is_told(redis: Redis) -> None:
    assert "has fewer databases than redisdb says" in told(ConfigError, **redis.settings(db=99_999))[0]


def test_what_the_rights_forbid_is_told_with_the_file_that_has_them(redis: Redis, connected: Callable[..., Server]) -> None:
    reader = connected(redisurl=redis.tls_url("netwar-ro", READER_PASSWORD), redisca=redis.ca)
    together = [("SCARD", "work"), ("GET", "other")]
    for forbidden in (lambda: reader.sadd("work", "1"), lambda: reader.get("other"), lambda: reader.all_of(together)):
        with pytest.raises(ConfigError, match=r"forbids netwar-ro what is needed .*conf/redis/netwar\.acl"):
            forbidden()
    assert reader.scard("work") == 0


def test_a_full_server_is_told(redis: Redis, connected: Callable[..., Server]) -> None:
    db = connected(**redis.settings(db=4))
    with redis.server.admin() as admin:
        admin.config_set("maxmemory", 1)
        with pytest.raises(ServiceDown, match="has no memory left"):
            db.set("tw:more", "more")
        with pytest.raises(ServiceDown, match="has no memory left"):
            db.register_script("return redis.call('SET', KEYS[1], 1)")(keys=["tw:more"])
        admin.config_set("maxmemory", 0)
    assert db.set("tw:more", "more")


@rows(
    ("answer", "error", "sentence"),
    [
        ("WRONGTYPE Operation against a key holding the wrong kind of value", ConfigError, "of another kind under a key"),
        ("MISCONF Errors writing to the AOF file: No space left on device", ServiceDown, "cannot write to its disk"),
        ("NOREPLICAS Not enough good replicas to write.", ServiceDown, "too few of its replicas answer"),
        ("Error running script: @user_script: 1: -OOM command not allowed when", ServiceDown, "has no memory left"),
        ("Error running script: @user_script: 1: -READONLY You can't write", ServiceDown, "is a replica"),
        ("DENIED Redis is running in protected mode because", ConfigError, "protected mode"),
        ("unknown command `SENTINEL`, with args beginning with: `MASTERS`, ", ConfigError, "is no Sentinel"),
        ("unknown command `SMISMEMBER`, with args beginning with: `work`, ", ConfigError, "is too old"),
        ("Error running script: @user_script: 1: Unknown Redis command called from", ConfigError, "is too old"),
    ],
)
def test_what_else_it_may_answer(answer: str, error: type[Exception], sentence: str) -> None:
    said = told_by_words(ResponseError(answer), Settings(redishost="here").redis)
    assert isinstance(said, error)
    assert sentence in str(said)


def test_a_server_that_is_killed_while_tls_is_agreed_on_is_waited_for() -> None:
    address = parsed("rediss://here")
    cut = LibraryError("Error 8 connecting to here:6379.")
    cut.__cause__ = ssl.SSLEOFError(8, "[SSL: UNEXPECTED_EOF_WHILE_READING]")
    assert told_by_words(cut, address) is None
    assert passing(cut, address)


def test_a_replica_is_told(connected: Callable[..., Server]) -> None:
    with running_redis(f"replicaof 127.0.0.1 {free_port()}") as replica:
        db = connected(**replica.settings())
        with pytest.raises(ServiceDown, match="is a replica, which takes no writes"):
            db.set("tw:a", 1)


def test_a_server_that_restarts_is_waited_for_and_that_is_said_once(
    own: Redis, connected: Callable[..., Server], caplog: pytest.LogCaptureFixture
) -> None:
    db = connected(**own.settings())
    db.set("tw:kept", "yes")
    own.server.kill()
    with ThreadPoolExecutor(1) as other:
        answer = other.submit(db.get, "tw:kept")
        while not caplog.records:
            assert not answer.done()
        own.server.start()
        assert answer.result() == b"yes"
    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line == f"Redis at 127.0.0.1:{own.server.port} does not answer (Connection refused): waiting for it, up to 60 s"
    own.server.kill()
    own.server.start()
    assert db.all_of([("GET", "tw:kept"), ("SCARD", "tw:nobody")]) == [b"yes", 0]


def test_a_server_that_does_not_come_back_is_told_in_the_end(
    own: Redis, connected: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.5)
    db = connected(**own.settings())
    own.server.kill()
    began = time.monotonic()
    with pytest.raises(ServiceDown, match="does not answer"):
        db.get("tw:any")
    assert time.monotonic() - began >= 0.5
    began = time.monotonic()
    with pytest.raises(ServiceDown, match="does not answer"):
        db.get("tw:any")
    assert time.monotonic() - began < 0.4, "who puts claims back then is not kept waiting once more"
    own.server.start()
    assert db.get("tw:any") is None


def test_threads_that_share_a_server_wait_for_it_without_closing_each_others_connections(
    own: Redis, connected: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands still, as when its disk or its machine does: each of them gives up its own answer at another time."""
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.1)
    db = connected(**own.settings())
    db.set("tw:many", 0)
    until, answers = time.monotonic() + 4, []

    def ask(pause: float) -> int:
        for count in itertools.count(1):
            answers.append(db.incr("tw:many"))
            if time.monotonic() > until:
                return count
            time.sleep(pause)
        raise AssertionError

    with ThreadPoolExecutor(8) as many:
        asked = [many.submit(ask, 0.001 * number) for number in range(8)]
        while time.monotonic() < until:
            os.kill(own.server.process.pid, signal.SIGSTOP)
            time.sleep(0.4)
            os.kill(own.server.process.pid, signal.SIGCONT)
            time.sleep(0.1)
        assert all(one.result() for one in asked)


def test_who_closes_a_server_leaves_the_connections_alone_on_which_others_wait(
    redis: Redis, connected: Callable[..., Server]
) -> None:
    db = connected(**redis.settings())
    db.ping()
    until = time.monotonic() + 1

    def ask() -> bool:
        while time.monotonic() < until:
            assert db.ping()
        return True

    with ThreadPoolExecutor(4) as many:
        asked = [many.submit(ask) for _ in range(4)]
        while time.monotonic() < until:
            db.close()
        assert all(one.result() for one in asked)


def test_the_answer_to_an_interrupted_command_is_not_taken_for_that_of_the_next(
    own: Redis, connected: Callable[..., Server]
) -> None:
    class Interrupted(BaseException):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupted

    db = connected(**own.settings())
    db.set("tw:a", "of a")
    db.set("tw:b", "of b")
    before = signal.signal(signal.SIGALRM, interrupt)
    os.kill(own.server.process.pid, signal.SIGSTOP)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Interrupted):
            db.get("tw:a")
    finally:
        os.kill(own.server.process.pid, signal.SIGCONT)
        signal.signal(signal.SIGALRM, before)
    assert db.get("tw:b") == b"of b"


def test_the_clock_is_the_servers(redis: Redis, connected: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = time.time
    db = connected(**redis.settings())
    assert db.clock() == pytest.approx(genuine(), abs=0.1)
    assert db.clock.ahead == pytest.approx(0, abs=0.1)
    monkeypatch.setattr(time, "time", lambda: genuine() + 3600)
    assert db.clock() == pytest.approx(genuine(), abs=0.1)
    assert db.clock.ahead == pytest.approx(-3600, abs=0.1)


def test_a_host_whose_clock_is_wrong_is_told_once(
    redis: Redis, connected: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    genuine = time.time
    db = connected(**redis.settings())
    monkeypatch.setattr(time, "time", lambda: genuine() - 300)
    monkeypatch.setattr(connections, "CLOCK_SECONDS", -1)
    for _ in range(3):
        db.clock()
    assert [record.getMessage() for record in caplog.records] == [
        f"the clock of this host and that of Redis at 127.0.0.1:{redis.server.port} are 300 s apart: set the wrong one"
    ]
