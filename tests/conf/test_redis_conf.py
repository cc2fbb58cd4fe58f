"""What conf/redis gives to operators: settings that a server takes, and rights that are enough and no more."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import pytest
import redis as library

from tests.desk import ROOT
from tests.redis_conf import PASSWORDS, READER_PASSWORD, SHIPPED
from tests.rows import rows
from tests.shipped_redis import ShippedRedis, shipped_redis

# What Python sends by itself; the rest is sent by the steps in Lua.
SENT = {"ping", "select", "time", "wait", "script|load", "evalsha"}
SENT |= {"scan", "info"}  # of backups and tw-doctor
SENT |= {"get", "set", "scard", "zcard", "smembers", "hget", "hgetall", "hkeys", "hvals"}

FORBIDDEN = ["FLUSHALL", "FLUSHDB", "CONFIG GET *", "KEYS *", "SHUTDOWN", "ACL LIST", "GET other", "SADD other 1", "SAVE"]
FORBIDDEN += ["CLIENT KILL 127.0.0.1:1", "REPLICAOF NO ONE", "EVAL return(1) 0", "SUBSCRIBE news", "MONITOR"]


@pytest.fixture(scope="module")
def shipped() -> Iterator[ShippedRedis]:
    with shipped_redis() as redis:
        yield redis


@pytest.fixture
def client(shipped: ShippedRedis, request: pytest.FixtureRequest) -> Iterator[library.Redis]:
    """A connection over TLS as one of the two users."""
    with library.Redis(
        port=shipped.server.port,
        ssl=True,
        ssl_ca_certs=str(shipped.ca),
        username=request.param,
        password=PASSWORDS[request.param],
        protocol=2,
    ) as client:
        yield client


def allowed(user: str) -> set[str]:
    line = next(line for line in (SHIPPED / "netwar.acl").read_text().splitlines() if line.startswith(f"user {user} "))
    return {word[1:] for word in line.split() if word.startswith("+")}


def test_the_server_works_with_the_settings_as_they_stand(shipped: ShippedRedis) -> None:
    with shipped.server.admin() as admin:
        told = admin.config_get("append*") | admin.config_get("maxmemory*") | admin.config_get("save")
    assert (told["appendonly"], told["appendfsync"], told["maxmemory-policy"]) == ("yes", "always", "noeviction")
    assert (told["maxmemory"], told["save"]) == (str(2 << 30), "3600 1")


def test_every_comment_stands_on_a_line_of_its_own() -> None:
    lines = [line for line in (SHIPPED / "netwar.conf").read_text().splitlines() if not line.startswith("#")]
    assert not [line for line in lines if "#" in line]


def test_the_rights_are_the_commands_that_are_used_and_no_others() -> None:
    written = "".join(path.read_text() for path in (ROOT / "netwar").rglob("*.lua"))
    used = {command.lower() for command in re.findall(r"(?:call|many)\('([A-Z]+)'", written)}
    used |= {"unlink"} if "'UNLINK'" in written else set()
    assert allowed("netwar") == used | SENT


@pytest.mark.parametrize("client", ["netwar", "netwar-ro"], indirect=True)
@rows("forbidden", FORBIDDEN)
def test_what_is_not_needed_is_refused(client: library.Redis, forbidden: str) -> None:
    with pytest.raises(library.exceptions.NoPermissionError):
        client.execute_command(*forbidden.split())


@pytest.mark.parametrize("client", ["netwar-ro"], indirect=True)
def test_who_looks_sees_who_waits_and_changes_nothing(shipped: ShippedRedis, client: library.Redis) -> None:
    with shipped.server.admin() as admin:
        admin.sadd("work", "bbc")
        admin.zadd("tw:work:turns", {"bbc": 1})
    assert client.smembers("work") == {b"bbc"}
    assert client.zrange("tw:work:turns", 0, 9) == [b"bbc"]
    assert client.hgetall("tw:work:failed") == {}
    assert client.info("memory")
    for change in ("SADD work 1", "SREM work bbc", "DEL work", "HSET tw:work:failed a b", "SET tw:api x", "EVALSHA 0 0"):
        with pytest.raises(library.exceptions.NoPermissionError):
            client.execute_command(*change.split())
    assert client.scard("work") == 1


def test_it_listens_on_this_host_alone_until_somebody_says_otherwise() -> None:
    [bind] = re.findall("^bind (.*)$", (SHIPPED / "netwar.conf").read_text(), re.MULTILINE)
    assert {ip_address(one.removeprefix("-")).is_loopback for one in bind.split()} == {True}


def test_nobody_has_a_password_until_one_is_set(shipped: ShippedRedis) -> None:
    """ACL LIST tells what the server made of the lines as they lie there."""
    lines = [line.split() for line in (SHIPPED / "netwar.acl").read_text().splitlines()]
    with shipped.server.admin() as admin:
        for _, user, *rules in lines:
            admin.execute_command("ACL", "SETUSER", f"like-{user}", "reset", *rules)
            told = admin.acl_getuser(f"like-{user}")
            assert told["passwords"] == []
            assert "nopass" not in told["flags"]
            admin.acl_deluser(f"like-{user}")


DOCS = (ROOT / "docs" / "redis.md").read_text()


def test_the_certificate_that_the_docs_make_is_accepted(tmp_path: Path) -> None:
    """Also by Pythons that are strict about certificates, as 3.13 is."""
    steps = [line for line in DOCS.splitlines() if line.startswith(("    openssl ", "    echo 'subjectAltName"))]
    assert len(steps) == 4
    for step in steps:
        subprocess.run(step, shell=True, cwd=tmp_path, check=True, capture_output=True)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=tmp_path / "ca.crt")
    server.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    client.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    unfinished = {server.wrap_bio(there, back, server_side=True), client.wrap_bio(back, there, server_hostname="redishost")}
    while unfinished:
        for side in list(unfinished):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
                unfinished.remove(side)


@pytest.mark.skipif(not shutil.which("redis-cli"), reason="redis-cli is not installed: sudo apt-get install redis-tools")
def test_what_the_docs_tell_people_to_look_at_can_be_looked_at(shipped: ShippedRedis) -> None:
    lines = [line for line in re.findall(r"`redis-cli ([^`]*)`", DOCS) if "--askpass" not in line]
    assert len(lines) > 8
    with shipped.server.admin() as admin:
        admin.mset({f"tw:money:{number}": number for number in range(1000)})
    way = ["-p", str(shipped.server.port), "--tls", "--cacert", str(shipped.ca), "--user", "netwar-ro", "--no-auth-warning"]
    for line in lines:
        command = ["redis-cli", *way, "-e", *line.split()]
        told = subprocess.run(
            command, env={"REDISCLI_AUTH": READER_PASSWORD, "PATH": os.environ["PATH"]}, capture_output=True, text=True
        )
        assert told.returncode == 0, (line, told.stdout, told.stderr)
        if "tw:money:*" in line:
            assert len(told.stdout.split()) == 1000, "one step of a scan is a part of what there is"
