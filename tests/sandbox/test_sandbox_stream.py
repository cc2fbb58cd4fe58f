"""The filtered stream: what it delivers is what its rules have, what is true of it, and what is billed."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from netwar.sandbox.found_posts import first_id
from netwar.sandbox.keys import APPS, Caller
from netwar.sandbox.query.parser import parse
from netwar.sandbox.scenario import scenario
from netwar.sandbox.server import build
from netwar.sandbox.state import Call
from netwar.sandbox.streams.connections import Connection
from netwar.sandbox.streams.making import Making
from netwar.sandbox.world.clock import EPOCH
from tests.randomly import SEED

from .conftest import LEGACY, TIMEOUT, Sandbox, Start
from .streams import calm, connected, ended, flushed, lines, posted, raw, rule, truth


@pytest.fixture(scope="module")
def crowd(start: Start) -> Sandbox:
    return start(scenario="[stream]\nrate = 400\nrule_delay = 0")


@pytest.fixture(autouse=True)
def _calm_crowd(crowd: Sandbox) -> Iterator[None]:
    yield
    calm(crowd)


def test_what_comes_is_what_the_rules_have_each_named_with_its_tag(crowd: Sandbox) -> None:
    wanted = (("harbour", "port"), ("(rain OR wind) -is:retweet", ""), ("#brexit", "b"))
    names = {rule(crowd, value, tag): tag or None for value, tag in wanted}
    got = lines(connected(crowd), 100)
    one = ended(crowd)
    due = {post["id"]: post["rules"] for post in truth(crowd, since=one["connected"] + 1)}
    seen = [post["data"]["id"] for post in got]
    assert seen == list(due)[:100]
    assert flushed(crowd, one["id"])[:100] == seen
    for post in got:
        assert [named["id"] for named in post["matching_rules"]] == due[post["data"]["id"]]
        assert all(named.get("tag") == names[named["id"]] for named in post["matching_rules"])


def test_a_line_is_the_post_as_its_authors_timeline_shows_it(crowd: Sandbox) -> None:
    rule(crowd, "harbour OR brexit OR wind OR train OR election")
    for post in lines(connected(crowd, **LEGACY), 40):
        id, author = post["data"]["id"], post["data"]["author_id"]
        page = crowd.get(f"/2/users/{author}/tweets", since_id=int(id) - 1, until_id=int(id) + 1, **LEGACY).json()
        assert [post["data"]] == page["data"]
        for what, found in post["includes"].items():
            shown = page["includes"].get(what)
            if what == "users":  # profiles count the posts that came meanwhile
                found, shown = ([user["id"] for user in users] for users in (found, shown))
            assert found == shown, what
        assert post.get("errors") == page.get("errors")


def test_searches_and_counts_find_what_the_stream_delivered_but_no_retweets_for_words(start: Start) -> None:
    box = start("--clock", "2026-03-01T12:00:00Z", scenario="[stream]\nrate = 200\nrule_delay = 0")
    rule(box, "harbour OR brexit", "x")
    got = {post["data"]["id"]: post for post in lines(connected(box, **LEGACY), 50)}
    box.tell("clock", {"advance": 40})
    ids = sorted(map(int, got))
    bounds = {"since_id": ids[0] - 1, "until_id": ids[-1] + (1 << 22)}
    plain = {
        id for id, post in got.items() if not any(of["type"] == "retweeted" for of in post["data"].get("referenced_tweets", ()))
    }
    answer = box.get("/2/tweets/search/recent", query="harbour OR brexit", max_results=100, **bounds).json()
    found = {post["id"] for post in answer["data"]}
    quoting = {id for id in plain if any(of["type"] == "quoted" for of in got[id]["data"].get("referenced_tweets", ()))}
    assert plain - quoting <= found <= plain, "a rule sees what a post quotes, a search does not"
    counted = box.get("/2/tweets/counts/recent", query="harbour OR brexit", **bounds).json()
    assert counted["meta"]["total_tweet_count"] == len(found)
    root = next(post for post in got.values() if post["data"]["conversation_id"] == post["data"]["id"])["data"]["id"]
    answer = box.get("/2/tweets/search/all", query=f"conversation_id:{root}", since_id=ids[0] - 1).json()
    assert root in {post["id"] for post in answer["data"]}


def test_what_has_left_is_billed_posts_and_authors_each_once_a_day(crowd: Sandbox) -> None:
    crowd.tell("bill/reset")
    rule(crowd, "harbour OR wind")
    lines(connected(crowd, expansions="author_id"), 60)
    sent = flushed(crowd, ended(crowd)["id"])
    posts = {post["id"]: post["author"] for post in truth(crowd)}
    bill = crowd.look("bill?app=sandbox-key")
    assert bill["billed"]["post"] == len(sent) >= 60
    assert bill["billed"]["user"] == len({posts[id] for id in sent})
    assert bill["micro"] == bill["billed"]["post"] * 5_000 + bill["billed"]["user"] * 10_000


def test_who_reads_too_slowly_is_cut_and_pays_for_what_was_sent_alone(crowd: Sandbox) -> None:
    crowd.tell("bill/reset")
    crowd.tell("stream", {"buffer": 50_000, "rate": 3000})
    rule(crowd, " OR ".join(("harbour", "wind", "train", "brexit", "election", "climate", "news", "match", "dawn", "valley")))
    stream = connected(crowd, **LEGACY)
    one = ended(crowd)
    assert one["reason"] == "slow reader"
    read = sum(b'"matching_rules"' in line for line in raw(stream))
    sent = len(flushed(crowd, one["id"]))
    assert sent == one["posts"] == crowd.look("bill")["billed"]["post"] - _others(crowd)
    assert read <= sent < len(truth(crowd, since=one["connected"], until=one["closed"]))


def _others(box: Sandbox) -> int:
    """Posts that were billed since they came along."""
    bill = box.look("bill")["billed"]["post"]
    return int(bill - box.look("truth/stream/connections")[-1]["posts"])


def test_keep_alives_come_in_silence_by_its_own_clock(start: Start) -> None:
    box = start("--speed", "100", scenario="[stream]\nrules = [{ value = 'nobodysaysthis', tag = 'theirs' }]")
    stream, got = connected(box), []
    for line in raw(stream):
        got.append(line)
        if len(got) == 3:
            break
    stream.close()
    one = ended(box)
    assert got == [b"", b"", b""]
    assert 60_000 <= one["closed"] - one["connected"] < 120_000


def test_a_burst_has_so_many_posts_and_no_more(crowd: Sandbox) -> None:
    begun = crowd.tell("stream", {"rate": 0})["posts"]
    since = crowd.look("clock")["milliseconds"]
    before = truth(crowd, all="yes", since=since)  # what was made in this very millisecond
    crowd.tell("stream", {"rate": 1000, "posts": 130})
    time.sleep(0.3)
    made = truth(crowd, all="yes", since=since)[len(before) :]
    assert crowd.look("stream")["posts"] == begun + 130 == begun + len(made)
    assert made[-1]["ms"] - made[0]["ms"] in (128, 129)
    assert len({post["author"] for post in made}) == 130
    named = truth(crowd, query="harbour", since=made[0]["ms"])
    assert {post["id"] for post in named} < {post["id"] for post in made}


def test_a_rule_that_works_late_has_nothing_before_and_one_that_is_gone_nothing_after(crowd: Sandbox) -> None:
    crowd.tell("stream", {"rule_delay": 3})
    rule(crowd, "harbour")
    lines(connected(crowd), 20)
    posted(crowd, {}, delete_all="true")
    removed = crowd.look("clock")["milliseconds"]
    one, (told, *_) = ended(crowd), crowd.look("truth/stream/rules")[::-1]
    due = truth(crowd, rule=told["id"])
    assert told["until"] > removed, "X heeds that late, too"
    assert one["connected"] < told["since"] <= due[0]["ms"] <= due[-1]["ms"] < told["until"]
    assert flushed(crowd, one["id"])[:20] == [post["id"] for post in due][:20]


def test_who_is_suspended_is_not_heard(crowd: Sandbox) -> None:
    author = truth(crowd, all="yes", until=crowd.look("clock")["milliseconds"])[0]["author"]
    rule(crowd, f"from:{author}")
    rule(crowd, "harbour")
    crowd.tell("stream", {"rate": 3000})
    crowd.tell("state", {"user": author, "state": "suspended"})
    stream = connected(crowd, **{"tweet.fields": "author_id"})
    assert author not in {post["data"]["author_id"] for post in lines(stream, 400)}
    crowd.tell("state", {"user": author, "state": "active"})
    assert author in {post["data"]["author_id"] for post in lines(connected(crowd, **{"tweet.fields": "author_id"}), 400)}


def test_a_clock_that_is_set_ends_the_stream(start: Start) -> None:
    box = start(scenario="[stream]\nrate = 50\nrule_delay = 0\nrules = [{ value = 'harbour' }]\n[server]\ncompress = true")
    packed = connected(box, packed="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(lines(packed, 3)) == 3, "it is packed line by line"
    ended(box)
    stream = connected(box)
    assert "Content-Encoding" not in stream.headers
    box.tell("clock", {"advance": 3600})
    assert b"ForceDisconnect" in [*raw(stream)][-1]
    assert ended(box)["reason"] == "the clock was set"


def test_what_cannot_be_said_of_a_stream_is_refused_in_words(crowd: Sandbox) -> None:
    for address, body in (
        ("stream", {"rate": 4000}),
        ("stream", {"rate": "much"}),
        ("stream", {"posts": 5}),
        ("stream", {"second": "both"}),
        ("stream", {"linger": -1}),
        ("stream", {"unknown": 1}),
        ("stream/faults", {"kind": "unknown"}),
        ("stream/faults", {"kind": "end", "second": 1, "post": 1}),
        ("stream/faults", {"kind": "end", "every": True}),
        ("stream/faults", {"second": 1}),
        ("stream/faults", {"kind": "end", "post": "third"}),
    ):
        answer = crowd.session.post(f"{crowd.base}/sandbox/{address}", json=body, timeout=TIMEOUT)
        assert answer.status_code == 400, (body, answer.text)
        assert answer.json()["error"], body
    for query in ("query=(", "since=yesterday"):
        assert crowd.session.get(f"{crowd.base}/sandbox/truth/stream?{query}", timeout=TIMEOUT).status_code == 400


def test_what_a_scenario_says_of_streams_is_read_whole_or_refused_in_words() -> None:
    table = {"rate": 5, "second": "replace", "rules": [{"value": "cat", "tag": "t"}], "faults": [{"kind": "end", "post": 3}]}
    found = scenario({"stream": table}).stream
    assert (found.rate, found.behaviour.second, found.rules, found.faults[0].post) == (
        5.0,
        "replace",
        ({"value": "cat", "tag": "t"},),
        3,
    )
    assert scenario({"stream": table}).altered({"posts_a_second": 7}).stream.rate == 7
    for wrong, said in (
        ({"tempo": 3}, "has no tempo"),
        ({"second": "both"}, "refuse"),
        ({"voices": 0}, "voices"),
        ({"first_voice": 1 << 30}, "voices"),
        ({"rules": [{"tag": "t"}]}, "a value"),
        ({"faults": [{"kind": "flood"}]}, "flood"),
    ):
        with pytest.raises(ValueError, match=said):
            scenario({"stream": wrong})
    with pytest.raises(ValueError, match="standalone"):
        build(scenario({"stream": {"rules": [{"value": "lang:en"}]}}))


def test_a_post_of_the_stream_costs_a_fraction_of_one_that_is_built_anew() -> None:
    """In units of a fixed piece of Python work, as a sandbox shares the processor with the recorder that it judges."""
    box = build(scenario({"stream": {"rate": 1500, "rules": [{"value": "harbour OR wind OR train OR brexit OR climate"}]}}))
    call = Call(box, Caller(APPS[0]), LEGACY, {})
    making = Making(call, Connection("one", APPS[0].key, box.world.moment))

    def cost(seconds: int) -> tuple[float, int]:
        box.clock.set(box.world.moment + seconds * 1000)
        box.tick()
        begun = time.process_time()
        posts = len(making.until(box.world.moment).posts)
        return time.process_time() - begun, posts

    cost(3)  # every voice once
    spent, posts = cost(6)
    unit = min(piece_of_work() for _ in range(3))
    assert posts > 2_000
    assert spent / posts < unit / 100, f"{spent / posts * 1e6:.0f} us a post, {unit * 1e3:.1f} ms the unit"


def piece_of_work() -> float:
    begun, total = time.process_time(), 0
    for number in range(200_000):
        total = (total * 31 + number) & 0xFFFFFFFF
    return time.process_time() - begun


def test_counts_of_the_stream_are_what_going_through_its_posts_would_count() -> None:
    box = build(scenario({"stream": {"rate": 40}, "clock": {"now": "2026-03-01T12:00:00Z"}}))
    for rate in (0, 300, 7):
        box.clock.set(box.world.moment + 50_000)
        box.tick()
        box.world.chorus.post(rate, box.world.moment)
    box.clock.set(box.world.moment + 90_001)
    box.tick()
    choose = random.Random(SEED)
    for _ in range(10):
        query = parse(choose.choice(("brexit", "has:links harbour -is:retweet", "sample:20 wind", "@nobody OR train")))
        low, high = sorted(choose.randrange(box.world.moment - 300_000, box.world.moment + 1_000) for _ in range(2))
        length = choose.choice((1_000, 60_000, 3_600_000))
        bounds: tuple[int, int, tuple[str, ...]] = (first_id(low) - 1, first_id(high), ("active",))
        found = (one.id for one, matches in box.searched.newest(query, *bounds) if matches)
        expected = Counter(((id >> 22) + EPOCH) // length for id in found)
        assert box.searched.counted(query, *bounds, length) == expected, (query.text, low, high, length)
