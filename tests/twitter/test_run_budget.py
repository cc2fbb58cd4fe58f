"""--budget: one run spends no more than it is allowed, whatever the day's budget leaves, and the next one goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netwar.connections.runs import Run
from netwar.errors import OutOfRunBudget
from netwar.meter.base import AS_RESERVED, OVERDUE, Reservation
from netwar.meter.sqlite import SqliteMoney
from netwar.twitter import asking as asker
from netwar.twitter.base import TransientError
from netwar.twitter.budget import BudgetGuard
from netwar.twitter.client import Client
from tests.operator import THREE, Operator

Begin = Callable[..., Operator]
Asking = Callable[..., tuple[Operator, Client]]


def test_a_run_ends_when_its_own_budget_is_reached(operator: Begin) -> None:
    one = operator(THREE)
    user = one.users()[0]
    one.queue([user["id"]])
    ended = one.run("tw-idu3elk", "trial", "--budget", "0.50", check=77)
    assert "of the $0.50 of --budget is left (" in ended.stderr
    assert "twtrial: 0 users done" in ended.stderr
    first = one.spent()
    assert 300_000 < first == one.bill()["micro"] <= 500_000
    assert "is spent): run again for more, or with a higher --budget" in ended.stderr
    assert one.work()["waiting"] == 1
    assert "is spent): run again with a higher --budget" in one.run("tw-idu3elk", "trial", "--budget", "0", check=77).stderr
    one.run("tw-idu3elk", "trial")
    assert one.recorded("trial", user["id"]) == set(one.truth(user["id"]))
    assert one.spent() == one.bill()["micro"] > first


def test_whatever_spends_knows_it(operator: Begin) -> None:
    one = operator("[world]\nusers = 60\nsuspended = 0\nprotected = 0\ngone = 0\n[[users]]\nname = 'famous'\nfollowers = 59\n")
    one.run("tw-quser2usertest", "-", input="".join(user["id"] + "\n" for user in one.users()))
    for words in (["tw-queue2usertest"], ["tw-followquick", "famous", "--yes"], ["tw-follow2usertest", "famous", "--yes"]):
        before = one.bill()["micro"]
        assert "--budget is left" in one.run(*words, "--budget", "0.255", check=77).stderr
        assert 100_000 < one.bill()["micro"] - before <= 255_000, words
    assert one.spent() == one.bill()["micro"]


def test_the_budget_of_the_day_holds_all_the_same(operator: Begin) -> None:
    one = operator(THREE, budget="0.50")
    one.queue([one.users()[0]["id"]])
    assert "today's budget of $0.50" in one.run("tw-idu3elk", "trial", "--budget", "5", check=77).stderr
    for wrong in ("much", "", "-1", "nan"):
        assert "is no amount of dollars" in one.run("tw-idu3elk", "trial", "--budget", wrong, check=2).stderr


def test_what_may_be_billed_counts_to_the_end_of_the_run(tmp_path: Path) -> None:
    money = SqliteMoney(tmp_path / "meter.sqlite", "app", Run(tmp_path / "runs"), 10**9)
    purse = BudgetGuard(money, Path(), "tw-try", run_budget=1_000_000)

    def reserve(request: str, *sizes: int) -> tuple[Reservation, int]:
        return purse.reserve(request, sizes, lambda size: {"user": size}, "")

    broken, size = reserve("page", 200, 60)
    assert size == 60
    purse.doubt(broken)
    smaller, _ = reserve("page", 10)
    purse.doubt(smaller)
    again, size = reserve("page", 100, 40, 30)
    assert size == 40, "the doubt of the same request counts as well"
    money.release(again)
    other, size = reserve("other", 40)
    came = [("user", str(number)) for number in range(35)]
    assert purse.settle(other, came, datetime.now(UTC), AS_RESERVED) == 350_000
    told = r"\$0.050 of the \$1.00 of --budget is left \(\$0.350 is spent, \$0.600 may be billed\)"
    with pytest.raises(OutOfRunBudget, match=told):
        reserve("other", 10, 6)
    assert reserve("other", 10, 5)[1] == 5


WORLD = THREE


def test_who_stood_still_with_a_reservation_sends_nothing_for_it(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its day may be over, and others may have spent what was set aside: a laptop that slept, a process that was stopped."""
    one, client = asking(data="data")
    user = one.users()[0]["id"]
    clock = iter([0.0, OVERDUE + 1.0, 0.0, OVERDUE - 1.0])
    monkeypatch.setattr(asker, "boot_clock", lambda: next(clock))
    with pytest.raises(TransientError, match="stood still while it asked X"):
        client.timeline(user, index="trial")
    assert (one.bill()["micro"], client._money.spent(), client._money.doubtful()) == (0, 0, 0)
    assert client.timeline(user, index="trial").page.posts
    assert client._money.spent() == one.bill()["micro"] > 0
