"""What a program, or a test, leaves open is told or closed for certain, not when the garbage collector comes by."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from threading import Event, Thread, Timer

import pytest

from netwar.connections import sqlite_looking
from netwar.connections.sqlite import connect
from netwar.connections.sqlite_files import still_open
from netwar.connections.sqlite_scratch import Scratch
from netwar.errors import ServiceDown
from tests.desk import Desk, left_open
from tests.left_open import closed_at_the_end

LEAVING = """
import gc, sys
from pathlib import Path
from netwar.connections.sqlite import connect
connect(Path(sys.argv[1]), ["CREATE TABLE t (x INTEGER)"])
gc.collect()
"""


def test_a_program_that_leaves_a_database_open_fails_its_test(desk: Desk, tmp_path: Path) -> None:
    (program := tmp_path / "tw-leaving").write_text(LEAVING)
    with pytest.raises(AssertionError, match="left something open") as told:
        desk.run(str(program), tmp_path / "left.sqlite")
    assert "left.sqlite" in str(told.value)


def test_one_that_a_signal_stopped_may_have_one_open_that_nobody_had_yet(desk: Desk, tmp_path: Path) -> None:
    (program := tmp_path / "tw-stopped").write_text(f"{LEAVING}sys.exit(143)\n")
    assert desk.run(str(program), tmp_path / "left.sqlite", check=143).stderr == ""


def test_what_a_test_leaves_open_is_closed_with_it_and_no_sooner(tmp_path: Path) -> None:
    before = still_open()
    with closed_at_the_end():
        connect(tmp_path / "left.sqlite", [])
        gc.collect()
        assert len(still_open()) == len(before) + 1
    assert still_open() == before


def test_what_the_thread_of_a_run_is_at_is_not_closed_under_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left, go_on = [], Event()

    def telling() -> None:
        connection = connect(tmp_path / "board.sqlite", [])
        go_on.wait()
        left.append(connection.execute("SELECT 1").fetchone())
        connection.close()

    with closed_at_the_end():
        (ending := Thread(target=telling, name="board")).start()
        Timer(0.2, go_on.set).start()
    assert left == [(1,)]
    assert not ending.is_alive()
    go_on.clear()
    monkeypatch.setattr("tests.left_open.SECONDS", 0.1)
    with pytest.raises(AssertionError, match="has not ended"), closed_at_the_end():
        (staying := Thread(target=telling, name="board")).start()
    go_on.set()
    staying.join()


def test_what_cannot_be_made_is_closed(tmp_path: Path) -> None:
    before = still_open()
    with pytest.raises(ServiceDown, match="syntax"):
        sqlite_looking.look(tmp_path / "none.sqlite", ["NO SQL;"])
    with pytest.raises(ServiceDown, match="syntax"), Scratch("NO SQL;"):
        pass
    assert still_open() == before


def test_a_socket_of_python_itself_is_no_fault_of_a_program() -> None:
    """One that was reset before TLS began: Python before 3.13 forgets it, whether the program may say why or not."""
    forgotten = "ResourceWarning: unclosed <ssl.SSLSocket fd=6, family=2, type=1, proto=6, laddr=('127.0.0.1', 44872)>\n"
    assert left_open(forgotten) == (sys.version_info >= (3, 13))
    assert left_open(forgotten.replace(")>", "), raddr=('127.0.0.1', 6379)>"))
    assert left_open(f"{forgotten}ResourceWarning: unclosed file <_io.FileIO name=3>\n")
