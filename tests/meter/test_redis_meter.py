"""What only the meter in Redis has to show."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from netwar.connections.redis import Server
from netwar.meter.base import EVERYTHING, OVERDUE, DoesNotFit, Money, Purpose
from netwar.meter.redis_apps import RedisApps
from netwar.meter.redis_restoring import restore_money
from tests.contract.opening import DATABASES, SetClock, new_run, open_money, open_windows, place, redis_at
from tests.redis_server import Redis

POST = 5_000
BUDGET = 1_000_000
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
TODAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
PURPOSE = Purpose("tw-idu3elk", "brexit")


@pytest.fixture
def where(redis: Redis, tmp_path: Path) -> str:
    return place("redis", tmp_path, redis)


@pytest.fixture
def db(where: str) -> Server:
    server = redis_at(where)
    assert server is not None
    return server


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def money(where: str, clock: SetClock) -> Money:
    return open_money(where, new_run(where), BUDGET, clock=clock)


def test_which_objects_were_paid_for_is_forgotten_after_days_but_not_what_they_cost(money: Money, db: Server) -> None:
    money.settle(money.reserve("page", {"post": 3}, PURPOSE), [("post", "1"), ("user", "1")], AT)
    for kind in ("post", "user"):
        assert 3 * 86_400 < db.ttl(f"tw:money:app:paid:{TODAY}:{kind}") <= 4 * 86_400
    kept = {b"tw:money:app:" + key for key in (b"spent", b"charges:2026-11-23", b"ahead", b"day", b"budgets")}
    assert {key for key in db.scan_iter("tw:money:*") if db.ttl(key) == -1} == kept


def test_the_sums_can_be_read_by_people(money: Money, db: Server) -> None:
    money.settle(money.reserve("page", {"post": 3}, PURPOSE), [("post", "1"), ("post", "2")], AT)
    assert db.hgetall("tw:money:app:spent") == {b"2026-11-23": b"10000"}
    assert db.hget("tw:money:app:charges:2026-11-23", '["tw-idu3elk","brexit","post","objects"]') == b"2"


def test_any_number_of_objects_is_settled_at_once(money: Money) -> None:
    reservation = money.reserve("all", {"post": 1}, PURPOSE)
    objects = [("post", str(number)) for number in range(12_345)] + [("user", str(number)) for number in range(7_000)]
    assert money.settle(reservation, objects, AT) == 12_345 * POST + 7_000 * 10_000
    [posts, users] = money.charges()
    assert (posts.objects, users.objects) == (12_345, 7_000)


def test_sums_are_exact_beyond_what_a_float_can_hold(where: str, db: Server) -> None:
    rich = open_money(where, new_run(where), 10**15)
    page = rich.reserve("page", {"post": 1}, PURPOSE)
    db.hset("tw:money:app:spent", str(TODAY), 2**60 + 1)
    rich.settle(page, [("post", "1")], AT)
    assert rich.spent(TODAY) == 2**60 + 1 + POST


def test_what_a_run_of_another_host_had_set_aside_is_let_go_when_the_day_is_over(
    redis: Redis, tmp_path: Path, clock: SetClock
) -> None:
    """A container that died may never come back to say so."""
    database = next(DATABASES)
    (tmp_path / "gone").mkdir()
    (tmp_path / "here").mkdir()
    gone, here = (place("redis", tmp_path / host, redis, database) for host in ("gone", "here"))
    run = new_run(gone)
    open_money(gone, run, BUDGET, clock=clock).reserve("page", {"post": 150}, PURPOSE)
    run.end()
    money = open_money(here, new_run(here), BUDGET, clock=clock)
    assert (money.reserved(), money.doubtful()) == (150 * POST, 0), "it may be alive"
    clock.now += OVERDUE + 1
    assert (money.reserved(), money.doubtful()) == (0, 150 * POST)
    with pytest.raises(DoesNotFit):
        money.reserve("mine", {"post": 51}, PURPOSE)
    clock.now += 12 * 3_600
    money.learn_time(clock.now, 0)
    money.reserve("mine", {"post": 200}, PURPOSE)


def test_the_money_of_hosts_whose_clocks_differ_is_of_one_day(
    redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = place("redis", tmp_path, redis)
    money = open_money(where, new_run(where), BUDGET)
    money.settle(money.reserve("page", {"post": 1}, PURPOSE), [("post", "1")], datetime.now(UTC))
    genuine = time.time
    monkeypatch.setattr(time, "time", lambda: genuine() + 5 * 86_400)
    assert money.spent() == POST


def test_of_a_bearer_token_alone_it_is_the_app_s_money_that_is_restored(where: str, db: Server, money: Money) -> None:
    RedisApps(db).record("token", "app")
    assert restore_money(db, "token", new_run(where), 2 * POST) == "app"
    assert money.doubtful() == 2 * POST
    for spent, doubtful in ((None, EVERYTHING), (POST, POST), (None, EVERYTHING), (0, 0)):  # a restore that is continued
        restore_money(db, "app", new_run(where), spent)
        assert money.doubtful() == doubtful


def test_rate_windows_are_told_on_our_own_clock(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = place("redis", tmp_path, redis)
    windows = open_windows(where)
    windows.update("token", "timeline", limit=900, remaining=0, reset=time.time() + 500)
    genuine = time.time
    monkeypatch.setattr(time, "time", lambda: genuine() + 7_200)
    [[window]] = windows.windows("token")
    assert window.reset == pytest.approx(time.time() + 500, abs=5)
    assert window.seen == pytest.approx(time.time(), abs=5)
    assert windows.take("token", "timeline", 900) == pytest.approx(500, abs=5)
    windows.block_until("token", "users", time.time() + 60)
    assert windows.take("token", "users", 900) == pytest.approx(60, abs=5)
