"""Which documents a selection has: also those whose ids tell no time, from before November 2010."""

from __future__ import annotations

from pathlib import Path

from netwar.archive.sqlite.store import SqliteArchive
from netwar.exports.selection import Chosen, Selection
from netwar.records.documents import Document

OLD_MS, NEW_MS = 1_262_304_000_000, 1_700_000_000_000  # 2010-01-01, 2023-11-14
NEW_ID = NEW_MS - 1_288_834_974_657 << 22


def test_time_is_by_the_id_and_before_ids_told_it_by_what_x_says(tmp_path: Path) -> None:
    archive = SqliteArchive(tmp_path, tmp_path / "dead-letters")
    made = {
        "7": "2010-01-01T00:00:00.000Z",
        "8": "2010-06-01T00:00:00.000Z",
        "9": "no time",
        str(NEW_ID): "2009-01-01T00:00:00.000Z",
    }
    bodies = [{"id": id, "created_at": at, "text": "x", "author_id": "1"} for id, at in made.items()]
    archive.write([Document("twa", body["id"], body, True, NEW_MS) for body in bodies])

    def chosen(since: int | None, until: int | None) -> list[str]:
        found = Chosen("twa", Selection(since=since, until=until)).scan(archive)
        return [body["id"] for body, is_chosen in found if is_chosen]

    assert chosen(None, None) == ["7", "8", "9", str(NEW_ID)]
    assert chosen(OLD_MS, None) == ["7", "8", str(NEW_ID)]
    assert chosen(OLD_MS + 1, NEW_MS) == ["8"]
    assert chosen(NEW_MS, NEW_MS + 1) == [str(NEW_ID)]
    assert chosen(NEW_MS + 1, None) == []
