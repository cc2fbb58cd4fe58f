"""Files of earlier versions are brought up to date once, after a copy that is whole, however the programs that do so end."""

from __future__ import annotations

import random
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from netwar.archive.sqlite import schema as archive
from netwar.captures import sqlite_file as captures
from netwar.connections.sqlite import connect, transaction
from netwar.errors import ServiceDown
from netwar.meter import sqlite_file as meter
from netwar.operations.copying import former
from netwar.queues import sqlite_file as queues
from tests.desk import ROOT
from tests.randomly import SEED
from tests.rows import rows

# Of each file that has had an earlier layout: its scripts, and a row of its first.
STORES = {
    "meter": (meter.MIGRATIONS, "INSERT INTO paid VALUES ('app', '2026-11-28', 'post', '1')"),
    "queues": (queues.MIGRATIONS, "INSERT INTO entries (queue, user, state, queued) VALUES ('work', '1', 'waiting', 5.0)"),
    "brexit": (archive.MIGRATIONS, "INSERT INTO tweet (id, text, version, document) VALUES (7, 'seven', 1, x'00')"),
    "streams": (captures.MIGRATIONS, ""),
}
LAYOUTS = [(name, layout) for name, (scripts, _) in STORES.items() for layout in range(1, len(scripts))]
TABLE = ["CREATE TABLE t (x INTEGER, y TEXT);"]
MORE = [*TABLE, "ALTER TABLE t ADD COLUMN z;\nCREATE INDEX by_y ON t (y);"]
BACK = "mkdir newer && mv {name}* newer/ && mv newer/{name}.of-schema-{layout} {name}"  # as docs/installing.md has it


def content(path: Path) -> list[str]:
    """All that is in a file, as another tool sees it."""
    with closing(sqlite3.connect(path)) as shell:
        assert shell.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [str(shell.execute("PRAGMA user_version").fetchone()), *shell.iterdump()]


@rows(("store", "layout"), LAYOUTS)
def test_what_it_was_is_kept_and_can_be_gone_back_to(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, store: str, layout: int
) -> None:
    """With every layout that there ever was; twice, as the file may have gone on between; in folders that a group shares, too."""
    shared = layout == 1
    tmp_path.chmod(0o2770 if shared else 0o700)
    migrations, insertion = STORES[store]
    path, copy = tmp_path / f"{store}.sqlite", tmp_path / f"{store}.sqlite.of-schema-{layout}"
    for _ in range(2):
        with closing(connect(path, migrations[:layout])) as old:
            if insertion:
                old.execute(insertion)
        before = content(path)
        caplog.clear()
        connect(path, migrations).close()
        connect(path, migrations).close()
        assert caplog.text.count(f"kept in {copy}") == 1
        assert content(path)[0] == str((len(migrations),))
        assert content(copy) == before
        assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == [path.name, copy.name]
        assert (stat.S_IMODE(copy.stat().st_mode), former(tmp_path)) == (0o660 if shared else 0o600, [copy])
        command = BACK.format(name=path.name, layout=layout)
        assert command.replace(path.name, "brexit.sqlite").replace(str(layout), "2") in (ROOT / "docs/installing.md").read_text()
        subprocess.run(["sh", "-ec", command], cwd=tmp_path, check=True)
        assert content(path) == before
        shutil.rmtree(tmp_path / "newer")
        insertion = insertion.replace("'1'", "'2'").replace("7,", "8,")


def large(path: Path) -> list[str]:
    """A file of some hundred pages with the old layout; what is in it."""
    with closing(connect(path, TABLE)) as old, transaction(old):
        old.executemany("INSERT INTO t VALUES (?, ?)", [(x, f"{x}" * 300) for x in range(1000)])
    return content(path)


UPGRADES = f"""
import os, random, signal, sys
from pathlib import Path
from netwar.connections import sqlite_former as former, sqlite_schema as schema
from netwar.connections.sqlite import connect, transaction
former.STEP_PAGES, when, seed = 5, sys.argv[2], int(sys.argv[3])
steps = iter(range(random.Random(seed).randint(1, 20), -1, -1))
def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)
class Source:
    def __init__(self, connection):
        self.execute, self.backup_, self.connection = connection.execute, connection.backup, connection
    in_transaction = property(lambda self: self.connection.in_transaction)
    def backup(self, made, pages, progress):
        self.backup_(made, pages=pages, progress=lambda *_: next(steps) or kill())
copied, statements = former._copied, schema._statements
if when == "copying":
    former._copied = lambda connection, begun: copied(Source(connection), begun)
if when == "copied":
    former.os.replace = kill
if when == "named":
    former.synced = kill
if when == "changing":
    schema._statements = lambda script: (one if "INDEX" not in one else kill() for one in statements(script))
connect(Path(sys.argv[1]), {MORE!r}).close()
"""


def begun(path: Path, when: str = "", seed: int = 0) -> subprocess.Popen[str]:
    """A program of the new version."""
    command = [sys.executable, "-c", UPGRADES, str(path), when, str(seed)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_a_kill_at_any_moment_loses_neither_the_file_nor_the_copy(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    for when in ("copying", "copied", "named", "changing"):
        (folder := tmp_path / when).mkdir()
        path = folder / "x.sqlite"
        before = large(path)
        killed = begun(path, when, chance.randrange(1000))
        killed.communicate(timeout=60)
        assert killed.returncode == -signal.SIGKILL, when
        if (folder / "x.sqlite.of-schema-1").exists():
            assert content(folder / "x.sqlite.of-schema-1") == before, "half a copy never looks like one"
        assert content(path) == before
        after = begun(path)
        assert (after.communicate(timeout=60)[1].count("kept in"), after.returncode) == (1, 0), when
        assert content(folder / "x.sqlite.of-schema-1") == before
        assert content(path)[0] == "(2,)"
        assert sorted(one.name for one in folder.iterdir()) == ["x.sqlite", "x.sqlite.of-schema-1"], when


def test_several_programs_that_start_at_once_do_it_once_while_an_old_one_writes(tmp_path: Path) -> None:
    """What the old one has written is there; the copy is of one moment."""
    large(path := tmp_path / "x.sqlite")
    over, written = Event(), []

    def write() -> None:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as old:
            while not over.wait(0.002):
                number = len(written) + 1
                old.execute("BEGIN IMMEDIATE")
                old.execute("INSERT INTO t (x, y) VALUES (?, 'new')", (number,))
                old.execute("UPDATE t SET y = ? WHERE x = 0", (str(number),))
                old.execute("COMMIT")
                written.append(number)

    (writer := Thread(target=write)).start()
    try:
        several = [begun(path) for _ in range(4)]
        told = [one.communicate(timeout=60)[1] for one in several]
    finally:
        over.set()
        writer.join()
    assert ([one.returncode for one in several], "".join(told).count("kept in")) == ([0] * 4, 1), told
    for file in (path, tmp_path / "x.sqlite.of-schema-1"):
        content(file)
        with closing(sqlite3.connect(file)) as shell:
            assert int(shell.execute("SELECT y FROM t WHERE x = 0 AND y != 'new'").fetchone()[0]) == news(shell)
    with closing(sqlite3.connect(path)) as shell:
        assert news(shell) == len(written) > 0


def news(shell: sqlite3.Connection) -> int:
    return int(shell.execute("SELECT count(*) FROM t WHERE y = 'new'").fetchone()[0])


def test_without_room_nothing_is_changed_unless_somebody_says_that_there_is_a_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = large(path := tmp_path / "x.sqlite")
    draft = tmp_path / "x.sqlite.of-schema-1.part"
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 1000))  # type: ignore[attr-defined]
        draft.touch()  # of a run that was killed, which took the room
        with pytest.raises(ServiceDown, match=r"or take a backup onto another disk .* touch \S+x\.sqlite\.of-schema-1$"):
            connect(path, MORE)
    assert content(path) == before
    assert [one.name for one in tmp_path.iterdir()] == ["x.sqlite"]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))  # the disk is full before it is whole
    try:
        with pytest.raises(ServiceDown, match=r"x\.sqlite cannot be used"):
            connect(path, MORE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert content(path) == before
    assert [one.name for one in tmp_path.iterdir()] == ["x.sqlite"]
    (tmp_path / "x.sqlite.of-schema-1").touch()
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 1000))  # type: ignore[attr-defined]
    connect(path, MORE).close()
    assert "no room for a new copy" in caplog.text
    assert content(path)[0] == "(2,)"
