"""What every archive must do, whatever it keeps its documents in: here in files.

tests/contract/test_archive_on_servers.py tries each of these on servers, and test_generations.py some.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import stat
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwar.archive.base import Archive, Body, Extent, NameHolder, ProfileChange, Tally, Within
from netwar.archive.marks import Cover, Due, Mark, Period
from netwar.coverage import Record, Span
from netwar.records.dialects import public_count
from netwar.records.documents import TOMBSTONE, Document
from netwar.records.pages import documents, read
from tests import forked
from tests.contract.conftest import opened_archive
from tests.randomly import randomly

pytestmark = pytest.mark.parametrize("archive_kind", ["sqlite"], indirect=True)

REAL = Path(__file__).parents[3] / "shared" / "real-data"
NOW = 1_795_000_000_000
EPOCH = 1_288_834_974_657


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def tweet(
    id: int, text: str = "hello", *, user: str = "7", at: int | None = None, index: str = "twbrexit", **more: Any
) -> Document:
    created = at if at is not None else (id >> 22) + EPOCH
    body = {
        "text": text,
        "id": str(id),
        "created_at": iso(created),
        "author_id": user,
        "lang": "en",
        "conversation_id": str(id),
        **more,
        "netwar": {"retrieved": iso(NOW), "account": "observer", "via": "timeline"},
    }
    return Document(index, str(id), body, True, NOW)


def profile(id: int, username: str, *, index: str = "tubrexit", **more: Any) -> Document:
    body = {"username": username, "id": str(id), "name": username.title(), "description": "", **more}
    return Document(index, str(id), body, True, NOW)


def at(ms: int, low: int = 0) -> int:
    """The id of a tweet of this time."""
    return (ms - EPOCH) << 22 | low


def ids(bodies: Any) -> list[int]:
    return [int(body["id"]) for body in bodies]


def same(kept: Body, given: Body) -> bool:
    """To the byte: the order of keys, too."""
    return orjson.dumps(kept) == orjson.dumps(given)


# Documents in, documents out


LEGACY: Body = {
    "id": "1408876829491015681",
    "unheard_of": {"nested": [1, 2.5, None, True, "é"]},
    "text": "RT @someone: cut off here…",
    "author_id": "1350281236359614465",
    "created_at": "2021-06-26T19:56:26.000Z",
    "conversation_id": "1408876829491015681",
    "referenced_tweets": [{"type": "quoted", "id": "1"}, {"type": "retweeted", "id": "1408678886733451268"}],
    "public_metrics": {"retweet_count": 238, "reply_count": 0, "like_count": 3, "quote_count": 0},
    "note_tweet": {"entities": {}, "text": "the whole long marmalade text"},
    "lang": "en",
}
POST: Body = {
    "lang": "en",
    "conversation_id": "1408876829491015000",
    "text": "cut",
    "note_post": {"text": "the whole long chutney text"},
    "public_metrics": {"repost_count": 2, "like_count": 1},
    "referenced_posts": [{"type": "replied_to", "id": "1408876829491015000"}],
    "created_at": "2021-06-26T19:56:26Z",
    "id": "1408876829491015682",
}


def test_a_document_comes_back_as_it_was_given(archive: Archive) -> None:
    given = [orjson.loads(orjson.dumps(body)) for body in (LEGACY, POST)]
    assert archive.write([Document("twbrexit", body["id"], body, True, NOW) for body in given]) == Tally(created=2)
    for body, whole in zip(given, (LEGACY, POST), strict=True):
        assert same(body, whole), "the caller's object was changed"
        assert same(archive.get("twbrexit", [whole["id"]])[whole["id"]], whole)


# What documents say instead of, or beside, what they should; the first one has the id 123.
ODD: list[Body] = [
    {"id": 123, "username": 5, "created_at": "2021-06-26"},
    {"text": ""},
    {"text": None},
    {"author_id": ""},
    {"author_id": "007"},
    {"author_id": "99999999999999999999"},
    {"author_id": 7},
    {"conversation_id": ""},
    {"conversation_id": "0"},
    {"conversation_id": "5"},
    {"note_tweet": {"text": ""}},
    {"note_tweet": {"text": "long"}, "note_post": {"text": ""}},
    {"note_tweet": "no object", "text": "nul \0 and 🤷🏽 and \u2028"},
    {"public_metrics": {"like_count": 2**63, "retweet_count": "many", "quote_count": -1}},
    {"public_metrics": None, "referenced_tweets": [{"type": "odd"}, {"id": "5"}, 3]},
    {"referenced_tweets": {"type": "quoted"}, "created_at": "yesterday", "lang": ["en"]},
    {"created_at": "2021-06-26 19:56:26.000Z"},
    {"created_at": "2021-06-26T24:00:00.000Z"},
    {"created_at": "2021-06-26T19:56:26.001Z"},
    {"created_at": "0001-01-01T00:00:00.000Z"},
    {"created_at": ""},
    {"netwar": {"retrieved": "2026-11-18T11:06:40.000Z"}},
    {"netwar": {"retrieved": "2026-11-18T11:06:40.001Z", "via": ["x"]}},
    {"netwar": None},
]


def test_odd_values_come_back_too(archive: Archive) -> None:
    given = [tweet(id, at=NOW) for id, _ in enumerate(ODD, 123)]
    for document, more in zip(given, ODD, strict=True):
        document.body.update(more)
    assert archive.write(given) == Tally(created=len(ODD))
    kept = archive.get("twbrexit", [document.id for document in given])
    assert not [document.body for document in given if not same(kept[document.id], document.body)]


def test_odd_profiles_come_back_too(archive: Archive) -> None:
    given = [
        profile(1, "", name=None, location="", description="x"),
        profile(2, "two", verified="yes", public_metrics={"post_count": 3}, created_at=5),
        Document("tubrexit", "3", {"id": "3"}, False, NOW),
    ]
    assert archive.write(given).created == 3
    for document in given:
        assert same(archive.get("tubrexit", [document.id])[document.id], document.body)


def test_fields_of_profiles_are_those_of_whole_ones(archive: Archive) -> None:
    usual = {"created_at": "2021-06-26T19:56:26.000Z", "verified": False, "protected": True, "location": "Leeds"}
    counts = {"followers_count": 3_000_000_000, "following_count": 0, "tweet_count": 5}
    given = [
        profile(1, "one", public_metrics=counts, **usual),
        profile(2, "two", **{**usual, "location": None, "verified": "true", "created_at": "soon"}),
        profile(3, "", public_metrics={"post_count": 7, "followers_count": "many"}, **usual),
        profile(4, "four"),
        profile(5, "gone", **usual),
    ]
    given[4].body["netwar"] = {"via": TOMBSTONE}
    archive.write(given)
    ids, fields = [one.id for one in given], ("username", "name", "location", "public_metrics", "created_at", "verified")
    whole, told = archive.get("tubrexit", ids), archive.get("tubrexit", ids, fields)
    assert sorted(whole) == sorted(told) == ["1", "2", "3", "4"]
    for id in whole:
        for field in fields[:3] + fields[4:]:
            assert told[id].get(field) == whole[id].get(field), (id, field)
        for names in (["followers_count"], ["following_count"], ["tweet_count", "post_count"], ["listed_count"]):
            assert public_count(told[id], *names) == public_count(whole[id], *names), (id, names)
    assert archive.get("twbrexit", ["9"], ("text",)) == {}


def real_documents() -> list[Document]:
    if not REAL.is_dir():
        pytest.skip("needs the real answers of X in ../shared/real-data, which are not published with the program")
    found = []
    for path in sorted(REAL.glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            try:
                answer = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if "data" in answer:
                page = read(answer)
                found += documents(page, tweets="twreal", users="tureal", retrieved=NOW, account="observer", via="timeline")
    return found


def test_real_documents_come_back_to_the_byte(archive: Archive) -> None:
    given = real_documents()
    newest: dict[tuple[str, str], Document] = {}
    for one in given:
        before = newest.get((one.index, one.id))
        if before is None or one.version > before.version:
            newest[one.index, one.id] = one
    tally = archive.write(given)
    assert (tally.created, tally.rejected) == (len(newest), 0)
    assert tally.created + tally.updated + tally.unchanged == len(given)
    for index in ("twreal", "tureal"):
        expected = {id: one.body for (its, id), one in newest.items() if its == index}
        kept = archive.get(index, list(expected))
        assert kept.keys() == expected.keys()
        assert not [id for id, body in expected.items() if not same(kept[id], body)]
        assert ids(archive.scan(index)) == sorted(map(int, expected))


# Who wins


# A later copy of a document that was asked for: is it asked for, how much later (ms), does it win?
COPIES = [(True, 1, True), (True, 0, False), (True, -1, False), (False, 1, False), (False, 0, False)]


def test_a_newer_copy_wins_unless_it_only_came_along(archive: Archive) -> None:
    for id, (direct, later, wins) in enumerate(COPIES, 5):
        archive.write([tweet(id, f"first{id}")])
        copy = replace(tweet(id, f"second{id}"), direct=direct, retrieved=NOW + later)
        assert archive.write([copy]) == (Tally(updated=1) if wins else Tally(unchanged=1)), (direct, later)
        kept, other = (f"second{id}", f"first{id}") if wins else (f"first{id}", f"second{id}")
        assert archive.get("twbrexit", [str(id)])[str(id)]["text"] == kept, (direct, later)
        assert (ids(archive.search("twbrexit", kept)), ids(archive.search("twbrexit", other))) == ([id], []), (direct, later)


def test_a_copy_that_was_asked_for_replaces_one_that_came_along_later(archive: Archive) -> None:
    archive.write([replace(tweet(5, "came along"), direct=False, retrieved=NOW + 10)])
    assert archive.write([tweet(5, "asked for")]).updated == 1


def test_one_id_twice_in_a_batch(archive: Archive) -> None:
    batch = [tweet(5, "old"), replace(tweet(5, "new"), retrieved=NOW + 1), tweet(5, "old again")]
    assert archive.write(batch) == Tally(created=1, updated=1, unchanged=1)
    assert [body["text"] for body in archive.scan("twbrexit")] == ["new"]
    assert ids(archive.search("twbrexit", "new")) == [5]
    assert not ids(archive.search("twbrexit", "old"))


MONTHS = 90 * 86_400_000


def dated(document: Document, at: int) -> Document:
    """The document as X showed it at a time (ms)."""
    moment = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return replace(document, retrieved=at, body={**document.body, "netwar": {**document.body["netwar"], "retrieved": moment}})


def test_what_is_dated_in_the_future_gives_way_to_newer_answers(archive: Archive, archive_kind: str, tmp_path: Path) -> None:
    """A host whose clock was 90 days ahead has recorded."""
    clock: list[int | None] = [None]
    with closing(opened_archive(archive_kind, tmp_path, lambda: clock[0])) as open:
        open.write([seen(1, "ahead", NOW + MONTHS), seen(2, "newest", NOW)])
        open.write([dated(tweet(5, "ahead"), NOW + MONTHS), dated(tweet(6, "asked for"), NOW + MONTHS)])
        assert open.write([seen(1, "early", NOW)]) == Tally(unchanged=1), "without X's time nobody knows"
        clock[0] = NOW
        later = [seen(1, "now", NOW), seen(2, "older", NOW - MONTHS), tweet(5, "now"), replace(tweet(6, "along"), direct=False)]
        assert open.write(later) == Tally(updated=2, unchanged=2)
        assert open.write([seen(1, "then", NOW - 1)]) == Tally(unchanged=1), "the new one is of its own time"
        assert open.write([seen(1, "next", NOW + 1), seen(1, "last", NOW + 2)]).rejected == 0
        assert {id: body["username"] for id, body in open.get("usertest", ["1", "2"]).items()} == {"1": "last", "2": "newest"}
        assert {id: body["text"] for id, body in open.get("twbrexit", ["5", "6"]).items()} == {"5": "now", "6": "asked for"}
        assert said(open, "1")[0] == (NOW + 2, "last")
        assert said(open, "1")[-2:] == [(NOW, "now"), (None, "ahead")]
        assert open.name_holders("usertest", ["last"])["last"][0].retrieved == NOW + 2
        assert open.profiles("usertest", ["1"])["1"].retrieved == NOW + 2


def test_what_cannot_be_stored_is_kept_aside_and_the_rest_is_written(archive: Archive, tmp_path: Path) -> None:
    bad = [
        Document("twbrexit", "", {"text": "no id"}, True, NOW),
        Document("twbrexit", "x1", {"id": "x1"}, True, NOW),
        Document("twbrexit", "5", {"id": "6"}, True, NOW),
        Document("twbrexit", str(2**63), {"id": str(2**63)}, True, NOW),
        tweet(8, half="\ud83d"),
        tweet(9, "half a pair \ud83d"),
        tweet(10, object=object()),
        tweet(11, index="nosuch"),
        Document("tubrexit", "12", [1], True, NOW),  # type: ignore[arg-type]
    ]
    tally = archive.write([tweet(1), *bad, tweet(2)], [Cover("twbrexit", "7", Span(0, 2, 2), NOW)])
    assert tally == Tally(created=2, rejected=len(bad))
    assert ids(archive.scan("twbrexit")) == [1, 2]
    assert archive.record("twbrexit", "7").spans == (Span(0, 2, 2),)
    letters = [orjson.loads(line) for line in (tmp_path / "dead-letters").read_bytes().splitlines()]
    assert len(letters) == len(bad)
    assert all(letter["reason"] and letter["time"] for letter in letters)
    assert {"text": "no id"} in [letter["document"] for letter in letters]
    assert stat.S_IMODE((tmp_path / "dead-letters").stat().st_mode) == 0o600


# Asking


def test_asking_for_what_is_not_there_makes_nothing(archive: Archive, tmp_path: Path) -> None:
    assert archive.get("twnone", ["1"]) == {}
    assert archive.missing("tunone", "username", ["a", "b"]) == ["a", "b"]
    for found in (archive.find("twnone", Within(user="1")), archive.search("twnone", "x"), archive.scan("twnone")):
        assert list(found) == []
    assert archive.count("twnone") == archive.forget("twnone", ["1"]) == 0
    assert archive.record("twnone", "1") == Record("1")
    assert list(archive.records("twnone")) == archive.by_name("twnone", "x") == []
    assert archive.indices() == []
    assert list(tmp_path.iterdir()) == []


def test_missing_tells_thousands_in_their_order(archive: Archive) -> None:
    archive.write([tweet(id) for id in range(0, 2200, 2)])
    asked = [str(id) for id in range(2200)]  # more than two requests ask for, and than one writes
    random.Random(1).shuffle(asked)
    assert archive.missing("twbrexit", "id", asked) == [id for id in asked if int(id) % 2]
    assert len(archive.get("twbrexit", asked)) == 1100
    assert archive.missing("twbrexit", "id", ["no id", "5"]) == ["no id", "5"]


def test_missing_screen_names_are_compared_without_case(archive: Archive) -> None:
    archive.write([profile(1, "SomeOne"), profile(2, "other")])
    assert archive.missing("tubrexit", "username", ["someone", "SOMEONE", "Else", "oTHER"]) == ["Else"]


def test_find_gives_the_newest_first(archive: Archive) -> None:
    days = {day: NOW - day * 86_400_000 for day in range(10)}
    archive.write([tweet(at(ms), user=str(day % 2)) for day, ms in days.items()])
    newest_first = [at(ms) for ms in days.values()]
    assert ids(archive.find("twbrexit")) == newest_first
    assert ids(archive.find("twbrexit", limit=3)) == newest_first[:3]
    assert ids(archive.find("twbrexit", Within(user="1"))) == newest_first[1::2]
    assert ids(archive.find("twbrexit", Within(user="1"), limit=2)) == newest_first[1:4:2]
    assert ids(archive.find("twbrexit", Within(since=days[4], until=days[1]))) == newest_first[2:5]
    assert ids(archive.find("twbrexit", Within(user="0", since=days[4], until=days[1]))) == [newest_first[2], newest_first[4]]
    assert ids(archive.find("twbrexit", Within(until=days[8]))) == newest_first[9:]
    assert ids(archive.find("twbrexit", Within(user="nobody"))) == []


def test_find_by_time_knows_tweets_whose_id_tells_no_time(archive: Archive) -> None:
    old = tweet(20, at=1_142_974_214_000)
    new = tweet(at(NOW), at=NOW)
    strange = tweet(5, at=NOW - 1000)
    archive.write([old, new, strange, *(tweet(at(NOW - 10_000_000 - n * 1000)) for n in range(450))])
    assert ids(archive.find("twbrexit", Within(since=NOW - 5000))) == [at(NOW), 5]
    assert ids(archive.find("twbrexit", Within(until=EPOCH))) == [20]
    assert ids(archive.find("twbrexit", Within(since=0), limit=1)) == [at(NOW)]
    assert len(ids(archive.find("twbrexit", Within(since=0)))) == 453


def test_find_by_screen_name(archive: Archive) -> None:
    archive.write([profile(7, "SomeOne"), profile(8, "other")])
    archive.write([tweet(1, user="7"), tweet(2, user="8"), tweet(3, user="9"), tweet(4, user="10", username="Outsider")])
    archive.change("twbrexit", "9", lambda record: record.named("Ninth", NOW).named("tenth", NOW))
    assert ids(archive.find("twbrexit", Within(name="someone"))) == [1]
    assert ids(archive.find("twbrexit", Within(name="NINTH"))) == [3]
    assert ids(archive.find("twbrexit", Within(name="Tenth"))) == [3]
    assert ids(archive.find("twbrexit", Within(name="outsider"))) == [4]
    assert ids(archive.find("twbrexit", Within(name="nobody"))) == []
    assert ids(archive.find("tubrexit", Within(name="SOMEONE"))) == [7]
    assert ids(archive.find("tubrexit", Within(user="8"))) == [8]


def test_both_dialects_can_be_asked_for(archive: Archive) -> None:
    given = [Document("twbrexit", body["id"], body, True, NOW) for body in (LEGACY, POST)]
    archive.write(given)
    assert ids(archive.search("twbrexit", "marmalade")) == [int(LEGACY["id"])]
    assert ids(archive.search("twbrexit", "chutney")) == [int(POST["id"])]
    assert ids(archive.find("twbrexit", Within(user=LEGACY["author_id"]))) == [int(LEGACY["id"])]


# Searching


TEXTS = {
    1: "The #Brexit vote, don't panic",
    2: "brexiteers of the world @John_Doe",
    3: "the vote on BREXIT was close",
    4: "Über den Brexit: naïve Wähler 🤷",
    5: "東京オリンピックは楽しい",
    6: 'she said "vote brexit" & left',
    7: "привет Мир",
}


# Words, and the texts that they find, the newest first.
FOUND = {
    "brexit": [6, 4, 3, 1],
    "#brexit": [6, 4, 3, 1],
    "Brexit*": [6, 4, 3, 2, 1],
    "vote brexit": [6, 3, 1],
    '"vote brexit"': [6],
    '"brexit vote"': [1],
    '"brexit vo"*': [1],
    '"brexit vo': [],
    "don't": [1],
    "@john_doe": [2],
    "john": [2],
    "naive waehler": [],
    "naive wahler": [4],
    "uber": [4],
    "オリンピック": [5],
    "東京 楽しい": [5],
    "東京 brexit": [],
    "мир ПРИВЕТ": [7],
    "the AND vote": [3, 1],
    "the and vote": [],
    "text:brexit": [],
    "🤷": [4],
    "brexit 🤷 !!": [4],
    "brexit -vote": [4],
    'brexit -"vote brexit"': [4, 3, 1],
    "vote -brexit OR panic OR мир": [7, 1],
    "(close OR panic) brexit": [3, 1],
    "(close OR panic": [3, 1],
    "“vote brexit”": [6],
    "オリンピック OR left": [6, 5],
    "brexit -東京": [6, 4, 3, 1],
    " ".join(["brexit"] * 400): [6, 4, 3, 1],
    " OR ".join(["brexit"] * 400): [6, 4, 3, 1],
    "": [],
    '"': [],
    "*": [],
}


def test_search(archive: Archive) -> None:
    archive.write([tweet(id, text) for id, text in TEXTS.items()])
    assert {words: ids(archive.search("twbrexit", words)) for words in FOUND} == FOUND
    first = {words: found[:1] for words, found in FOUND.items()}
    assert {words: ids(archive.search("twbrexit", words, 1)) for words in FOUND} == first


def test_only_words_that_must_not_be_there(archive: Archive) -> None:
    archive.write([tweet(1, "anything")])
    for words in ("-brexit", "anything OR -brexit", '-"a b" -c'):
        with pytest.raises(ValueError, match="a word that must be there"):
            list(archive.search("twbrexit", words))
    with pytest.raises(ValueError, match="at most 50 brackets"):
        list(archive.search("twbrexit", "(" * 5000))


# As people write: each text with words that find it, and none of the others.
ALONE = {
    "NASAが発表した新しい画像": "NASA 画像",
    "今日はNASAの日": "nasa 今日",
    "iPhone15発売開始": "iPhone15",
    "COVID19感染者数": "covid19",
    "AT&amp;T stock": "AT&T",
    "an R&amp;D lab": "R&D",
    "if a &lt; b then": '"a < b"',
    "launch 🚀🚀 today": "🚀",
    "well done 👍🏽": "👍",
    "η πόλη μας": "πολη",
    "Straße nach Köln": "strasse koln",
    "ещё один": "еще",
    "हिन्दी में": "हिन्दी",
    "ภาษาไทยABC": "abc ไทย",
    "ＦＵＬＬ width": "full",
    "𝐛𝐨𝐥𝐝 letters": "bold",
    "السَّلَامُ": "السلام",
    "a 𠀀 sign": "𠀀",
    "snake_case.dotted": "dotted",
}


def test_each_is_found_by_its_words_alone(archive: Archive) -> None:
    archive.write([tweet(id, text) for id, text in enumerate(ALONE, 1)])
    found = {words: ids(archive.search("twbrexit", words)) for words in ALONE.values()}
    assert found == {words: [id] for id, words in enumerate(ALONE.values(), 1)}
    archive.write([profile(id, f"user{id}", name=text) for id, text in enumerate(ALONE, 1)])
    found = {words: ids(archive.search("tubrexit", words)) for words in ALONE.values()}
    assert found == {words: [id] for id, words in enumerate(ALONE.values(), 1)}


def test_what_we_add_is_taken_out_again(archive: Archive) -> None:
    """Whatever a document says in our part of it, it comes back as it was."""
    odd: list[Any] = [{}, {"words": "mine"}, None, "text", {"retrieved": "2026-01-01T00:00:00.000Z"}]
    given = [{"id": str(id), "text": f"word{id} here", "netwar": ours} for id, ours in enumerate(odd, 1)]
    given.append({"id": "9", "text": "word9 here"})
    archive.write([Document("twbrexit", body["id"], body, True, NOW) for body in given])
    assert archive.get("twbrexit", [body["id"] for body in given]) == {body["id"]: body for body in given}
    assert sorted(ids(archive.search("twbrexit", "here"))) == [1, 2, 3, 4, 5, 9]


def test_search_of_users(archive: Archive) -> None:
    archive.write(
        [profile(2, "Some_One", name="Ann Other", description="writes of #brexit"), profile(1, "brexit", description="日本語")]
    )
    assert ids(archive.search("tubrexit", "brexit")) == [2, 1]
    assert ids(archive.search("tubrexit", "ann writes")) == [2]
    assert ids(archive.search("tubrexit", "some_one")) == [2]
    assert ids(archive.search("tubrexit", "日本")) == [1]


SIGNS = [*"""abc"'*#@():+-^{}<>.,\\/%$&|~!?[]= \0\n\té東🤷\ud800ß٣""", "AND", "OR", "NOT", "NEAR(", "text :"]


@randomly(100)
@given(st.lists(st.sampled_from(SIGNS), max_size=11).map("".join))
def test_no_words_are_an_error(archive: Archive, words: str) -> None:
    if not archive.indices():
        archive.write([tweet(1, TEXTS[1]), profile(1, "brexit")])
    for index in ("twbrexit", "tubrexit"):
        with suppress(ValueError):  # nothing but words that must not be there
            list(archive.search(index, words))


def test_a_common_word_is_found_newest_first_over_all_times(archive: Archive) -> None:
    chance = random.Random(5)
    given = {
        at(NOW - chance.randrange(3 * 365 * 86_400_000), chance.randrange(2**22)): chance.random() < 0.9 for _ in range(4000)
    }
    given |= dict.fromkeys(range(1, 200), True)
    batch = [tweet(id, f"{'common' if common else 'other'} word{id % 7}", user=str(id % 9)) for id, common in given.items()]
    for start in range(0, len(batch), 1000):
        archive.write(batch[start : start + 1000])
    wanted = sorted((id for id, common in given.items() if common), reverse=True)
    assert ids(archive.search("twbrexit", "common", 20)) == wanted[:20]
    assert ids(archive.search("twbrexit", "common")) == wanted
    assert ids(archive.search("twbrexit", "common word3", 50)) == [id for id in wanted if id % 7 == 3][:50]


def test_what_is_forgotten_is_found_nowhere(archive: Archive) -> None:
    archive.write([tweet(1, "keep me"), tweet(2, "forget me"), tweet(3, "forget me too")])
    archive.write([profile(7, "someone", description="me")])
    assert archive.forget("twbrexit", ["2", "3", "99", "no id"]) == 2
    assert archive.forget("tubrexit", ["7"]) == 1
    assert ids(archive.scan("twbrexit")) == ids(archive.search("twbrexit", "me")) == ids(archive.find("twbrexit")) == [1]
    assert archive.missing("twbrexit", "id", ["1", "2"]) == ["2"]
    assert not ids(archive.search("tubrexit", "me"))
    assert archive.write([tweet(2, "came back")]).created == 1
    assert ids(archive.search("twbrexit", "back")) == [2]


def test_a_document_without_content_is_kept_and_shown_to_no_reader(archive: Archive) -> None:
    def reduced(index: str, id: int) -> Document:
        return Document(index, str(id), {"id": str(id), "netwar": {"retrieved": iso(NOW + 1), "via": TOMBSTONE}}, True, NOW + 1)

    archive.write([*(tweet(id, "a word", user="7") for id in range(1, 505)), profile(7, "seven"), profile(8, "eight")])
    left = [id for id in range(504, 0, -1) if not 250 <= id <= 500 and id != 3]
    gone = [reduced("twbrexit", id) for id in (*range(250, 501), 3, 1000)]
    assert archive.write([*gone, reduced("tubrexit", 7)]) == Tally(created=1, updated=253)
    assert archive.get("twbrexit", ["2", "3"]).keys() == {"2"}
    assert ids(archive.scan("twbrexit")) == left[::-1]
    assert ids(archive.scan("twbrexit", after="248")) == [249, *range(501, 505)]
    assert ids(archive.scan("twbrexit", after="248", gone=True)) == [*range(249, 505), 1000], "for copies"
    assert [body for body in archive.scan("twbrexit", gone=True) if body["id"] == "1000"] == [gone[-1].body]
    assert ids(archive.scan("tubrexit", gone=True)) == [7, 8]
    for found in (archive.find("twbrexit"), archive.find("twbrexit", Within(user="7")), archive.search("twbrexit", "word")):
        assert ids(found) == left
    for limit in (1, 4, 5, 300):
        assert ids(archive.find("twbrexit", limit=limit)) == ids(archive.search("twbrexit", "word", limit)) == left[:limit]
    assert (archive.count("twbrexit"), archive.count("tubrexit")) == (len(left), 1)
    assert (archive.extent("brexit").tweets, archive.extent("brexit").users) == (len(left), 1)
    assert ids(archive.find("tubrexit")) == [8]
    assert archive.get("tubrexit", ["7"]) == archive.name_holders("tubrexit", ["seven"]) == {}
    assert archive.history("tubrexit", "7") == list(archive.changes("tubrexit")) == []
    assert archive.missing("twbrexit", "id", ["3", "4", "1001"]) == ["1001"], "it is known, and need not be asked for"
    assert archive.write([replace(tweet(3), retrieved=NOW)]) == Tally(unchanged=1), "an older copy brings nothing back"
    assert archive.forget("twbrexit", ["3", "1000"]) == 2


def test_a_scan_can_begin_in_the_middle(archive: Archive) -> None:
    archive.write([tweet(id) for id in (*range(10), at(NOW), at(NOW) + 5)])
    assert ids(archive.scan("twbrexit", after="7")) == [8, 9, at(NOW), at(NOW) + 5]
    assert ids(archive.scan("twbrexit", after=str(at(NOW)))) == [at(NOW) + 5]
    assert ids(archive.scan("twbrexit", after=str(at(NOW) + 5))) == []


def test_a_scan_goes_on_while_others_write(archive: Archive, archive_kind: str, tmp_path: Path) -> None:
    archive.write([tweet(id) for id in range(1000)])
    scanning = archive.scan("twbrexit")
    first = next(scanning)
    other = opened_archive(archive_kind, tmp_path)
    assert other.write([tweet(5000)]).created == 1
    other.close()
    assert ids([first, *scanning])[:1000] == list(range(1000))


def test_indices(archive: Archive) -> None:
    archive.write([tweet(1), profile(2, "x", index="usertest"), profile(3, "y", index="tuleave"), tweet(4, index="twtw")])
    archive.change("twledger", "1", lambda record: record.named("one", NOW))
    assert archive.indices() == ["tuleave", "twbrexit", "twledger", "twtw", "usertest"]
    assert [archive.count(index) for index in archive.indices()] == [1, 1, 0, 1, 1]


def test_how_much_there_is(archive: Archive) -> None:
    """The order of ids is that of time; what says no time is passed over."""
    made = [(1, EPOCH - 10**9), (at(NOW), NOW), (at(NOW) + 1, NOW + 9000)]
    archive.write([tweet(id, at=ms) for id, ms in made])
    timeless = tweet(at(NOW) + 2)
    archive.write([replace(timeless, body={**timeless.body, "created_at": None})])
    archive.write([profile(2, "x"), profile(3, "y"), profile(2, "x", index="usertest")])
    archive.change("twledger", "1", lambda record: record.named("one", NOW))
    found = archive.extent("brexit")
    assert (found.tweets, found.users) == (4, 2)
    assert found.first is not None
    assert found.last is not None
    assert (found.first // 1000, found.last // 1000) == ((EPOCH - 10**9) // 1000, NOW // 1000 + 9)
    assert found.bytes > 0
    assert archive.extent("usertest") == Extent(0, 1, archive.extent("usertest").bytes)
    assert archive.extent("ledger") == Extent(0, 0, archive.extent("ledger").bytes)
    assert archive.extent("nothing") == Extent(0, 0, 0)


# Profiles and what they said before


def seen(id: int, username: str, at: int, *, index: str = "usertest", **more: Any) -> Document:
    """A profile as X showed it at a time (ms), with our note of that."""
    moment = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    note = {"retrieved": moment, "account": "observer", "via": "lookup"}
    return replace(profile(id, username, index=index, **more, netwar=note), retrieved=at)


def said(archive: Archive, user: str, field: str = "username") -> list[tuple[int | None, Any]]:
    return [(version.since, version.fields.get(field)) for version in archive.history("usertest", user)]


def test_a_change_of_what_a_profile_says_is_a_version(archive: Archive) -> None:
    archive.write([seen(1, "first", NOW, description="old", url="u", public_metrics={"followers_count": 1})])
    assert said(archive, "1") == [(None, "first")]
    archive.write([seen(1, "first", NOW + 1, description="old", url="u", public_metrics={"followers_count": 2})])
    assert len(archive.history("usertest", "1")) == 1, "counts are no version"
    archive.write([seen(1, "second", NOW + 2, description="new", url="u")])
    archive.write([seen(1, "second", NOW + 3, description="newest", url="v")])
    assert said(archive, "1") == [(NOW + 3, "second"), (NOW + 2, "second"), (None, "first")]
    assert said(archive, "1", "description") == [(NOW + 3, "newest"), (NOW + 2, "new"), (None, "old")]
    assert said(archive, "1", "url") == [(NOW + 3, "v"), (NOW + 2, "u"), (None, "u")]


# What a change of makes a version: the field, and what it said before and after.
TRACKED: list[tuple[str, Any, Any]] = [
    ("username", "a", "A"),
    ("name", "a", ""),
    ("description", "", "x"),
    ("location", "here", "there"),
    ("url", "", "https://t.co/x"),
    ("profile_image_url", "https://pbs.twimg.com/1.jpg", "https://pbs.twimg.com/2.jpg"),
    ("protected", False, True),
    ("verified", True, False),
]


def test_each_tracked_field_makes_versions(archive: Archive) -> None:
    def profiles(at: int, says: int) -> list[Document]:
        bodies = [{"username": "someone", row[0]: row[says]} for row in TRACKED]
        return [seen(id, at=at, **fields) for id, fields in enumerate(bodies, 1)]

    archive.write(profiles(NOW, 1))
    archive.write(profiles(NOW + 1, 2))
    versions = {field: said(archive, str(id), field) for id, (field, _, _) in enumerate(TRACKED, 1)}
    assert versions == {field: [(NOW + 1, new), (None, old)] for field, old, new in TRACKED}


def test_a_field_that_does_not_come_says_nothing(archive: Archive) -> None:
    archive.write([seen(1, "one", NOW, url="u")])
    archive.write([seen(1, "one", NOW + 1)])
    archive.write([seen(1, "one", NOW + 2, url="u", location="here")])
    assert len(archive.history("usertest", "1")) == 1


def test_versions_within_one_batch_and_late_copies(archive: Archive) -> None:
    archive.write([seen(1, "a", NOW), seen(1, "b", NOW + 1), seen(1, "c", NOW + 2)])
    assert said(archive, "1") == [(NOW + 2, "c"), (NOW + 1, "b"), (None, "a")]
    archive.write([seen(1, "b", NOW + 1), seen(1, "z", NOW - 5)])
    assert said(archive, "1") == [(NOW + 2, "c"), (NOW + 1, "b"), (None, "a")], "a late copy changes nothing"
    archive.write([seen(1, "a", NOW + 3)])
    assert said(archive, "1")[0] == (NOW + 3, "a"), "what was said before may be said again"


def test_who_bears_a_name_and_who_bore_it(archive: Archive) -> None:
    archive.write([seen(1, "Name", NOW), seen(2, "other", NOW + 1), seen(3, "third", NOW + 1)])
    archive.write([seen(1, "left", NOW + 10)])
    archive.write([seen(2, "nAme", NOW + 20)])
    archive.write([seen(2, "left", NOW + 30), seen(3, "NAME", NOW + 40)])
    name_holders = archive.name_holders("usertest", ["NAME", "left", "Third", "nobody"])
    assert name_holders == {
        "name": [
            NameHolder("3", "NAME", NOW + 40),
            NameHolder("2", "nAme", NOW + 20, NOW + 30),
            NameHolder("1", "Name", NOW, NOW + 10),
        ],
        "left": [NameHolder("2", "left", NOW + 30), NameHolder("1", "left", NOW + 10, NOW + 10)],
        "third": [NameHolder("3", "third", NOW + 1, NOW + 40)],
    }
    archive.write([seen(1, "name", NOW + 50)])
    assert [one.user for one in archive.name_holders("usertest", ["name"])["name"]] == ["1", "3", "2"], "nobody is named twice"


def test_a_name_is_one_users_at_a_time(archive: Archive) -> None:
    """Nobody has looked at the first bearer since the second one was seen with the name."""
    archive.write([seen(1, "name", NOW), seen(2, "other", NOW)])
    archive.write([seen(2, "name", NOW + 10)])
    assert archive.name_holders("usertest", ["name"])["name"] == [
        NameHolder("2", "name", NOW + 10),
        NameHolder("1", "name", NOW, NOW),
    ]
    known = {"1": NameHolder("1", "name", NOW, NOW), "2": NameHolder("2", "name", NOW + 10)}
    assert archive.profiles("usertest", ["1", "2"]) == known
    archive.write([seen(2, "elsewhere", NOW + 20)])
    name_holders = archive.name_holders("usertest", ["name"])["name"]
    assert name_holders == [NameHolder("2", "name", NOW + 10, NOW + 20), NameHolder("1", "name", NOW, NOW)], "nobody bears it now"
    assert archive.profiles("usertest", ["1"]) == {"1": NameHolder("1", "name", NOW, NOW)}
    archive.write([seen(1, "name", NOW + 30)])
    name_holders = archive.name_holders("usertest", ["name"])["name"]
    assert name_holders == [NameHolder("1", "name", NOW + 30), NameHolder("2", "name", NOW + 10, NOW + 20)]
    assert archive.profiles("usertest", ["1"]) == {"1": NameHolder("1", "name", NOW + 30)}


def test_profiles_are_told_by_the_thousand(archive: Archive) -> None:
    archive.write([seen(id, f"user{id}", NOW + id) for id in range(1, 3000, 2)])
    asked = [str(id) for id in range(3000)]
    known = archive.profiles("usertest", [*asked, "no id"])
    assert len(known) == 1500
    assert known["7"] == NameHolder("7", "user7", NOW + 7)
    names = archive.name_holders("usertest", [f"USER{id}" for id in range(3000)])
    assert len(names) == 1500
    assert names["user9"] == [NameHolder("9", "user9", NOW + 9)]


def test_bearers_whose_profiles_are_of_an_odd_shape(archive: Archive) -> None:
    """Among thousands stand some without our note, with a name of a hundred letters, none at all, or a body of no known shape."""
    long = "x" * 100
    archive.write([seen(id, "Shared" if id % 4 == 1 else f"user{id}", NOW + id) for id in range(1, 5000)])
    odd = [profile(6001, "Bare"), profile(6002, long), profile(6003, "12"), profile(6004, "Wrapped", public_metrics="many")]
    archive.write([replace(one, index="usertest", retrieved=NOW + int(one.id)) for one in odd])
    archive.write([Document("usertest", "6005", {"id": "6005", "name": "no name"}, True, NOW)])
    names = {"6001": "Bare", "6002": long, "6003": "12", "6004": "Wrapped"}
    assert archive.profiles("usertest", [*names, "6005", "5001"]) == {
        **{id: NameHolder(id, name, NOW + int(id)) for id, name in names.items()},
        "6005": NameHolder("6005", "", NOW),
    }
    found = archive.name_holders("usertest", [*names.values(), "shared", "USER2"])
    assert {name: [one.user for one in found.pop(name.lower())] for name in names.values()} == {
        n: [id] for id, n in names.items()
    }
    assert found.pop("user2") == [NameHolder("2", "user2", NOW + 2)]
    last, *others = found.pop("shared")
    assert last == NameHolder("4997", "Shared", NOW + 4997)
    assert others == [NameHolder(str(id), "Shared", NOW + id, NOW + id) for id in range(4993, 0, -4)], (
        "a name is one user's at a time"
    )
    assert found == {}


def test_changes_can_be_carried_to_another_index(archive: Archive) -> None:
    for at, (first, second) in enumerate([("a", "x"), ("b", "x"), ("b", "y")]):
        archive.write([seen(1, first, NOW + at), seen(2, second, NOW + at)])
    kept = list(archive.changes("usertest"))
    assert sorted(kept, key=lambda one: one.until) == [
        ProfileChange("1", NOW + 1, NOW, {"username": "a", "name": "A"}),
        ProfileChange("2", NOW + 2, NOW + 1, {"username": "x", "name": "X"}),
    ]
    archive.write([seen(1, "b", NOW + 2, index="tucopy"), seen(2, "y", NOW + 2, index="tucopy")])
    for _ in range(2):
        archive.keep_changes("tucopy", kept)
    assert list(archive.changes("tucopy")) == kept
    assert archive.history("tucopy", "1") == archive.history("usertest", "1")
    assert archive.name_holders("tucopy", ["a", "x"]) == archive.name_holders("usertest", ["a", "x"])
    archive.keep_changes("tucopy", [ProfileChange("3", n, n - 1, {"name": str(n)}) for n in range(1, 2500)])
    assert len(list(archive.changes("tucopy"))) == 2501


def test_what_is_forgotten_of_a_profile_includes_its_past(archive: Archive) -> None:
    archive.write([seen(1, "a", NOW)])
    archive.write([seen(1, "b", NOW + 1)])
    assert archive.forget("usertest", ["1"]) == 1
    assert archive.history("usertest", "1") == []
    assert archive.name_holders("usertest", ["a", "b"]) == {}


def test_profiles_that_are_not_there(archive: Archive, tmp_path: Path) -> None:
    assert archive.profiles("usertest", ["1"]) == archive.name_holders("usertest", ["a"]) == {}
    assert archive.history("usertest", "1") == []
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="no index of users"):
        archive.history("twbrexit", "1")


# The ledger


def test_records_of_some_users(archive: Archive) -> None:
    assert archive.records_of("usertest", ["1"]) == {}
    for user in ("1", "@gone", "3"):
        archive.change("usertest", user, lambda record: replace(record, outcome="gone"))
    known = archive.records_of("usertest", ["@gone", "2", "3", *map(str, range(10, 3000))])
    assert known == {"@gone": Record("@gone", outcome="gone"), "3": Record("3", outcome="gone")}


def test_notes(archive: Archive) -> None:
    assert archive.note("usertest", "a") is None
    assert list(archive.notes("usertest", "")) == []
    for number in (3, 10, 2):
        archive.change_note("usertest", f"page/{number:04}", lambda before, n=number: {"n": n, "é": [None, 1.5, "x" * 10_000]})
    archive.change_note("usertest", "page", lambda before: "itself")
    archive.change_note("usertest", "other", lambda before: [])
    archive.change_note("twbrexit", "page/0001", lambda before: "elsewhere")
    assert archive.note("usertest", "page/0003") == {"n": 3, "é": [None, 1.5, "x" * 10_000]}
    assert [key for key, _ in archive.notes("usertest", "page")] == ["page", "page/0002", "page/0003", "page/0010"]
    assert [value["n"] for _, value in archive.notes("usertest", "page/")] == [2, 3, 10]
    assert archive.change_note("usertest", "page/0003", lambda before: None) is None
    assert archive.note("usertest", "page/0003") is None
    assert archive.change_note("usertest", "count", lambda before: (before or 0) + 1) == 1
    assert archive.change_note("usertest", "count", lambda before: (before or 0) + 1) == 2


def test_a_thousand_notes_in_their_order(archive: Archive) -> None:
    order = random.Random(2).sample(range(1100), 1100)  # more than are read at once
    archive.write([], [Due("twbrexit", "counts", number, ("7",)) for number in order])
    assert [key for key, _ in archive.notes("twbrexit", "due/counts/")] == [f"due/counts/{at:015}/7" for at in range(1100)]
    for number in order[:12]:
        archive.change_note("usertest", f"n/{number:04}", lambda before, n=number: n)
    assert [value for _, value in archive.notes("usertest", "n/")] == sorted(order[:12])


def test_a_page_and_its_span_are_one_step(archive: Archive) -> None:
    archive.write([tweet(30), tweet(20)], [Cover("twbrexit", "7", Span(19, 30, 2), NOW, name="Seven", counted=3)])
    archive.write([tweet(10)], [Cover("twbrexit", "7", Span(0, 19, 1), NOW, name="seven")])
    kept = archive.record("twbrexit", "7")
    assert kept == Record("7", name="seven", counted=3, spans=(Span(0, 30, 3),))
    archive.write([], [Cover("twbrexit", "7", None, NOW, name="Sieben")])
    assert [change.old for change in archive.record("twbrexit", "7").renamed] == ["seven"]


def test_a_page_takes_back_what_it_contradicts_and_covers_in_one_step(archive: Archive) -> None:
    archive.write([tweet(30), tweet(20)], [Cover("twbrexit", "7", Span(9, 30, 2), NOW)])
    archive.write([tweet(25), tweet(24)], [Cover("twbrexit", "7", Span(23, 25, 2), NOW, back=Span(9, 25, 1))])
    assert archive.record("twbrexit", "7").spans == (Span(23, 30, 3),)


def test_a_write_makes_any_number_of_changes_of_the_ledger(archive: Archive) -> None:
    archive.change_note("twbrexit", "periods/stream/brexit/1", lambda before: {"terms": ["#brexit"]})
    made = [tweet(30), tweet(20, index="twleave"), profile(7, "seven")]
    marks: list[Mark] = [
        Cover("twbrexit", "7", Span(19, 30, 1), NOW, name="Seven"),
        Period("twbrexit", "stream/brexit/1", Span(NOW, NOW + 1000, 1)),
        Cover("twbrexit", "8", None, NOW, counted=5),
        Cover("twbrexit", "7", Span(9, 19, 0), NOW),
        Due("usertest", "users", NOW, ("70", "9")),
        Period("twleave", "stream/leave/1", Span(NOW, NOW + 1000, 1)),
        Due("twbrexit", "counts", 5, ("30",)),
    ]
    for _ in range(2):  # as a run that is killed before it knows of its write does
        archive.write(made, marks)
        assert archive.record("twbrexit", "7") == Record("7", name="Seven", spans=(Span(9, 30, 1),))
        assert archive.record("twbrexit", "8") == Record("8", counted=5)
        brexit = {"terms": ["#brexit"], "spans": [[NOW, NOW + 1000, 1]]}
        assert list(archive.notes("twbrexit", "")) == [
            ("due/counts/000000000000005/30", ["30"]),
            ("periods/stream/brexit/1", brexit),
        ]
        assert list(archive.notes("twleave", "")) == [("periods/stream/leave/1", {"spans": [[NOW, NOW + 1000, 1]]})]
        assert list(archive.notes("usertest", "due/users/")) == [(f"due/users/00{NOW}/70", ["70", "9"])]
    more: list[Mark] = [
        Period("twleave", "stream/leave/1", Span(NOW + 2000, NOW + 3000, 4)),
        Period("twleave", "stream/leave/1", Span(NOW + 1000, NOW + 1500, 2)),
        Due("twbrexit", "counts", 5, ("30", "31")),
    ]
    archive.write([], more)
    assert archive.note("twleave", "periods/stream/leave/1") == {"spans": [[NOW + 2000, NOW + 3000, 4], [NOW, NOW + 1500, 3]]}
    assert archive.note("twbrexit", "due/counts/000000000000005/30") == ["30", "31"]


def test_what_is_written_of_several_names_at_once_is_as_if_each_were_written_alone(archive: Archive, tmp_path: Path) -> None:
    names = [f"n{number}" for number in range(4)]
    for step in range(3):
        made: list[Document] = []
        for place, name in enumerate(names):
            made += [replace(profile(7, f"step{step}", index=f"tu{name}"), retrieved=NOW + step)]
            made += [tweet(step * 10 + number, f"{name} step{step}", index=f"tw{name}") for number in range(1, 2 + place)]
        made += [replace(tweet(99, index="twn2"), id="no number"), tweet(90 + step, index="twn3", public_metrics=["odd"])]
        marks: list[Mark] = [Cover(f"tw{name}", "7", Span(step, step + 1, 1), NOW) for name in names]
        marks += [Cover("twn0", "7", Span(10 + step, 11 + step, 1), NOW)]
        assert archive.write(made, marks) == Tally(created=11 + (4 if not step else 0), updated=4 if step else 0, rejected=1)
    for place, name in enumerate(names):
        assert archive.count(f"tw{name}") == 3 * (1 + place) + (3 if name == "n3" else 0)
        assert {body["text"].split()[0] for body in archive.scan(f"tw{name}")} <= {name, "hello"}
        assert [one.fields["username"] for one in archive.history(f"tu{name}", "7")] == ["step2", "step1", "step0"]
        more = (Span(10, 13, 3),) if name == "n0" else ()
        assert archive.record(f"tw{name}", "7").spans == (*more, Span(0, 3, 3))
    assert len((tmp_path / "dead-letters").read_bytes().splitlines()) == 3


def test_a_mark_that_cannot_be_made_leaves_no_mark_without_its_documents(archive: Archive, archive_kind: str) -> None:
    archive.change_note("twbrexit", "periods/s", lambda before: "no period")
    marks: list[Mark] = [Cover("twbrexit", "7", Span(0, 5, 1), NOW), Period("twbrexit", "s", Span(1, 2, 0))]
    with pytest.raises((TypeError, ValueError, AttributeError)):
        archive.write([tweet(5), tweet(6, index="twleave")], marks)
    assert (archive.count("twbrexit"), archive.count("twleave")) == ((0, 1) if archive_kind == "sqlite" else (1, 1))
    assert not archive.record("twbrexit", "7").spans
    with pytest.raises(ValueError, match="is no index"):
        archive.write([tweet(7)], [Cover("twbrexit", "7", Span(0, 9, 1), NOW), Due("brexit", "counts", 1, ("1",))])
    assert archive.get("twbrexit", ["7"]) == {}


def test_records_and_names(archive: Archive) -> None:
    for user in ("20", "3", "@gone"):
        archive.change("twbrexit", user, lambda record: replace(record, outcome="complete", detail="é", asked=NOW, refreshed=5))
    archive.change("twbrexit", "3", lambda record: record.named("Old", 1).named("New", 2))
    archive.change("twleave", "3", lambda record: record.named("Elsewhere", 1))
    assert [record.user for record in archive.records("twbrexit")] == ["20", "3", "@gone"]
    assert archive.by_name("twbrexit", "OLD") == archive.by_name("twbrexit", "new") == [archive.record("twbrexit", "3")]
    assert archive.by_name("twbrexit", "elsewhere") == []
    assert archive.record("twbrexit", "20") == Record("20", outcome="complete", detail="é", asked=NOW, refreshed=5)


def test_a_change_that_fails_changes_nothing(archive: Archive) -> None:
    archive.change("twbrexit", "3", lambda record: replace(record, asked=1))

    def fail(_: Record) -> Record:
        raise KeyError("broken")

    with pytest.raises(KeyError):
        archive.change("twbrexit", "3", fail)
    assert archive.record("twbrexit", "3").asked == 1
    assert archive.change("twbrexit", "3", lambda record: replace(record, asked=2)).asked == 2


# Many processes


def started(work: Callable[..., None], *given: Any) -> tuple[multiprocessing.process.BaseProcess, Connection]:
    ours, theirs = multiprocessing.Pipe()
    given = (dict(os.environ), work, *given, theirs)  # where the servers are is in the environment
    process = forked.CONTEXT.Process(target=work_in, args=given, daemon=True)
    process.start()
    theirs.close()
    return process, ours


def work_in(environment: dict[str, str], work: Callable[..., None], *given: Any) -> None:
    os.environ.update(environment)
    work(*given)


PAGES, PAGE = 6, 20


def write_all(kind: str, folder: Path, number: int, told: Connection) -> None:
    archive = opened_archive(kind, folder)
    told.send("ready")
    told.recv()
    for page in range(PAGES):
        batch = [tweet(page * 1000 + n, f"by {number}") for n in range(PAGE)]
        batch += [tweet(1_000_000 * (number + 1) + page * 1000 + n) for n in range(PAGE)]
        archive.write(batch, [Cover("twbrexit", str(number), Span(page, page + 1, 1), NOW)])
        archive.change("twbrexit", "shared", lambda record: replace(record, asked=record.asked + 1))
        archive.change_note("twbrexit", "shared", lambda before: (before or 0) + 1)
    archive.close()
    told.send("done")


def test_processes_write_at_once(archive: Archive, archive_kind: str, tmp_path: Path) -> None:
    workers = [started(write_all, archive_kind, tmp_path, number) for number in range(4)]
    for _, told in workers:
        assert told.recv() == "ready"
    for _, told in workers:
        told.send("go")
    for process, told in workers:
        assert told.recv() == "done"
        process.join()
    assert archive.count("twbrexit") == PAGES * PAGE * 5
    assert archive.record("twbrexit", "shared").asked == archive.note("twbrexit", "shared") == PAGES * 4
    assert [archive.record("twbrexit", str(number)).spans for number in range(4)] == [(Span(0, PAGES, PAGES),)] * 4
    assert sum(len(ids(archive.search("twbrexit", f"by {number}"))) for number in range(4)) == PAGES * PAGE


def write_for_ever(kind: str, folder: Path, number: int, told: Connection) -> None:
    archive = opened_archive(kind, folder)
    page = number * 1_000_000
    while True:
        page += 1
        batch = [tweet(page * 100 + n, f"page {page}") for n in range(PAGE)]
        more = [Period("twbrexit", "s", Span(page - 1, page, PAGE)), Due("twbrexit", "counts", page, (str(page),))]
        archive.write(batch, [Cover("twbrexit", "7", Span(page - 1, page, PAGE), NOW), *more])
        told.send(page)


def test_what_was_acknowledged_survives_a_kill(archive: Archive, archive_kind: str, tmp_path: Path) -> None:
    chance, acknowledged = random.Random(6), []
    for number in range(1, 5):
        process, told = started(write_for_ever, archive_kind, tmp_path, number)
        acknowledged += [told.recv() for _ in range(chance.randrange(1, 15))]
        process.kill()
        process.join()
        while told.poll():
            try:
                acknowledged.append(told.recv())
            except EOFError:
                break
        pages = [page for span in archive.record("twbrexit", "7").spans for page in range(span.low + 1, span.high + 1)]
        assert set(acknowledged) <= set(pages)
        assert len(pages) - len(acknowledged) <= number, "at most the page in hand of each process that was killed"
        if archive_kind == "sqlite":
            assert archive.count("twbrexit") == PAGE * len(pages), "pages and spans go together"
            due = [int(key.rpartition("/")[2]) for key, _ in archive.notes("twbrexit", "due/counts/")]
            spans = [Span(*span) for span in archive.note("twbrexit", "periods/s")["spans"]]
            assert (sorted(pages), tuple(spans)) == (due, archive.record("twbrexit", "7").spans), "and so does all else"
        else:
            assert PAGE * len(pages) <= archive.count("twbrexit") <= PAGE * (len(pages) + number), "a span comes after its page"
        assert len(ids(archive.search("twbrexit", f"page {pages[0]}"))) == PAGE
    assert archive.write([tweet(1)]).created == 1


def test_an_index_is_made_once_and_is_empty_then(archive: Archive) -> None:
    assert archive.touch(["twbrexit", "tubrexit"]) == ["twbrexit", "tubrexit"]
    assert archive.touch(["twbrexit", "tubrexit"]) == []
    assert archive.touch(["usertest"]) == ["usertest"]
    assert (archive.count("twbrexit"), archive.count("usertest"), archive.indices()) == (0, 0, [])
    assert archive.write([tweet(1), profile(7, "alice")]) == Tally(created=2)
    with pytest.raises(ValueError, match="is no index of this archive"):
        archive.touch(["brexit"])
