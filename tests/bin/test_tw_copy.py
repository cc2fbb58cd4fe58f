"""tw-copy on a command line: places, and what cannot be copied. (What a copy does: tests/copying.)"""

from __future__ import annotations

import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from tests.copying.archives import fill, whole
from tests.desk import Desk


@pytest.fixture
def filled(desk: Desk) -> Path:
    """The folder of an archive with something in it."""
    folder = desk.home / ".local/share/netwar/archive"
    with closing(SqliteArchive(folder, desk.home / "dead")) as archive:
        fill(archive, "brexit", 200)
    return folder


def all_of(folder: Path, name: str) -> dict[str, bytes]:
    with closing(SqliteArchive(folder, folder / "dead")) as archive:
        return whole(archive, name)


def test_places(desk: Desk, filled: Path) -> None:
    desk.configure(data=desk.home / "other", path=desk.home / "other.conf")
    desk.configure(elksg="127.0.0.1:1", path=desk.home / "elastic.conf")
    for source, target, name in (
        ("brexit", "other.conf:Again", "again"),
        ("files:brexit", f"{desk.home}/other.conf:files:more", "more"),
        ("elastic.conf:files:brexit", "~/other.conf:most", "most"),
    ):
        ended = desk.run("tw-copy", source, target, check=0)
        assert f"tw{name}: 220 in FROM, 220 in TO" in ended.stderr
        assert "coverage of 22 users" in ended.stderr
        assert all_of(desk.home / "other/archive", name) == all_of(filled, "brexit")


def test_what_cannot_be_copied(desk: Desk, filled: Path) -> None:
    run = desk.run
    assert "are the same place" in run("tw-copy", "brexit", "files:brexit", check=2).stderr
    assert "nothing is recorded at other" in run("tw-copy", "other", "brexit", check=1).stderr
    assert "cannot name an index" in run("tw-copy", "brexit", "a/b", check=2).stderr
    assert "nosuch.conf is not there" in run("tw-copy", "nosuch.conf:brexit", "brexit", check=78).stderr
    assert "usertest can be copied only to usertest" in run("tw-copy", "brexit", "usertest", check=2).stderr
    desk.configure(api="http://127.0.0.1:8000", access_token_key="", data=desk.home / "other", path=desk.home / "other.conf")
    assert "a rehearsal stays apart" in run("tw-copy", "brexit", "other.conf:brexit", check=78).stderr
    assert not (desk.home / "other/archive").exists()


def test_one_that_is_stopped_says_how_to_go_on(desk: Desk) -> None:
    with closing(SqliteArchive(desk.home / ".local/share/netwar/archive", desk.home / "dead")) as archive:
        fill(archive, "brexit", 4_000)
    process = desk.start("tw-copy", "brexit", "copied")
    copied = desk.home / ".local/share/netwar/archive/copied.sqlite"
    while not copied.exists():
        assert process.poll() is None
        time.sleep(0.002)
    process.send_signal(signal.SIGSTOP)  # so that it is still at it, however few there are to copy
    second = desk.run("tw-copy", "brexit", "copied", check=75)
    assert "is already working on brexit to copied" in second.stderr
    process.terminate()
    process.send_signal(signal.SIGCONT)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (143, "tw-copy: stopped by SIGTERM; the same command resumes there\n")
    desk.run("tw-copy", "brexit", "copied", check=0)
    assert all_of(copied.parent, "copied") == all_of(copied.parent, "brexit")
