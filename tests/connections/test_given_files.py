"""A file that is named to be read: no link that another user put in its place leads to what only the reader may see."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from netwar.connections.given_files import opener
from netwar.connections.reaching import Planted
from tests.rows import rows

OTHER = 12345
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give links away")


def read(path: Path | str) -> str:
    with open(path, opener=opener) as file:
        return file.read()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that the group may write to, beside a file of this user's own."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "keys").write_text("secret")
    (shared := tmp_path / "shared").mkdir()
    shared.chmod(0o2770)
    return shared


def link(path: Path, target: Path | str, owner: int) -> Path:
    path.symlink_to(target)
    os.chown(path, owner, -1, follow_symlinks=False)
    return path


@only_root
@rows("target", ["../mine/keys", "{}/mine/keys", "inner"])
def test_a_link_that_somebody_else_made_leads_nowhere(folder: Path, target: str) -> None:
    (folder / "inner").is_symlink() or link(folder / "inner", "../mine/keys", 0)
    list_ = link(folder / f"list of {target[:3]}", target.format(folder.parent), OTHER)
    with pytest.raises(Planted, match=f"{list_.name} is a link that somebody else made: see who put it there"):
        read(list_)


@only_root
def test_neither_does_one_in_the_place_of_a_folder_nor_one_behind_a_link_of_ours(folder: Path) -> None:
    link(folder / "lists", "../mine", OTHER)
    link(folder.parent / "mine" / "way", "../shared/lists", 0)
    for name in ("shared/lists/keys", "mine/way/keys", "mine/way/../shared/lists/keys"):
        with pytest.raises(Planted, match="lists is a link that somebody else made"):
            read(folder.parent / name)


@only_root
def test_links_of_root_of_this_user_and_of_the_folders_owner_count() -> None:
    """The owner's where nobody else can have put the folder there: below /tmp anybody may be the owner of what is so called."""
    with tempfile.TemporaryDirectory(dir="/var/lib") as place:
        (Path(place) / "keys").write_text("secret")
        (folder := Path(place) / "shared").mkdir()
        os.chown(folder, OTHER, -1)
        folder.chmod(0o2770)
        for owner in (0, OTHER):
            assert read(link(folder / f"of {owner}", "../keys", owner)) == "secret"


@only_root
@rows("mode", [0o755, 0o2775])
def test_a_folder_that_somebody_else_put_in_the_place_of_ours_makes_no_link_count(
    folder: Path, mode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may write to the folder around it is the owner of what they put there, and of the links in that."""
    theirs = folder / f"lists {mode:o}"
    theirs.mkdir()
    theirs.chmod(mode)
    os.chown(theirs, OTHER, -1)
    link(theirs / "watched", "../../mine/keys", OTHER)
    (theirs / "named").hardlink_to(folder.parent / "mine" / "keys")
    link(theirs / "ours", "../../mine/keys", 0)
    monkeypatch.chdir(theirs)
    for place in (theirs, Path()):
        with pytest.raises(Planted, match="watched is a link that somebody else made"):
            read(place / "watched")
        with pytest.raises(Planted, match="named is a file that has a second name elsewhere"):
            read(place / "named")
        assert read(place / "ours") == "secret"


@only_root
def test_where_nobody_else_may_write_all_links_count(folder: Path) -> None:
    """A folder that was unpacked, or copied, may have links of any owner."""
    folder.chmod(0o755)
    assert read(link(folder / "list", "../mine/keys", OTHER)) == "secret"


def test_a_second_name_in_such_a_folder_is_not_read(folder: Path) -> None:
    (folder / "list").hardlink_to(folder.parent / "mine" / "keys")
    with pytest.raises(Planted, match="list is a file that has a second name elsewhere"):
        read(folder / "list")
    folder.chmod(0o700)
    assert read(folder / "list") == "secret"


def test_ways_of_all_kinds_lead_to_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "there").symlink_to(folder.parent / "mine")
    (folder / "back").symlink_to("./there/../shared//there/")
    ways = ("there/keys", "./there/./keys", "back/keys", "../mine/keys", f"{folder}//there//keys", "/proc/self/cwd/back/keys")
    for way in ways:
        assert read(way) == "secret", way


def test_pipes_are_read(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    writer = threading.Thread(target=lambda: (folder / "pipe").write_text("from a pipe"))
    writer.start()
    assert read(folder / "pipe") == "from a pipe"
    writer.join()
    theirs, ours = os.pipe()
    os.write(ours, b"from a shell")
    os.close(ours)
    assert read(f"/dev/fd/{theirs}") == "from a shell"
    os.close(theirs)


def test_standard_input_by_its_name_is_read(folder: Path) -> None:
    script = "import sys; from netwar.connections.given_files import opener; print(open('/dev/stdin', opener=opener).read())"
    command = ["bash", "-c", 'cat mine/keys | "$0" -c "$1"; "$0" -c "$1" < mine/keys', sys.executable, script]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    ended = subprocess.run(command, cwd=folder.parent, env=environment, capture_output=True, text=True)
    assert ended.stdout == "secret\nsecret\n"


@rows(
    ("way", "number"),
    [
        ("none", errno.ENOENT),
        ("none/list", errno.ENOENT),
        ("file/list", errno.ENOTDIR),
        ("", errno.ENOENT),
        ("round", errno.ELOOP),
        (".", errno.EISDIR),
        ("x" * 300, errno.ENAMETOOLONG),
    ],
)
def test_what_cannot_be_opened_is_told_as_ever(folder: Path, way: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "file").write_text("")
    (folder / "round").unlink(missing_ok=True)
    (folder / "round").symlink_to("round")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match=re.escape(os.strerror(number))) as caught:
        read(way)
    assert (caught.value.errno, caught.value.filename) == (number, way)
    assert len(os.listdir("/proc/self/fd")) == before
