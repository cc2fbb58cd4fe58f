"""The edges of a tweet: who is meant, once each, in either dialect and out of v1.1; what is lacking is told."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netwar.records import v1
from netwar.records.edges import TYPES, Edge, called, edges, when
from netwar.records.ids import identity
from tests.randomly import randomly
from tests.rows import rows

AUTHORS = {"50": "5", "60": "6"}
RT = {"text": "RT @bob: look", "referenced_tweets": [{"type": "retweeted", "id": "50"}]}
BOB = {"start": 3, "end": 7, "username": "bob", "id": "7"}
STATUS = "https://twitter.com/bob/status"


def entities(**kinds: Any) -> dict[str, Any]:
    return {"entities": kinds}


def urls(*addresses: str) -> dict[str, Any]:
    return entities(urls=[{"url": "https://t.co/a", "expanded_url": one} for one in addresses])


# What is in a tweet of user 1; its edges as TYPE:target; what is unresolved.
TWEETS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "", ""),
    ({"author_id": None}, "", "9"),
    ({"author_id": "no number", "in_reply_to_user_id": "2"}, "", "9"),
    # mentions: once each, the own name too; without an id it is somebody's, but whose?
    (entities(mentions=[{"id": "2"}, {"id": 2}, {"id": "1", "username": "me"}]), "MENTIONS:2 MENTIONS:1", ""),
    (entities(mentions=[{"username": "bob"}, {"username": "bob"}, {}, None]), "", "@bob"),
    # references: the author of the other tweet
    ({"referenced_tweets": [{"type": "retweeted", "id": "50"}]}, "RETWEETS:5", ""),
    ({"referenced_posts": [{"type": "quoted", "id": "60"}, {"type": "replied_to", "id": "50"}]}, "QUOTES:6 REPLIES_TO:5", ""),
    ({"referenced_tweets": [{"type": "quoted", "id": "70"}, {"type": "liked", "id": "71"}]}, "", "70"),
    ({"referenced_tweets": [{"type": "replied_to", "id": "70"}], "in_reply_to_user_id": "8"}, "REPLIES_TO:8", ""),
    ({"in_reply_to_user_id": "1"}, "REPLIES_TO:1", ""),
    # a retweet names its author itself, and that is no mention
    (RT | entities(mentions=[BOB, {"start": 9, "id": "2"}]), "RETWEETS:7 MENTIONS:2", ""),
    (RT | entities(mentions=[{"start": 3, "username": "bob"}]), "RETWEETS:5", ""),
    ({"text": "RT @bob by hand"} | entities(mentions=[BOB]), "MENTIONS:7", ""),
    # tags without case, links as X expanded them, of a long post those of the whole
    (
        entities(hashtags=[{"tag": "Brexit"}, {"tag": "BREXIT"}, {"text": "ÉTÉ"}, {"tag": ""}, {"tag": 5}]),
        "TAGS:brexit TAGS:été",
        "",
    ),
    (
        urls("https://example.org/A", "https://example.org/A", "https://example.org/a"),
        "SHARES:https://example.org/A SHARES:https://example.org/a",
        "",
    ),
    (
        entities(
            urls=[
                {"url": "https://t.co/a"},
                {"url": None},
                {"url": "e.org"},
                {"expanded_url": "https://e.org", "media_key": "3_1"},
            ]
        ),
        "SHARES:https://t.co/a",
        "",
    ),
    (urls(f"{STATUS}/50/photo/1", f"{STATUS}/60", f"{STATUS}/50"), f"SHARES:{STATUS}/60 SHARES:{STATUS}/50", ""),
    (urls(f"{STATUS}/60?s=20") | {"referenced_tweets": [{"type": "quoted", "id": "60"}]}, "QUOTES:6", ""),
    (entities(hashtags=[{"tag": "a"}]) | {"note_tweet": entities(hashtags=[{"tag": "A"}, {"tag": "b"}])}, "TAGS:a TAGS:b", ""),
    ({"note_post": entities(mentions=[{"id": "3"}])}, "MENTIONS:3", ""),
    # no text has a NUL, and SQLite would find what has one no more
    (
        entities(hashtags=[{"tag": "a\0b"}, {"tag": "\0"}]) | {"note_tweet": urls("https://e.org/\0")},
        "TAGS:ab SHARES:https://e.org/",
        "",
    ),
    # what stands where something else should
    ({"entities": [], "referenced_tweets": {"type": "quoted", "id": 60}, "note_tweet": "x", "netwar": None}, "QUOTES:6", ""),
]


@rows(("tweet", "found", "lacking"), TWEETS)
def test_the_edges_of_a_tweet(tweet: dict[str, Any], found: str, lacking: str) -> None:
    made, unresolved = edges({"id": "9", "author_id": "1", "text": "", **tweet}, AUTHORS.get)
    assert " ".join(f"{edge.type}:{edge.target}" for edge in made) == found
    assert " ".join(unresolved) == lacking
    assert all(edge == Edge(edge.type, "1", edge.target, "9", None) for edge in made)


def test_a_tweet_of_v1_tells_the_authors_of_what_lies_in_it() -> None:
    inner = {"id_str": "60", "user": {"id_str": "6"}, "quoted_status": {"id_str": "61", "user": {"id_str": "7"}}}
    told = {
        "user_mentions": [{"screen_name": "bob", "id_str": "6", "indices": [3, 7]}],
        "media": [{"expanded_url": f"{STATUS}/60/photo/1"}],
    }
    status = {"id_str": "9", "user": {"id_str": "1"}, "entities": told, "created_at": "Wed Oct 10 20:19:24 +0000 2018"}
    quote = v1.tweet(status | {"text": "see @bob", "quoted_status": inner})
    retweet = v1.tweet(status | {"full_text": "RT @bob: x", "retweeted_status": inner})
    assert edges(quote, {}.get) == (
        [Edge("QUOTES", "1", "6", "9", 1_539_202_764_000), Edge("MENTIONS", "1", "6", "9", 1_539_202_764_000)],
        [],
    )
    assert edges(retweet, {}.get) == ([Edge("RETWEETS", "1", "6", "9", 1_539_202_764_000)], [])


def test_whom_a_tweet_names() -> None:
    told = [
        {"id": "2", "username": "bob"},
        {"id": "3"},
        {"username": "ann"},
        {"id": 4, "username": "no name"},
        {"id": 5, "username": "eve"},
    ]
    assert list(called({"entities": {"mentions": told}})) == [("2", "bob"), ("5", "eve")]


def test_an_id_tells_its_time_better_than_x() -> None:
    assert when({"id": "1439800001232728069", "created_at": "2021-09-20T03:54:05.000Z"}) == 1_632_110_045_141
    assert when({"id": "29000000000", "created_at": "2010-11-01T00:00:00.000Z"}) == 1_288_569_600_000
    assert when({"id": "7"}) is when({}) is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "5", "retweeted", "RT @x: y", "a\x00\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "tag", "username", "start", "url", "expanded_url", "v1", "user", "hashtags", "mentions", "urls"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
FIELDS = ["author_id", "created_at", "text", "entities", "referenced_tweets", "in_reply_to_user_id", "note_tweet", "netwar"]


@randomly(200)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.integers(0, 2**63))
def test_nothing_that_x_could_send_is_too_odd(body: dict[str, Any], id: int) -> None:
    made, unresolved = edges({**body, "id": str(id)}, lambda tweet: None)
    assert len({(edge.type, edge.target) for edge in made}) == len(made)
    assert all(edge.type in TYPES and edge.target and edge.source == identity(body["author_id"]) for edge in made)
    assert all(unresolved)
