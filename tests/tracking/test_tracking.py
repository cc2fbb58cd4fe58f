"""tw-tracklists: whoever is on the observer's lists is recorded for as long as they are, and everybody is asked in time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from tests.terminals import shown
from tests.tracking.desk import DAY, WORLD, Lists

pytestmark = pytest.mark.long

HOUR = 3_600
TWO = """
[world]
users = 5
[[users]]
name = "observer"
posts = 0
[[users]]
posts = 30
[[lists]]
name = "NSCE Two"
members = [0, 1]
"""


def test_everybody_is_recorded_and_nobody_is_asked_before_it_is_time(lists: Lists) -> None:
    everybody = lists.everybody()
    assert len(everybody) == 6
    first = lists.track()
    assert "6 members, 6 new, 0 left, 0 back (members read for $0.060); " in first.stderr
    lists.is_whole(everybody)
    assert lists.spent() == lists.bill()["micro"]
    asked = len(lists.timelines())
    assert "0 users done" in lists.track().stderr
    assert len(lists.timelines()) == asked


def test_in_a_day_everybody_is_asked_once_for_what_is_new(lists: Lists) -> None:
    lists.track()
    lists.pass_by(DAY)
    asked = len(lists.timelines())
    told = lists.track("--within", "1d").stderr
    assert "round 1; 6 users done" in told
    lists.is_whole(lists.everybody())
    assert sorted(set(lists.timelines()[asked:])) == sorted(lists.everybody())
    assert lists.spent() == lists.bill()["micro"]


def test_who_posts_much_is_asked_more_often(lists: Lists) -> None:
    lists.track()
    busy, quiet = sorted(lists.everybody())[:2]
    lists.post("pace", {"user": busy, "posts_a_day": 400})
    lists.post("pace", {"user": quiet, "posts_a_day": 0})
    lists.pass_by(DAY)
    lists.track()
    asked = len(lists.timelines())
    for _ in range(6):
        lists.pass_by(HOUR)
        lists.track()
    later = lists.timelines()[asked:]
    assert later.count(busy) >= 3
    assert quiet not in later


def test_newcomers_are_recorded_at_once_and_go_before_the_round(lists: Lists) -> None:
    lists.track()
    (one, *_), newcomer = lists.listed(), lists.users()[30]["id"]
    lists.pass_by(DAY - 250)  # all are due, and nobody is late
    lists.put(one, newcomer)
    asked = len(lists.timelines())
    lists.track()
    assert lists.timelines()[asked] == newcomer
    lists.is_whole({*lists.everybody(), newcomer})
    assert ("+", newcomer) in lists.log_of(one)


def test_who_is_taken_off_all_lists_is_recorded_no_more(lists: Lists) -> None:
    lists.track()
    one, two = lists.listed().items()
    only = next(user for user in one[1] if user not in two[1])
    both = next(user for user in one[1] if user in two[1])
    lists.take_off(one[0], only, both)
    for _ in range(3):
        lists.pass_by(60)
        lists.track()
    assert {("-", only), ("-", both)} <= set(lists.log_of(one[0]))
    assert ("-", both) not in lists.log_of(two[0])
    assert only not in lists.members()
    assert both in lists.members()
    lists.pass_by(DAY)
    asked = len(lists.timelines())
    lists.track()
    assert only not in lists.timelines()[asked:]
    assert both in lists.timelines()[asked:]
    assert lists.recorded("brexit", only), "nothing is deleted"


def test_who_is_suspended_is_held_ever_longer_and_back_at_once(lists: Lists) -> None:
    lists.track()
    one, members = next(iter(lists.listed().items()))
    user = members[-1]
    lists.post("state", {"user": user, "state": "suspended"})
    lists.pass_by(DAY)
    lists.track()
    held = lists.members()[user]
    assert (held["state"], held["detail"].split(":")[0]) == ("held", "suspended")
    for hours in (1, 2, 4):
        asked = lists.timelines().count(user)
        lists.pass_by(hours * HOUR - 600)
        lists.track()
        assert lists.timelines().count(user) == asked
        lists.pass_by(700)
        lists.track()
        assert lists.timelines().count(user) == asked + 1
    assert ("-", user) not in lists.log_of()
    lists.post("state", {"user": user, "state": "active"})
    lists.put(one, lists.users()[31]["id"])
    lists.take_off(one, lists.listed()[one][1])
    lists.take_off(one, lists.listed()[one][1])  # so that the list is read whole
    lists.pass_by(60)
    lists.track()
    assert lists.members()[user]["state"] == "seen"
    lists.is_whole({user})


def test_only_newcomers_are_read_no_deeper_than_the_bounds(observer_of: Callable[..., Lists]) -> None:
    lists = observer_of(TWO)
    empty, old = (user["id"] for user in lists.users()[:2])
    lists.track("--most", 5)
    assert len(lists.recorded("brexit", old)) == 5
    for user in (empty, old):
        lists.post("posts", {"user": user, "count": 40})
    lists.pass_by(DAY)
    lists.track("--most", 5)
    lists.pass_by(2 * DAY)
    lists.track("--most", 5)
    lists.is_whole({empty})
    assert lists.recorded("brexit", old) == set(lists.truth(old)[:-25])
    assert lists.spent() == lists.bill()["micro"]


def test_what_is_wiped_comes_back_and_is_not_read_again(lists: Lists) -> None:
    lists.track()
    spent = lists.spent()
    assert "6 members forgotten" in lists.run("tw-wipemywork", "brexit", "--yes").stderr
    assert lists.members() == {}
    assert "6 users done, 0 tweets read" in lists.track().stderr
    assert lists.members().keys() == lists.everybody()
    assert lists.spent() == spent


def test_a_list_that_is_gone_is_told_and_its_members_stay_until_it_is_forgotten(lists: Lists) -> None:
    lists.track()
    one, two = lists.listed().items()
    lists.post(f"lists/{one[0]}", {}, method="DELETE")
    lists.pass_by(60)
    told = lists.track().stderr
    assert one[0] in told
    assert "its members stay until it is forgotten" in told
    assert len(lists.members()) == 6
    lists.pass_by(DAY)
    asked = len(lists.timelines())
    lists.track()
    assert set(lists.timelines()[asked:]) == {*one[1], *two[1]}
    only = set(one[1]) - set(two[1])
    assert f"{len(only)} members on no other list" in lists.run("tw-tracklists", "brexit", "--forget", one[0]).stderr
    assert lists.members().keys() == set(two[1])
    lists.pass_by(60)
    lists.track()
    assert lists.members().keys() == set(two[1])


def test_what_stays_wrong_is_mailed_once_a_day(lists: Lists) -> None:
    lists.track()
    gone = next(iter(lists.listed()))
    lists.post(f"lists/{gone}", {}, method="DELETE")
    lists.pass_by(60)
    assert f"({gone}) of observer (" in lists.track("-q").stderr
    lists.pass_by(60)
    assert lists.track("-q").stderr == ""
    lists.pass_by(60)
    assert "its members stay until it is forgotten" in lists.track().stderr


def test_a_prefix_that_no_list_has_is_told_and_the_right_one_need_not_wait(lists: Lists) -> None:
    told = lists.run("tw-tracklists", "brexit", "--prefix", "NSCE").stderr
    assert "has no lists whose slugs begin with NSCE; there are nsce-elections, nsce-brexit" in told
    assert "no round has begun yet" in lists.run("tw-showmywork", "brexit").stdout
    assert "6 members, 6 new" in lists.run("tw-tracklists", "brexit").stderr


def test_members_of_lists_that_are_not_asked_for_any_more_are_told(lists: Lists) -> None:
    one, two = lists.listed()
    lists.track("--lists", f"{one},{two}")
    lists.pass_by(60)
    told = lists.track("--lists", one).stderr
    assert f"list {two} of observer (" in told
    assert f"is not among the lists {one}; its members stay until it is forgotten" in told
    assert len(lists.members()) == 6
    lists.pass_by(60)
    assert lists.track("--lists", one, "-q").stderr == ""


def test_only_a_list_that_is_followed_can_be_forgotten(lists: Lists) -> None:
    lists.track()
    (one, _), asked = lists.listed(), len(lists.log())
    assert "--forget is empty" in lists.track("--forget", "", check=2).stderr
    for wrong in (",", f"{one},{one}", "nsce-brexit"):
        assert "is no id of a list" in lists.track("--forget", wrong, check=2).stderr
    assert "no list 17 of observer (" in lists.track("--forget", 17, check=1).stderr
    assert "2 lists" in lists.run("tw-listlog", "brexit").stderr
    assert len(lists.log()) == asked, "nobody was recorded"
    assert "they join again with the next run" in lists.track("--forget", one).stderr


def test_an_id_that_was_mistyped_is_told_and_no_list_is_followed_by_it(lists: Lists) -> None:
    lists.track()
    lists.pass_by(DAY)
    told = lists.track("--lists", "123", check=1).stderr
    assert "list 123 is gone (" in told.splitlines()[-1]
    assert "tw-lists shows the ids of lists" in told.splitlines()[-1]
    followed = lists.run("tw-listlog", "brexit").stderr
    assert ("2 lists" in followed, "123" in followed) == (True, False)


def test_a_list_that_another_prefix_leaves_out_is_not_renamed(lists: Lists) -> None:
    lists.track()
    lists.pass_by(DAY)
    told = lists.track("--prefix", "zzz-").stderr
    assert "as before, which does not begin with zzz-: the prefix is another one" in told
    assert "renamed" not in told


def test_a_list_api_that_is_down_stops_nobody_and_names_the_account(lists: Lists) -> None:
    lists.track()
    lists.pass_by(DAY)
    lists.run("tw-myname")  # tells what time it is
    lists.post("faults", {"kind": "server-error", "endpoint": "/2/users/:id/owned_lists", "times": 0})
    asked = len(lists.timelines())
    told = lists.track(check=69).stderr
    assert "the lists of observer (" in told
    assert re.search(r"^tw-tracklists: X answered with status 503, several times over: .*run again later", told, re.MULTILINE)
    assert set(lists.timelines()[asked:]) == lists.everybody()
    lists.is_whole(lists.everybody())


def test_keys_that_are_revoked_are_told_with_the_account(lists: Lists) -> None:
    lists.track()
    lists.pass_by(DAY)
    lists.post("faults", {"kind": "unauthorized", "times": 0})
    told = lists.track(check=78).stderr
    assert "observer" in told.splitlines()[-1] + told.splitlines()[-2]


def test_the_cost_is_told_before(lists: Lists) -> None:
    assert "nobody is known to be on a list" in lists.track("--estimate").stderr
    lists.track()
    lists.pass_by(DAY)
    lists.track()
    requests = len(lists.log())
    told = lists.track("--estimate").stderr
    assert "6 members of 2 lists: about $" in told
    for some in (("--prefix", "nsce-b"), ("--lists", next(one["id"] for one in lists.lists() if one["name"] == "NSCE Brexit"))):
        assert " of 1 list: about $" in lists.track("--estimate", *some).stderr
    assert "nobody is known to be on these lists yet" in lists.track("--estimate", "--lists", "1").stderr
    assert len(lists.log()) == requests


def test_a_window_that_is_too_small_is_told_with_the_number(observer_of: Callable[..., Lists]) -> None:
    lists = observer_of(WORLD + '[limits]\n"/2/users/:id/tweets" = 45\n')
    lists.track()
    lists.pass_by(DAY)
    told = lists.track("--within", "60s").stderr
    assert "6 members within 1 minute each need 90 requests in 15 minutes, and the account has 45: each is asked every 2" in told
    told = json.loads(lists.run("tw-showmywork", "brexit", "--json").stdout)
    assert (told["seen"], told["within"], told["bound"] > 60) == (6, 60, True)
    assert json.loads(lists.run("tw-showmywork", "brexit", "--within", "2d", "--json").stdout)["within"] == 2 * 86_400
    assert {slug for one in told["members"] for slug in one["slugs"].split(",")} == {"nsce-brexit", "nsce-elections"}
    assert all(one["lists"].split(",")[0].isdigit() for one in told["members"])
    heading, *members = shown(lists.desk, "tw-showmywork", "brexit", columns=100)[-7:]
    assert heading.split() == ["STATE", "ID", "NAME", "DUE", "(UTC)", "SLUGS", "DETAIL"]
    assert all("nsce-" in line and len(line) <= 100 for line in members)


def test_names_of_programs_are_not_taken_for_options(lists: Lists) -> None:
    for length in ("soon", "59s", "101d"):
        told = lists.track("--within", length, check=2).stderr
        assert f"'{length}' is no length of time such as 90m, 12h or 1d, from a minute to 100 days" in told
    assert "--lists is empty" in lists.track("--lists", "", check=2).stderr
    for none in ("brexit", ",", "1,,2"):
        assert "is no id of a list" in lists.track("--lists", none, check=2).stderr


def test_whoever_waits_too_long_goes_before_newcomers_in_a_run_of_seconds(observer_of: Callable[..., Lists]) -> None:
    """As cron starts them, where each run spends what is left of the rate window at once."""
    lists = observer_of(WORLD + '[limits]\n"/2/users/:id/tweets" = 100\n')
    lists.track()
    known = lists.everybody()
    lists.put(next(iter(lists.listed())), *(user["id"] for user in lists.users()[20:34]))
    lists.pass_by(DAY + HOUR)
    lists.post("faults", {"kind": "rate-limit", "endpoint": "/2/users/:id/tweets", "after": 5, "times": 0, "seconds": 60})
    asked = len(lists.timelines())
    lists.track()
    assert len(lists.timelines()) > asked + 4
    assert set(lists.timelines()[asked:]) <= known
