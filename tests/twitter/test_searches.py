"""Searches as the client asks for them, with a real meter and the sandbox's own bill."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from netwar.errors import OutOfBudget, RateLimited
from netwar.twitter.base import QueryRefused, StaleToken, TransientError
from netwar.twitter.client import Client
from netwar.twitter.endpoints import SEARCH_ALL
from netwar.twitter.problems import Reply
from tests.operator import Operator

NOW = 1_767_268_800_000  # 2026-01-01T12:00:00Z
WORLD = """
[world]
users = 12
end = 2026-01-01T12:00:00Z
most_posts = 40
prolific = 0
suspended = 0
protected = 0
gone = 0
[clock]
now = 2026-01-01T12:00:00Z
[[users]]
index = 8
posts = 250
"""
Asking = Callable[..., tuple[Operator, Client]]
LONG_AGO, LATELY = NOW - 6 * 86_400_000, NOW - 60_000


def first_id(ms: int) -> int:
    return ms - 1_288_834_974_657 << 22


def searched(one: Operator, twitter: Client, query: str, full: bool = False, **more: object) -> Iterator[str]:
    """All pages of the days up to a minute ago."""
    bounds = {"index": "twx", "since": 1 if full else first_id(LONG_AGO), "until": first_id(LATELY), "full": full, **more}
    token = None
    while True:
        answer = twitter.search(query, token=token, **bounds)  # type: ignore[arg-type]
        yield from (post["id"] for post in answer.page.posts)
        token = answer.page.next_token
        if answer.page.ends:
            return


def truth(one: Operator, query: str, since: int) -> list[str]:
    return one.get(f"truth/search?query={query.replace(' ', '%20')}&since_id={since}&until_id={first_id(LATELY)}").split()


def spent(twitter: Client) -> int:
    """Micro-dollars that the meter has booked."""
    return sum(charge.micro for charge in twitter._money.charges())


def fine(one: Operator, count: int = 60) -> str:
    """A user with posts of these days."""
    one.post("posts", {"user": 8, "count": count})
    return str(one.users()[8]["id"])


def test_pages_bring_what_there_is_and_are_booked_to_the_micro_dollar(asking: Asking) -> None:
    one, twitter = asking(data="data")
    query = f"from:{fine(one)} OR train"
    for full, since in ((False, first_id(LONG_AGO)), (True, 1)):
        assert [*searched(one, twitter, query, full=full)] == truth(one, query, since)
        assert spent(twitter) == one.bill()["micro"]
    assert one.bill()["billed"]["user"] > 1, "authors come along"


def test_without_authors_nobody_is_bought_with_the_posts(asking: Asking) -> None:
    one, twitter = asking(data="data")
    assert [*searched(one, twitter, f"from:{fine(one)}", authors=False)]
    assert (one.bill()["billed"]["user"], spent(twitter)) == (0, one.bill()["micro"])


def test_the_full_archive_is_asked_once_a_second_whoever_else_asks(asking: Asking) -> None:
    one, twitter = asking(data="data")
    query = f"from:{fine(one)}"
    answers = [twitter.search(query, index="twx", since=1, until=first_id(LATELY), full=True, size=10) for _ in range(2)]
    assert {len(answer.page.posts) for answer in answers} == {10}
    twitter._spaced = 0.0  # as another process, which does not know when this one has asked
    assert twitter.search(query, index="twx", since=1, until=first_id(LATELY), full=True, size=10).page.posts
    assert "429" in str([line["status"] for line in one.log() if line["path"].endswith("/all")]), "it waits that second, too"


def test_a_refusal_of_the_second_says_nothing_of_the_window(asking: Asking) -> None:
    _, twitter = asking(data="data")
    headers = {"x-rate-limit-limit": "1", "x-rate-limit-remaining": "0", "x-rate-limit-reset": str(NOW // 1000 + 1)}
    told = Reply(429, {**headers, "date": "Thu, 01 Jan 2026 12:00:00 GMT"}, {})
    assert twitter._pace.remember(SEARCH_ALL, told) == 1.0
    assert twitter._pace.window(SEARCH_ALL).limit == 300


def test_a_page_is_as_large_as_the_budget_allows(asking: Asking) -> None:
    one, twitter = asking(data="data", budget="0.38")
    who = fine(one)
    answer = twitter.search(f"from:{who}", index="twx", since=first_id(LONG_AGO), until=first_id(LATELY))
    assert 10 <= answer.asked < 20
    one, twitter = asking(data="data", budget="0.20")
    with pytest.raises(OutOfBudget):
        twitter.search("train", index="twx", since=first_id(LONG_AGO), until=first_id(LATELY))


def test_what_x_refuses_of_a_query_and_of_a_token(asking: Asking) -> None:
    one, twitter = asking(data="data")
    bounds = {"index": "twx", "since": first_id(LONG_AGO), "until": first_id(LATELY)}
    with pytest.raises(QueryRefused, match=r"is/has/lang cannot be used as a standalone operator \(at position 1\)"):
        twitter.search("has:media", **bounds)  # type: ignore[arg-type]
    with pytest.raises(QueryRefused, match="missing EOF"):
        twitter.counts("rain)", index="twx", since=LONG_AGO, until=LATELY)
    with pytest.raises(StaleToken):
        twitter.search("rain", token="nonsense", **bounds)  # type: ignore[arg-type]
    assert spent(twitter) == one.bill()["micro"] == 0


def test_each_count_costs_and_none_is_asked_for_twice(asking: Asking) -> None:
    one, twitter = asking(data="data")
    query = f"from:{fine(one)}"
    for _ in range(2):
        counted = twitter.counts(query, index="twx", since=LONG_AGO, until=LATELY)
        assert (counted.posts, counted.micro) == (len(truth(one, query, first_id(LONG_AGO))), 5_000)
    assert counted.stretches[0][0] == LONG_AGO
    full = twitter.counts(query, index="twx", since=NOW - 60 * 86_400_000, until=LATELY, full=True, by="day")
    assert (full.micro, full.more) == (10_000, True)
    assert spent(twitter) == one.bill()["micro"] == 20_000
    one.post("faults", {"kind": "cut", "times": 1})
    with pytest.raises(TransientError) as cut:
        twitter.counts(query, index="twx", since=LONG_AGO, until=LATELY)
    assert cut.value.billed
    assert twitter.counts(query, index="twx", since=LONG_AGO, until=LATELY).micro == 5_000
    assert one.bill()["micro"] == 30_000
    assert twitter._money.doubtful() == 5_000, "no later one makes it good"


def test_users_are_found_by_name_and_billed_once(asking: Asking) -> None:
    one, twitter = asking(data="data", auth="app")
    name = one.users()[3]["name"]
    answer = twitter.search_users(name, index="twx")
    assert [(user["username"], answer.micro) for user in answer.page.users] == [(name, 10_000)]
    first = twitter.search_users("a", index="twx", size=2)
    second = twitter.search_users("a", index="twx", size=2, token=first.page.next_token)
    assert len({user["id"] for user in (*first.page.users, *second.page.users)}) == 4
    assert spent(twitter) == one.bill()["micro"]


def test_a_spent_window_is_no_second(asking: Asking) -> None:
    one, twitter = asking(data="data")
    one.post("faults", {"kind": "rate-limit", "times": 1, "seconds": 60})
    with pytest.raises(RateLimited):
        twitter.search("rain", index="twx", since=1, until=first_id(LATELY), full=True)
