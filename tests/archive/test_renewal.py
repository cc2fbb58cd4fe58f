"""Files of an earlier version: their full text is renewed once, after a copy, and nothing is missing meanwhile."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from netwar.archive.sqlite import renewal
from netwar.archive.sqlite.packing import Packer
from netwar.archive.sqlite.profiles import PROFILES
from netwar.archive.sqlite.reading import DocumentTable
from netwar.archive.sqlite.schema import MIGRATIONS
from netwar.archive.sqlite.store import SqliteArchive
from netwar.archive.sqlite.tweets import TWEETS
from netwar.connections.runs import exclusive
from netwar.connections.sqlite import connect
from tests.archive.test_archive_files import NOW, document, sound

TEXTS = ["NASAが発表した", "AT&amp;T stock", "launch 🚀 today", "η πόλη μας", "plain words", "Über naïve"]
FOUND = {"nasa": 0, "AT&T": 1, "🚀": 2, "πολη": 3, "plain": 4, "naive": 5}
TWEETS_THERE = 60


def words_of(id: int) -> str:
    return f"{TEXTS[id % len(TEXTS)]} n{id}"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An archive as the version before wrote it, with tweets 0 to 59 and a profile; its folder."""
    folder = tmp_path / "archive"
    with closing(connect(folder / "brexit.sqlite", MIGRATIONS[:2])) as connection:
        packer = Packer(connection)
        packer.keep_dictionary(connection)
        for kind, bodies in (
            (TWEETS, [{"id": str(id), "text": words_of(id), "author_id": "7"} for id in range(TWEETS_THERE)]),
            (PROFILES, [{"id": "7", "username": "ann", "description": "of 東京NASA"}]),
        ):
            for body in bodies:
                row, lifted = kind.take(body, int(str(body["id"])), NOW)
                names = ", ".join((*kind.columns, "document"))
                values = (*row, packer.pack(lifted))
                connection.execute(f"INSERT INTO {kind.table} ({names}) VALUES ({', '.join('?' * len(values))})", values)
        connection.execute("INSERT INTO tweet_words (rowid, text, era) SELECT key, text, era FROM tweet")
        connection.execute("INSERT INTO profile_words (rowid, spoken) SELECT key, spoken FROM profile")
    return folder


@pytest.fixture
def archive(old: Path) -> Iterator[SqliteArchive]:
    with closing(SqliteArchive(old, old.parent / "dead-letters")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "BATCH_SIZE", 7)


def found(archive: SqliteArchive, words: str, index: str = "twbrexit") -> list[int]:
    return [int(body["id"]) for body in archive.search(index, words)]


def everything_is_found(archive: SqliteArchive) -> None:
    for words, number in FOUND.items():
        assert found(archive, words) == [id for id in reversed(range(TWEETS_THERE)) if id % len(TEXTS) == number], words
    assert found(archive, "nasa", "tubrexit") == [7]


def whole(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "brexit.sqlite", isolation_level=None)) as shell:
        sound(shell)
        tables = {row[0] for row in shell.execute("SELECT name FROM sqlite_master")}
        assert "tweet_spelled" in tables
        assert not any("words" in name for name in tables)
        assert shell.execute("SELECT count(*) FROM renewal").fetchone()[0] == 0


def test_it_is_renewed_once_after_a_copy(archive: SqliteArchive, old: Path, caplog: pytest.LogCaptureFixture) -> None:
    everything_is_found(archive)
    whole(old)
    copy = old / "brexit.sqlite.of-schema-2"
    assert f"kept in {copy}" in caplog.text
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not list(old.glob("*.part*"))
    with closing(sqlite3.connect(copy)) as shell:
        assert shell.execute("SELECT count(*) FROM tweet").fetchone()[0] == TWEETS_THERE
        asked = "SELECT count(*) FROM tweet_words WHERE tweet_words MATCH 'plain'"
        assert shell.execute(asked).fetchone()[0] == TWEETS_THERE // 6
    assert archive.indices() == ["twbrexit", "tubrexit"] or archive.indices() == ["tubrexit", "twbrexit"]
    caplog.clear()
    everything_is_found(archive)
    assert caplog.text == ""


@pytest.mark.parametrize("portions", [1, 4, 9])
def test_it_can_be_cut_off(archive: SqliteArchive, old: Path, portions: int) -> None:
    script = f"""
import os, signal, sys
from pathlib import Path
from netwar.archive.sqlite import renewal
from netwar.archive.sqlite.store import SqliteArchive
renewal.BATCH_SIZE, read, done = 7, renewal._read_more, []
def killed(*arguments):
    done.append(read(*arguments))
    if len(done) == {portions}:
        os.kill(os.getpid(), signal.SIGKILL)
    return done[-1]
renewal._read_more = killed
list(SqliteArchive(Path(sys.argv[1]), Path(sys.argv[1]) / "dead").search("twbrexit", "nasa"))
"""
    assert subprocess.run([sys.executable, "-c", script, old], timeout=60).returncode == -signal.SIGKILL
    assert renewal.unread(archive._files.made("twbrexit"), "tweet")[0] == 1 + 7 * portions if portions < 9 else True
    everything_is_found(archive)
    whole(old)


def test_a_program_of_the_version_before_that_still_runs_writes_nothing(old: Path) -> None:
    """What it wrote would be in no full text that is asked. It fails instead, and keeps its page in the spool."""
    with closing(sqlite3.connect(old / "brexit.sqlite", isolation_level=None)) as running:
        running.execute("CREATE VIEW of_people AS SELECT gone FROM nowhere")  # nothing of ours, and broken
        with closing(SqliteArchive(old, old.parent / "dead-letters")) as new:
            assert new.count("twbrexit") == TWEETS_THERE
            running.execute("BEGIN IMMEDIATE")
            running.execute("INSERT INTO tweet (id, text, version, document) VALUES (100, 'plain', 1, x'00')")
            with pytest.raises(sqlite3.OperationalError, match="no such table"):
                running.execute("INSERT INTO tweet_words (rowid, text, era) VALUES (61, 'plain', 0)")
            running.execute("ROLLBACK")
            everything_is_found(new)
    whole(old)


def test_what_is_written_meanwhile_is_found(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, turns = renewal._read_more, iter(range(1_000))

    def disturbed(*arguments):  # type: ignore[no-untyped-def]
        turn = next(turns)
        with closing(SqliteArchive(old, old.parent / "dead-letters")) as other:
            other.write([document("twbrexit", 1000 + turn, text=f"🌍 new{turn}")])
            other.write([document("twbrexit", id, NOW + 1, text=f"🌍 changed{id}") for id in (3 * turn, 59 - turn)])
            other.forget("twbrexit", [str(3 * turn + 1)])
        return read(*arguments)

    monkeypatch.setattr(renewal, "_read_more", disturbed)
    with closing(SqliteArchive(old, old.parent / "dead-letters")) as archive:
        found(archive, "anything")
        whole(old)
        there = {int(body["id"]): body["text"] for body in archive.scan("twbrexit")}
        assert found(archive, "🌍") == sorted((id for id, text in there.items() if "🌍" in text), reverse=True)
        assert found(archive, "nasa") == sorted((id for id, text in there.items() if "NASA" in text), reverse=True)
        assert len([id for id in there if id >= 1000]) > 9


def test_without_room_every_text_is_looked_at(
    archive: SqliteArchive, old: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    archive.count("twbrexit")
    (copy := old / "brexit.sqlite.of-schema-2").unlink()  # which had room
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 1000))  # type: ignore[attr-defined]
    everything_is_found(archive)
    assert "61 texts are read one by one; to renew it: " in caplog.text
    assert not copy.exists()
    archive.write([document("twbrexit", 100, text="NASA again"), document("twbrexit", 6, NOW + 1, text="nothing")])
    archive.forget("twbrexit", ["12"])
    everything = found(archive, "nasa")
    assert everything == [100, *(id for id in reversed(range(TWEETS_THERE)) if id % 6 == 0 and id not in (6, 12))]
    archive.forget("twbrexit", ["100", "59"])  # the newest row of old: its key is not given away, as it would be read twice
    archive.write([document("twbrexit", 100, text="NASA again")])
    archive.write([document("twbrexit", 100, NOW + 1, text="NASA, again changed")])
    monkeypatch.undo()
    assert found(archive, "nasa") == everything
    assert found(archive, '"again changed"') == [100]
    archive.write([document("twbrexit", 100, NOW + 2, text="nothing")])
    assert found(archive, "nasa") == everything[1:]
    whole(old)


def test_one_program_at_a_time(archive: SqliteArchive, old: Path, caplog: pytest.LogCaptureFixture) -> None:
    lock = exclusive(old, "brexit-renewal", "")
    everything_is_found(archive)
    assert "another program is renewing its full-text index" in caplog.text
    os.close(lock)
    everything_is_found(archive)
    whole(old)


def test_what_another_program_renews_during_a_search_is_found_once(
    archive: SqliteArchive, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, asked = exclusive(old, "brexit-renewal", ""), DocumentTable._sorted

    def renewed_first(shelf: DocumentTable, match: str) -> list[tuple[int, int]]:
        if renewal.unread(shelf._file, "tweet") != (1, 0):
            os.close(lock)
            renewal.renew(shelf._file)
        return asked(shelf, match)

    monkeypatch.setattr(DocumentTable, "_sorted", renewed_first)
    everything_is_found(archive)


def test_a_new_file_has_no_old_full_text(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with closing(SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")) as archive:
        archive.write([document("twbrexit", 1, text="NASAが")])
        assert found(archive, "nasa") == [1]
    whole(tmp_path / "archive")
    assert caplog.text == ""
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["brexit.sqlite"]
