"""An operator who searches a world of these days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from tests.operator import Operator

NOW = 1_767_268_800_000  # 2026-01-01T12:00:00Z
WORLD = """
[world]
users = 12
end = 2026-01-01T12:00:00Z
most_posts = 40
prolific = 0
suspended = 0
protected = 0
gone = 0
renamed = 0
taken = 0
[clock]
now = 2026-01-01T12:00:00Z
[[users]]
index = 8
posts = 260
[[users]]
index = 9
posts = 150
"""


def first_id(ms: int) -> int:
    return ms - 1_288_834_974_657 << 22


@dataclass
class Searcher(Operator):
    """Users 8 and 9 have posted these days."""

    def ids(self, *indices: int) -> list[str]:
        users = self.users()
        return [users[index]["id"] for index in indices]

    def truth_of(self, query: str, since: int = NOW - 7 * 86_400_000 + 60_000, until: int = NOW - 60_000) -> set[int]:
        from urllib.parse import urlencode

        asked = urlencode({"query": query, "since_id": max(first_id(since), 0), "until_id": first_id(until)})
        return {int(line) for line in self.get(f"truth/search?{asked}").split()}

    def kept(self, index: str = "brexit", via: str = "search") -> set[int]:
        return {row[0] for row in self.select(index, "SELECT id FROM tweets WHERE via = ?", via)}

    def write(self, name: str, text: str) -> None:
        (self.desk.home / name).write_text(text, encoding="utf-8")

    def conversations(self, index: str = "brexit") -> list[int]:
        """The conversations that recorded tweets belong to."""
        archive = SqliteArchive(self.desk.home / ".local/share/netwar/archive", self.desk.home / "letters")
        try:
            return [int(tweet["conversation_id"]) for tweet in archive.scan(f"tw{index}")]
        finally:
            archive.close()

    def pages(self, path: str = "/2/tweets/search/recent") -> list[dict[str, Any]]:
        return [line for line in self.log() if line["path"] == path and line["method"] == "GET"]


@pytest.fixture
def searcher(operator: Callable[..., Operator]) -> Callable[..., Searcher]:
    """Begin as one, with settings of the configuration."""

    def begin(**settings: Any) -> Searcher:
        one = operator(WORLD, **settings)
        for user, count in ((8, 130), (9, 30)):
            one.post("posts", {"user": user, "count": count})
        return Searcher(one.desk, one.sandbox)

    return begin
