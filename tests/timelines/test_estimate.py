"""tw-idu3elk --estimate --ask: nothing is bought unless the operator agrees."""

from __future__ import annotations

from collections.abc import Callable

from tests.operator import THREE, Operator


def test_profiles_are_bought_only_when_that_is_agreed_to(operator: Callable[..., Operator]) -> None:
    one = operator(THREE)
    one.queue([one.users()[0]["name"]])
    ask = ("tw-idu3elk", "trial", "--estimate", "--ask")
    told = one.run(*ask, check=2, input="").stderr
    assert told.endswith("1 profile for up to $0.01 would be bought; where there is no terminal to ask on, say --yes\n")
    assert one.bill()["micro"] == 0
    told = one.run(*ask, "--yes").stderr
    assert "new posts of 1 user, 0 of them unknown" in told
    assert "profiles bought for $0.01" in told


def test_profiles_of_usertest_are_known(operator: Callable[..., Operator]) -> None:
    one = operator(THREE)
    first, second = one.users()[:2]
    one.run("tw-quser2usertest", "-", input=f"@{first['name']}\n{second['id']}\n")
    one.run("tw-queue2usertest")
    spent = one.bill()["micro"]
    one.queue([first["name"], second["id"]])
    told = one.run("tw-idu3elk", "trial", "--estimate").stderr
    posts = first["posts"] + second["posts"]
    assert f"for {posts:,} new posts of 2 users, 0 of them unknown" in told
    assert "profiles bought" not in one.run("tw-idu3elk", "trial", "--estimate", "--ask", "--yes").stderr
    assert one.bill()["micro"] == spent


def test_the_high_figure_has_the_users_that_come_along(operator: Callable[..., Operator]) -> None:
    """With  expand = full  each post may bring two authors and fifty users whom it mentions, at $0.010."""
    for expand, most, also in (("default", "48.02", ""), ("full", "1,712.02", ", and the users whom these and it mention")):
        one = operator(THREE, expand=expand)
        told = one.run("tw-idu3elk", "trial", "--user", "nobody_known", "--estimate").stderr
        assert f"$0.00–${most} for 0–3,200 new posts" in told
        assert f"each post brings the two that it may quote and answer{also})" in told
        assert one.bill()["micro"] == 0
