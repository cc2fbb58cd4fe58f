"""Who only looks needs no right to write, sees what is in the log, and is not stopped by what a neighbour's file holds."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from netwar.archive.sqlite.schema import MIGRATIONS
from netwar.archive.sqlite.store import SqliteArchive
from netwar.connections.sqlite import connect
from netwar.connections.sqlite_looking import look
from netwar.errors import ServiceDown
from netwar.meter.sqlite_file import MIGRATIONS as METER
from netwar.records.documents import Document
from tests import forked
from tests.desk import BIN, ROOT, Begun, Desk

NOBODY = pwd.getpwnam("nobody")
AS_ANOTHER = Path(__file__).with_name("as_another.py")
Visitor = Callable[..., subprocess.CompletedProcess[str]]
LIBRARIES = [path for path in sys.path if path.endswith("site-packages")]
OURS = {"created_at": "2020-01-01T00:00:00.000Z", "netwar": {"retrieved": "2024-01-01T00:00:00.000Z", "via": "timeline"}}
TABLE = ["CREATE TABLE t (x INTEGER);"]
UNREAD, LOST = (".sqlite", "is damaged"), (".sqlite-wal", "belongs to a database that is gone")
PROGRAMS = [
    ("tw-search brexit hello", "hello"),
    ("tw-coverage brexit", ""),
    ("tw-1tweet 1000000000000000001", "hello"),
    ("tw-1name nasa --index brexit", "nasa"),
    ("tw-spend --no-ask", ""),
    ("tw-indices", "brexit"),
    ("tw-showwork", "0 waiting"),
    ("tw-rates --no-ask", ""),
    ("tw-idu3elk brexit --estimate", ""),
]


def tweet(index: str) -> list[Document]:
    body = {
        "id": "1000000000000000001",
        "author_id": "11348282",
        "text": "hello there",
        "created_at": "2020-01-01T00:00:00.000Z",
        **OURS,
    }
    user = {"id": "11348282", "username": "nasa", "name": "NASA", **OURS}
    return [Document(f"tw{index}", body["id"], body, True, 1), Document(f"tu{index}", user["id"], user, True, 1)]


@pytest.fixture
def data(desk: Desk) -> Path:
    """A folder in which two indices, a queue and spending were recorded, with nothing open."""
    desk.configure(consumer_key="key", consumer_secret="secret", access_token_key="1-a", access_token_secret="b", data="data")
    desk.run("tw-quser2work", "-", input="1\n", check=0)
    desk.run("tw-wipework", "--yes", check=0)
    folder = desk.home / "data"
    with closing(SqliteArchive(folder / "archive", folder / "dead-letters")) as archive:
        for index in ("brexit", "other"):
            archive.write(tweet(index))
    return folder


@pytest.mark.parametrize(("file", "said"), [UNREAD, LOST])
def test_a_neighbours_damaged_file_stops_nothing_but_itself(desk: Desk, data: Path, file: str, said: str) -> None:
    (data / "archive" / f"aaa{file}").write_bytes(b"x" * 9000)
    for command, shown in PROGRAMS:
        ended = desk.run(*command.split(), check=1 if command == "tw-indices" else 0)
        assert shown in ended.stdout
    told = desk.run("tw-1tweet", "123", check=1).stderr
    assert told.startswith("tw-1tweet: tweet 123 is not recorded in twbrexit, twother; left out: ")
    assert f"aaa{file} {said}" in told
    assert f"aaa{file} {said}" in desk.run("tw-search", "aaa", "hello", check=69).stderr
    desk.run("tw-copy", "brexit", "copied", check=0)
    told = desk.run("tw-search", "none", "x", check=1).stderr
    assert "there is no index none (there are: brexit, copied, other); left out: " in told
    assert f"aaa{file} {said}" in told


@pytest.mark.parametrize("command", ["tw-1tweet 123", "tw-indices", "tw-graph feed", "tw-search brexit hello"])
def test_nothing_is_said_of_what_is_recorded_where_nothing_can_be_read(desk: Desk, data: Path, command: str) -> None:
    """As when the disk is full, or a folder is not ours: none of it is "not recorded", and a later run may do better."""
    (data / "archive" / "other.sqlite").unlink()
    brexit = data / "archive" / "brexit.sqlite"
    path = desk.home / ".twitter"
    path.write_text(path.read_text().replace("[STREAM]\n", "[STREAM]\ngraph = on\n"))
    for file, said in (UNREAD, LOST):
        brexit.unlink(missing_ok=True)
        brexit.with_suffix(file).write_bytes(b"x" * 9000)
        ended = desk.run(*command.split(), check=69)
        assert (ended.stdout, f"brexit{file} {said}" in ended.stderr) == ("", True)


def test_of_several_copies_of_a_tweet_that_is_shown_which_says_most(desk: Desk, data: Path) -> None:
    copy = tweet("aside")[0]
    with closing(SqliteArchive(data / "archive", data / "dead-letters")) as archive:
        archive.write([replace(copy, body=copy.body | {"netwar": OURS["netwar"] | {"via": "reference"}}, direct=False)])
    told = desk.run("tw-1tweet", "1000000000000000001", check=0).stdout
    assert told.endswith("\ttwbrexit\n"), told
    assert "nasa" in told


def test_a_tweet_that_cannot_be_read_is_not_said_not_to_be_there(desk: Desk, data: Path) -> None:
    with closing(sqlite3.connect(data / "archive" / "brexit.sqlite")) as shell, shell:
        shell.execute("UPDATE tweet SET document = substr(document, 1, 20)")
    with closing(sqlite3.connect(data / "archive" / "other.sqlite")) as shell, shell:
        shell.execute("UPDATE tweet SET id = id + 1")
        shell.execute("INSERT INTO note VALUES ('twother', 'tracking/1', '{')")
    assert "the ledger's note tracking/1 is damaged" in desk.run("tw-showmywork", "other", check=69).stderr
    told = desk.run("tw-1tweet", "1000000000000000001", check=1).stderr
    assert "tweet 1000000000000000001 is not recorded in twother; left out: " in told
    assert "brexit.sqlite" in told
    assert "is damaged" in told


@pytest.fixture
def visitor(desk: Desk) -> Iterator[Visitor]:
    """Run a program as a user who owns nothing, on what lies in `room`."""
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    python = next((p for p in (sys.executable, "/usr/bin/python3") if _runs(p)), None)
    if python is None:
        pytest.skip("this Python, or the checkout, is in a folder that other users may not enter")
    room = Path(tempfile.mkdtemp())
    room.chmod(0o755)

    def run(data: Path, *command: str) -> subprocess.CompletedProcess[str]:
        config = room / "conf"
        text = desk.home.joinpath(".twitter").read_text().replace("data = data", f"data = {data}")
        config.write_text(text)
        config.chmod(0o600)
        os.chown(config, NOBODY.pw_uid, NOBODY.pw_gid)
        given = [str(BIN / command[0]), *command[1:], "--config", str(config)]
        return _in_a_fork(given) if forked.is_fit({}) else _as_nobody(python, *given)

    run.room = room  # type: ignore[attr-defined]
    yield run
    shutil.rmtree(room)


def _environment() -> dict[str, str]:
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "NETWAR_SYSTEM_CONF": os.devnull, "HOME": "/nonexistent"}
    return environment | {"PYTHONPATH": os.pathsep.join([str(ROOT), *LIBRARIES])}


def _in_a_fork(command: list[str]) -> subprocess.CompletedProcess[str]:
    """A program of ours; most of its time would be that of an interpreter which starts."""
    given = [str(AS_ANOTHER), str(NOBODY.pw_uid), str(NOBODY.pw_gid), "022", *command]
    ended = Begun(given, _environment(), Path("/")).end(60)
    return subprocess.CompletedProcess(command, ended.status, ended.stdout, ended.stderr)


def _as_nobody(*command: str) -> subprocess.CompletedProcess[str]:
    environment = _environment()
    who = {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid, "extra_groups": []}
    return subprocess.run(command, env=environment, cwd="/", text=True, capture_output=True, timeout=60, **who)  # type: ignore[call-overload,no-any-return]


def _runs(python: str) -> bool:
    try:
        return _as_nobody(python, "-c", "import netwar.cli, netwar.archive.sqlite.store").returncode == 0
    except OSError:
        return False


@pytest.mark.parametrize("log", ["none", "left behind"])
def test_who_may_only_read_can_look(data: Path, visitor: Visitor, log: str) -> None:
    copy = visitor.room / "data"  # type: ignore[attr-defined]
    if log == "none":
        shutil.copytree(data, copy)
    else:
        with closing(connect(data / "archive" / "brexit.sqlite", MIGRATIONS)) as db:
            db.execute("UPDATE tweet SET lang = 'en'")
            shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*-shm"))
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    before = sorted(copy.rglob("*"))
    for command, shown in PROGRAMS:
        ended = visitor(copy, *command.split())
        assert (ended.returncode, shown in ended.stdout) == (0, True), (command, ended.stderr)
    assert sorted(copy.rglob("*")) == before
    connect(copy / "meter.sqlite", METER).close()
    (copy / "meter.sqlite").chmod(0o644)
    for file in ("queues.sqlite", "meter.sqlite"):
        before = sorted(copy.rglob("*"))
        ended = visitor(copy, "tw-mend", str(copy / file))
        assert (ended.returncode, "you may not write to it and its folder" in ended.stderr) == (69, True), ended.stderr
        assert sorted(copy.rglob("*")) == before
    if log == "none":
        _nothing_is_left_that_nobody_may_write_to(copy, visitor)


def test_a_data_folder_in_one_that_may_not_be_entered(desk: Desk, visitor: Visitor) -> None:
    """Whether it is there cannot even be asked."""
    desk.configure(consumer_key="key", consumer_secret="secret", access_token_key="1-a", access_token_secret="b", data="data")
    (closed := visitor.room / "closed").mkdir(mode=0o700)  # type: ignore[attr-defined]
    for command in (*(command for command, _ in PROGRAMS), "tw-status", "tw-idu3elk brexit", "tw-backup backups"):
        ended = visitor(closed / "x", *command.split())
        said = f"{command.split()[0]}: {closed / 'x'} cannot be made: Permission denied (set `data`"
        assert (ended.returncode, said in ended.stderr) == (69, True), (command, ended.stderr)
        assert "bug in the program" not in ended.stderr


def test_what_is_named_in_a_folder_that_may_not_be_entered(data: Path, visitor: Visitor) -> None:
    (closed := visitor.room / "closed").mkdir(mode=0o700)  # type: ignore[attr-defined]
    looked = "cannot be looked into: Permission denied; run this as whoever may, or name another folder"
    for command, named, status, said in (
        ("tw-verify", closed / "x", 1, looked),
        ("tw-restore", closed / "x", 1, looked),
        ("tw-mend", closed / "meter.sqlite", 69, "cannot be rebuilt: you may not write to it and its folder; run this as"),
    ):
        ended = visitor(closed.with_name("data"), command, str(named))
        assert (ended.returncode, f"{command}: {named} {said}" in ended.stderr) == (status, True), (command, ended.stderr)


def test_the_doctor_names_a_data_folder_that_cannot_be_made(desk: Desk, visitor: Visitor) -> None:
    """Every other program ends for that."""
    keys = {"consumer_key": "key", "consumer_secret": "secret", "access_token_key": "1-a", "access_token_secret": "b"}
    desk.configure("http://127.0.0.1:1", **keys, data="data")
    (room := visitor.room / "room").mkdir(mode=0o755)  # type: ignore[attr-defined]
    (open_to_all := visitor.room / "open").mkdir()  # type: ignore[attr-defined]
    open_to_all.chmod(0o777)
    (file := room / "file").touch()
    (link := room / "link").symlink_to("gone")
    for data, state, said, mend in (
        (room / "x/y", "wrong", "is not there and cannot be made: you may not write to", "set `data` in the configuration to"),
        (file / "x", "wrong", f"cannot be made: {file} is no folder", "set `data` in the configuration to"),
        (link, "wrong", "is a link to what is not there", "make what it leads to, or set `data`"),
        (open_to_all / "x/y", "unknown", "is not there yet", "the first run makes it"),
    ):
        told = visitor(data, "tw-doctor").stdout
        [line] = [line for line in told.splitlines() if line.split("\t")[1] == "data"]
        assert line.startswith(f"{state}\tdata\t{data} {said}"), line
        assert mend in line.split("\t")[3], line
        assert (visitor(data, "tw-showwork").returncode == 69) == (state == "wrong"), data
    (open_to_all / "y.restoring").mkdir()
    told = visitor(open_to_all / "y", "tw-doctor").stdout
    assert f"wrong\tdata\ttw-restore has begun {open_to_all / 'y'}\tlet it end, or" in told


def _nothing_is_left_that_nobody_may_write_to(copy: Path, visitor: Visitor) -> None:
    """In a folder that may be written to SQLite makes a log with the database's rights, and who only reads does not remove it:
    its owner may not write to it then, nor anybody when the database was read-only for a moment."""
    (backups := copy.with_name("backups")).mkdir()
    for path in (copy, *copy.rglob("*"), backups):
        os.chown(path, NOBODY.pw_uid if path.is_dir() else 0, NOBODY.pw_gid)
    queues = copy / "queues.sqlite"
    for command, shown in (*PROGRAMS, (f"tw-backup {backups}", "netwar-")):
        ended = visitor(copy, *command.split())
        assert (ended.returncode, shown in ended.stdout) == (0, True), (command, ended.stderr)
        assert not list(copy.rglob("*.sqlite-*")), command
    os.chown(queues, NOBODY.pw_uid, NOBODY.pw_gid)
    (users := copy.with_name("users.txt")).write_text("1\n")
    queue = ("tw-quser2work", str(users))
    for mode, status in ((0o444, 69), (0o644, 0)):
        queues.chmod(mode)
        ended = visitor(copy, *queue)
        told = "a readonly database; check that you may" in ended.stderr
        assert (ended.returncode, told) == (status, bool(status)), ended.stderr
        assert not list(copy.rglob("*.sqlite-*"))
    queues.chmod(0o444)
    read = "import sqlite3, sys; print(sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True).execute('SELECT * FROM entries'))"
    assert _as_nobody("/usr/bin/python3", "-c", read, str(queues)).returncode == 0, "as people do"
    queues.chmod(0o644)
    ended = visitor(copy, *queue)
    said = "queues.sqlite-shm may not be written, though queues.sqlite may: as the owner, run  "
    assert (ended.returncode, said in ended.stderr) == (69, True), ended.stderr
    assert visitor(copy, "tw-showwork").returncode == 0
    assert _as_nobody("sh", "-c", ended.stderr.partition(said)[2]).returncode == 0
    assert visitor(copy, *queue).returncode == 0
    assert not list(copy.rglob("*.sqlite-*"))


def without_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a user who may not write: root always may."""
    monkeypatch.setattr("netwar.connections.sqlite_looking.may_write", lambda path: False)


def test_what_stands_in_a_live_log_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_rights(monkeypatch)
    path = tmp_path / "x.sqlite"
    with closing(connect(path, TABLE)) as writer:
        writer.execute("INSERT INTO t VALUES (1)")
        with closing(look(path, TABLE)) as looking:
            writer.execute("INSERT INTO t VALUES (2)")
            assert looking.execute("SELECT count(*) FROM t").fetchone()[0] == 2
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                looking.execute("INSERT INTO t VALUES (3)")


def test_an_older_layout_is_read_out_of_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_rights(monkeypatch)
    path = tmp_path / "x.sqlite"
    with closing(connect(path, TABLE)) as db:
        db.execute("INSERT INTO t VALUES (1)")
    with closing(look(path, [*TABLE, "ALTER TABLE t ADD COLUMN y DEFAULT 7;"])) as looking:
        assert looking.execute("SELECT x, y FROM t").fetchall() == [(1, 7)]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)


def test_without_a_file_nothing_is_made(tmp_path: Path) -> None:
    with closing(look(tmp_path / "x.sqlite", TABLE)) as looking:
        assert looking.execute("SELECT * FROM t").fetchall() == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_written_to_while_it_is_taken_for_still_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netwar.connections import sqlite_looking

    path = tmp_path / "x.sqlite"
    connect(path, TABLE).close()
    without_rights(monkeypatch)
    monkeypatch.setattr(sqlite_looking, "_shared", lambda path: None)
    with closing(look(path, TABLE)) as looking:
        assert looking.execute("SELECT * FROM t").fetchall() == []
        with closing(connect(path, TABLE)) as writer:
            writer.execute("INSERT INTO t VALUES (1)")
            for half in ("SELECT * FROM t", "SELECT nothing FROM t"):  # whatever is wrong with what was half read
                with pytest.raises(sqlite3.OperationalError, match="written to while it was read"):
                    looking.execute(half)


def test_a_full_disk_does_not_keep_from_looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netwar.connections import sqlite_looking

    path = tmp_path / "x.sqlite"
    connect(path, TABLE).close()

    def full(*_args: object, **_more: object) -> None:
        raise ServiceDown("full") from sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite_looking, "connect", full)
    with closing(look(path, TABLE)) as looking:
        assert looking.execute("SELECT * FROM t").fetchall() == []
