"""What people have kept, told apart, and the documents that each makes, with their versions."""

from __future__ import annotations

import json
from typing import Any

from netwar.imports.forms import read
from netwar.imports.found import Found, Into, Kind
from netwar.records.documents import Document
from netwar.records.flattened import Known, flattened, whole
from netwar.records.sources import WORDS
from netwar.records.times import seen
from tests.imports.samples import LATER, MADE, NOW, TWARC, V1_MS, archived, id_at, page, post, status, user
from tests.rows import rows

INTO = Into("twx", "tux")
SAID = Into("twx", "tux", retrieved=1_800_000_000_000)
MINE = Into("twx", "tux", author=("12", "me"))


def made(value: Any, into: Into = INTO) -> Found:
    found = Found()
    read(json.loads(json.dumps(value)), into, found)
    return found


def by_id(found: Found, index: str = "twx") -> dict[str, Document]:
    return {one.id: one for one in found.documents if one.index == index}


def test_a_page_counts_as_retrieved_when_twarc_says() -> None:
    found = made(page(0, 20, __twarc={**TWARC, "retrieved_at": LATER}))
    assert found.kinds == {Kind.PAGE: 1}
    assert {one.retrieved for one in found.documents} == {seen(LATER)}
    assert sorted(by_id(found)) == [post(n)["id"] for n in range(21)]
    assert len(by_id(found, "tux")) == 7
    assert [one.direct for one in by_id(found).values()] == [True] * 20 + [False]
    first = by_id(found)[post(0)["id"]].body
    told = {"version": "2.14.0", "url": "https://api.twitter.com/2/tweets/search/all", "query": "rain"}
    assert first["netwar"] == {"retrieved": LATER, "via": "import", "twarc": told}
    assert {name: first[name] for name in first if name not in ("netwar", "referenced_tweets")} == post(0)


def test_without_that_when_the_operator_says_or_when_posts_were_made() -> None:
    assert {one.retrieved for one in made(page(0, 20), SAID).documents} == {SAID.retrieved}
    found = made(page(0, 20))
    assert [one.retrieved for one in by_id(found).values()] == [NOW + n * 1000 for n in range(21)]
    assert {one.retrieved for one in by_id(found, "tux").values()} == {NOW + 19_000}, "they were seen with the newest post"
    assert by_id(found)[post(0)["id"]].body["netwar"]["retrieved"] == MADE


def test_a_flattened_post_is_what_it_was_made_of() -> None:
    photo = {"media_key": "3_2", "type": "photo"}
    quoted = {
        **post(5),
        "author": user(5),
        "attachments": {"media_keys": ["3_2"], "media": [photo]},
    }
    line = {
        **post(1),
        "author": {**user(1), "pinned_tweet_id": post(9)["id"], "pinned_tweet": {**post(9), "author": user(2)}},
        "in_reply_to_user_id": "902",
        "in_reply_to_user": user(2),
        "entities": {"mentions": [{"start": 0, "end": 4, **user(3)}, {"start": 5, "end": 8, "username": "nobody", "id": "77"}]},
        "attachments": {"poll_ids": ["7"], "poll": {"id": "7", "options": [1]}, "media_keys": ["3_1"], "media": [{}]},
        "geo": {"place_id": "p", "id": "p", "full_name": "P", "geo": {"type": "Feature"}},
        "referenced_tweets": [{"type": "quoted", **quoted}, {"type": "replied_to", "id": "8"}],
        "__twarc": {**TWARC, "retrieved_at": LATER},
        "matching_rules": [{"id": "3"}],
    }
    found = made(line)
    assert found.kinds == {Kind.POST: 1}
    tweets, users = by_id(found), by_id(found, "tux")
    assert sorted(users) == ["901", "902", "903", "905"]
    assert {id: one.direct for id, one in tweets.items()} == {post(1)["id"]: True, post(5)["id"]: False, post(9)["id"]: False}
    body = tweets[post(1)["id"]].body
    assert body["referenced_tweets"] == [{"type": "quoted", "id": post(5)["id"]}, {"type": "replied_to", "id": "8"}]
    assert body["entities"]["mentions"] == [
        {"start": 0, "end": 4, "username": "name3", "id": "903"},
        {"start": 5, "end": 8, "username": "nobody", "id": "77"},
    ]
    assert (body["attachments"], body["geo"]) == ({"poll_ids": ["7"], "media_keys": ["3_1"]}, {"place_id": "p"})
    assert body["netwar"]["polls"] == [{"id": "7", "options": [1]}]
    assert body["netwar"]["places"] == [{"id": "p", "full_name": "P", "geo": {"type": "Feature"}}]
    assert body.keys().isdisjoint(("author", "in_reply_to_user", "__twarc", "matching_rules"))
    assert [one.body["netwar"]["loose"] for one in found.documents if "loose" in one.body["netwar"]] == [
        {"matching_rules": [{"id": "3"}]}
    ], "as on a page"
    assert tweets[post(5)["id"]].body["netwar"]["media"] == [photo]
    assert users["901"].body["pinned_tweet_id"] == post(9)["id"]
    assert "pinned_tweet" not in users["901"].body


def test_the_post_dialect() -> None:
    one = {**post(1), "referenced_posts": [{"type": "quoted", "id": post(2)["id"]}]}
    found = made({"data": [one], "includes": {"posts": [post(2)], "users": [user(1)]}})
    assert {id: one.direct for id, one in by_id(found).items()} == {post(1)["id"]: True, post(2)["id"]: False}
    flat = made({**one, "author": user(1), "referenced_posts": [{"type": "quoted", **post(2)}]})
    assert {one.id: one.body for one in flat.documents} == {one.id: one.body for one in found.documents}


def test_a_status_of_v1_and_what_is_within_it() -> None:
    inner = status(1, retweet_count=7)
    found = made(status(2, retweeted_status=inner))
    assert found.kinds == {Kind.STATUS: 1}
    assert {id: one.version for id, one in by_id(found).items()} == {
        status(2)["id_str"]: 1 << 44 | V1_MS,
        status(1)["id_str"]: V1_MS,
    }
    assert sorted(by_id(found, "tux")) == ["901", "902"]
    assert {one.retrieved for one in made(status(2, retweeted_status=inner), SAID).documents} == {SAID.retrieved}
    assert by_id(made(status(2), SAID))[status(2)["id_str"]].body["netwar"]["retrieved"] == "2027-01-15T08:00:00.000Z"


def test_profiles_of_both() -> None:
    found = made(status(3)["user"] | {"status": status(4)})
    assert (found.kinds, [one.id for one in found.documents]) == ({Kind.OLD_PROFILE: 1}, ["903"])
    found = made({**user(3), "__twarc": {"retrieved_at": LATER}})
    assert (found.kinds, found.documents[0].index, found.documents[0].retrieved) == ({Kind.PROFILE: 1}, "tux", seen(LATER))
    assert made({"data": [user(1), user(2)]}, Into(None, "usertest")).documents[1].index == "usertest"


def test_a_dump_of_elasticsearch() -> None:
    dumped = {"_index": "twbrexit", "_type": "tweets", "_id": "1", "_score": 1, "_source": status(2)}
    assert made(dumped).documents == made(status(2)).documents
    assert made({"took": 3, "hits": {"total": 1, "hits": [dumped]}}).documents == made(status(2)).documents
    ours = {**post(1), "netwar": {"retrieved": LATER, "account": "a", "via": "reference"}}
    stored = {**ours, "netwar": {**ours["netwar"], WORDS: "post 1 of rain"}}
    (found,) = made({"_index": "twx", "_source": stored}).documents
    assert (found.body, found.version) == (ours, seen(LATER))


def test_an_account_archive() -> None:
    found = made(archived(1), MINE)
    (one,) = found.documents
    assert (found.kinds, one.version, one.body["author_id"]) == ({Kind.ARCHIVED: 1}, 1 << 44 | V1_MS, "12")
    assert one.body["entities"]["mentions"] == [{"username": "name2", "id": "902", "start": 0, "end": 6}]
    assert one.body["netwar"]["v1"] == archived(1)["tweet"]
    assert made(archived(1)["tweet"], MINE).documents == found.documents, "as before 2019"
    assert "by --user" in made(archived(1)).faults[0].reason
    assert "deleted" in made(archived(1, deleted_at=MADE), MINE).faults[0].reason
    assert "only tweets.js" in made({"dmConversation": {}}, MINE).faults[0].reason


def test_what_this_program_exported_comes_back_as_it_was() -> None:
    tweets = {one.id: one.body for one in by_id(made(page(0, 20))).values()}
    users = {one.id: one.body for one in by_id(made(page(0, 20)), "tux").values()}
    for document in made(page(0, 20)).documents:
        flat = flattened(document.index, document.body, Known(users, tweets), TWARC)
        for line in (flat, whole(document.index, document.body)) if document.index == "twx" else (whole("tux", document.body),):
            found = made(line)
            assert (found.documents, found.faults) == ([document], [])
    line = whole("tux", users["901"])
    line["netwar"]["changes"] = [{"until": 5, "seen": 4, "fields": {"name": "before"}}]
    (change,) = made(line).changes
    assert (change.user, change.until, change.seen, change.fields) == ("901", 5, 4, {"name": "before"})


def test_what_the_recorder_of_2019_left_is_not_newer_for_being_exported() -> None:
    kept = {**{name: value for name, value in made(status(1)).documents[0].body.items() if name != "netwar"}}
    line = whole("twx", {**kept, "netwar": {"via": "v1.1", "v1": status(1)}})
    assert made(line).documents == made(status(1)).documents


@rows(
    ("value", "reason"),
    [
        (None, "no post"),
        ({}, "no post"),
        ("not an id", "no post"),
        ({"data": [{"text": "no id"}]}, "it has no id"),
        ({"data": [{"id": "9" * 30, "text": "x"}]}, "numbers"),
        ({"data": [{"id": "1", "name": "n", "owner_id": "2"}]}, "lists are not kept"),
        ({**post(1), "netwar": {"index": "twx", "version": 1 << 62}}, "as this program"),
        ({**post(1), "netwar": {"index": "nonsense", "version": 1}}, "as this program"),
        ({**post(1), "netwar": {"index": "twx", "version": True}}, "as this program"),
        ({"id": "1", "netwar": {"via": "tombstone"}}, "says nothing"),
    ],
)
def test_what_cannot_be_imported(value: Any, reason: str) -> None:
    found = made(value)
    assert not found.documents
    assert reason in found.faults[0].reason


def test_what_no_one_can_read_in_a_list_takes_nothing_with_it() -> None:
    deep: Any = 0.5
    for _ in range(400):
        deep = [deep]
    found = made([post(1), [deep, post(2)], post(3)])
    assert sorted(by_id(found)) == [post(n)["id"] for n in (1, 2, 3)]
    assert ["recursion" in fault.reason for fault in found.faults] == [True]


def test_posts_do_not_go_into_a_collection_of_users() -> None:
    alone = Into(None, "usertest")
    lines: list[Any] = [page(0, 1), post(1), status(1), archived(1), whole("twx", made(post(1)).documents[0].body)]
    for line in lines:
        assert "users alone" in made(line, alone).faults[0].reason
    assert [one.index for one in made(page(0, 1), alone).documents] == ["usertest"] * 7


def test_ids_and_notices_bring_nothing() -> None:
    for value in (id_at(NOW), int(id_at(NOW)), {"id": id_at(NOW)}, {"id": 5, "id_str": "5"}):
        found = made(value)
        assert (found.kinds, found.documents, found.faults) == ({Kind.ID: 1}, [], [])
    assert made({"delete": {"status": {"id": 1}}}).kinds == {Kind.NOTICE: 1}
    assert made({"errors": [{"title": "operational-disconnect"}]}).kinds == {Kind.PAGE: 1}
    assert made([1, [post(1)]]).kinds == {Kind.ID: 1, Kind.POST: 1}
