"""An archive with something of everything in it, and all that an archive has, to the byte."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from netwar.archive.base import Archive
from netwar.archive.marks import Cover, Period
from netwar.coverage import Record, Span, Stretch
from netwar.records.documents import LOWEST, TOMBSTONE, Document

BEGAN = 1_795_000_000_000
EPOCH = 1_288_834_974_657


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03}Z"


def tweet(index: str, id: int, user: int, at: int, **more: Any) -> Document:
    direct = more.pop("direct", True)
    ours = {"retrieved": iso(at), "account": "observer", "via": "timeline" if direct else "reference"}
    body = {
        "id": str(id),
        "text": f"tweet {id} of ümläut 😀",
        "author_id": str(user),
        "created_at": iso(at),
        "lang": "en",
        **more,
    }
    return Document(index, str(id), {**body, "netwar": ours}, direct, at)


def gone(index: str, id: int, at: int = BEGAN) -> Document:
    """What a look-up records of a post that X no longer has."""
    ours = {"retrieved": iso(at), "account": "observer", "via": TOMBSTONE, "why": "gone"}
    return Document(index, str(id), {"id": str(id), "netwar": ours}, False, LOWEST)


def profile(index: str, id: int, name: str, at: int, **more: Any) -> Document:
    ours = {"retrieved": iso(at), "account": "observer", "via": "lookup"}
    body = {"id": str(id), "username": name, "name": name.title(), "description": 'a\u2028b \\ "c"', **more}
    return Document(index, str(id), {**body, "netwar": ours}, True, at)


def fill(archive: Archive, name: str, tweets: int, seed: int = 1) -> None:
    """Record `tweets` tweets of 20 users as runs would: pages with their coverage, names that change, references."""
    chance = random.Random(seed)
    index, users = f"tw{name}", f"tu{name}"
    each = max(1, tweets // 20)
    for number in range(20):
        user, at = 1000 + number, BEGAN + number * 1000
        first = (at - EPOCH) << 22
        page = [tweet(index, first + n * 4096, user, at + n, **oddity(chance)) for n in range(each)]
        page += [tweet(index, first + 7, user, at, direct=False), profile(users, user, f"name{number}", at)]
        span = Span(first - 1, first + each * 4096, each)
        marks = [Cover(index, str(user), span, at, f"name{number}", 99), Period(index, f"search/from:{user}", span)]
        archive.write(page, [*marks, Period(index, "stream/1", Span(at, at + each, each))])
        if number % 3 == 0:
            for version in range(1, 1 + chance.randint(1, 3)):
                archive.write([profile(users, user, f"name{number}v{version}", at + version * 50_000, location=f"{version}")])
            archive.change(index, str(user), lambda record: record.losing(Stretch(0, 500)).named("other", BEGAN))
    archive.write([gone(index, EPOCH + n) for n in range(7)])
    archive.change(index, "@nobody", lambda record: replace(record, outcome="gone", detail="Could not find user", asked=BEGAN))
    archive.change(users, "1001", lambda record: replace(record, outcome="suspended", asked=BEGAN + 5))
    notes(archive, users)


def notes(archive: Archive, users: str) -> None:
    for key, value in {
        "standing/1001": [[BEGAN, "gone", ""], [BEGAN + 5, "suspended", "ä"]],
        "followers/1002/snapshot/000001": {"number": 1, "count": 3},
        "followers/1002/whole/000001/000001": "packed ids",
        "followers/1002/open": {"token": "x", "pages": 2},
        "cursor": {"deep": {"list": [1, 2.5, None, True, 2**60]}},
    }.items():
        archive.change_note(users, key, lambda before, value=value: value)  # type: ignore[misc]


def oddity(chance: random.Random) -> dict[str, Any]:
    """What X may put into a tweet."""
    return chance.choice(
        [
            {},
            {
                "entities": {"hashtags": [{"start": 0, "end": 3, "tag": "ab"}]},
                "public_metrics": {"like_count": chance.randint(0, 10**6)},
            },
            {"geo": {"coordinates": {"type": "Point", "coordinates": [1.5, -2.25]}}},
            {"invented": {"yesterday": [1, {"a": None}]}},
            {"lang": {"not": "a text"}},
            {"created_at": "no time"},
            {"text": ""},
        ]
    )


def whole(archive: Archive, name: str, called: str | None = None) -> dict[str, bytes]:
    """Everything there is of a name, as bytes; with the index names of `called`."""
    users = "usertest" if name == "usertest" else f"tu{name}"
    found: dict[str, Any] = {}
    for index in {users, f"tw{name}"} if name != "usertest" else {users}:
        kind = index[:2]
        found |= {f"{kind} document {body['id']}": body for body in archive.scan(index, gone=True)}
        found |= {f"{kind} record {record.user}": asdict(record) for record in archive.records(index)}
        found |= {f"{kind} note {key}": value for key, value in archive.notes(index, "")}
    for change in archive.changes(users):
        found[f"change {change.user} {change.until}"] = asdict(change)
    for body in archive.scan(users):
        found[f"history {body['id']}"] = [asdict(one) for one in archive.history(users, body["id"])]
    return {key: orjson.dumps(value) for key, value in found.items()}


def known(record: Record) -> tuple[Any, ...]:
    return (record.user, record.spans, record.lost)
