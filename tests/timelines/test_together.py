"""Several recorders on one queue, with one app key and one budget."""

from __future__ import annotations

from tests.contract.opening import DATABASES
from tests.operator import ALL_OPEN

# Two have more than a page. The budget of some tests is for a third of this: when it is spent, users still wait for whoever asks.
BUDGET = 2
WORLD = f"""
[world]
users = 24
{ALL_OPEN}most_posts = 60
[[users]]
index = 5
posts = 120
[[users]]
index = 15
posts = 120
"""
EIGHT = range(8)


def eight(operator, index: str, hosts: tuple[str, ...] = (), **settings: object) -> list[tuple[int, str]]:
    """Run eight recorders at once, each with a configuration of its own; their statuses and what they said.

    `hosts` are folders, in turn: each is the data of a host of its own.
    """
    paths = []
    for number in EIGHT:
        path = operator.desk.home / f"account{number}"
        data = {"data": hosts[number % len(hosts)]} if hosts else {}
        operator.desk.configure(operator.sandbox.url, path=path, maxcpu=100, maxmem=100, **settings, **data)
        paths.append(path)
    started = [operator.desk.begin("tw-idu3elk", index, "--config", path) for path in paths]
    return [(ended.status, ended.stderr) for ended in (process.end(240) for process in started)]


def test_eight_processes_record_each_user_once(operator, stores):
    one = operator(WORLD, **stores)
    users = one.users()
    one.queue([name for user in users for name in (user["id"], user["name"])])
    ends = eight(one, "eight", budget=10_000, **stores)
    assert [status for status, _ in ends] == [0] * 8, ends
    assert not any("locked" in said for _, said in ends)
    work = one.work()
    assert (work["waiting"], work["claimed"], work["failed"]) == (0, [], [])
    for user in users:
        assert one.recorded("eight", user["id"]) == set(one.truth(user["id"]))
    first_pages = [
        line["path"] for line in one.log() if line["path"].endswith("/tweets") and "pagination_token" not in line["parameters"]
    ]
    assert sorted(set(first_pages)) == sorted(first_pages), "nobody was asked about twice"
    assert len(first_pages) == 24
    assert one.spent() == one.bill()["micro"]


def test_the_budget_holds_whatever_runs_at_once(operator, stores):
    one = operator(WORLD, **stores)
    users = one.users()
    one.queue(user["id"] for user in users)
    ends = eight(one, "poor", budget=BUDGET, **stores)
    assert {status for status, _ in ends} == {77}, ends
    assert not any("locked" in said for _, said in ends)
    spent = one.spent()
    assert spent == one.bill()["micro"]
    assert spent <= BUDGET * 1_000_000
    # Each gave up with no reservation of another open: what was left could not pay for the smallest page.
    smallest = (5 + 2 * 5) * 5_000 + 10_000
    assert BUDGET * 1_000_000 - spent < smallest
    assert one.work()["waiting"] > 0
    assert one.work()["claimed"] == []

    ends = eight(one, "poor", budget=10_000, **stores)
    assert [status for status, _ in ends] == [0] * 8, ends
    for user in users:
        assert one.recorded("poor", user["id"]) == set(one.truth(user["id"]))


def test_two_hosts_share_the_work_and_the_budget_through_redis(operator, redis):
    hosts = ("host-a", "host-b")
    stores = redis.settings(db=next(DATABASES))
    one = operator(WORLD, **stores)
    users = [user["id"] for user in one.users()]
    one.queue(users)
    ends = eight(one, "poor", hosts, budget=BUDGET, **stores)
    assert {status for status, _ in ends} == {77}, ends
    assert one.spent() == one.bill()["micro"] <= BUDGET * 1_000_000
    ends = eight(one, "poor", hosts, budget=10_000, **stores)
    assert [status for status, _ in ends] == [0] * 8, ends
    work = one.work()
    assert (work["waiting"], work["claimed"], work["failed"]) == (0, [], [])
    shares = [{user for user in users if one.recorded("poor", user, host)} for host in hosts]
    assert all(shares), "both have done some of it"
    for user in users:
        assert set().union(*(one.recorded("poor", user, host) for host in hosts)) == set(one.truth(user))
    assert one.spent() == one.bill()["micro"]


def test_a_second_run_with_the_same_configuration_is_told(operator):
    one = operator(WORLD)
    one.queue(user["id"] for user in one.users())
    one.post("faults", [{"kind": "slow", "seconds": 3.0, "times": 1}])
    first = one.desk.start("tw-idu3elk", "twice")
    while not one.work()["claimed"]:
        assert first.poll() is None
    second = one.run("tw-idu3elk", "twice", check=75)
    assert "one run at a time" in second.stderr
    assert first.wait(100) == 0
    for stream in (first.stdin, first.stdout, first.stderr):
        stream.close()
