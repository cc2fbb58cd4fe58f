"""Reading answers of X, in both dialects and as real ones came."""

import json
from itertools import product
from pathlib import Path

import pytest

from netwar.records import dialects
from netwar.records.documents import IndexName, tweets_index
from netwar.records.pages import documents, read
from netwar.records.problems import problem
from tests.rows import rows

REAL = Path(__file__).parents[3] / "shared" / "real-data"


def kept(body, **more):
    page = read(body)
    return page, documents(page, tweets="twt", users="tut", retrieved=1_700_000_000_123, account="me", via="timeline", **more)


def test_objects_are_kept_whole_with_one_key_of_ours():
    post = {"id": "1", "text": "x", "made_up": {"by": ["X"]}, "author_id": "7"}
    page, made = kept({"data": [post], "includes": {"users": [{"id": "7", "username": "A"}]}})
    bodies = {document.index: document.body for document in made}
    note = bodies["twt"].pop("netwar")
    assert bodies["twt"] == post
    assert note == {"retrieved": "2023-11-14T22:13:20.123Z", "account": "me", "via": "timeline"}
    assert page.authors["7"]["username"] == "A"
    assert sorted(page.bought()) == [("post", "1"), ("user", "7")]


def test_a_reference_never_counts_as_asked_for():
    body = {"data": [{"id": "2"}], "includes": {"tweets": [{"id": "1"}], "posts": [{"id": "3"}]}}
    _, made = kept(body)
    versions = {document.id: document for document in made}
    assert versions["2"].direct
    assert not versions["1"].direct
    assert versions["2"].version > versions["1"].version
    assert versions["3"].body["netwar"]["via"] == "reference"


def test_media_polls_and_places_are_put_where_they_belong():
    body = {
        "data": [
            {"id": "1", "attachments": {"media_keys": ["3_1", "3_9"], "poll_ids": ["5"]}, "geo": {"place_id": "p"}},
            {"id": "2"},
        ],
        "includes": {"media": [{"media_key": "3_1", "url": "u"}], "polls": [{"id": "5"}], "places": [{"id": "p"}]},
    }
    _, made = kept(body)
    assert made[0].body["netwar"]["media"] == [{"media_key": "3_1", "url": "u"}]
    assert made[0].body["netwar"]["polls"] == [{"id": "5"}]
    assert made[0].body["netwar"]["places"] == [{"id": "p"}]
    assert "media" not in made[1].body["netwar"]


@rows(
    ("item", "outcome"),
    [
        ({"title": "Forbidden", "type": "https://api.twitter.com/2/problems/resource-not-found"}, "suspended"),
        ({"title": "Not Found Error", "type": "https://api.x.com/2/problems/resource-not-found"}, "gone"),
        ({"title": "Authorization Error", "type": "https://api.x.com/2/problems/not-authorized-for-resource"}, "protected"),
        ({"title": "Whatever", "type": "about:blank"}, None),
        ({}, None),
    ],
)
def test_the_outcome_of_a_user_needs_type_and_title(item, outcome):
    assert problem(item).outcome == outcome


@rows("body", [{}, {"meta": {"result_count": 0}}, {"data": None, "includes": None, "errors": None, "meta": None}])
def test_an_empty_answer_is_an_empty_page(body):
    page = read(body)
    assert (list(page.posts), list(page.bought()), page.next_token) == ([], [], None)


@rows(
    ("where", "nonsense"),
    product(
        ["data", "includes", "errors", "meta", "post", "media", "metrics"],
        [None, 5, "text", [], [None], ["a"], [5], {}, True],
    ),
)
def test_whatever_x_makes_of_its_shapes_nothing_breaks(where, nonsense):
    post = {
        "id": "1",
        "text": nonsense,
        "attachments": nonsense,
        "geo": nonsense,
        "referenced_tweets": nonsense,
        "note_tweet": nonsense,
    }
    body = {"data": [{"id": "2"}], "includes": {"users": [{"id": "7", "public_metrics": nonsense}]}, "errors": [], "meta": {}}
    body |= {
        "post": {"data": [post]},
        "media": {"includes": {"media": nonsense, "users": nonsense, "tweets": nonsense, "polls": nonsense}},
        "metrics": {},
    }.get(where, {where: nonsense})
    page, made = kept(body)
    assert {document.id for document in made} >= {str(item["id"]) for item in page.posts}
    for item in (*page.posts, *page.authors.values()):
        dialects.text(item), dialects.references(item), dialects.posts_count(item)


def test_both_dialects_are_read():
    assert dialects.references({"referenced_tweets": [{"type": "quoted", "id": "1"}]}) == [("quoted", "1")]
    assert dialects.references({"referenced_posts": [{"type": "quoted", "id": "1"}]}) == [("quoted", "1")]
    assert dialects.text({"text": "cut…", "note_post": {"text": "whole"}}) == "whole"
    assert dialects.text({"text": "cut…", "note_tweet": {"text": "whole"}}) == "whole"
    assert dialects.posts_count({"public_metrics": {"post_count": 5}}) == 5
    assert dialects.posts_count({"public_metrics": {"tweet_count": 6}}) == 6
    assert dialects.posts_count({}) is None


def test_a_request_speaks_one_dialect_only():
    legacy, post = (dialects.DIALECTS[name].timeline(full=True) for name in ("legacy", "post"))
    assert "tweet.fields" in legacy
    assert "post" not in legacy["tweet.fields"] + legacy["expansions"]
    assert "post.fields" in post
    assert "tweet" not in post["post.fields"] + post["expansions"]
    assert not {"non_public_metrics", "organic_metrics", "promoted_metrics"} & set(legacy["tweet.fields"].split(","))


@rows("name", ["", "a/b", "..", "-a", "usertest", "perflog", "ä", "a" * 101])
def test_names_that_no_store_takes_are_refused(name):
    with pytest.raises(ValueError, match=r"index"):
        tweets_index(name)


def test_index_names_are_lower_cased():
    assert tweets_index("Brexit") == "twbrexit"


@pytest.mark.skipif(not REAL.exists(), reason="the real pages are not at hand")
def test_real_pages_lose_nothing():
    for line in (REAL / "timeline-pages.jsonl").read_text().splitlines():
        body = json.loads(line)
        page, made = kept(body)
        tweets = {document.id for document in made if document.index == "twt"}
        assert tweets == {p["id"] for p in body["data"]} | {p["id"] for p in body["includes"]["tweets"]}
        assert {d.id for d in made if d.index == "tut"} == {user["id"] for user in body["includes"]["users"]}
        attached = [key for p in body["data"] for key in p.get("attachments", {}).get("media_keys", ())]
        there = {media["media_key"] for media in body["includes"].get("media", ())}
        placed = [media["media_key"] for d in made if d.direct for media in d.body["netwar"].get("media", ())]
        assert placed == [key for key in attached if key in there]
        assert len(page.problems) == len(body["errors"])


def test_an_index_knows_those_of_its_name():
    for index in ("twbrexit", "tubrexit"):
        name = IndexName.of(index)
        assert (name.tweets, name.users, name.ledger, name.indices) == (
            "twbrexit",
            "tubrexit",
            "tcbrexit",
            ["tubrexit", "twbrexit"],
        )
    users = IndexName.of("usertest")
    assert (users.tweets, users.users, users.ledger, users.indices) == ("usertest", "usertest", "tcusertest", ["usertest"])
    with pytest.raises(ValueError, match="no index"):
        IndexName.of("brexit")
