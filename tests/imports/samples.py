"""What people have kept, made up: answers, statuses of v1.1, an account archive, and lines out of other tools."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

EPOCH = 1_288_834_974_657
NOW = 1_700_000_000_000  # 2023-11-14T22:13:20Z
MADE = "2023-11-14T22:13:20.000Z"
LATER = "2023-11-20T12:00:00.500Z"
V1 = "Wed Sep 04 13:51:55 +0000 2019"
V1_MS = 1_567_605_115_000
TWARC = {"url": "https://api.twitter.com/2/tweets/search/all?query=rain&tweet.fields=a%2Cb", "version": "2.14.0"}


def id_at(ms: int, n: int = 0) -> str:
    return str((ms - EPOCH << 22) + n)


def user(n: int, **more: Any) -> dict[str, Any]:
    return {"id": str(900 + n), "username": f"name{n}", "name": f"Name {n}", "created_at": "2015-01-01T00:00:00.000Z", **more}


def post(n: int, **more: Any) -> dict[str, Any]:
    """One of user n % 7, a second after that before it."""
    at = NOW + n * 1000
    made = f"2023-11-14T22:{13 + (20 + n) // 60:02}:{(20 + n) % 60:02}.000Z"
    text = f"post {n} of rain 😀 \u2028"
    return {"id": id_at(at), "author_id": str(900 + n % 7), "created_at": made, "text": text, "lang": "en", **more}


def page(first: int, count: int, **more: Any) -> dict[str, Any]:
    """Posts, of which each tenth retweets one that came along, with their authors."""
    along = post(first + count)
    posts = [post(n) for n in range(first, first + count)]
    for one in posts[::10]:
        one["referenced_tweets"] = [{"type": "retweeted", "id": along["id"]}]
    includes = {"users": [user(n) for n in range(7)], "tweets": [along]}
    return {"data": posts, "includes": includes, "meta": {"result_count": count}, **more}


def status(n: int, **more: Any) -> dict[str, Any]:
    id = int(id_at(V1_MS)) + n
    by = {"id": 900 + n % 7, "id_str": str(900 + n % 7), "screen_name": f"name{n % 7}", "name": "N", "created_at": V1}
    return {"id": id, "id_str": str(id), "full_text": f"status {n}", "created_at": V1, "user": by, "lang": "en", **more}


def archived(n: int, **more: Any) -> dict[str, Any]:
    """An element of tweets.js."""
    one = {name: value for name, value in status(n).items() if name not in ("user", "id")}
    mention = {"name": "N", "screen_name": "name2", "indices": ["0", "6"], "id_str": "902", "id": "902"}
    return {"tweet": {**one, "favorite_count": "3", "entities": {"user_mentions": [mention]}, **more}}


def jsonl(values: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def zipped(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content, 1))
    return path
