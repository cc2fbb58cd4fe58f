"""--most and --since: what a new user may cost, what the ledger says of it, and that a later run goes on below."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from netwar.records.ids import SNOWFLAKE_EPOCH
from tests.operator import ALL_OPEN, Operator

Begin = Callable[..., Operator]
WORLD = f"""
[world]
users = 2
{ALL_OPEN}[[users]]
posts = 320
[[users]]
posts = 12
"""


def is_whole(one: Operator, index: str, *users: str) -> None:
    """Nothing is missing, and the meter agrees with the bill."""
    for user in users:
        assert one.recorded(index, user) == set(one.truth(user))
        record = one.coverage(index)[user]
        assert (record["outcome"], record["detail"], record["gaps"], record["lost"]) == ("complete", None, [], [])
    assert one.spent() == one.bill()["micro"]


def test_the_newest_n_and_later_the_rest(operator: Begin, stores: dict[str, object]) -> None:
    one = operator(WORLD, **stores)
    many, few = (user["id"] for user in one.users())
    one.queue([many, few])
    ended = one.run("tw-idu3elk", "most", "--most", "130")
    assert "142 tweets read" in ended.stderr
    assert "1 partial (bounded by --most 130)" in ended.stderr
    truth = one.truth(many)
    assert one.recorded("most", many) == set(truth[:130])
    assert one.bill()["returned"]["post"] <= 3 * 142 + 3 * 20
    told = one.run("tw-coverage", "most").stdout
    assert [line.split("\t")[1] for line in told.splitlines()] == sorted(["complete", "partial"], reverse=many < few)
    assert "bounded by --most 130" in told
    assert "not asked for; a run without the bound fills it" in one.run("tw-coverage", "most", many).stdout
    [gap] = one.coverage("most")[many]["gaps"]
    assert (int(gap["low"]), int(gap["high"])) == (0, truth[129] - 1)

    # Once more: one look at what is new. Then a wider bound, and none.
    before = one.bill()["returned"]
    one.queue([many])
    one.run("tw-idu3elk", "most", "--most", "130")
    assert one.bill()["returned"] == before
    one.run("tw-idu3elk", "most", "--user", many, "--most", "200")
    assert one.recorded("most", many) == set(truth[:200])
    one.queue([many])
    one.run("tw-idu3elk", "most")
    is_whole(one, "most", many, few)


def test_since_a_day_and_later_the_rest(operator: Begin) -> None:
    one = operator(WORLD)
    many = one.users()[0]["id"]
    truth = one.truth(many)
    day = datetime.fromtimestamp(((truth[150] >> 22) + SNOWFLAKE_EPOCH) / 1000, UTC).strftime("%Y-%m-%d")
    low = int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp() * 1000) - SNOWFLAKE_EPOCH << 22
    one.run("tw-idu3elk", "since", "--user", many, "--since", day)
    wished = {post for post in truth if post >= low}
    assert 100 < len(wished) < 320
    assert one.recorded("since", many) == wished
    record = one.coverage("since")[many]
    assert (record["outcome"], record["detail"]) == ("partial", f"bounded by --since {day}")
    assert [(gap["low"], gap["high"]) for gap in record["gaps"]] == [("0", str(low - 1))]
    one.run("tw-idu3elk", "since", "--user", many, "--since", "2999-01-01")
    assert one.recorded("since", many) == wished
    one.run("tw-idu3elk", "since", "--user", many)
    is_whole(one, "since", many)
    assert "from 2010-11-05 on" in one.run("tw-idu3elk", "since", "--user", many, "--since", "2010-01-01", check=2).stderr


def test_nothing_since_a_day_is_not_empty(operator: Begin) -> None:
    one = operator(WORLD)
    few = one.users()[1]["id"]
    one.run("tw-idu3elk", "none", "--user", few, "--since", "2999-01-01")
    assert one.coverage("none")[few]["outcome"] == "partial"
    assert one.recorded("none", few) == set()
    one.run("tw-idu3elk", "none", "--user", few)
    is_whole(one, "none", few)


def test_a_bounded_run_that_the_budget_ends_goes_on_to_its_bound(operator: Begin) -> None:
    one = operator(WORLD)
    many = one.users()[0]["id"]
    command = ["tw-idu3elk", "cut", "--user", many, "--most", "150"]
    for _ in range(20):
        if one.run(*command, "--budget", "0.60", check=None).status == 0:
            break
        assert one.coverage("cut")[many]["outcome"] is None
    truth = one.truth(many)
    assert one.recorded("cut", many) == set(truth[:150])
    assert one.coverage("cut")[many]["detail"] == "bounded by --most 150"
    one.run("tw-idu3elk", "cut", "--user", many)
    is_whole(one, "cut", many)


def test_the_estimate_knows_the_bounds(operator: Begin) -> None:
    one = operator(WORLD)
    many = one.users()[0]["id"]
    told = one.run("tw-idu3elk", "trial", "--user", many, "--estimate", "--most", "100").stderr
    assert "for 0–100 new posts of 1 user" in told
    one.run("tw-quser2usertest", "-", input=many)
    one.run("tw-queue2usertest")
    told = one.run("tw-idu3elk", "trial", "--user", many, "--estimate", "--most", "100").stderr
    assert told.split(" ", 1)[1].startswith("$0.50–$1.51 for 100 new posts of 1 user")
    assert "for 0–320 new posts" in one.run("tw-idu3elk", "trial", "--user", many, "--estimate", "--since", "2024-01-01").stderr
