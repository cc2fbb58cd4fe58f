"""The addresses that tweets share, counted by address, by host or by day.

They are collected in a private file, so that memory is constant however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from netwar.archive.base import Body
from netwar.connections.sqlite_scratch import Scratch
from netwar.records.edges import links, when
from netwar.records.ids import identity
from netwar.records.times import shown

URL, HOST, DAY = "url", "host", "day"
CACHE_MIB = 16
LINK = "CREATE TABLE link (tweet TEXT, author TEXT, at INTEGER, url TEXT, host TEXT, day TEXT)"
COUNTS = "count(DISTINCT url), count(DISTINCT host), count(DISTINCT tweet), count(DISTINCT author), min(at), max(at)"
ORDERS = {URL: "4 DESC, 1", HOST: "4 DESC, 1", DAY: "1"}


class Counted(NamedTuple):
    """What was shared under a `key` (an address, a host, a day): different addresses and hosts, the tweets that share them, their
    authors, and when the first and the last of them were posted (ms, None where that is not known)."""

    key: str
    urls: int
    hosts: int
    tweets: int
    users: int
    first: int | None
    last: int | None


class Links:
    """Addresses of tweets on disk; a context manager. Methods raise ServiceDown where there is no room for them."""

    def __init__(self) -> None:
        self._kept = Scratch(LINK, cache_mib=CACHE_MIB)

    def __enter__(self) -> Self:
        self._kept.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._kept.__exit__(kind, error, trace)

    def add(self, tweets: Iterable[Body]) -> None:
        """Collect what these tweets share."""
        self._kept.put("INSERT INTO link VALUES (?, ?, ?, ?, ?, ?)", (row for tweet in tweets for row in _rows(tweet)))

    def by(self, what: str) -> Iterator[Counted]:
        """All of it by URL or HOST, the most shared first, or by DAY (UTC), the first first."""
        sql = f"SELECT {what}, {COUNTS} FROM link WHERE {what} IS NOT NULL GROUP BY 1 ORDER BY {ORDERS[what]}"
        return (Counted(*row) for row in self._kept.rows(sql))


def host(url: str) -> str:
    """The host of an address, in lower case and without www.; empty for what has none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _rows(tweet: Body) -> Iterator[tuple[str, str | None, int | None, str, str, str | None]]:
    for url in links(tweet):
        at = when(tweet)
        day = shown(at)[:10] if at is not None else None
        yield str(tweet.get("id")), identity(tweet.get("author_id")), at, url, host(url), day
