"""What nobody should be shown, and places full of it: an archive, a queue, a meter, X, Elasticsearch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from netwar.archive.sqlite.store import SqliteArchive
from netwar.connections.runs import Run
from netwar.coverage import Record, Renamed, Span
from netwar.follows.snapshot_writer import SnapshotWriter
from netwar.follows.snapshots import Snapshots
from netwar.lists.membership import ListLog, ListState
from netwar.meter.base import Purpose
from netwar.meter.sqlite import SqliteMoney
from netwar.queues.base import MAX_FAILURES, UserFailed
from netwar.queues.sqlite import SqliteQueue
from netwar.records.documents import Document
from tests.serving import Answering, serving

# A title for the window, a bell, colours, C1's CSI, overrides and isolates, and what would make rows of its own.
EVIL = "evil\x1b]0;owned\x07\x1b[31m\x9b2J\x85\u202e\u2066\u200f\r\nFORGED\trow\u2028FORGED"
HARM = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|^FORGED|\tFORGED", re.MULTILINE
)
KEYS = {"consumer_key": "k" * 12, "consumer_secret": "s" * 12, "access_token_key": "t" * 12, "access_token_secret": "u" * 12}
NOW = 1_795_000_000_000
USER, OTHER, TWEET = "11", "12", "1439800001232728069"


def harm(text: str) -> list[str]:
    """What in an output could have done something."""
    return [f"{found[0]!r} in {text[max(found.start() - 40, 0) : found.end() + 20]!r}" for found in HARM.finditer(text)]


def fill(data: Path, app: str) -> None:
    """Keep hostile texts wherever a text can be kept."""
    profile = {"username": EVIL, "name": EVIL, "description": EVIL, "public_metrics": {"followers_count": 5}, "location": EVIL}
    tweet: dict[str, object] = {
        "id": TWEET,
        "author_id": USER,
        "created_at": EVIL,
        "text": EVIL,
        "lang": "en",
        "in_reply_to_user_id": OTHER,
    }
    said = {"mentions": [{"id": OTHER}], "hashtags": [{"tag": EVIL}], "urls": [{"expanded_url": f"https://e.org/{EVIL}"}]}
    tweet |= {"entities": said, "referenced_tweets": [{"type": "quoted", "id": TWEET}]}
    with closing(SqliteArchive(data / "archive", data / "dead-letters", feeds=True)) as archive:
        for index in ("usertest", "tuevil"):
            for id, at in ((USER, NOW), (USER, NOW + 9), (OTHER, NOW)):
                body = {**profile, "id": id, "name": f"{EVIL}{at}", "netwar": {"retrieved": "2026-11-18T00:00:00+00:00"}}
                archive.write([Document(index, id, body, True, at)])
        archive.write([Document("twevil", TWEET, {**tweet, "netwar": {"retrieved": "2026-11-18T00:00:00+00:00"}}, True, NOW)])
        for index in ("twevil", "usertest"):
            archive.change(index, USER, lambda _: Record(USER, EVIL, "complete", EVIL, NOW, renamed=(Renamed(EVIL, "x", NOW),)))
            archive.change(index, OTHER, lambda _: Record(OTHER, EVIL, EVIL, EVIL, NOW, spans=(Span(1, 9, 1),)))
            archive.change(index, "@nasa", lambda _: Record("@nasa", None, "suspended", EVIL, NOW))
        for ids in ([1, 2, int(USER)], [1, 3, int(OTHER)]):
            one = SnapshotWriter(Snapshots(archive, "usertest", "followers", USER), "me")
            one.add(ids, None)
            one.finish(complete=True)
        log = ListLog(archive, "twevil", "77")
        log.add([USER, OTHER], NOW, EVIL)
        log.remove([OTHER], NOW, EVIL)
        log.change(lambda state: ListState(name=EVIL, trouble=EVIL, detail=EVIL, since=NOW))
    run = Run(data / "runs")
    for name in ("work", "usertest"):
        with closing(SqliteQueue(data / "queues.sqlite", name, run)) as queue:
            queue.put([f"{EVIL}1"])
            for _ in range(MAX_FAILURES):
                fail(queue)
            queue.put([f"{EVIL}2", f"{EVIL}3"])
            queue.take(1)
    with closing(SqliteMoney(data / "meter.sqlite", app, run, 10**9)) as money:
        held = money.reserve(EVIL, {"post": 1}, Purpose(EVIL, EVIL))
        money.settle(held, [("post", "1")], datetime.now(UTC))


def fail(queue: SqliteQueue) -> None:
    """Let the user who waits fail once more."""
    claim = queue.take(1)
    assert claim
    with claim:
        raise UserFailed(EVIL)


@contextmanager
def services() -> Iterator[str]:
    """An address at which X knows who we are and refuses all else, and Elasticsearch answers: all in hostile words."""

    class Handler(Answering):
        def do_GET(self) -> None:
            status, kind, body = answer(self.path)
            self.answer(status, body, kind)

        do_POST = do_PUT = do_GET

    with serving(Handler) as address:
        yield address


def answer(path: str) -> tuple[int, str, bytes]:
    """Status, type and body of what is answered."""
    if path.startswith("/_cat/plain"):
        return 200, "text/plain; charset=UTF-8", f"{EVIL.replace('FORGED', '-')}\nrow\n".encode()
    body: Any = {"acknowledged": True, EVIL: EVIL}
    if path == "/":
        body = {"version": {"number": "9.5.3"}, "cluster_name": EVIL}
    elif path.startswith("/_cat"):
        body = [{"index": EVIL, EVIL: "x"}]
    elif path.startswith("/2/users/me"):
        body = {"data": {"id": "11", "username": EVIL, "name": EVIL}}
    elif path.startswith(("/2/users/11/owned_lists", "/2/lists/77")):
        one = {"id": "77", "name": EVIL, "description": EVIL, "private": True, "member_count": 1, "owner_id": "11"}
        user = {"id": "13", "username": EVIL, "name": EVIL}
        data: Any = [user] if "/members" in path else one if path.startswith("/2/lists/77") else [one]
        body = {"data": data, "meta": {"result_count": 1}}
    elif path.startswith("/2/users/search"):
        body = {"data": [{"id": "13", "username": EVIL, "name": EVIL}], "meta": {}}
    elif path.startswith("/2/tweets/counts/"):
        body = {"data": [{"start": EVIL, "end": EVIL, "tweet_count": EVIL}], "meta": {"next_token": EVIL}}
    elif path.startswith("/2/tweets/search/recent"):
        body = {"errors": [{"parameters": {"query": [EVIL]}, "message": EVIL}], "title": EVIL, "detail": EVIL}
        return 400, "application/json", json.dumps(body).encode()
    elif path.startswith("/2/tweets?"):
        gone = {"value": "99", "parameter": "ids", "title": EVIL, "detail": EVIL, "type": "x/resource-not-found"}
        body = {"data": [{"id": USER, "text": EVIL, "author_id": OTHER}], "errors": [gone]}
    elif path.startswith(("/2/", "/oauth")):
        body = {"title": EVIL, "detail": EVIL, "type": "about:blank", "errors": [{"message": EVIL, "code": 1}]}
        return 403, "application/json", json.dumps(body).encode()
    elif path.startswith(("/refused", "/_index_template", "/_template", "/_component_template")):
        return 400, "application/json", json.dumps({"error": {"type": EVIL, "reason": EVIL}}).encode()
    return 200, "application/json", json.dumps(body, ensure_ascii=False).encode()
