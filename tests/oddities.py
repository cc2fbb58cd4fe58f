"""Pages that nobody planned for: a page with all that X sends, changed at random places, and what must be left of each."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Iterator
from typing import Any

from netwar.archive.elastic.store import ElasticArchive
from netwar.archive.sqlite.store import SqliteArchive
from netwar.records.pages import documents, read
from netwar.records.parsing import parsed

AT = 1_700_000_000_000

HALVES = ["cut in an emoji \ud83d", "\ude00 the other half", "\udfff\ud800"]
# What X may send in place of anything.
ANYTHING: list[Any] = [
    *(None, True, False, 0, -1, 7, 2**53 + 1, 2**63, 1.5, 1e300, 1_700_000_000, 1_700_000_000_000, "1700000000"),
    *("", " ", "x", "12", "007", "99999999999999999999", "１２", "Wed Oct 10 20:19:24 +0000 2018", "2023-09-08 00:00:00"),
    *("2023-09-08T00:00:00+05:30", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z", "2023-13-45", "\0", "\u202e", *HALVES),
    *([], {}, [None], [[]], ["x", 3], {"id": None}, {"id": "5"}, {"text": "no id"}, {"a.b": {"": 1}}, {"netwar": "X's own"}),
]


def page() -> dict[str, Any]:
    """An answer with posts of every sort and all that comes along."""
    authors = [str(9_000_000_000 + number) for number in range(3)]
    posts = [_post(number, authors[0]) for number in range(4)]
    posts[1] |= {"referenced_tweets": [{"type": "quoted", "id": "1700000000000000090"}], "note_tweet": {"text": "a long one"}}
    posts[2] |= {"attachments": {"media_keys": ["3_1", "3_2"], "poll_ids": ["77"]}, "geo": {"place_id": "5f0"}}
    return {
        "data": posts,
        "includes": {
            "users": [_user(author) for author in authors],
            "tweets": [_post(90, authors[1])],
            "media": [{"media_key": "3_1", "type": "photo", "url": "u"}, {"media_key": "3_9", "type": "video"}],
            "polls": [{"id": "77", "options": [{"label": "yes", "votes": 1}]}],
            "places": [{"id": "5f0", "full_name": "Somewhere"}, {"id": "5f1", "full_name": "Elsewhere"}],
            "topics": [{"id": "t1", "name": "a kind that nobody knows"}],
        },
        "errors": [{"value": "1", "detail": "gone", "title": "Not Found Error", "parameter": "x", "section": "includes"}],
        "meta": {"result_count": 4, "newest_id": "1700000000000000003", "oldest_id": "1700000000000000000"},
    }


def _post(number: int, author: str) -> dict[str, Any]:
    id = str(1_700_000_000_000_000_000 + number)
    counts = {"like_count": number, "retweet_count": 2, "reply_count": 0, "quote_count": 1}
    return {
        "id": id,
        "author_id": author,
        "text": f"text {number} 😀",
        "created_at": f"2023-09-08T00:00:{number % 60:02}.000Z",
        "conversation_id": id,
        "lang": "en",
        "public_metrics": counts,
        "edit_history_tweet_ids": [id],
        "entities": {"mentions": [{"start": 0, "end": 2, "username": "somebody", "id": "5"}]},
    }


def _user(id: str) -> dict[str, Any]:
    counts = {"followers_count": 5, "following_count": 6, "tweet_count": 3, "listed_count": 0}
    words = {"username": f"name{id[-2:]}", "name": f"N {id}", "description": "says little", "location": "here"}
    return {"id": id, **words, "created_at": "2020-01-01T00:00:00.000Z", "protected": False, "public_metrics": counts}


def changed(body: Any, chance: random.Random, changes: int) -> Any:
    """A copy with so many random changes: values of any other kind, parts left out, elements twice."""
    body = copy.deepcopy(body)
    for _ in range(changes):
        if not (places := list(_places(body))):
            break
        holder, place = chance.choice(places)
        how = chance.random()
        if how < 0.15:
            del holder[place]
        elif how < 0.25 and isinstance(holder, list):
            holder.insert(place, copy.deepcopy(chance.choice(ANYTHING)))
        elif how < 0.35 and isinstance(holder, dict):
            holder[chance.choice(["netwar", "kept_whole", "new one", "id_str", "a.b"])] = copy.deepcopy(chance.choice(ANYTHING))
        else:
            holder[place] = copy.deepcopy(chance.choice(ANYTHING))
    return body


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    inner: Iterable[Any] = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for place in inner:
        yield value, place
        yield from _places(value[place])


def leaves(value: Any) -> Iterator[str]:
    """Everything that a value says, as text."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif value is not None:
        yield str(value)


def kept(archive: SqliteArchive | ElasticArchive, body: Any) -> list[Any]:
    """What is left of a page when it is read back, dead letters included."""
    before = archive.dead_letters.stat().st_size if archive.dead_letters.exists() else 0
    made = documents(read(body), tweets="twt", users="tut", retrieved=AT, account="me", via="timeline")
    tally = archive.write(made)
    found = [one for index in ("twt", "tut") for one in archive.get(index, [d.id for d in made if d.index == index]).values()]
    with archive.dead_letters.open("rb") if archive.dead_letters.exists() else open("/dev/null", "rb") as letters:
        letters.seek(before)
        refused = [parsed(line) for line in letters]
    assert tally.rejected == len(refused)
    assert all(one["reason"] for one in refused)
    return found + refused


def lost(archive: SqliteArchive | ElasticArchive, body: Any) -> set[str]:
    """What a page said of things that are paid for, and nothing says after it was kept."""
    included = body.get("includes")
    parts = [value for name, value in body.items() if name not in ("errors", "meta", "includes")]
    parts += included.values() if isinstance(included, dict) else [included]
    said = set(leaves(kept(archive, body)))
    for index in ("twt", "tut"):
        archive.forget(index, [one["id"] for one in archive.scan(index)])  # the next page may use an id for something else
    return set(leaves(parts)) - said
