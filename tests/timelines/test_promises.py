"""What is promised whatever X does: no silent holes, no money beyond the budget, nobody in another's way."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.desk import sign_in

ONE = "[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 300\n"
TIMELINE = "/2/users/:id/tweets"


def test_errors_of_x_that_look_like_the_end_of_a_timeline_end_none(operator):
    one = operator(ONE)
    user = one.users()[0]
    one.post("faults", {"kind": "internal-errors", "endpoint": TIMELINE, "requests": [2, 3, 4, 5, 6]})
    one.queue([user["id"]])
    one.run("tw-idu3elk", "errors")
    assert one.recorded("errors", user["id"]) == set(one.truth(user["id"]))
    assert one.coverage("errors")[user["id"]]["gaps"] == []


def test_an_answer_about_nobody_says_of_nobody_that_they_are_gone(operator):
    one = operator(ONE)
    one.queue([one.users()[0]["name"]])
    one.post("faults", {"kind": "internal-errors", "endpoint": "/2/users/by", "times": 4})
    one.run("tw-idu3elk", "nobody", check=None)
    one.run("tw-idu3elk", "nobody")
    assert [record["outcome"] for record in one.coverage("nobody").values()] == ["complete"]


@pytest.mark.parametrize("middle", [True, False])
def test_a_post_out_of_its_order_covers_nothing(operator, middle):
    """It ends the first page, or stands in it; then X fails for a while."""
    one = operator(ONE)
    user = one.users()[0]
    stray = {"kind": "stray-post", "endpoint": TIMELINE, "requests": [1], "id": str(one.truth(user["id"])[290])}
    faults = [stray, {"kind": "server-error", "endpoint": TIMELINE, "requests": [3, 4, 5, 6]}]
    if middle:
        faults.insert(1, {**stray, "id": str(one.truth(user["id"])[98])})
    one.post("faults", faults)
    one.queue([user["id"]])
    one.run("tw-idu3elk", "stray", check=None)
    one.run("tw-idu3elk", "stray")
    assert one.recorded("stray", user["id"]) >= set(one.truth(user["id"]))
    record = one.coverage("stray")[user["id"]]
    assert (record["outcome"], record["gaps"], record["lost"]) == ("complete", [], [])


def test_a_stray_post_and_then_the_end_of_the_run_leave_no_hole(operator):
    """What is missing is in a gap that tw-coverage shows, and the next run fills it."""
    one = operator(ONE)
    user = one.users()[0]
    truth = one.truth(user["id"])
    stray = {"kind": "stray-post", "endpoint": TIMELINE, "requests": [1], "id": str(truth[290])}
    one.post("faults", [stray, {"kind": "credits-depleted", "endpoint": TIMELINE, "requests": [2]}])
    one.queue([user["id"]])
    one.run("tw-idu3elk", "hole", check=77)
    record = one.coverage("hole")[user["id"]]
    missing = set(truth) - one.recorded("hole", user["id"])
    assert len(missing) == 199
    assert missing <= {number for gap in record["gaps"] for number in truth if int(gap["low"]) < number <= int(gap["high"])}
    one.run("tw-idu3elk", "hole")
    assert one.recorded("hole", user["id"]) == set(truth)
    record = one.coverage("hole")[user["id"]]
    assert (record["outcome"], record["gaps"], sum(span["posts"] for span in record["spans"])) == ("complete", [], 300)
    assert one.spent() == one.bill()["micro"]


def test_a_run_that_is_cut_off_costs_twenty_posts_again_and_no_more(operator):
    one = operator(ONE)
    user = one.users()[0]
    one.post("faults", {"kind": "credits-depleted", "endpoint": TIMELINE, "requests": [3]})
    one.queue([user["id"]])
    one.run("tw-idu3elk", "clean", check=77)
    one.run("tw-idu3elk", "clean")
    assert one.recorded("clean", user["id"]) == set(one.truth(user["id"]))
    pages = [line for line in one.log() if line["path"].endswith("/tweets") and line["status"] == 200]
    assert [line["parameters"]["max_results"] for line in pages] == ["100"] * 5
    assert one.coverage("clean")[user["id"]]["outcome"] == "complete"
    of_the_user = 300 + 20
    assert one.bill()["returned"]["post"] <= 3 * of_the_user


def test_posts_that_come_twice_do_not_make_a_timeline_complete(operator):
    one = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 3250\n")
    user = one.users()[0]
    one.post("faults", {"kind": "double-posts", "endpoint": TIMELINE, "times": 0, "keep": 3})
    one.queue([user["id"]])
    one.run("tw-idu3elk", "twice")
    truth = one.truth(user["id"])
    assert one.recorded("twice", user["id"]) == set(truth[:3200])
    record = one.coverage("twice")[user["id"]]
    assert (record["outcome"], sum(span["posts"] for span in record["spans"])) == ("partial", 3200)
    assert [(part["low"], int(part["high"])) for part in record["lost"]] == [("0", truth[3199] - 1)]


def test_what_x_does_not_show_of_its_last_posts_does_not_make_a_timeline_complete(operator):
    """X counts towards its limit what it does not show."""
    one = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 3250\n")
    user = one.users()[0]
    hidden = one.truth(user["id"])[100:800]
    one.post("faults", {"kind": "leave-out", "endpoint": TIMELINE, "times": 0, "ids": list(map(str, hidden))})
    one.queue([user["id"]])
    one.run("tw-idu3elk", "hidden")
    record = one.coverage("hidden")[user["id"]]
    assert (record["outcome"], sum(span["posts"] for span in record["spans"])) == ("partial", 2500)


def test_a_post_that_becomes_visible_late_is_not_passed_over(operator):
    one = operator(ONE)
    user = one.users()[0]
    for _ in range(2):
        one.post("posts", {"user": user["id"], "count": 1})
    late = one.truth(user["id"])[1]
    one.post("faults", {"kind": "leave-out", "endpoint": TIMELINE, "ids": [str(late)], "requests": [1, 2, 3, 4]})
    for _ in range(2):
        one.queue([user["id"]])
        one.run("tw-idu3elk", "late")
    one.post("faults", [], method="DELETE")
    one.queue([user["id"]])
    one.run("tw-idu3elk", "late")
    assert one.recorded("late", user["id"]) == set(one.truth(user["id"]))


@pytest.mark.parametrize("id", ["9000000000000000000", str(2**63), "7" * 5000])
def test_an_id_that_no_post_can_have_hides_no_later_one(operator, id):
    one = operator(ONE)
    user = one.users()[0]
    one.post("faults", {"kind": "stray-post", "endpoint": TIMELINE, "requests": [1], "id": id[:19]})
    one.queue([user["id"]])
    one.run("tw-idu3elk", "absurd")
    one.post("posts", {"user": user["id"], "count": 5})
    one.queue([user["id"]])
    one.run("tw-idu3elk", "absurd")
    assert one.recorded("absurd", user["id"]) >= set(one.truth(user["id"]))


@pytest.mark.long
def test_what_x_may_have_billed_counts_in_the_budget(operator):
    """Every page breaks off, run after run: the money that this may cost is no more than the budget."""
    one = operator("[world]\nusers = 12\nprolific = 0\nmost_posts = 60\n", budget=2, timeout=2)
    one.post("faults", {"kind": "cut", "endpoint": TIMELINE, "times": 0})
    one.queue(user["id"] for user in one.users())
    for _ in range(5):
        ended = one.run("tw-idu3elk", "cut", check=None)
    assert ended.status == 77, ended
    assert one.bill()["micro"] <= 2_000_000
    assert "in doubt: $" in one.run("tw-spend", "--no-ask").stdout
    one.post("faults", [], method="DELETE")
    one.desk.configure(one.sandbox.url, budget=100, maxcpu=100, maxmem=100)
    one.run("tw-idu3elk", "cut")
    assert one.spent() == one.bill()["micro"]
    assert "in doubt" not in one.run("tw-spend", "--no-ask").stdout


@pytest.mark.parametrize("clock", ["2026-02-03T23:59:00Z", "2031-01-01T00:00:00Z"])
def test_the_budget_is_that_of_the_day_that_it_is_at_x(operator, clock):
    one = operator(ONE, "--clock", clock, budget=1)
    one.queue(user["id"] for user in one.users())
    assert one.run("tw-idu3elk", "days", check=77).stderr
    assert 0 < one.bill()["micro"] <= 1_000_000
    assert "of a budget of $1.00" in one.run("tw-spend", "--no-ask").stdout
    assert "today (UTC): $0.00" not in one.run("tw-spend", "--no-ask").stdout


def test_accounts_that_ask_the_same_at_once_do_not_share_a_reservation(operator):
    one = operator(ONE, budget=0.01)
    one.post("faults", {"kind": "slow", "endpoint": "/2/users/me", "times": 0, "seconds": 1})
    paths = []
    for number, user in enumerate(one.users()):
        keys = sign_in(one.sandbox.url, user["name"])
        paths.append(one.desk.configure(one.sandbox.url, path=one.desk.home / f"account{number}", budget=0.01, **keys))
    started = [one.desk.start("tw-myname", "--config", path) for path in paths]
    ends = [(process.communicate(timeout=60), process.returncode)[1] for process in started]
    assert sorted(ends) == [0, 77, 77]
    assert one.bill()["micro"] == one.spent() == 10_000


def test_a_user_with_whom_x_has_trouble_is_set_aside_after_five_times(operator):
    one = operator(ONE)
    user, other = one.users()[:2]
    one.post("faults", {"kind": "empty-page", "endpoint": TIMELINE, "user": user["id"], "times": 0})
    one.queue([user["id"], other["id"]])
    one.run("tw-idu3elk", "trouble", check=1)
    work = one.work()
    assert [failed["user"] for failed in work["failed"]] == [user["id"]]
    assert (work["waiting"], work["claimed"]) == (0, [])
    assert one.recorded("trouble", other["id"]) == set(one.truth(other["id"]))


def test_a_time_in_the_future_makes_nobody_done(operator):
    """The clock of this machine was ahead once."""
    one = operator(ONE)
    user = one.users()[0]
    one.queue([user["id"]])
    one.run("tw-idu3elk", "ahead")
    with closing(sqlite3.connect(one.desk.home / ".local/share/netwar/archive/ahead.sqlite", isolation_level=None)) as db:
        db.execute("UPDATE ledger SET asked = asked + 86400000")
    one.post("posts", {"user": user["id"], "count": 4})
    one.queue([user["id"]])
    one.run("tw-idu3elk", "ahead")
    assert one.recorded("ahead", user["id"]) == set(one.truth(user["id"]))
