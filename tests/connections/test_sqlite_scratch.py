"""Private databases: any number of rows, nothing on the disk that has a name, and a full disk told in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwar.connections.sqlite_scratch import Scratch
from netwar.errors import ServiceDown

TABLE = "CREATE TABLE one (n INTEGER, text TEXT)"
ROW = "INSERT INTO one VALUES (?, ?)"


def test_it_outgrows_memory_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Scratch(TABLE, cache_mib=1) as scratch:
        scratch.put(ROW, ((n % 1_000, "x" * 100) for n in range(25_000)))
        assert not list(tmp_path.iterdir()), "it has no name"
        rows = scratch.rows("SELECT n, count(*) FROM one GROUP BY n ORDER BY n")
        assert [next(rows), next(rows)] == [(0, 25), (1, 25)]
        assert scratch.run("DELETE FROM one WHERE n < 10") == 250


def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Scratch(TABLE) as scratch:
        scratch.run("PRAGMA max_page_count = 20")
        with pytest.raises(ServiceDown, match=f"{tmp_path} cannot be used: the disk is full; make room"):
            scratch.put(ROW, ((n, "x" * 100) for n in range(25_000)))
