"""Whatever shape a part of a value has, nothing stops an import: the rest is written, and what cannot be is told."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netwar.archive.sqlite.store import SqliteArchive
from netwar.imports.found import Into
from netwar.imports.opening import Content
from netwar.imports.run import Import
from netwar.records.flattened import whole
from tests.imports.samples import LATER, TWARC, archived, jsonl, page, post, status, user
from tests.randomly import randomly

EXPORTED = whole("twx", {**post(1), "netwar": {"retrieved": LATER, "via": "timeline", "media": [{"media_key": "3_1"}]}})
FLAT = {
    **post(2),
    "author": user(2),
    "in_reply_to_user": user(3),
    "attachments": {"media_keys": ["3_1"], "media": [{"media_key": "3_1"}], "poll": {"id": "1", "x": 1}},
    "geo": {"place_id": "p", "id": "p", "full_name": "P"},
    "entities": {"mentions": [{"start": 0, "end": 1, **user(4)}]},
    "referenced_tweets": [{"type": "quoted", **post(3), "author": user(5)}],
    "__twarc": {**TWARC, "retrieved_at": LATER},
}
OLD = status(
    1,
    retweeted_status=status(2, quoted_status=status(3)),
    entities={"user_mentions": [{"screen_name": "a", "id": 5, "indices": [0, 2]}], "urls": [{"url": "u"}]},
    extended_entities={"media": [{"id": 1, "type": "video", "video_info": {"variants": [{"bitrate": 5}]}}]},
    place={"id": "p"},
)
CHANGED = {**whole("tux", user(6)), "netwar": {"index": "tux", "version": 5, "changes": [{"until": 3, "seen": 2, "fields": {}}]}}
SAMPLES: list[Any] = [
    page(0, 3, __twarc=TWARC),
    FLAT,
    OLD,
    archived(1),
    EXPORTED,
    CHANGED,
    {"_source": OLD},
    user(1),
    OLD["user"],
]
JUNK = st.sampled_from(
    [None, True, 0, -1, 1.5, 2**70, "", "x", "7", [], {}, [None], [[1]], {"id": None}, {"x": 1}, "\ud83d", "1e5"]
)


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*here, key))


def put(value: Any, place: tuple[Any, ...], junk: Any) -> Any:
    if not place:
        return junk
    made = copy.copy(value)
    made[place[0]] = put(value[place[0]], place[1:], junk)
    return made


@randomly(100)
@given(data=st.data())
def test_whatever_stands_somewhere(data: st.DataObject, tmp_path_factory: Any) -> None:
    sample = data.draw(st.sampled_from(SAMPLES))
    odd = sample
    for _ in range(data.draw(st.integers(1, 3))):
        odd = put(odd, data.draw(st.sampled_from(sorted(places(odd), key=repr))), data.draw(JUNK))
    folder: Path = tmp_path_factory.mktemp("odd")
    told: list[tuple[int, str, bytes]] = []

    class Told:
        count = 0

        def resume(self, size: int, count: int) -> None: ...

        def add(self, line: int, reason: str, text: bytes) -> None:
            told.append((line, reason, text))

        def kept(self) -> int:
            return 0

    with closing(SqliteArchive(folder / "archive", folder / "letters")) as archive:
        run = Import(archive, Into("twx", "tux", author=("5", "me")))
        lines = json.dumps(odd).encode() + b"\n" + jsonl([page(50, 2)])
        run.read(Content("x", io.BytesIO(lines), 0), Told())
        assert archive.count("twx") >= 3
    assert all(line == 1 and reason for line, reason, _ in told)
