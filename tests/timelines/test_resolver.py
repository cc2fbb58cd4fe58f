"""Names that X was asked about: what it said counts, whatever became of it in the store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netwar.archive.base import Store, Tally
from netwar.archive.sqlite.store import SqliteArchive
from netwar.records.pages import Page
from netwar.timelines.resolver import FRESH_MS, ScreenNameResolver
from netwar.twitter.base import Answer
from tests.rows import rows

NOW = 1_700_000_000_000


class Refusing(SqliteArchive):
    """An archive whose documents all end as dead letters."""

    def write(self, documents, cover=None):
        return Tally(rejected=len(documents))


class Told:
    """X, who knows these users by name."""

    account, dialect = "1", "post"

    def __init__(self, **ids: str) -> None:
        self.ids, self.clock = ids, NOW
        self.asked: list[list[str]] = []

    def now(self) -> int:
        return self.clock

    def names(self, names: Sequence[str], *, index: str) -> Answer:
        self.asked.append(list(names))
        users = [{"id": self.ids[name], "username": name.title()} for name in names if name in self.ids]
        return Answer(Page(users=users), self.clock, 10_000 * len(users), len(names), self.clock)


@rows("kind", [SqliteArchive, Refusing])
def test_what_a_look_up_told_is_used_whether_or_not_the_store_took_it(tmp_path: Path, kind: type[SqliteArchive]) -> None:
    archive, twitter, paid = kind(tmp_path / "archive", tmp_path / "letters"), Told(one="1", two="2", moved="3"), []
    names = ScreenNameResolver(twitter, Store(archive, None), "trial", paid.append)
    found = [names.find(name, ["two", "4", "moved"], 99) for name in ("one", "@two", "moved")]
    assert [(user.id, user.name, user.sure) for user in found] == [
        ("1", "one", False),
        ("2", "two", False),
        ("3", "moved", False),
    ]
    assert (twitter.asked, paid) == ([["one", "two", "moved"]], [30_000])
    twitter.clock += FRESH_MS + 1
    assert names.find("one", [], 0).id == "1"
    assert twitter.asked[-1] == ["one"], "what X said a week ago is no answer"
    archive.close()


def test_a_user_who_was_seen_with_another_name_is_asked_about_anew(tmp_path: Path) -> None:
    archive, twitter = Refusing(tmp_path / "archive", tmp_path / "letters"), Told(moved="3")
    names = ScreenNameResolver(twitter, Store(archive, None), "trial")
    assert names.find("moved", [], 99).id == "3"
    twitter.ids["moved"] = "5"
    assert names.find("moved", [], 99).id == "3"
    assert names.find_anew("moved", [], 99).id == "5"
    assert twitter.asked == [["moved"], ["moved"]]
    archive.close()
