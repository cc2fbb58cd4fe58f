"""Small files that are there whole, or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from netwar.connections import new_files

both_ways = pytest.mark.parametrize("nameless", [new_files.NAMELESS, 0], ids=["nameless", "named"])


@pytest.fixture(autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a file system that has files without a name, or as on one that has not."""
    if "nameless" in request.fixturenames:
        monkeypatch.setattr(new_files, "NAMELESS", request.getfixturevalue("nameless"))


def handles() -> int:
    return len(os.listdir("/proc/self/fd"))


@both_ways
def test_it_has_its_content(tmp_path: Path, nameless: int) -> None:
    before = handles()
    new_files.make(tmp_path / "x", b"content")
    assert (tmp_path / "x").read_bytes() == b"content"
    assert (os.listdir(tmp_path), handles()) == (["x"], before)


@both_ways
def test_one_that_is_there_stays(tmp_path: Path, nameless: int) -> None:
    (tmp_path / "x").write_bytes(b"theirs")
    before = handles()
    with pytest.raises(FileExistsError):
        new_files.make(tmp_path / "x", b"ours")
    assert (tmp_path / "x").read_bytes() == b"theirs"
    assert (os.listdir(tmp_path), handles()) == (["x"], before)


@both_ways
@pytest.mark.parametrize(("mode", "expected"), [(0o700, 0o600), (0o770, 0o660)])
def test_it_is_the_groups_where_the_folder_is(tmp_path: Path, nameless: int, mode: int, expected: int) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(mode)
    umask = os.umask(0o77)
    try:
        new_files.make(folder / "x", b"content")
    finally:
        os.umask(umask)
    assert stat.S_IMODE((folder / "x").stat().st_mode) == expected


@both_ways
def test_nothing_is_left_of_one_that_cannot_be_written(tmp_path: Path, nameless: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = handles()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        new_files.make(tmp_path / "x", b"content")
    assert (os.listdir(tmp_path), handles()) == ([], before)


@pytest.mark.skipif(not new_files.NAMELESS, reason="there are no files without a name here")
def test_nobody_sees_it_before_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    to_disk: Callable[[int], None] = os.fsync

    def looked(handle: int) -> None:
        seen.append(os.listdir(tmp_path))
        to_disk(handle)

    monkeypatch.setattr(os, "fsync", looked)
    new_files.make(tmp_path / "x", b"content")
    assert seen == [[], ["x"]], "first the file, then its name in the folder"
