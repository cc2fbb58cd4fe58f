"""Database files: made, found and opened without harm to those who have them open, and without following anybody's links."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path
from threading import Event, Thread

import pytest

from netwar.connections import folders, new_files, sqlite_files
from netwar.connections.folders import MORE_FILES
from netwar.connections.sqlite import connect
from netwar.connections.sqlite_handles import AllHandles
from netwar.errors import ConfigError, ServiceDown
from tests.contract.opening import processes
from tests.room import files_for
from tests.rows import rows

TABLE = ["CREATE TABLE t (x INTEGER);"]

# Each process opens the file twice, as money and windows do, says so, and goes on when it is told to.
TWICE = """
from netwar.connections.sqlite import connect
first, second = (connect(Path(sys.argv[1]), ["CREATE TABLE t (x INTEGER);"]) for _ in range(2))
for number in range(3):
    first.execute("INSERT INTO t VALUES (?)", (number,))
print("wrote", flush=True)
sys.stdin.readline()
for number in range(300):
    (first, second)[number % 2].execute("INSERT INTO t VALUES (?)", (number,))
print("wrote", flush=True)
sys.stdin.readline()
second.close()
first.close()
"""


def test_a_program_that_ends_takes_nothing_from_one_that_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    with processes(2, TWICE, file) as (first, second):
        assert [first.says(), second.says()] == ["wrote", "wrote"]
        second.go()
        second.go()
        second.end()
        assert (tmp_path / "x.sqlite-wal").exists(), "the log that the first one still uses was removed"
        with processes(1, TWICE, file) as (third,):
            assert third.says() == "wrote"
            first.go()
            assert first.says() == "wrote"
            third.go()
            third.go()
            third.end()
        first.go()
        first.end()
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT count(*) FROM t").fetchone() == (3 * 303,)


def test_no_handle_of_the_file_is_opened_or_closed_but_by_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.sqlite"
    with closing(connect(file, TABLE)):
        seen: list[object] = []
        genuine = os.open
        monkeypatch.setattr(os, "open", lambda *args, **more: seen.append(args) or genuine(*args, **more))
        connect(file, TABLE).close()
    assert [args for args in seen if args != (os.devnull, os.O_RDONLY)] == []


def test_threads_that_make_a_file_at_once_keep_each_others_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the making of a file and its closing nobody else opens it."""
    file = tmp_path / "x.sqlite"
    opened: list[sqlite3.Connection] = []
    other = Thread(target=lambda: opened.append(connect(file, TABLE)))
    genuine = os.close

    def close(handle: int) -> None:
        if not other.ident:
            other.start()
            other.join(0.2)
            assert not opened
        genuine(handle)

    monkeypatch.setattr(os, "close", close)
    opened.append(connect(file, TABLE))
    other.join()
    assert len(opened) == 2
    for connection in opened:
        connection.close()


def test_a_new_file_is_its_owners_alone_or_the_groups(tmp_path: Path) -> None:
    os.umask(before := os.umask(0))
    try:
        os.umask(0)
        connect(tmp_path / "own" / "x.sqlite", TABLE).close()
        os.umask(0o077)
        (tmp_path / "group").mkdir()
        (tmp_path / "group").chmod(0o2770)
        connect(tmp_path / "group" / "x.sqlite", TABLE).close()
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name / "x.sqlite").stat().st_mode) for name in ("own", "group")] == [0o600, 0o660]


def test_the_mode_of_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o770)
    (tmp_path / "x.sqlite").touch(mode=0o600)
    connect(tmp_path / "x.sqlite", TABLE).close()
    assert stat.S_IMODE((tmp_path / "x.sqlite").stat().st_mode) == 0o600


PLANTED: dict[str, Callable[[Path, Path], None]] = {
    "link": lambda path, other: path.symlink_to(other),
    "dangling link": lambda path, other: path.symlink_to(other.with_name("none")),
    "second name": lambda path, other: os.link(other, path),
    "fifo": lambda path, other: os.mkfifo(path),
    "folder": lambda path, other: path.mkdir(),
}


@rows("plant", PLANTED)
def test_what_is_no_plain_file_of_one_name_is_not_opened(tmp_path: Path, plant: str) -> None:
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE theirs (x)")
    content = other.read_bytes()
    PLANTED[plant](tmp_path / "x.sqlite", other)
    with pytest.raises(ConfigError, match="has a second name" if plant == "second name" else "is no plain file"):
        connect(tmp_path / "x.sqlite", TABLE)
    assert other.read_bytes() == content
    assert not (tmp_path / "none").exists()


def _link(path: Path, other: Path) -> None:
    path.unlink()
    path.symlink_to(other)


def _rename(path: Path, other: Path) -> None:
    os.replace(other, path)


@pytest.mark.parametrize("exchange", [_link, _rename, lambda path, other: os.link(path, path.with_name("second"))])
def test_a_file_that_is_exchanged_while_it_is_opened_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: Callable[[Path, Path], None]
) -> None:
    path, other = tmp_path / "x.sqlite", tmp_path / "other.sqlite"
    connect(path, TABLE).close()
    connect(other, []).close()
    content = other.read_bytes()
    genuine = sqlite3.connect

    def late(*args: object, **more: object) -> sqlite3.Connection:
        exchange(path, other)
        return genuine(*args, **more)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(sqlite_files.sqlite3, "connect", late)
    with pytest.raises(ConfigError, match=r"was exchanged for another file|has a second name"):
        connect(path, TABLE)
    assert (other if other.exists() else path).read_bytes() == content or exchange not in (_link, _rename)


def test_with_too_many_files_open_that_is_said_and_nobody_is_suspected(tmp_path: Path) -> None:
    """Whoever starts programs again does not after a wrong configuration, and this passes by itself."""
    path = tmp_path / "x.sqlite"
    connect(path, TABLE).close()
    told = []
    for more in range(9):
        with files_for(more):
            try:
                connect(path, TABLE).close()
            except ServiceDown as error:
                told.append(str(error))
    assert len(told) > 2
    assert set(told) == {f"{path} cannot be used: Too many open files: {MORE_FILES}"}
    with files_for(0), pytest.raises(OSError, match="Too many open files"):
        AllHandles()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_strangers_file_in_a_folder_that_everybody_may_write_to_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    connect(path, TABLE).close()
    os.chown(path, 12345, -1)
    connect(path, TABLE).close()  # of the group, or copied by somebody who may
    tmp_path.chmod(0o1777)
    with pytest.raises(ConfigError, match="is another user's"):
        connect(path, TABLE)


def test_a_handle_that_sqlite_kept_is_known_again(tmp_path: Path) -> None:
    """SQLite keeps the handle of a closed connection while another one of the process holds locks, and takes it up again."""
    file = tmp_path / "x.sqlite"
    with closing(connect(file, TABLE)) as first:
        first.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            connect(file, TABLE).close()
        first.execute("COMMIT")


def test_what_another_thread_opens_meanwhile_makes_no_suspicion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a handle that SQLite takes up again it is all that is new."""
    file, opened, is_open, ended = tmp_path / "x.sqlite", list[Thread](), Event(), Event()
    (tmp_path / "other").touch()
    genuine = sqlite3.connect

    def open_another() -> None:
        with (tmp_path / "other").open():
            is_open.set()
            ended.wait()

    def beside(*args: object, **more: object) -> sqlite3.Connection:
        if len(opened) < 4:
            is_open.clear()
            opened.append(Thread(target=open_another))
            opened[-1].start()
            is_open.wait()
        return genuine(*args, **more)  # type: ignore[call-overload,no-any-return]

    try:
        with closing(connect(file, TABLE)):
            monkeypatch.setattr(sqlite_files.sqlite3, "connect", beside)
            connect(file, TABLE).close()
    finally:
        ended.set()
        for thread in opened:
            thread.join()
    assert len(opened) == 4


def test_no_connection_crosses_a_fork(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    with closing(connect(file, TABLE)) as db:
        child = os.fork()
        if not child:
            told = 1
            try:
                db.execute("INSERT INTO t VALUES (1)")
            except sqlite3.ProgrammingError as error:
                with closing(connect(file, TABLE)) as own:
                    own.execute("INSERT INTO t VALUES (2)")
                told = 0 if "after a fork" in str(error) else 2
                db.close()
            finally:
                os._exit(told)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        db.execute("INSERT INTO t VALUES (3)")
        assert [row[0] for row in db.execute("SELECT x FROM t")] == [2, 3]
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@rows(
    ("plant", "migrations"),
    product(
        [
            "CREATE TRIGGER planted AFTER INSERT ON t BEGIN INSERT INTO ran VALUES (new.x); END",
            "DROP TABLE t; CREATE VIEW T AS SELECT 1 AS x",
            "DROP TABLE t; CREATE VIEW t AS SELECT 1 AS x; CREATE TRIGGER planted INSTEAD OF INSERT ON t BEGIN SELECT 1; END",
            "DROP TABLE t; CREATE TABLE t (x INTEGER, y AS (hex(x)))",
            "DROP TABLE t; CREATE VIRTUAL TABLE t USING fts5 (x)",
        ],
        [TABLE, [*TABLE, "INSERT INTO t VALUES (1);"]],  # as it is, and to be changed
    ),
)
def test_a_planted_view_or_trigger_runs_nothing(tmp_path: Path, plant: str, migrations: list[str]) -> None:
    path = tmp_path / "x.sqlite"
    connect(path, TABLE).close()
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"CREATE TABLE ran (x); {plant}")
    with pytest.raises(ConfigError, match=r"x\.sqlite holds what is not of this program \('(t|planted)'"):
        connect(path, migrations)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM ran").fetchone() == (0,)


def test_a_trigger_in_a_file_that_is_still_to_be_made_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE s (x); CREATE TRIGGER planted AFTER INSERT ON s BEGIN SELECT 1; END")
    with pytest.raises(ConfigError, match="'planted'"):
        connect(path, TABLE)


def test_what_people_have_added_for_themselves_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    connect(path, TABLE).close()
    with closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE own (x); CREATE VIEW many AS SELECT * FROM t; CREATE INDEX by_x ON t (x)")
    with closing(connect(path, [*TABLE, "ALTER TABLE t ADD COLUMN y;"])) as own:
        assert own.execute("SELECT count(*) FROM many").fetchone() == (0,)


def test_a_damaged_file_is_not_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    with closing(connect(path, TABLE)) as db:
        db.execute("INSERT INTO t VALUES (1)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"x" * 4096)
    with pytest.raises(ServiceDown, match=r"x\.sqlite is damaged"):
        connect(path, [*TABLE, "CREATE TABLE more (x);"])
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)


@pytest.mark.parametrize(("times", "told"), [(3, ""), (10_000, "unable to open")], ids=["passing", "lasting"])
def test_a_log_that_is_being_removed_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, told: str
) -> None:
    """Seen with two people in a shared folder who begin and end at once: for a moment SQLite can open no log."""
    connect(path := tmp_path / "x.sqlite", TABLE).close()
    tmp_path.chmod(0o770)
    real, left = sqlite_files._has_log, times

    def has_log(*given: object) -> bool:
        nonlocal left
        left -= 1
        if left < 0:
            return real(*given)  # type: ignore[arg-type]
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error

    monkeypatch.setattr(sqlite_files, "_has_log", has_log)
    if told:
        with pytest.raises(ServiceDown, match=told):
            connect(path, TABLE)
    else:
        connect(path, TABLE).close()
        assert left < 0


def test_without_files_without_a_name_nothing_is_put_over_what_another_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On NFS: between the making of a file and its filling another program of ours may come and go."""
    file, opened = tmp_path / "x.sqlite", folders.opened

    def another_comes(path: Path, flags: int) -> int:
        handle = opened(path, flags)
        child = os.fork()
        if not child:
            with closing(connect(file, TABLE)) as db:
                db.execute("INSERT INTO t VALUES (7)")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        return handle

    monkeypatch.setattr(new_files, "NAMELESS", 0)
    monkeypatch.setattr(folders, "opened", another_comes)
    with closing(connect(file, TABLE)) as db:
        assert db.execute("SELECT x FROM t").fetchall() == [(7,)]
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
