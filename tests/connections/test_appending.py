"""Lines added to files: whole or not at all, also where the disk takes a part of what is written to it without an error."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from netwar.archive.deadletters import Refused, keep
from netwar.archive.spool import Spool
from netwar.connections import appending
from netwar.connections.appending import append
from netwar.connections.folders import lock
from netwar.errors import ServiceDown
from netwar.exports.log import Entry, ExportLog
from netwar.meter.base import Purpose
from netwar.records.documents import Document
from netwar.streams.journal import Journal
from netwar.streams.rejects import Rejects
from tests.room import room_for
from tests.rows import rows


def refused(path: Path, number: int) -> None:
    keep(path, [Refused(Document("twa", str(number), {"id": str(number), "text": "x" * 100}, True, 1), "too large")])


def logged(path: Path, number: int) -> None:
    ExportLog(path).add(Entry(str(number), 1, "twa", "ids", {"words": "x" * 100}, "/x", "Doe"))


def spooled(path: Path, number: int) -> None:
    Spool(path.parent).keep(f"{number}", [Document("twa", "1", {"id": "1", "text": "x" * 100}, True, 1)], [])


def unread(path: Path, number: int) -> None:
    Rejects(path).keep([(b"x" * 100, f"{number}")])


def owed(path: Path, number: int) -> None:
    Journal(path).add(number, [(Purpose("tw-stream", "a"), [("post", "1" * 100)])])


WRITERS = [(refused, "letters", True), (logged, "log", True), (spooled, "pages.jsonl", True), (unread, "unread", False)]


@rows(("write", "name", "raises"), [*WRITERS, (owed, "owed", False)])
def test_what_a_full_disk_takes_in_part_is_told_and_nothing_of_it_is_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, write: Callable[[Path, int], None], name: str, raises: bool
) -> None:
    path = tmp_path / name
    write(path, 1)
    whole = path.read_bytes()
    caplog.clear()  # of what another row was told
    with room_for(len(whole) + 20):
        if raises:
            with pytest.raises(ServiceDown, match="the disk is full"):
                write(path, 2)
        else:
            write(path, 2)
            assert "the disk is full" in caplog.text
    assert path.read_bytes() == whole
    write(path, 3)
    assert path.read_bytes().startswith(whole)
    assert [bool(json.loads(line)) for line in path.read_bytes().splitlines()] == [True, True]


@rows(("write", "name", "raises"), [*WRITERS, (owed, "owed", False)])
def test_a_line_that_a_killed_program_left_half_swallows_no_other(
    tmp_path: Path, write: Callable[[Path, int], None], name: str, raises: bool
) -> None:
    path = tmp_path / name
    write(path, 1)
    with path.open("ab") as file:
        file.write(b'{"half": "of')
    write(path, 2)
    first, half, second = path.read_bytes().splitlines()
    assert half == b'{"half": "of'
    assert all(map(json.loads, (first, second)))


def test_of_two_that_write_at_once_the_one_without_room_takes_nothing_away(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    with path.open("a+b") as one, path.open("a+b") as other:
        lock(other.fileno())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(appending, "PATIENCE", 0.05)

            def written(handle: int, content: bytes) -> None:
                os.write(handle, content[:3])
                os.write(other.fileno(), b"another\n")
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            patch.setattr(appending, "put", written)
            with pytest.raises(OSError, match="No space"):
                append(one.fileno(), b"a line\n")
        assert path.read_bytes() == b"a lanother\n", "somebody holds the lock, so nothing may be taken away"
        fcntl.flock(other, fcntl.LOCK_UN)
        append(one.fileno(), b"a line\n")
        with pytest.raises(BlockingIOError):
            lock(other.fileno(), 0)
    assert path.read_bytes() == b"a lanother\na line\n"
