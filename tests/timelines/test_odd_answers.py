"""Answers in which one character or element is odd: through the real programs, the page is kept and the money is booked once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netwar.cli.services import Services
from netwar.records.parsing import parsed
from netwar.twitter import transport
from netwar.twitter.base import TransientError
from tests.canned import NOTHING, Canned, canned
from tests.desk import Desk
from tests.operator import TIMELINE, Operator, Three, no_bug

CASES = Path(__file__).parent / "cases"
KEYS = {"consumer_key": "k", "consumer_secret": "s", "access_token_key": "t", "access_token_secret": "u", "bearer_token": "b"}


def lines(name: str) -> Iterator[bytes]:
    yield from (CASES / f"{name}.jsonl").read_bytes().splitlines()


@pytest.fixture
def x() -> Iterator[Canned]:
    with canned() as x:
        yield x


@pytest.fixture
def one(desk: Desk, x: Canned) -> Operator:
    """An operator whose X is canned."""
    desk.configure(x.url, budget=100, maxcpu=100, maxmem=100, account="me", **KEYS)
    return Operator(desk, None)  # type: ignore[arg-type]


def recorded(one: Operator, x: Canned, name: str, index: str = "odd", partial: int = 0) -> dict[str, Any]:
    """Record the authors of a file's pages, so many of whom stay `partial`; the pages by author, as they were sent."""
    pages = list(lines(name))
    sent = {str(page["includes"]["users"][0]["id"]): page for page in map(parsed, pages)}
    x.timelines(dict(zip(sent, pages, strict=True)))
    one.queue(sent)
    ended = one.run("tw-idu3elk", index)
    no_bug(ended)
    assert f"{len(sent) - partial} complete{f', {partial} partial' if partial else ''}" in ended.stderr
    assert one.work()["waiting"] == 0
    return sent


def letters(one: Operator) -> list[Any]:
    path = one.desk.home / ".local/share/netwar/dead-letters"
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def test_one_odd_character_or_element_costs_nothing_but_itself(one: Operator, x: Canned) -> None:
    recorded(one, x, "half-an-emoji", "halves")
    assert len(one.select("halves", "SELECT id FROM tweets")) == 4
    assert "cut in the middle of an emoji \ufffd" in one.run("tw-search", "halves", "emoji").stdout
    assert "\tN \ufffd\t" in one.run("tw-1num", "900000002", "--index", "halves").stdout
    assert letters(one) == []
    before = one.spent()

    sent = recorded(one, x, "odd-elements", partial=1)
    posts = {str(post["id"]): post for page in sent.values() for post in page["data"] if post and "id" in post}
    assert {json.loads(line)["id"] for line in one.run("tw-search", "odd", "text", "--json").stdout.splitlines()} == set(posts)
    assert {str(row[0]) for row in one.select("odd", "SELECT id FROM tweets WHERE via = 'timeline'")} == set(posts)
    assert [one["reason"].rpartition(": ")[2] for one in letters(one)] == ["it is no object", *["it has no id"] * 2]
    again = {"1700000000000000003", "1700000000000000002", "1700000000000000001"}  # bought in the other file, too
    assert one.spent() - before == 5_000 * len(set(posts) - again) + 10_000 * len(sent)
    found = one.run("tw-search", "odd", "--since", "2018-10-10T20:19:24", "--until", "2018-10-10T20:19:25").stdout
    assert found.startswith("2018-10-10T20:19:24Z\t@name18\t"), "a time of v1.1 is a time"
    assert "None" not in one.run("tw-1num", "900000014", "--index", "odd", "--history").stdout
    assert "None" not in one.run("tw-coverage", "odd").stdout


def test_what_no_post_names_is_kept(one: Operator, x: Canned) -> None:
    [page] = recorded(one, x, "places-nobody-names").values()
    [kept] = map(json.loads, one.run("tw-search", "odd", "text", "--json").stdout.splitlines())
    assert kept["netwar"]["loose"] == {kind: page["includes"][kind] for kind in ("places", "media", "topics")}
    assert letters(one) == []
    assert len(x.asked) == 2, "an answer without meta does not say that it is the last"


def test_an_error_about_something_else_says_nothing_of_a_user_and_takes_no_page_away(one: Operator, x: Canned) -> None:
    gone = {"type": "https://api.x.com/2/problems/resource-not-found", "title": "Not Found Error", "detail": "Could not find it."}
    post = {"id": "1408876829491015681", "author_id": "13", "text": "hello", "created_at": "2021-06-26T19:56:26.000Z"}
    pages = {
        "11": {"errors": [{**gone, "parameter": "pinned_tweet_id"}]},
        "12": {"errors": [{**gone, "parameter": "id", "value": "99"}]},
        "13": {"errors": [{**gone, "parameter": "id", "value": "13"}], "data": [post]},
    }
    x.timelines({user: json.dumps({**page, "meta": {}}).encode() for user, page in pages.items()})
    one.queue(pages)
    one.run("tw-idu3elk", "others")
    told = {user: record["outcome"] for user, record in one.coverage("others").items()}
    assert told == {"11": "empty", "12": "empty", "13": "complete"}
    assert one.recorded("others", "13") == {int(post["id"])}


def test_half_an_emoji_among_followers_and_in_look_ups(one: Operator, x: Canned) -> None:
    names = [b'"N \\ud83d"', b"null", b"7"]
    users = [b'{"id": %d, "username": "u%d", "name": %s, "protected": "yes"}' % (77 + n, n, name) for n, name in enumerate(names)]
    x.answers["/2/users/by"] = [b'{"data": [%b, null]}' % users[0]]
    x.answers["/2/users"] = [b'{"data": [%b], "errors": [{"detail": "\\udc00", "value": "9"}]}' % users[1]]
    x.answers["/2/users/77/followers"] = [b'{"data": [%b, null, {"name": "no id"}], "meta": {}}' % b",".join(users)]
    one.run("tw-quser2usertest", "-", input="u0\n78\n")
    no_bug(one.run("tw-queue2usertest"))
    ended = one.run("tw-follow2usertest", "u0", "--yes", check=1)
    no_bug(ended)
    kept = {row[0]: row[1] for row in one.select("usertest", "SELECT id, name FROM users")}
    assert kept == {77: "N \ufffd", 78: None, 79: "7"}
    assert one.spent() == 10_000 * (2 + 3)
    assert len(letters(one)) == 1 + 2 * 2, "what has no id is asked for twice, what is null is nothing"
    no_bug(one.run("tw-followdiff", "u0", "--list"))


def test_a_page_whose_data_cannot_be_read_leaves_a_gap_and_fails_its_user(one: Operator, x: Canned) -> None:
    first = json.loads(next(lines("half-an-emoji")))
    first["meta"]["next_token"] = "more"
    later = b'{"data": "gone astray", "includes": {"users": [{"id": "5", "username": "five"}]}, "meta": {}}'
    x.timelines({"900000001": [json.dumps(first).encode(), *[later] * transport.ATTEMPTS, NOTHING]})
    one.queue(["900000001"])
    ended = one.run("tw-idu3elk", "odd", check=1)
    no_bug(ended)
    assert "cannot be read" in ended.stderr
    assert "failed: name01 (900000001) (1x)" in ended.stderr
    assert "until_id=1700000000000000003&" in x.asked[-1], "the next try asks for what was not read, or not proved yet"
    assert letters(one)[0]["document"]["sent"] == "gone astray"
    assert one.select("odd", "SELECT username FROM users WHERE id = 5") == [("five",)]
    assert one.spent() == 5_000 * 3 + 10_000 * 2


def test_an_answer_that_is_no_json_is_set_aside_as_it_came(desk: Desk, x: Canned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(desk.home))
    monkeypatch.setattr(transport, "ATTEMPTS", 2)
    desk.configure(x.url, budget=100, **KEYS)
    x.timelines({"7": b'{"data": [{"id": "1"}, {"id": "2", \xff', "8": b"<html>a page for people</html>"})
    services = Services("tw-try")
    for user in ("7", "8"):
        with pytest.raises(TransientError, match="not whole"):
            services.twitter.timeline(user, index="odd")
    assert services.money.doubtful() > 0
    services.close()
    [letter] = letters(Operator(desk, None))  # type: ignore[arg-type]
    assert (letter["request"], letter["answer"]) == ("/2/users/7/tweets", '{"data": [{"id": "1"}, {"id": "2", \\xff')


def test_a_world_of_odd_answers_is_recorded_whole(three: Three) -> None:
    for kind in ("half-emoji", "odd-elements", "odd-shapes", "unnamed-includes"):
        three.fault(kind)
    three.run("tw-wipework", "--yes")
    users = three.users()[:3]
    three.queue([users[0]["name"], *(user["id"] for user in users[1:])])
    ended = three.capture(check=0)
    no_bug(ended)
    assert "3 partial" in ended.stderr, "nobody can tell that what has no id is a copy"
    assert {row[0] for row in three.select("three", "SELECT id FROM tweets WHERE via = 'timeline'")} == {
        id for user in three.ids()[:3] for id in three.truth(user)
    }
    assert three.spent() == three.bill()["micro"]
    assert (len(letters(three)), three.held()) == (20, 10), "a null and a nameless one on each page and in the look-up, twice"
    loose = [one["netwar"]["loose"] for one in documents(three, "tw") if "loose" in one["netwar"]]
    assert len(loose) == 4, "one a page"
    assert all({"places", "media", "topics"} <= set(one) for one in loose)
    assert {row[0][-1] for row in three.select("three", "SELECT name FROM users")} >= {"\ufffd"}
    years = three.select("three", "SELECT DISTINCT substr(created, 1, 4) FROM tweets")
    assert all("2006" <= year <= "2030" for (year,) in years), years


def test_pages_without_meta_do_not_end_a_timeline(three: Three) -> None:
    three.fault("no-meta", endpoint=TIMELINE)
    no_bug(three.capture(check=0))
    three.is_complete()


def test_what_came_without_an_id_is_asked_for_once_more(three: Three) -> None:
    three.fault("odd-elements", endpoint=TIMELINE, times=1, billed=True)
    no_bug(three.capture(check=0))
    three.is_complete()
    assert [one["reason"].rpartition(": ")[2] for one in letters(three)] == ["it is no object", "it has no id"]


def test_a_post_without_an_id_is_a_gap_until_it_comes_with_one(three: Three) -> None:
    three.fault("odd-elements", endpoint=TIMELINE, billed=True)
    asked = [0]
    for number in range(3):
        ended = three.capture("-q", check=0)
        no_bug(ended)
        assert "X sent posts without ids" in ended.stderr
        assert "rejected (see dead-letters)" in ended.stderr
        for user in three.ids()[:3]:
            lacking, record = set(three.truth(user)) - three.recorded("three", user), three.record(user)
            assert lacking or number, "the fault hides what X had; later pages begin elsewhere"
            assert not any(span.low < one <= span.high for one in lacking for span in record.spans)
            assert record.outcome == "partial"
            assert record.gaps
            assert "X sent posts without ids" in three.run("tw-coverage", "three", user).stdout
        told = json.loads(three.run("tw-spend", "--no-ask", "--json").stdout)
        assert three.bill()["micro"] - three.spent() <= told["micro_dollars"]["in_doubt"] >= 4 * 5_000, "one on each page"
        asked.append(len(three.asked()) - sum(asked))
        three.queue(three.ids()[:3])
    assert asked[1:] == [2 * 4, 3 + 2 * 4, 3 + 2 * 4], "each page once more, and what is new"
    three.mend()
    assert "3 complete" in three.capture(check=0).stderr
    assert [three.recorded("three", user) for user in three.ids()[:3]] == [set(three.truth(user)) for user in three.ids()[:3]]
    assert three.bill()["micro"] == three.spent()


def test_nobody_is_called_empty_or_complete_for_a_post_without_an_id(one: Operator, x: Canned) -> None:
    post = {"id": "1408876829491015681", "author_id": "13", "text": "hello", "created_at": "2021-06-26T19:56:26.000Z"}
    alone, beside, without = ([{"text": "no id"}], [post, {**post, "id": None}], [post])
    x.timelines({"12": page(alone), "13": [page(beside), page(without)], "14": [page([*without, {"id": "one"}]), page(without)]})
    one.queue(["12", "13", "14"])
    one.run("tw-idu3elk", "odd")
    assert [record["outcome"] for record in one.coverage("odd").values()] == ["partial"] * 3


def page(posts: list[dict[str, Any]]) -> bytes:
    return json.dumps({"data": posts, "meta": {"result_count": len(posts)}}).encode()


def documents(one: Operator, kind: str) -> Iterator[Any]:
    from netwar.archive.sqlite.store import SqliteArchive

    data = one.desk.home / ".local/share/netwar"
    archive = SqliteArchive(data / "archive", data / "dead-letters")
    yield from archive.scan(f"{kind}three")
    archive.close()


def test_a_header_that_is_none_is_not_told_to_people(one: Operator, x: Canned) -> None:
    """urllib3 logs it, with a traceback and the bytes as they came, and goes on with what else there is."""
    x.header = b"X-\xff\x9b31m: \xff\x00\r\n"
    x.answers["/2/users/by"] = [b'{"data": [{"id": "11", "name": "N", "username": "nasa"}]}']
    for options in [], ["-q"]:
        ended = one.desk.run("tw-1name", "nasa", "--ask", *options, check=0)
        assert "nasa" in ended.stdout
        assert not [word for word in ("Traceback", "parse headers", "31m") if word in ended.stderr], ended.stderr
