"""What others put beside a database: SQLite would take it for its own log or journal."""

from __future__ import annotations

import os
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from netwar.connections import sqlite_files
from netwar.connections.sqlite import connect
from netwar.connections.sqlite_looking import look
from netwar.errors import ConfigError, ServiceDown
from tests.desk import ROOT
from tests.rows import rows

TABLE = ["CREATE TABLE t (x INTEGER);"]
MAGIC = bytes.fromhex("d9d505f920a163d7")
PAGE = 4096


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (path := tmp_path / "data" / "x.sqlite").parent.mkdir()
    connect(path, TABLE).close()
    return path


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    (path := tmp_path / "victim").write_text("mine\n")
    return path


def journal(file: Path, victim: Path | None = None) -> Path:
    """One that changes nothing, and names the victim as the file that leads several databases."""
    content = (MAGIC + struct.pack(">5I", 0, 1, file.stat().st_size // PAGE, 512, PAGE)).ljust(512, b"\0")
    if victim:
        name = os.fsencode(victim)
        content += struct.pack(">I", (1 << 30) // PAGE + 1) + name + struct.pack(">2I", len(name), sum(name)) + MAGIC
    (path := file.with_name(f"{file.name}-journal")).write_bytes(content)
    return path


@pytest.mark.parametrize("opening", [connect, look])
def test_a_journal_removes_nothing_that_it_names(file: Path, victim: Path, opening: Callable[..., sqlite3.Connection]) -> None:
    journal(file, victim)
    with pytest.raises(ConfigError, match=r"x\.sqlite-journal would have another file removed: .*move it away"):
        opening(file, TABLE)
    assert victim.read_text() == "mine\n"


@pytest.mark.parametrize("way", ["a group's", "by a link"])
def test_a_journal_that_comes_late_is_not_obeyed_either(
    file: Path, victim: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Whoever puts it there when it has been looked for already meets a reader of ours, beside whom nothing is rolled back."""
    if way == "by a link":  # somebody else may turn it, to a folder of theirs
        (link := file.parents[1] / "link").symlink_to(file.parent)
        path = link / file.name
    else:
        (path := file).parent.chmod(0o770)
    genuine = sqlite_files.beside.check

    def early(path: Path, plain: Callable[..., object]) -> None:
        genuine(path, plain)
        journal(file, victim)

    monkeypatch.setattr(sqlite_files.beside, "check", early)
    with pytest.raises((ConfigError, sqlite3.Error)):
        sqlite_files.opened(path, 0)
    monkeypatch.setattr(sqlite_files.beside, "check", lambda path, plain: None)
    (late := file.with_name(f"{file.name}-journal")).unlink(missing_ok=True)
    has_log = sqlite_files._has_log
    monkeypatch.setattr(sqlite_files, "_has_log", lambda *given: (has_log(*given), journal(file, victim))[0])
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        sqlite_files.opened(path, 0)
    assert victim.read_text() == "mine\n"
    late.unlink()
    monkeypatch.undo()
    connect(path, TABLE).close()


# Somebody puts a pipe, or a journal, there when it has been looked for the Nth time; and takes the pipe away again, or not.
PIPE = """
import os, signal, sys, threading, time
from pathlib import Path
from netwar.connections import sqlite_files
from netwar.connections.sqlite import connect
from netwar.errors import ConfigError

path, late, what, genuine, seen = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sqlite_files.beside.check, []
pipe = path.with_name(path.name + "-journal")

def check(*given):
    genuine(*given)
    seen.append(given)
    if len(seen) == late:
        path.with_name("aside").rename(pipe) if what == "journal" else os.mkfifo(pipe, 0o640)
        if what == "again":
            threading.Timer(0.2, pipe.unlink).start()
            threading.Timer(1.2, os.kill, (os.getpid(), signal.SIGINT)).start()

sqlite_files.beside.check = check
try:
    connect(path, ["CREATE TABLE t (x INTEGER);"])
except (ConfigError, KeyboardInterrupt) as error:
    time.sleep(1)  # what was left in the middle of a read goes on
    sys.exit(f"{type(error).__name__} {error}")
"""


@rows(("late", "what"), [*product(["1", "2"], ["again", "never"]), ("2", "journal")])
def test_a_pipe_that_comes_late_holds_nobody_up(file: Path, victim: Path, late: str, what: str) -> None:
    """Nothing wakes SQLite up, which opens it to read: no signal does, and nobody may write to it but who made it."""
    file.parent.chmod(0o2770)
    journal(file, victim).rename(file.with_name("aside"))
    code = [sys.executable, "-c", PIPE, str(file), late, what]
    ended = subprocess.run(code, cwd=ROOT, stderr=subprocess.PIPE, text=True, timeout=30)
    known = {"again": "KeyboardInterrupt", "journal": f"ConfigError {file}-journal would have another file removed"}
    told = known.get(what, f"ConfigError {file}-journal is no plain file")
    file.with_name(f"{file.name}-journal").unlink(missing_ok=True)
    assert (ended.returncode, ended.stderr[: len(told)]) == (1, told)
    assert victim.exists()


BESIDE = ["-wal", "-shm", "-journal"]


@rows(("ending", "plant"), product(BESIDE, [os.link, os.symlink, lambda victim, place: os.mkfifo(place)]))
def test_what_is_no_plain_file_is_not_taken_for_a_log(
    file: Path, victim: Path, ending: str, plant: Callable[[Path, Path], None]
) -> None:
    for planted in BESIDE:
        file.with_name(file.name + planted).unlink(missing_ok=True)
    plant(victim, file.with_name(file.name + ending))
    for opening in (connect, look):
        with pytest.raises(ConfigError, match=rf"x\.sqlite{ending} (is no plain file|has a second name)"):
            opening(file, TABLE)
    assert victim.read_text() == "mine\n"


def killed(file: Path) -> None:
    """Leave a file without a log as a program does that is killed while it writes to it."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=DELETE")
        db.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(5)])
    child = os.fork()
    if not child:
        db = sqlite3.connect(file, isolation_level=None)
        db.execute("PRAGMA cache_size=1")
        db.execute("BEGIN")
        db.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(5_000)])
        os._exit(0)
    os.waitpid(child, 0)
    assert file.with_name(f"{file.name}-journal").stat().st_size


@pytest.mark.parametrize("opening", [connect, look])
def test_what_a_program_of_ours_has_left_half_done_is_rolled_back(file: Path, opening: Callable[..., sqlite3.Connection]) -> None:
    killed(file)
    with closing(opening(file, TABLE)) as db:
        assert db.execute("SELECT count(*) FROM t").fetchone() == (5,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",), "from now on it has a log"


def test_a_file_that_was_killed_when_it_was_made_is_made_again(file: Path) -> None:
    killed(file)
    file.write_bytes(b"")
    with closing(connect(file, TABLE)) as db:
        assert db.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_another_user_has_left_half_done_is_not(file: Path) -> None:
    killed(file)
    os.chown(left := file.with_name(f"{file.name}-journal"), 12345, -1)
    before = file.read_bytes()
    with pytest.raises(ConfigError, match=r"x\.sqlite-journal may be another user's"):
        connect(file, TABLE)
    assert (left.exists(), file.read_bytes()) == (True, before)


def without_log(file: Path) -> None:
    """As who may write a database writes into its head that it has none."""
    with file.open("r+b") as database:
        database.seek(18)
        database.write(b"\1\1")


def upgraded_beside_a_journal(file: Path, victim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that is to have no log stands for a moment where others may write: of a file before it is brought up to date."""
    part, genuine = file.with_name("x.sqlite.of-schema-1.part"), sqlite_files.Connection.backup

    def backup(*given: Any, **more: Any) -> None:
        genuine(*given, **more)
        journal(part, victim)

    monkeypatch.setattr(sqlite_files.Connection, "backup", backup, raising=False)
    connect(file, [*TABLE, "ALTER TABLE t ADD COLUMN y;"]).close()
    assert victim.exists()
    assert file.with_name("x.sqlite.of-schema-1").read_bytes()[18:20] == b"\1\1"
    with closing(sqlite3.connect(file.with_name("x.sqlite.of-schema-1"))) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_who_makes_a_file_one_without_a_log_has_no_journal_obeyed(
    file: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever it comes: where others may write, no database is opened but with its log, which it gets by hand."""
    file.parent.chmod(0o2770)
    monkeypatch.setattr("netwar.connections.sqlite.BUSY_SECONDS", 0)
    genuine = sqlite_files.beside.check
    for opening, late in product((connect, look), range(1, 5)):
        without_log(file)
        looked_at: list[Path] = []

        def check(path: Path, plain: Callable[..., object], late: int = late, seen: list[Path] = looked_at) -> None:
            genuine(path, plain)
            seen.append(path)
            if len(seen) == late:
                journal(file, victim)

        with suppress(ConfigError, ServiceDown), monkeypatch.context() as patched:
            patched.setattr(sqlite_files.beside, "check", check)
            opening(file, TABLE).close()
        assert (late, victim.exists()) == (late, True)
        file.with_name(f"{file.name}-journal").unlink(missing_ok=True)
    connect(file, TABLE).close()
    assert file.read_bytes()[18:20] == b"\2\2"
    without_log(file)
    with monkeypatch.context() as patched:
        patched.setattr(sqlite_files, "_has_log", lambda *_: True)  # as the reader has found, before somebody took it
        with pytest.raises(ConfigError, match="was exchanged"):
            connect(file, TABLE)
    killed(file)  # this user's, but anybody may have given it that name
    with pytest.raises(ConfigError, match=r"x\.sqlite-journal may be another user's"):
        connect(file, TABLE)
    file.parent.chmod(0o700)
    connect(file, TABLE).close()
    file.parent.chmod(0o2770)
    upgraded_beside_a_journal(file, victim, monkeypatch)


def test_a_file_gets_its_log_when_nobody_else_reads_it(file: Path) -> None:
    """Another program that has it open without one, as a copy that was made by hand, heeds the log from then on."""
    with closing(sqlite3.connect(file, isolation_level=None)) as shell:
        shell.execute("PRAGMA journal_mode=DELETE")
        shell.execute("BEGIN")
        assert shell.execute("SELECT count(*) FROM t").fetchone() == (0,)
        begin = "import sys; from pathlib import Path; from netwar.connections import sqlite_files as f; f.NEW_SECONDS = 0.2;"
        code = [sys.executable, "-c", f"{begin} f.opened(Path(sys.argv[1]), 0).execute('INSERT INTO t VALUES (1)')", str(file)]
        refused = subprocess.run(code, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        assert "another program keeps it from getting one" in refused.stderr
        assert file.read_bytes()[18:20] == b"\1\1"
        shell.execute("COMMIT")
        code[2] = code[2].replace("f.NEW_SECONDS = 0.2;", "")
        subprocess.run(code, cwd=ROOT, check=True)
        assert shell.execute("SELECT count(*) FROM t").fetchone() == (1,)
        shell.execute("INSERT INTO t VALUES (2)")
        assert shell.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert shell.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_another_users_file_without_a_log_is_not_opened_to_write(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, a journal could be put beside it at any time."""
    monkeypatch.setattr(sqlite_files, "NEW_SECONDS", 0)
    os.chown(file, 12345, -1)
    connect(file, TABLE).close()
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA journal_mode=DELETE")
    with pytest.raises(ConfigError, match="another user's and has no log yet"):
        connect(file, TABLE)
    os.chown(file, 0, -1)
    connect(file, TABLE).close()
    os.chown(file, 12345, -1)
    connect(file, TABLE).close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_another_user_was_killed_in_making_is_made_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen in a soak: a stream that was killed as it began kept everybody else from its captures for days."""
    file = tmp_path / "x.sqlite"
    child = os.fork()
    if not child:
        monkeypatch.setattr(sqlite_files, "_connected", lambda *_: os._exit(0))
        connect(file, TABLE)
    os.waitpid(child, 0)
    os.chown(file, 12345, -1)
    monkeypatch.setattr(sqlite_files, "NEW_SECONDS", 0)
    with closing(connect(file, TABLE)) as db:
        assert db.execute("SELECT count(*) FROM t").fetchone() == (0,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
