"""Lists as the client asks for them, with a real meter and the sandbox's own bill."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from netwar.cli.services import Services
from netwar.errors import OutOfBudget
from netwar.twitter.base import StaleToken, TransientError, Unavailable
from netwar.twitter.client import Client
from netwar.twitter.endpoints import LIST, LIST_MEMBERS, OWNED_LISTS
from tests.operator import Operator

WORLD = """
[world]
users = 300
suspended = 0
protected = 0
gone = 0
[[users]]
name = "observer"
[[users]]
name = "other"
[[users]]
state = "suspended"
"""

Asking = Callable[..., tuple[Operator, Client]]


def made(one: Operator, name: str, members: range, owner: str = "observer", **more: object) -> str:
    """The id of a new list; members are users by number."""
    return str(one.post("lists", {"owner": owner, "name": name, "members": list(members), **more})["id"])


def test_the_lists_of_an_account_its_private_ones_too_for_half_a_cent_each(asking: Asking) -> None:
    one, twitter = asking(data="data", auth="app")
    observer = one.users()[0]["id"]
    ids = [made(one, f"NSCE {number}", range(3, 3 + number), private=number == 2) for number in range(1, 4)]
    answer = twitter.owned_lists(observer, index="twx", size=2)
    assert [(told["id"], told["name"], told["member_count"], told["private"]) for told in answer.page.lists] == [
        (ids[2], "NSCE 3", 3, False),
        (ids[1], "NSCE 2", 2, True),
    ]
    assert (answer.page.counted, answer.micro, answer.asked) == (2, 10_000, 2)
    assert answer.page.lists[0]["owner_id"] == observer
    rest = twitter.owned_lists(observer, index="twx", token=answer.page.next_token)
    assert ([told["id"] for told in rest.page.lists], rest.page.next_token, rest.micro) == ([ids[0]], None, 5_000)
    assert twitter.owned_lists(observer, index="twx").micro == 0, "within the day it is free"
    assert twitter.list_about(ids[0], index="twx").micro == 0
    assert one.bill()["micro"] == 15_000


def test_members_are_whole_profiles_that_are_billed_as_users(asking: Asking) -> None:
    one, twitter = asking(data="data")
    list, other = made(one, "NSCE", range(3, 153)), made(one, "More", range(3, 53))
    first = twitter.list_members(list, index="twx")
    second = twitter.list_members(list, index="twx", token=first.page.next_token)
    assert (first.page.counted, first.micro, first.asked) == (100, 1_000_000, 100)
    assert (second.page.counted, second.micro, second.page.next_token) == (50, 500_000, None)
    assert all("public_metrics" in user for user in first.page.users)
    truth = [member["id"] for member in json.loads(one.get(f"truth/lists/{list}"))["members"]]
    assert [user["id"] for user in (*first.page.users, *second.page.users)] == truth
    assert twitter.list_members(other, index="twx").micro == 0, "on another list it is the same user"
    assert twitter.users(truth[:100], index="twx").micro == 0, "and in a look-up"
    assert one.bill()["micro"] == 1_500_000


def test_pages_shrink_with_the_budget(asking: Asking) -> None:
    one, twitter = asking(data="data", budget=0.3)
    list_id = made(one, "NSCE", range(3, 103))
    sizes: list[int] = []

    def read_on(token: str | None) -> None:
        answer = twitter.list_members(list_id, index="twx", token=token)
        sizes.append(answer.asked)
        read_on(answer.page.next_token)

    with pytest.raises(OutOfBudget):
        read_on(None)
    assert sizes[0] == 25
    assert sizes == sorted(sizes, reverse=True)
    assert one.bill()["micro"] == 300_000, "to the last cent"


def test_lists_that_are_not_shown(asking: Asking) -> None:
    one, twitter = asking(data="data")
    private, gone = made(one, "Mine", range(3, 5), owner="other", private=True), made(one, "NSCE", range(3, 5))
    one.post(f"lists/{gone}", {}, method="DELETE")
    for list in (private, gone, "4"):
        for ask in (twitter.list_about, twitter.list_members):
            with pytest.raises(Unavailable) as raised:
                ask(list, index="twx")
            assert raised.value.outcome == "gone", "X calls a private list of others so, too"
    with pytest.raises(Unavailable) as raised:
        twitter.owned_lists(one.users()[2]["id"], index="twx")
    assert raised.value.outcome == "suspended"
    one.post("faults", {"kind": "not-authorized", "endpoint": "/2/lists/:id", "times": 1})
    with pytest.raises(Unavailable) as raised:
        twitter.list_about(made(one, "Hidden", range(3, 5)), index="twx")
    assert raised.value.outcome == "private"
    with pytest.raises(StaleToken):
        twitter.list_members(made(one, "NSCE", range(3, 200)), index="twx", token="7140dibdnow9c7btwzz")
    assert one.bill()["micro"] == 0


def test_a_page_that_does_not_say_whether_it_is_the_last_is_no_page(asking: Asking) -> None:
    one, twitter = asking(data="data")
    list = made(one, "NSCE", range(3, 9))
    one.post("faults", {"kind": "no-meta", "endpoint": "/2/lists/:id/members", "times": 0})
    with pytest.raises(TransientError, match="did not say whether its list continues"):
        twitter.list_members(list, index="twx")


def test_they_are_signed_as_the_account_within_its_windows(asking: Asking) -> None:
    assert [(one.limit("app"), one.limit("user"), one.signed("app")) for one in (OWNED_LISTS, LIST, LIST_MEMBERS)] == [
        (15, 15, True),
        (75, 75, True),
        (900, 900, True),
    ]
    one, _ = asking(data="data")
    services = Services("test", one.desk.home / ".twitter")
    assert services.settings.observer == one.users()[0]["id"]
    services.close()
