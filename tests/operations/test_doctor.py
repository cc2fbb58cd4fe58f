"""tw-doctor: every fault that it knows is named when it is there, and nothing is when all is well."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import socket
import sqlite3
import ssl
import tarfile
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from netwar.board.base import LOST, RunState
from netwar.board.sqlite import SqliteBoard
from netwar.cli.services import Services
from netwar.commands import doctoring
from netwar.connections import sqlite_beside, sqlite_copying
from netwar.operations import findings, host_checks, server_checks
from netwar.operations.findings import Finding
from tests.contract.opening import DATABASES
from tests.desk import Desk
from tests.operations.test_status import later
from tests.operator import Recorded
from tests.redis_server import Redis
from tests.rows import rows
from tests.servers import certificates as making
from tests.serving import Answering, serving

CRONTAB = "#!/bin/sh\necho '* * * * * {program} shown -q --config {config}'\n"


@pytest.fixture
def cron(recorded: Recorded) -> dict[str, str]:
    """An environment in which crontab -l has a line of ours."""
    return crontab(recorded, recorded.desk.home / ".twitter")


def crontab(who: Recorded, config: Path, program: str = "tw-idu3elk") -> dict[str, str]:
    (fake := who.desk.home / "cron").mkdir(exist_ok=True)
    (fake / "crontab").write_text(CRONTAB.format(config=config, program=program))
    (fake / "crontab").chmod(0o755)
    return {"PATH": f"{fake}:{who.desk.environment['PATH']}"}


def told(who: Recorded, status: int, *options: object, env: dict[str, str] | None = None) -> list[dict[str, str]]:
    ended = who.run("tw-doctor", "--json", *options, check=status, env=env)
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_what_is_wrong_on_a_host_is_named(recorded: Recorded, cron: dict[str, str], tmp_path: Path) -> None:
    """Each fault, put there and taken away again; between them all is well, and nothing was asked that costs."""
    recorded.run("tw-backup", tmp_path / "place")
    billed = recorded.bill()
    well = told(recorded, 0, env=cron)
    assert {one["state"] for one in well} == {"well"}, well
    said = {one["what"]: one["said"] for one in well}
    assert said["backup"].startswith("less than an hour old: ")
    assert said["last run"].startswith("less than an hour ago: ")
    assert said["schedule"] == "1 line starts programs of the recorder, all of which are there"
    for name, (fault, what, says, mend) in FAULTS.items():
        with fault(recorded):
            found = [one for one in told(recorded, 1, env=cron) if one["state"] == "wrong"]
            quiet = recorded.run("tw-doctor", "-q", check=1, env=cron)
        assert [line.split("\t")[:2] for line in quiet.stdout.splitlines()] == [["wrong", what]]
        assert re.search(r"^tw-doctor: 1 of \d+ things is wrong \(see above\)$", quiet.stderr, re.MULTILINE), quiet.stderr
        assert [one["what"] for one in found] == [what], (name, found)
        assert says in found[0]["said"], (name, found)
        assert mend in (found[0]["mend"] or found[0]["said"]), (name, found)
    assert {one["state"] for one in told(recorded, 0, env=cron)} == {"well"}
    quiet = recorded.run("tw-doctor", "-q", env=cron)
    assert (quiet.stdout, quiet.stderr) == ("", ""), "cron mails nothing"
    assert recorded.bill() == billed


def data(who: Recorded) -> Path:
    return who.desk.home / ".local/share/netwar"


@contextmanager
def file(path: Path, content: bytes | None, seconds_ago: float = 0) -> Iterator[None]:
    """With other content, or without the file."""
    before = path.read_bytes() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    if content is not None:
        path.touch(0o600)
        path.write_bytes(content)
        os.utime(path, (time.time() - seconds_ago,) * 2)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        if before is not None:
            path.touch(0o600)
            path.write_bytes(before)


@contextmanager
def piped(path: Path) -> Iterator[None]:
    """With a pipe in the place of a file, which whoever opens it waits for."""
    with file(path, None):
        os.mkfifo(path)
        yield


def edited(who: Recorded, before: str, after: str) -> Any:
    path = who.desk.home / ".twitter"
    return file(path, path.read_text().replace(before, after).encode())


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    """Rubbish in the place of the last pages; a log that lies beside belongs to what was there."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    with file(path, content[:4096] + bytes(len(content) - 4096)):
        yield


@contextmanager
def crontab_of(who: Recorded, name: str, program: str = "tw-idu3elk") -> Iterator[None]:
    crontab(who, who.desk.home / name, program)
    try:
        yield
    finally:
        crontab(who, who.desk.home / ".twitter")


@contextmanager
def renamed(who: Recorded) -> Iterator[None]:
    """A run died while the host had another name."""
    with closing(SqliteBoard(data(who) / "board.sqlite")) as board:
        board.say(RunState("1", "alpha", "tw-idu3elk", "x", subject="work"))
    later(who, LOST + 1)
    try:
        yield
    finally:
        who.run("tw-status", "--forget")


def instead(key: str, value: str) -> Callable[[Recorded], Any]:
    """With another line in [STREAM]; PORT is where something answers that is none of our servers."""
    return lambda who: edited(who, "[STREAM]", f"[STREAM]\n{key} = {value.replace('PORT', who.sandbox.url.rpartition(':')[2])}")


@contextmanager
def nested(path: Path) -> Iterator[None]:
    """With folders in folders, deeper than recursion goes over them."""
    (path / "/".join("d" * 150)).mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(path)


@contextmanager
def later_at_x(who: Recorded) -> Iterator[None]:
    who.post("clock", {"advance": 7200})
    try:
        yield
    finally:
        who.post("clock", {"advance": -7200})


FAULTS: dict[str, tuple[Callable[[Recorded], Any], str, str, str]] = {
    "keys": (lambda who: edited(who, "access_token_secret", "# access_token_secret"), "keys", "access_token_secret", "tw-auth"),
    "clock": (later_at_x, "clock", "s behind X's", "NTP"),
    "everybody's": (lambda who: mode(data(who), 0o777), "rights", "everybody may write", "chmod o-w"),
    "queue damaged": (lambda who: damaged(data(who) / "queues.sqlite"), "queues.sqlite", "damaged", "tw-mend"),
    "no database": (lambda who: file(data(who) / "x.sqlite", b"no database" * 99), "x.sqlite", "no database of", "restore"),
    "log alone": (lambda who: file(data(who) / "archive/y.sqlite-wal", b"log"), "archive/y.sqlite-wal", "gone", "put that back"),
    "spool": (lambda who: file(data(who) / "spool" / "pages.jsonl", b"{}\n", 9999), "spool", "pages wait", "archive"),
    "refused": (lambda who: file(data(who) / "dead-letters", b"{}\n"), "dead letters", "could not be written", "lines say why"),
    "never backed up": (lambda who: file(data(who) / "last-backup", None), "backup", "none was ever", "tw-backup"),
    "old backup": (
        lambda who: file(data(who) / "last-backup", b'{"folder": "/mnt", "ended": 1}'),
        *("backup", "hours old", "cron does not run"),
    ),
    "no time": (
        lambda who: file(data(who) / "last-backup", b'{"folder": "/mnt", "ended": %s}' % (b"9" * 400)),
        *("backup", "does not tell when", "tw-backup"),
    ),
    "a pipe": (lambda who: piped(data(who) / "last-backup"), "backup", "see who put it there", "tw-backup"),
    "backup gone": (
        lambda who: file(data(who) / "last-backup", json.dumps({"folder": "/gone", "ended": time.time() * 1e3}).encode()),
        *("backup", "is gone", "take another"),
    ),
    "nested": (lambda who: nested(data(who) / "deep"), "data", "folders in folders", "see whose it is"),
    "schedule": (lambda who: crontab_of(who, "gone.conf"), "schedule", "gone.conf is not there", "crontab -e"),
    "nobody's home": (
        lambda who: crontab_of(who, "~nobodyhere/x.conf"),
        "schedule",
        "~nobodyhere/x.conf is not there",
        "crontab -e",
    ),
    "no program": (lambda who: crontab_of(who, ".twitter", "tw-gone"), "schedule", "tw-gone is not on PATH", "crontab -e"),
    "renamed": (renamed, "host", "runs of alpha fell silent, such as tw-idu3elk work", "tw-status --forget"),
    "statsd": (instead("statsd", "no.such.host.invalid"), "statsd", "no host", "statsd"),
    "redis away": (instead("redisurl", "redis://127.0.0.1:1/0"), "redis", "does not answer", "start it"),
    "no redis": (instead("redisurl", "redis://127.0.0.1:PORT/0"), "redis", "is no Redis", "redisurl"),
    "elasticsearch away": (instead("elksg", "127.0.0.1:1"), "elasticsearch", "does not answer", "elksg"),
    "no elasticsearch": (instead("elksg", "127.0.0.1:PORT"), "elasticsearch", "refuses what it was asked", ""),
    "neo4j away": (instead("neo4j", "bolt://127.0.0.1:1"), "neo4j", "does not answer", "neo4j in the configuration"),
    "ca": (instead("redisca", "/dev/null"), "redisca", "cannot be used", "PEM"),
}


def test_a_disk_that_is_full_and_a_clock_that_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.state for one in host_checks.clock(30)] == ["well"]
    now = int(time.time() * 1000)
    assert [[one.state for one in host_checks.last_run(done)] for done in ([], [("x", now)], [("x", 1)])] == [
        *(["unknown"], ["well"], ["unknown"])
    ]
    ago = {minutes: host_checks.last_run([("x", now - minutes * 60_000)]) for minutes in (0, 61, 300)}
    assert {minutes: one.said for minutes, [one] in ago.items()} == {
        0: "less than an hour ago: x",
        61: "1 hour ago: x",
        300: "5 hours ago: x",
    }
    assert ["behind X's" in one.said and "NTP" in one.mend for one in host_checks.clock(-3600)] == [True]
    full = os.statvfs_result((4096, 4096, 1 << 20, 100, 100, 1 << 20, 10, 10, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _path: full)
    assert [(one.what, one.state) for one in host_checks.disk(tmp_path)] == [("disk", "wrong"), ("inodes", "wrong")]
    monkeypatch.setattr(host_checks, "LARGEST", 10)
    with closing(sqlite3.connect(tmp_path / "large.sqlite")) as db:
        db.execute("CREATE TABLE t (x)")
    assert [one.state for one in host_checks.databases(tmp_path)] == ["unknown"]
    (odd := tmp_path / "name in no encoding \udcff.sqlite").touch()
    assert [one.state for one in host_checks.databases(tmp_path)] == ["unknown", "well"]
    odd.unlink()
    assert sqlite_copying.sound(tmp_path / "large.sqlite") == ""
    (log := tmp_path / "large.sqlite-shm").touch()
    monkeypatch.setattr(sqlite_beside, "may_write", lambda path: path != log)
    assert [(one.state, str(log) in one.mend) for one in host_checks.databases(tmp_path)] == [("wrong", True), ("unknown", False)]
    log.unlink()
    assert [one.state for one in doctoring._data(tmp_path / "none")] == ["unknown"]
    assert not list(host_checks.earlier(tmp_path))
    (tmp_path / "large.sqlite.of-schema-1").touch()
    assert ["1 file of earlier states" in one.said for one in host_checks.earlier(tmp_path)] == [True]
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)  # root may everywhere
    assert ["may not write" in one.said for one in host_checks.rights(tmp_path)] == [True]
    monkeypatch.setenv("PATH", "")
    assert [one.state for one in host_checks.schedules([])] == ["unknown"]
    monkeypatch.setattr(Path, "stat", refused)
    assert {one.said for one in doctoring._data(tmp_path)} == {f"{tmp_path} cannot be read: Permission denied"}


def test_no_configuration_at_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for all users of the host may do in its place."""
    user, system = desk.home / ".twitter", desk.home / "netwar.conf"
    monkeypatch.setenv("HOME", str(desk.home))
    monkeypatch.setenv("NETWAR_SYSTEM_CONF", str(system))
    services = Services("tw-doctor")  # the program would ask X itself for the time
    found = doctoring._configuration(services, services.settings)
    assert found == findings.wrong("configuration", f"{user} is not there", "run tw-auth, which gets the keys and makes it")
    system.write_text("[API]\napi = http://127.0.0.1:1\n")
    first, *_ = desk.run("tw-doctor", check=1).stdout.splitlines()
    assert first.split("\t")[:3] == ["well", "configuration", f"{system} can be read; there is no {user}"]
    desk.configure("http://127.0.0.1:1", consumer_key="key", access_token_key="1-a")
    first, *_ = desk.run("tw-doctor", check=1).stdout.splitlines()
    assert first.split("\t")[:3] == ["well", "configuration", f"{user} can be read"]


def refused(path: Path, **_: object) -> os.stat_result:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


class ToldRedis:
    """A Redis that says what it is told to."""

    def __init__(self, **said: Any) -> None:
        self.said = said

    def info(self, section: str) -> dict[str, Any]:
        return {"redis_version": "7.0.15", "aof_enabled": 1, "maxmemory_policy": "noeviction", **self.said}


REDIS_FAULTS: list[tuple[dict[str, Any], float, str]] = [
    ({}, 0, ""),
    ({"aof_enabled": 0}, 0, "no append-only file"),
    ({"aof_last_write_status": "err"}, 0, "cannot write"),
    ({"rdb_last_bgsave_status": "err"}, 0, "last snapshot"),
    ({"maxmemory_policy": "allkeys-lru"}, 0, "throws out"),
    ({"maxmemory": 100, "used_memory": 95}, 0, "95% of its memory"),
    ({"redis_version": "5.0.7"}, 0, "too old"),
    ({}, 3600, "3,600 s from this host"),
]


@rows(("said", "ahead", "says"), REDIS_FAULTS)
def test_a_redis_that_would_lose_something(said: dict[str, Any], ahead: float, says: str) -> None:
    bad = wrong(server_checks.redis(ToldRedis(**said), ahead, "here"))
    assert len(bad) == bool(says)
    assert not says or says in bad[0].said


def wrong(found: Iterator[Finding]) -> list[Finding]:
    return [one for one in found if one.state == "wrong"]


class ToldElastic:
    """An Elasticsearch that says what it is told to."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.security = answers.get("security", "xpack")

    def ask(self, method: str, path: str, *, ignore: Any = ()) -> Any:
        if "allocation" in path:
            return [{"node": "n1", "disk.percent": self.answers.get("full", "40")}]
        if "health" in path:
            return {"status": self.answers.get("status", "green"), "unassigned_shards": 0}
        return self.answers.get("blocked", {})


ELASTIC_FAULTS: list[tuple[dict[str, Any], list[str], str]] = [
    ({}, [], ""),
    ({"status": "red"}, [], "lacks shards"),
    ({"full": "91"}, [], "n1 (91 %)"),
    ({"blocked": {"twx": {"settings": {"index.blocks.read_only_allow_delete": "true"}}}}, [], "takes nothing for twx"),
    ({"security": "none"}, [], "everybody who reaches"),
    ({}, ["netwar-tweets: new"], "not as they are shipped"),
]


@rows(("said", "outdated", "says"), ELASTIC_FAULTS)
def test_an_elasticsearch_that_would_lose_something(said: dict[str, Any], outdated: list[str], says: str) -> None:
    bad = wrong(server_checks.elastic(ToldElastic(**said), outdated, False))
    assert len(bad) == bool(says)
    assert not says or says in bad[0].said


def test_a_real_redis_and_certificates(recorded: Recorded, redis: Redis, cron: dict[str, str], tmp_path: Path) -> None:
    """It forgets, as tests' do; without +info that cannot be known. Certificates end one day."""
    recorded.run("tw-backup", tmp_path / "place")
    lines = [f"{key} = {value}" for key, value in redis.settings("redis-tls", next(DATABASES)).items()]
    with edited(recorded, "[STREAM]", "\n".join(["[STREAM]", *lines])):
        found = told(recorded, 1, env=cron)
        assert "no append-only file" in next(one for one in found if one["what"] == "redis")["said"]
        assert {"redisca", "redis"} <= {one["what"] for one in found}
        with redis.server.admin() as may:
            may.execute_command("ACL", "SETUSER", "netwar", "-info")
        try:
            assert "may not tell" in next(one for one in told(recorded, 0, env=cron) if one["state"] == "unknown")["said"]
        finally:
            with redis.server.admin() as may:
                may.execute_command("ACL", "SETUSER", "netwar", "+info")


def test_a_certificate_that_ends_soon_or_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An authority's, and one that a server shows; who has an ended one is not spoken to, and its own line says that."""
    for days, says, of_server in ((5, "5 more days", 1), (-0.5, "has expired", 0), (3650, "", 0)):
        monkeypatch.setattr(making, "VALID", timedelta(days=days))
        (folder := tmp_path / str(days)).mkdir()
        making._make(made := making.Certificates(folder))
        assert [says in one.said for one in wrong(server_checks.authority("redisca", made.ca))] == [True] * bool(says)
        with shown(made) as port:
            trusting = ssl.create_default_context(cafile=made.ca)
            found = wrong(server_checks.certificate("redis", "localhost", port, trusting))
        assert [says in one.said for one in found] == [True] * of_server


@contextmanager
def shown(made: making.Certificates) -> Iterator[int]:
    """A server that shows its certificate to one who asks; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.node, made.node_key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with suppress(OSError), context.wrap_socket(server.accept()[0], server_side=True):
                pass

        (thread := threading.Thread(target=answer)).start()
        yield server.getsockname()[1]
        thread.join()


def test_what_answers_otherwise_than_it_should() -> None:
    class Other(ToldElastic):
        def ask(self, method: str, path: str, *, ignore: Any = ()) -> Any:
            return ["no", "cluster"]

    [found] = findings.answered("elasticsearch", lambda: server_checks.elastic(Other(), [], False))
    assert (found.state, found.what) == ("wrong", "elasticsearch")
    assert "cannot be understood" in found.said


PLANTED = (
    "s3cret-one",
    "s3cret-two",
    "s3cret-three",
    "s3cret-four",
    "s3cret-five",
    "s3cret-six",
    "s3cret-7",
    "s3cret-8",
    "s3cret-9",
)


PACKED = b64encode(b"IdOfKey:Key4711word").decode()


SENT = [{"elksguser": "recorder", "elksgpass": "Pass-4711-word"}, {"elksgkey": "IdOfKey:Key4711word"}, {"elksgkey": PACKED}]


@contextmanager
def refusing() -> Iterator[str]:
    """An Elasticsearch that repeats the header Authorization, and what is packed in it; its address."""

    class Handler(Answering):
        def do_GET(self) -> None:
            kind, _, packed = self.headers.get("authorization", "").partition(" ")
            plain = b64decode(packed).decode()
            body = json.dumps({"error": {"type": "x", "reason": f"header [{kind} {packed}] of {plain}"}, "status": 400}).encode()
            self.answer(400 if packed else 200, body)

    with serving(Handler) as address:
        yield address


def test_a_bundle_has_no_secret(recorded: Recorded, cron: dict[str, str], tmp_path: Path) -> None:
    """In a value, a comment, a misspelt key, an address, the other configuration; also where the configuration is broken."""
    config = tmp_path / "planted.conf"
    kept = (recorded.desk.home / ".twitter").read_text()
    lines = f"[STREAM]\nelksgpass = {PLANTED[0]}\n# redispass = {PLANTED[1]}\nredisurl = rediss://u:{PLANTED[2]}@127.0.0.1:1/0\n"
    lines += f"notify = curl -H 'Authorization: {PLANTED[6]}' https://127.0.0.1/{PLANTED[6]}\n"
    wrong = f"redishost = :{PLANTED[7]}@localhost\nelksg = https://u:{PLANTED[7]}/@127.0.0.1/?key={PLANTED[8]}\n"
    for number, more in enumerate(("", f"elksgpas = {PLANTED[3]}\n{PLANTED[4]}\n{wrong}")):
        config.touch(0o600)
        config.write_text(kept.replace("[STREAM]\n", lines + more))
        system = recorded.desk.home / "netwar.conf"
        with file(system, f"[STREAM]\nneo4jpass = {PLANTED[5]}\n".encode()):
            (shared := tmp_path / "shared").mkdir(exist_ok=True)
            shared.chmod(0o1777)  # as /tmp is
            bundle = shared / f"support{number}.tar.gz"
            recorded.run("tw-doctor", "--bundle", bundle, "--config", config, check=78 if more else 1, env=cron)
        assert bundle.stat().st_mode & 0o77 == 0
        with tarfile.open(bundle) as archive:
            texts = {name: archive.extractfile(name).read().decode() for name in archive.getnames()}  # type: ignore[union-attr]
        secrets = {*PLANTED, *(line.split(" = ")[1] for line in kept.splitlines() if "_secret = " in line or "token" in line)}
        assert not [(name, secret) for name, text in texts.items() for secret in secrets if secret in text]
        assert "budget = 100" in texts["netwar-support/user.conf"]
        assert "notify = curl (left out)" in texts["netwar-support/user.conf"]
        assert "requests==" in texts["netwar-support/versions.txt"]
    assert "is there already" in recorded.run("tw-doctor", "--bundle", bundle, check=2, env=cron).stderr


def test_what_a_server_repeats_of_a_password_is_not_shown(desk: Desk, tmp_path: Path) -> None:
    """In plain, and as it travels; the bundle is for others, and what is printed for whoever has the log."""
    for number, secret in enumerate(SENT):
        bundle = tmp_path / f"support{number}.tar.gz"
        with refusing() as elksg:
            desk.configure(elksg=elksg, data=tmp_path / "data", **secret)
            doctor = desk.run("tw-doctor", "--json", "--bundle", bundle)
            ended = [doctor, desk.run("tw-elkinit"), desk.run("tw-elk", "health"), desk.run("tw-elk", "health", "-v")]
        with tarfile.open(bundle) as archive:
            texts = [archive.extractfile(name).read().decode() for name in archive.getnames()]  # type: ignore[union-attr]
        told = "".join([*texts, *(one.stdout + one.stderr for one in ended)])
        assert "header [" in doctor.stdout
        assert "***" in doctor.stdout
        for form in ("4711", "cmVjb3JkZXI6UGFzcy00NzExLXdvcm", PACKED.rstrip("=")):
            assert form not in told, form
