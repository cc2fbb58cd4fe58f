"""What somebody else may have put in a file's place is neither followed, nor waited for, nor changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from netwar.connections.folders import existing, made, opened, own
from netwar.connections.reaching import Planted
from tests.rows import rows

Plant = Callable[[Path, Path], object]
PLANTED: dict[str, Plant] = {
    "a link": lambda path, victim: path.symlink_to(victim),
    "a link to nothing": lambda path, victim: path.symlink_to(victim.with_name("made")),
    "a second name": lambda path, victim: path.hardlink_to(victim),
    "a pipe": lambda path, victim: os.mkfifo(path),
    "a device": lambda path, victim: path.symlink_to("/dev/tty"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that the group may write to."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    return shared


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    path.write_text("mine")
    path.chmod(0o600)
    return path


@rows(("plant", "flags"), product(PLANTED, [os.O_RDONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND]))
def test_what_is_planted_is_refused_and_left_as_it_is(folder: Path, victim: Path, plant: str, flags: int) -> None:
    file = folder / f"{plant}, {flags}"
    PLANTED[plant](file, victim)
    with pytest.raises(Planted, match="see who put it there"):
        opened(file, flags)
    with pytest.raises(Planted, match="see who put it there"):
        existing(file, flags)
    with pytest.raises(FileExistsError):
        opened(file, flags | os.O_EXCL)
    assert victim.read_text() == "mine"
    assert stat.S_IMODE(victim.stat().st_mode) == 0o600
    assert not (victim.with_name("made")).exists()


def test_only_what_was_just_made_gets_its_mode_changed(folder: Path) -> None:
    os.close(os.open(folder / "before", os.O_CREAT, 0o600))
    (folder / "folder").mkdir(mode=0o700)
    for path in (folder / "before", folder / "new"):
        os.close(opened(path, os.O_RDWR))
    os.close(opened(folder / "own", os.O_RDWR, own=True))
    made(folder / "folder")
    made(folder / "a" / "b")
    made(folder / "looked-into", own=True)
    os.close(opened(folder / "looked-into" / "file", os.O_RDWR, own=True))
    modes = {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    private = {"before": 0o600, "folder": 0o2700}
    shown = {"own": 0o640, "looked-into": 0o2750, "looked-into/file": 0o640}
    assert modes == private | shown | {"new": 0o660, "a": 0o2770, "a/b": 0o2770}


def test_in_a_folder_of_ones_own_all_is_private(tmp_path: Path) -> None:
    folder = made(tmp_path / "private")
    os.close(opened(folder / "file", os.O_RDWR, own=True))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "file")] == [0o700, 0o600]
    assert own(folder / "file") == folder / "file"
    folder.chmod(0o770)
    assert own(folder / "file") == folder / f"file.{os.geteuid()}"


def test_ones_own_is_not_what_others_may_write(folder: Path) -> None:
    os.close(opened(folder / "file", os.O_RDWR))
    with pytest.raises(Planted, match="open to what others write"):
        opened(folder / "file", os.O_RDWR, own=True)
    made(folder / "folder")
    with pytest.raises(Planted, match="open to what others write"):
        made(folder / "folder", own=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give things to somebody else")
def test_what_is_somebody_elses(folder: Path, tmp_path: Path) -> None:
    for name in ("file", "folder"):
        made(folder / name, own=True) if name == "folder" else os.close(opened(folder / name, os.O_RDWR, own=True))
        os.chown(folder / name, 12345, -1)
    os.close(existing(folder / "file"))
    with pytest.raises(Planted, match="somebody else's"):
        existing(folder / "file", own=True)
    with pytest.raises(Planted, match="somebody else's"):
        made(folder / "folder", own=True)
    home = made(tmp_path / "home")
    (folder / "runs").symlink_to(home)
    os.chown(folder / "runs", 12345, -1, follow_symlinks=False)
    for use in (lambda: made(folder / "runs"), lambda: made(folder / "runs" / "deep"), lambda: opened(folder / "runs" / "id", 0)):
        with pytest.raises(Planted, match="a link that somebody else made"):
            use()
    assert list(home.iterdir()) == []


def test_a_link_of_ones_own_to_another_disk_counts(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    os.close(opened(made(tmp_path / "data" / "runs") / "id", os.O_RDWR))
    assert (tmp_path / "disk" / "runs" / "id").exists()


@pytest.mark.parametrize("umask", [0o022, 0o077], ids=oct)
def test_what_is_new_is_the_groups_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch, umask: int) -> None:
    """Not a moment later, when another user of the group has been refused."""
    monkeypatch.setattr(os, "fchmod", lambda *_: None)
    before = os.umask(umask)
    try:
        made(folder / "new")
        os.close(opened(folder / "file", os.O_RDWR))
    finally:
        kept = os.umask(before)
    assert [stat.S_IMODE((folder / name).stat().st_mode) & 0o777 for name in ("new", "file")] == [0o770, 0o660]
    assert kept == umask


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give links away")
def test_a_link_in_the_place_of_a_folder_further_up_is_not_followed(folder: Path, tmp_path: Path) -> None:
    """It may lead to one in which there is a folder of the same name, such as another data folder of the same user."""
    made(made(tmp_path / "home") / "app")
    (folder / "streams").symlink_to(tmp_path / "home")
    os.close(opened(folder / "streams" / "app" / "lock", os.O_RDWR))
    assert (tmp_path / "home" / "app" / "lock").exists()
    os.chown(folder / "streams", 12345, -1, follow_symlinks=False)
    for use in (existing, lambda path: opened(path, os.O_RDWR)):
        with pytest.raises(Planted, match="streams is a link that somebody else made"):
            use(folder / "streams" / "app" / "lock")
    folder.chmod(0o755)
    os.close(existing(folder / "streams" / "app" / "lock"))  # nobody else can have put it there


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give links away")
def test_the_owner_of_a_folder_that_others_could_exchange_is_not_trusted(folder: Path, tmp_path: Path) -> None:
    """A member moves `streams` away and makes one of their own: that the link in it is its owner's tells nothing."""
    made(made(tmp_path / "home") / "app")
    (folder / "streams").mkdir()
    (folder / "streams" / "app").symlink_to(tmp_path / "home" / "app")
    (folder / "big").symlink_to(tmp_path / "home" / "app")
    for path in (folder / "streams", folder / "streams" / "app", folder / "big", folder):
        os.chown(path, 12345, -1, follow_symlinks=False)
    folder.chmod(0o2770)
    with pytest.raises(Planted, match="app is a link that somebody else made"):
        opened(folder / "streams" / "app" / "lock", os.O_RDWR)
    os.close(opened(folder / "big" / "lock", os.O_RDWR))  # the folder's own owner may keep a part of it elsewhere
