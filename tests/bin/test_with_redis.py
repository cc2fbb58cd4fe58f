"""The programs with queue and meter in Redis: over TLS, as a user who may do no more than conf/redis allows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable

import pytest

from tests.contract.opening import DATABASES
from tests.desk import Desk, Sandbox, program
from tests.redis_conf import PASSWORD, READER_PASSWORD
from tests.redis_server import Redis, free_port
from tests.rows import rows


@pytest.fixture
def settings(redis: Redis) -> dict[str, object]:
    return redis.settings("redis-tls", next(DATABASES))


def test_every_program_works_with_it(desk: Desk, sandbox: Sandbox, redis: Redis, settings: dict[str, object]) -> None:
    desk.configure(sandbox.url, budget=100, maxcpu=100, maxmem=100, **settings)
    put = desk.run("tw-quser2work", "-", input="@0\n@1\nno_such\nother\n", check=0)
    assert "4 of 4 users added to work, 4 waiting" in put.stderr
    assert desk.run("tw-showwork", "--names", check=0).stdout.split() == ["@0", "@1", "no_such", "other"]
    wiped = desk.run("tw-wipework", "--yes", check=0)
    assert "4 waiting, 0 claimed and 0 failed users removed from work" in wiped.stderr
    users = [json.loads(line)["id"] for line in truth(sandbox)][:2]
    desk.run("tw-quser2work", "-", input="\n".join(users), check=0)
    ended = desk.run("tw-idu3elk", "brexit", "--limit", "1", "-v", check=0)
    assert "1 user done" in ended.stderr
    assert json.loads(desk.run("tw-showwork", "--json", check=0).stdout)["waiting"] == 1
    spent = json.loads(desk.run("tw-spend", "--no-ask", "--json", check=0).stdout)
    assert spent["micro_dollars"]["today"] > 0
    assert "users/:id/tweets" in desk.run("tw-rates", "--no-ask", check=0).stdout
    assert desk.run("tw-coverage", "brexit", check=0).stdout
    files = [path.name for path in (desk.home / ".local/share/netwar").glob("*.sqlite")]
    assert files == ["perflog.sqlite"], "queue, meter and board are in Redis alone"
    told = json.loads(desk.run("tw-status", "--json", check=0).stdout)
    assert [(run["program"], run["status"]) for run in told["runs"]] == [("tw-idu3elk", 0)]
    assert told["money"][0]["today"] == spent["micro_dollars"]["today"]
    assert {queue["name"]: queue["waiting"] for queue in told["queues"]} == {"usertest": 0, "work": 1}
    assert PASSWORD not in ended.stderr


def truth(sandbox: Sandbox) -> list[str]:
    with urllib.request.urlopen(f"{sandbox.url}/sandbox/truth/users") as answer:
        return answer.read().decode().splitlines()


def test_a_host_takes_the_stream_over_from_one_that_died(desk: Desk, sandbox: Sandbox, settings: dict[str, object]) -> None:
    """Two data folders are two hosts: that a run died is not known, so its lease has to end."""
    hosts = []
    for name in ("first", "second"):
        (desk.home / "terms").write_text("harbour\n")
        known = {"budget": 100, "maxcpu": 100, "maxmem": 100, "data": desk.home / name, **settings}
        config = desk.configure(sandbox.url, path=desk.home / f"{name}.conf", **known)
        hosts.append(desk.start("tw-stream", name, "terms", "--config", config))
        until(lambda: connections(sandbox)[0] > 0)
    assert connections(sandbox) == (1, 1), "the second one shows, and has none"
    hosts[0].kill()
    until(lambda: connections(sandbox) == (2, 1))
    hosts[1].terminate()
    said = hosts[1].communicate(timeout=30)[1]
    assert f"process {hosts[0].pid} on" in said
    assert "stopped by SIGTERM" in said
    hosts[0].communicate()


def connections(sandbox: Sandbox) -> tuple[int, int]:
    """How many there were, and how many stand."""
    with urllib.request.urlopen(f"{sandbox.url}/sandbox/truth/stream/connections") as answer:
        found = json.load(answer)
    return len(found), sum(one["closed"] is None for one in found)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 40
    while not true():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_people_see_with_redis_cli_what_programs_see(desk: Desk, redis: Redis) -> None:
    database = next(DATABASES)
    desk.configure(**redis.settings("redis-socket", database))
    desk.run("tw-quser2work", "-", "--queue", "usertest", input="bbc\n", check=0)
    with redis.server.admin() as people:
        people.select(database)
        assert people.smembers("usertest") == {b"bbc"}
        people.sadd("usertest", "@NASA")
    assert desk.run("tw-showwork", "--queue", "usertest", "--names", check=0).stdout.split() == ["bbc", "nasa"]


def test_who_looks_sees_what_fills_a_server(desk: Desk, redis: Redis) -> None:
    desk.configure(**redis.settings("redis-socket", next(DATABASES)))
    desk.run("tw-quser2work", "-", input="bbc\n", check=0)
    with redis.server.admin() as people:
        people.config_set("maxmemory", 1)
        try:
            assert desk.run("tw-showwork", "--names", check=0).stdout.split() == ["bbc"]
            assert "has no memory left" in desk.run("tw-quser2work", "-", input="nasa\n", check=69).stderr
        finally:
            people.config_set("maxmemory", 0)


@rows("program", ["tw-showwork", "tw-rates", "tw-quser2work"])
def test_a_server_that_is_not_there_ends_a_program_at_once(desk: Desk, program: str) -> None:
    desk.configure(redishost="127.0.0.1", redisport=(port := free_port()), consumer_key="k")
    words = ["-"] if program == "tw-quser2work" else []
    began = time.monotonic()
    ended = desk.run(program, *words, input="bbc\n", check=69)
    assert time.monotonic() - began < 3, "most of it is the start of the program"
    assert ended.stderr.strip().endswith(
        f"{program}: Redis at 127.0.0.1:{port} does not answer (Connection refused): start it, or correct redishost or redisurl"
    )


def test_a_wrong_password_is_a_fault_of_the_configuration_and_is_not_shown(desk: Desk, redis: Redis) -> None:
    url = redis.tls_url(password="hush%2Fhush")
    desk.configure(redisurl=url, redisca=redis.ca)
    ended = desk.run("tw-showwork", "-v", check=78)
    assert "does not accept the user and password" in ended.stderr
    assert "hush" not in ended.stderr


def test_who_may_only_look_is_told_what_is_missing(desk: Desk, redis: Redis) -> None:
    desk.configure(redisurl=redis.tls_url("netwar-ro", READER_PASSWORD), redisca=redis.ca)
    ended = desk.run("tw-quser2work", "-", input="bbc\n", check=78)
    assert "forbids netwar-ro what is needed" in ended.stderr
    assert "conf/redis/netwar.acl" in ended.stderr


def test_a_queue_that_the_rights_leave_out_is_told(desk: Desk, settings: dict[str, object]) -> None:
    desk.configure(**settings)
    ended = desk.run("tw-quser2work", "-", "--queue", "others", input="bbc\n", check=78)
    assert "forbids netwar what is needed" in ended.stderr
    assert "~NAME for each queue NAME that is not there yet" in ended.stderr


def test_a_rehearsal_and_the_real_thing_never_share_a_database(desk: Desk, redis: Redis) -> None:
    database = next(DATABASES)
    desk.configure(consumer_key="k", **redis.settings(db=database))
    desk.run("tw-quser2work", "-", input="nasa\n", check=0)
    rehearsal = desk.configure("http://127.0.0.1:9", path=desk.home / "rehearse.conf", access_token_key="k", data="rehearsal",
                               **redis.settings(db=database))  # fmt: skip
    refused = desk.run("tw-quser2work", "-", "--config", rehearsal, input="esa\n", check=78)
    assert f"database {database} of Redis at 127.0.0.1:{redis.server.port} is used with https://api.x.com" in refused.stderr
    assert "write another database as `redisdb`" in refused.stderr
    assert desk.run("tw-showwork", "--names", check=0).stdout.split() == ["nasa"]


def test_a_name_that_is_kept_for_what_stands_beside_the_queues_is_refused(desk: Desk) -> None:
    assert "tw: begins the recorder" in desk.run("tw-showwork", "--queue", "tw:work", check=2).stderr


def test_a_run_with_files_loads_nothing_of_redis(desk: Desk) -> None:
    command = [sys.executable, "-X", "importtime", str(program("tw-showwork"))]
    told = subprocess.run(command, env=desk.environment, capture_output=True, text=True, check=True).stderr
    assert " sqlite3" in told
    assert " redis" not in told
    assert " walrus" not in told
