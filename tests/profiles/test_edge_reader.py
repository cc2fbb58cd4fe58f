"""Tweets with their edges: authors come out of the archive, asked for once a batch, wherever the other tweet stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.profiles import edge_reader
from netwar.profiles.edge_reader import EdgeReader
from netwar.records.documents import Document

OLD, FIRST, SECOND, THIRD, FOURTH, LAST, NOBODYS = 90, 101, 102, 103, 104, 105, 106


def tweet(id: int, author: int | None, quoted: int | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"id": str(id), "author_id": author and str(author), "text": "x"}
    return body if quoted is None else {**body, "referenced_tweets": [{"type": "quoted", "id": str(quoted)}]}


KEPT = [
    tweet(OLD, 9),
    tweet(FIRST, 1, OLD),  # read before
    tweet(SECOND, 2, FIRST),  # in the same batch
    tweet(THIRD, 3, LAST),  # to come
    tweet(FOURTH, 4, FIRST),  # a batch before
    tweet(LAST, 5, 404),  # nowhere
    tweet(NOBODYS, None, OLD),
]


def test_authors_are_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_reader, "BATCH", 3)
    archive = SqliteArchive(tmp_path / "archive", tmp_path / "letters")
    archive.write([Document("twx", body["id"], body, True, 1) for body in KEPT])
    asked: list[Sequence[str]] = []
    get = archive.get
    monkeypatch.setattr(archive, "get", lambda index, ids: (asked.append(ids), get(index, ids))[1])
    for kept, questions in ((100, [["90", "105"], ["404", "106"]]), (1, [["90", "105"], ["101", "404", "106"]])):
        monkeypatch.setattr(edge_reader, "KEPT", kept)
        read = list(EdgeReader(archive, "twx").read(archive.scan("twx", str(OLD))))
        found = {int(body["id"]): ([edge.target for edge in made], lacking) for body, made, lacking in read}
        assert found.pop(LAST) == ([], ["404"])
        assert found.pop(NOBODYS) == ([], ["106"])
        assert found == {FIRST: (["9"], []), SECOND: (["1"], []), THIRD: (["5"], []), FOURTH: (["1"], [])}
        assert list(map(set, asked)) == list(map(set, questions)), f"with {kept} authors in memory"
        asked.clear()
    archive.close()
