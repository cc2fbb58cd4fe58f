"""Lists of followers as the client asks for them, with a real meter and the sandbox's own bill."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netwar.errors import OutOfBudget
from netwar.twitter.base import StaleToken, Unavailable
from netwar.twitter.client import Client
from tests.operator import Operator

WORLD = """
[world]
users = 4
[[users]]
followers = 700
following = 30
[[users]]
state = "protected"
[[users]]
state = "suspended"
"""

Asking = Callable[..., tuple[Operator, Client]]


@pytest.mark.parametrize(("direction", "kind"), [("followers", "follower"), ("following", "following")])
def test_a_whole_list_is_paid_for_entry_by_entry(asking: Asking, direction: str, kind: str) -> None:
    one, twitter = asking(data="data")
    user = one.users()[0]["id"]
    got, token = [], None
    while True:
        answer = twitter.follows(user, direction, index="usertest", token=token, size=300)
        assert answer.asked == 300
        assert answer.micro == 10_000 * len(answer.page.users)
        assert all("public_metrics" in profile for profile in answer.page.users)
        got += [profile["id"] for profile in answer.page.users]
        token = answer.page.next_token
        if token is None:
            break
    assert got == one.get(f"truth/{direction}/{user}").split()
    assert one.bill()["billed"][kind] == len(got)
    again = twitter.follows(user, direction, index="usertest", size=1000, whole=False)
    assert again.micro == 0, "within the day it is free"
    assert set(again.page.users[0]) == {"id", "name", "username"}


def test_the_same_user_in_two_lists_is_paid_for_twice(asking: Asking) -> None:
    one, twitter = asking(data="data")
    first, last = one.users()[0]["id"], one.users()[3]["id"]
    follower = one.get(f"truth/followers/{first}").split()[0]
    one.post("follows", {"user": last, "add": [follower]})
    bought = [twitter.follows(user, "followers", index="usertest", size=1) for user in (first, last)]
    assert [answer.page.users[0]["id"] for answer in bought] == [follower] * 2
    assert sum(answer.micro for answer in bought) == one.bill()["micro"] == 20_000


def test_pages_shrink_with_the_budget(asking: Asking) -> None:
    one, twitter = asking(data="data", budget=3)
    user, sizes = one.users()[0]["id"], []

    def read_on(token: str | None) -> None:
        answer = twitter.follows(user, "followers", index="usertest", token=token)
        sizes.append(answer.asked)
        read_on(answer.page.next_token)

    with pytest.raises(OutOfBudget):
        read_on(None)
    assert sizes[0] == 250
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 1
    assert one.bill()["micro"] == 3_000_000, "to the last cent"


def test_a_user_who_is_not_to_be_had_and_a_stale_token(asking: Asking) -> None:
    one, twitter = asking(data="data")
    active, protected, suspended, _ = [user["id"] for user in one.users()]
    for user, outcome in ((protected, "protected"), (suspended, "suspended"), ("4", "gone")):
        with pytest.raises(Unavailable) as raised:
            twitter.follows(user, "followers", index="usertest")
        assert raised.value.outcome == outcome
    with pytest.raises(StaleToken):
        twitter.follows(active, "followers", index="usertest", token="7140dibdnow9c7btwzz")
    assert one.bill()["micro"] == 0
