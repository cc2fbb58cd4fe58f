"""What conf/redis gives to operators: settings that a server takes, and rights that are enough and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import redis as library

from tests.conftest import ROOT
from tests.redis_server import PASSWORD, READER_PASSWORD, SHIPPED, Redis, running_redis

# What Python sends by itself; the rest is sent by the steps in Lua.
SENT = {"ping", "select", "time", "wait", "script|load", "evalsha"}
SENT |= {"get", "set", "scard", "zcard", "smembers", "hget", "hgetall", "hkeys", "hvals"}

FORBIDDEN = ["FLUSHALL", "FLUSHDB", "CONFIG GET *", "KEYS *", "SHUTDOWN", "ACL LIST", "GET other", "SADD other 1", "SAVE"]
FORBIDDEN += ["CLIENT KILL 127.0.0.1:1", "REPLICAOF NO ONE", "EVAL return(1) 0", "SUBSCRIBE news", "MONITOR"]


@pytest.fixture(scope="module")
def shipped() -> Iterator[Redis]:
    with running_redis(shipped=True) as redis:
        yield redis


@pytest.fixture
def client(shipped: Redis, request: pytest.FixtureRequest) -> Iterator[library.Redis]:
    """A connection over TLS as one of the two users."""
    user = {"netwar": PASSWORD, "netwar-ro": READER_PASSWORD}
    with library.Redis(
        port=shipped.tls.port,
        ssl=True,
        ssl_ca_certs=str(shipped.tls.ca),
        username=request.param,
        password=user[request.param],
        protocol=2,
    ) as client:
        yield client


def allowed(user: str) -> set[str]:
    line = next(line for line in (SHIPPED / "netwar.acl").read_text().splitlines() if line.startswith(f"user {user} "))
    return {word[1:] for word in line.split() if word.startswith("+")}


def test_the_server_works_with_the_settings_as_they_stand(shipped: Redis) -> None:
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
@pytest.mark.parametrize("forbidden", FORBIDDEN)
def test_what_is_not_needed_is_refused(client: library.Redis, forbidden: str) -> None:
    with pytest.raises(library.exceptions.NoPermissionError):
        client.execute_command(*forbidden.split())


@pytest.mark.parametrize("client", ["netwar-ro"], indirect=True)
def test_who_looks_sees_who_waits_and_changes_nothing(shipped: Redis, client: library.Redis) -> None:
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


def test_nobody_comes_in_with_the_shipped_passwords_or_without_one() -> None:
    text = (SHIPPED / "netwar.acl").read_text()
    assert text.startswith("user default off\n")
    assert text.count(">CHANGE-ME") == 2
