"""Whatever X makes of its answers: nothing of a page is lost, nothing fails, and each thing is booked once."""

from __future__ import annotations

import json
import random
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwar.archive.base import Within
from netwar.archive.sqlite.store import SqliteArchive
from netwar.records import dialects
from netwar.records.pages import read
from netwar.records.parsing import parsed
from tests.oddities import changed, kept, lost, page
from tests.randomly import randomly
from tests.rows import rows


@pytest.fixture
def archive(tmp_path: Path):
    archive = SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")
    yield archive
    archive.close()


@randomly()
@given(chance=st.randoms(use_true_random=False))
def test_nothing_of_a_page_is_lost_whatever_its_shape(archive: SqliteArchive, chance: random.Random) -> None:
    body = parsed(json.dumps(changed(page(), chance, chance.randint(1, 6))))
    assert not lost(archive, body), body
    for item in (*read(body).posts, *read(body).authors.values()):
        dialects.text(item), dialects.references(item), dialects.posts_count(item), dialects.username(item)


def test_half_an_emoji_costs_its_half_and_nothing_else(archive: SqliteArchive) -> None:
    body = page()
    body["data"][1]["text"] = "cut in the middle \ud83d"
    body["includes"]["users"][0]["name"] = "\ude00 N"
    assert len(kept(archive, parsed(json.dumps(body)))) == 8
    assert archive.get("twt", ["1700000000000000001"])["1700000000000000001"]["text"] == "cut in the middle \ufffd"
    assert archive.get("tut", ["9000000000"])["9000000000"]["name"] == "\ufffd N"
    assert not archive.dead_letters.exists()


def test_what_can_be_repaired_is_found_as_if_x_had_sent_it_well(archive: SqliteArchive) -> None:
    body = page()
    odd = {"id": 1_700_000_000_000_000_000, "author_id": 9_000_000_000, "created_at": "Wed Oct 10 20:19:24 +0000 2018"}
    body["data"][0] |= odd
    body["data"][1] |= {"created_at": 1_700_000_000, "public_metrics": {"like_count": "1,234", "retweet_count": 5.0}}
    body["includes"]["users"][0] |= {"id": 9_000_000_000, "username": 12345, "protected": "false"}
    assert len(kept(archive, body)) == 8
    assert not archive.dead_letters.exists()
    first = archive.get("twt", ["1700000000000000000"])["1700000000000000000"]
    assert (first["id"], first["author_id"]) == ("1700000000000000000", "9000000000")
    assert first["created_at"] == "2018-10-10T20:19:24.000Z"
    assert first["netwar"]["sent"] == odd
    within = Within(user="9000000000", since=1_539_202_764_000, until=1_539_202_765_000)
    assert [one["id"] for one in archive.find("twt", within)] == [first["id"]]
    [[likes, reposts]] = archive._files.made("twt").rows("SELECT likes, reposts FROM tweets WHERE id = 1700000000000000001")
    assert (likes, reposts) == (1234, 5)
    assert archive.name_holders("tut", ["12345"])["12345"][0].user == "9000000000"


def test_what_has_no_id_is_set_aside_with_its_reason_and_may_have_been_billed(archive: SqliteArchive) -> None:
    body = page()
    body["data"][1:1] = [None, {"text": "no id"}, {"id": True, "text": "yes"}, "text"]
    found = read(body)
    assert found.unnamed() == {"post": 3}, "null bought nothing"
    assert len(list(found.bought())) == 8
    refused = [one for one in kept(archive, body) if "reason" in one]
    assert [one["reason"].rpartition(": ")[2] for one in refused] == [
        "it is no object",
        "it has no id",
        "its id is none",
        "it is no object",
    ]
    assert refused[1]["document"]["text"] == "no id"
    listed = read({"data": [{"name": "n"}], "meta": {}}, "users")
    assert (listed.unnamed("follower"), list(listed.bought("follower", "9"))) == ({"follower": 1}, [])


def test_what_no_post_names_stands_with_the_first_one(archive: SqliteArchive) -> None:
    kept(archive, page())
    loose = archive.get("twt", ["1700000000000000003", "1700000000000000000"])["1700000000000000000"]["netwar"]["loose"]
    assert loose == {
        "media": [{"media_key": "3_9", "type": "video"}],
        "places": [{"id": "5f1", "full_name": "Elsewhere"}],
        "topics": [{"id": "t1", "name": "a kind that nobody knows"}],
    }
    alone = {"includes": {"places": [{"id": "p"}]}, "meta": {}}
    [letter] = kept(archive, alone)
    assert letter["document"]["places"] == [{"id": "p"}]


NAMES = ("users", "tweets", "media", "topics", "netwar", "new one")
BESIDE = (True, 7, "beside", {"id": "9", "name": "beside"}, [{"id": "9", "name": "beside"}], [["beside"]])
AMONG = (None, [], {}, True, "included", {"id": "8", "name": "included"}, [{"id": "8", "name": "included"}])


@rows(("name", "beside", "among"), product(NAMES, BESIDE, AMONG))
def test_what_has_the_name_of_something_that_came_along_is_kept_beside_it(
    archive: SqliteArchive, name: str, beside: Any, among: Any
) -> None:
    body = page() | {name: beside}
    body["includes"][name] = among
    assert not lost(archive, body)


@rows("meta", [None, "x", [], {"next_token": {}}, {"next_token": True}, {"next_token": [1]}])
def test_a_page_whose_meta_cannot_be_read_does_not_end_a_list(meta: Any) -> None:
    found = read(page() | {"meta": meta})
    assert (found.next_token, found.untold) == (None, True)
    assert read(page() | {"meta": {"next_token": 12}}).next_token == "12"
    assert not read(page()).untold
