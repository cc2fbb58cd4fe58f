"""Lines of exports: whatever stands in a document, it comes back out of its line."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from netwar.records import migrate
from netwar.records.flattened import Known, flattened, provenance, restored, version, whole
from tests.randomly import randomly

IDS = st.sampled_from(["1", "2", "3", "4"])
USERS: dict[str, dict[str, Any]] = {
    "1": {"id": "1", "username": "one", "entities": {}},
    "2": {"id": "2", "username": "two", "name": "Two"},
}
OURS: dict[str, Any] = {"retrieved": "2026-11-01T00:00:00.123Z", "account": "a", "via": "timeline"}
ODD: list[Any] = [
    None,
    True,
    False,
    0,
    9,
    "",
    "one",
    "\0é\U0001f600",
    [],
    [None],
    [[]],
    [[1, "2"], [None, []]],
    ["1", "2", "9"],
    [{}],
]
THING = st.sampled_from(ODD)  # drawing them freely takes twenty times as long as all that is tested
MENTIONS = st.lists(
    st.fixed_dictionaries(
        {"username": st.sampled_from(["one", "two", "One"]) | THING}, optional={"id": IDS, "start": IDS, "x": IDS}
    )
)
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "author_id": IDS,
    "in_reply_to_user_id": IDS,
    "username": st.just("one") | THING,
    "attachments": THING
    | st.fixed_dictionaries(
        {}, optional={"media_keys": st.lists(IDS | THING), "poll_ids": st.lists(IDS | THING), "media": THING, "poll": THING}
    ),
    "geo": THING | st.fixed_dictionaries({}, optional={"place_id": IDS | THING, "coordinates": THING, "country": THING}),
    "entities": THING | st.fixed_dictionaries({}, optional={"mentions": THING | MENTIONS, "urls": THING}),
    "referenced_tweets": THING | st.lists(st.fixed_dictionaries({"type": st.just("quoted"), "id": IDS}, optional={"x": IDS})),
    "referenced_posts": THING | st.lists(st.fixed_dictionaries({"type": st.just("quoted"), "id": IDS})),
    **dict.fromkeys(("author", "in_reply_to_user", "__twarc"), THING),
}
NETWAR = THING | st.fixed_dictionaries(
    {"retrieved": THING | st.sampled_from([OURS["retrieved"], "", "2026-11-01T00:00:00Z", "1793491200"])},
    optional={
        "via": st.sampled_from(["reference", "search"]),
        "media": THING | st.lists(st.fixed_dictionaries({"media_key": IDS, "url": IDS})),
        "places": THING | st.lists(st.fixed_dictionaries({"id": IDS, "country": IDS})),
        "version": THING,
        "kept": THING,
    },
)
DOCUMENT = st.fixed_dictionaries({"id": IDS}, optional={**PARTS, "netwar": NETWAR})


@randomly(300)
@given(body=DOCUMENT, tweets=st.dictionaries(IDS, DOCUMENT))
def test_a_document_comes_back_as_it_was(body: dict[str, Any], tweets: dict[str, Any]) -> None:
    before = orjson.dumps(body)
    for line in (whole("twx", body), flattened("twx", body, Known(USERS, tweets, {"one": "1"}), {"url": "u"})):
        assert line["netwar"]["index"] == "twx"
        assert line["netwar"]["version"] == version("twx", body) == next(migrate.documents("twx", "tux", body)).version
        assert restored(orjson.loads(orjson.dumps(line))) == body
    assert orjson.dumps(body) == before


def test_what_a_tweet_speaks_of_is_put_into_its_place() -> None:
    quoted = {"id": "7", "author_id": "9", "text": "seven", "netwar": {**OURS, "via": "reference"}}
    body: dict[str, Any] = {
        "id": "8",
        "author_id": "1",
        "in_reply_to_user_id": "2",
        "text": "@two",
        "entities": {"mentions": [{"start": 0, "end": 4, "username": "two", "id": "2"}]},
        "attachments": {"media_keys": ["3_1", "3_2"]},
        "geo": {"place_id": "p"},
        "referenced_tweets": [{"type": "quoted", "id": "7"}, {"type": "replied_to", "id": "5"}],
        "netwar": {**OURS, "media": [{"media_key": "3_2", "url": "u"}], "places": [{"id": "p", "country": "c"}]},
    }
    line = flattened("twx", body, Known(USERS, {"7": quoted}), provenance("twx", body, "netwar 1"))
    assert line["author"] == USERS["1"]
    assert line["in_reply_to_user"] == USERS["2"]
    assert line["entities"]["mentions"] == [{"start": 0, "end": 4, **USERS["2"]}]
    assert line["attachments"]["media"] == [{}, {"media_key": "3_2", "url": "u"}]
    assert line["geo"] == {"place_id": "p", "id": "p", "country": "c"}
    stub = {"id": "9", "username": "9"}
    assert line["referenced_tweets"] == [
        {"type": "quoted", "id": "7", "author_id": "9", "text": "seven", "author": stub},
        {"type": "replied_to", "id": "5"},
    ]
    url = "https://api.x.com/2/tweets/8"
    assert line["__twarc"] == {"url": url, "version": "netwar 1", "retrieved_at": OURS["retrieved"]}
    assert line["netwar"] == {**body["netwar"], "index": "twx", "version": 1 << 44 | 1793491200123, "flattened": True}


def test_what_the_rules_would_lose_is_kept() -> None:
    renamed = {"start": 0, "end": 4, "username": "two_of_old", "id": "2"}
    body = {
        "id": "8",
        "author_id": "1",
        "entities": {"mentions": [renamed]},
        "geo": {"x": 1},
        "netwar": {**OURS, "via": "reference"},
    }
    line = flattened("twx", body, Known(USERS), {})
    assert line["entities"]["mentions"][0]["username"] == "two"
    assert line["netwar"]["kept"] == {"entities": body["entities"], "geo": body["geo"]}
    assert line["netwar"]["version"] == 1793491200123
    assert restored(line) == body
