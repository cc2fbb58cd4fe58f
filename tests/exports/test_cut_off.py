"""Exports that are stopped, killed, or find no room: a file is whole or not there, and goes on byte by byte."""

from __future__ import annotations

import hashlib
import io
import os
import random
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import orjson
import pytest

from netwar.archive.base import Body
from netwar.cli.files import replaced
from netwar.connections import drafts, new_files
from netwar.connections.folders import umask
from netwar.errors import Busy, NetwarError
from netwar.exports import export
from netwar.exports.export import BATCH, Export, go_on, write
from netwar.exports.files import Hashed, going_on, partial
from netwar.exports.forms import FLATTENED, IDS, RAW, Form, shape
from netwar.exports.lines import LOOKED_UP
from netwar.exports.packing import packer
from netwar.exports.selection import Chosen, Selection
from netwar.imports.opening import Content, Damaged
from tests import forked
from tests.desk import program
from tests.exports.conftest import Exporting
from tests.randomly import SEED
from tests.rows import rows

KILLS = 3  # of a name, the first at any time, the others when there is something to go on with, or soon will be


FEW = 5 * LOOKED_UP // 2  # documents: two batches of as few as can be, and some more


class Kept:
    """An archive with its documents of one index in memory: in the store each costs ten times as much, and they are read often.

    One of them, by its place in the order of ids, may be `hidden`: it is not recorded yet, or any more.
    """

    def __init__(self, archive: Any, documents: dict[str, Body]) -> None:
        self._archive = archive
        self._ids = [*map(int, documents)]
        self._lines = [*map(orjson.dumps, documents.values())]
        self.hidden: int | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive, name)

    def scan(self, index: str, after: str | None = None) -> Iterator[Body]:
        begin = 0 if after is None else bisect_right(self._ids, int(after))
        return (orjson.loads(self._lines[place]) for place in range(begin, len(self._ids)) if place != self.hidden)


class Stored:
    """The documents of an archive up to an id, out of the store itself."""

    def __init__(self, archive: Any, last: int) -> None:
        self._archive, self._last = archive, last

    def scan(self, index: str, after: str | None = None) -> Iterator[Body]:
        return takewhile(lambda body: int(body["id"]) <= self._last, self._archive.scan(index, after))


@rows(("ending", "form"), [("", FLATTENED), (".gz", IDS), (".zst", RAW), (".zst", FLATTENED)])
def test_wherever_a_file_is_cut_it_goes_on_to_the_same_bytes(
    exporting: Exporting, monkeypatch: pytest.MonkeyPatch, ending: str, form: str
) -> None:
    monkeypatch.setattr(export, "BATCH", LOOKED_UP)
    chance, written = random.Random(SEED), list[bytes]()
    whole_ids = dict(sorted(exporting.documents().items(), key=lambda one: int(one[0]))[:FEW])
    with exporting.archive() as archive:
        kept, stored = Kept(archive, whole_ids), Stored(archive, int([*whole_ids][-1]))

        def exported(begun: bytes, hidden: int | None = None, documents: Any = kept) -> bytes:
            kept.hidden = hidden
            asked = Export(documents, Chosen("twmade", Selection()), lambda n: None)
            file = io.BytesIO(begun)
            out = Hashed(lambda data: written.append(data) or file.write(data))
            written.clear()
            go_on(asked, file, ending, out)
            write(asked, shape(Form(form), archive, "twmade"), packer(ending), out)
            assert asked.count == len(whole_ids) - (hidden is not None)
            assert out.bytes == len(file.getvalue())
            return file.getvalue()

        whole = exported(b"")
        assert len(whole_ids) > 2 * LOOKED_UP
        assert exported(whole[: len(whole) * 2 // 3], documents=stored) == whole, "out of the store itself"
        for place in [1, len(whole) - 1, len(whole), *(chance.randrange(len(whole)) for _ in range(2))]:
            assert exported(whole[:place]) == whole, place
        assert exported(whole[: len(whole) // 2] + b"\0" * 9) == exported(whole + b"\0" * 9) == whole
        assert written == [], "nothing of what is done was written once more"
        third = len(whole_ids) // 3
        less = exported(b"", third)
        assert exported(less[: len(less) * 3 // 4]) == whole, "one was recorded before the place where it was cut off"
        assert exported(whole, third) == less, "one went"
        assert exported(exported(b"", 0), third) == less, "one came for another"


@rows("ending", [".gz", ".zst"])
def test_a_bit_that_is_flipped_later_changes_no_post_in_silence(ending: str) -> None:
    chance, lines = random.Random(SEED), b"".join(b'{"id":"%d","text":"post %d"}\n' % (n, n * n) for n in range(200))
    packed = packer(ending)(lines)
    for place in [chance.randrange(len(packed)) for _ in range(200)]:
        flipped = bytearray(packed)
        flipped[place] ^= 1 << chance.randrange(8)
        try:
            read = b"".join(Content("x", io.BytesIO(flipped), 0).chunks())
        except Damaged:
            continue
        assert read in (lines, bytes(flipped)), "it is as it was, or does not look packed at all"


@rows(("name", "form"), [("k.jsonl", ""), ("k.jsonl.gz", "--raw"), ("k.jsonl.zst", "--raw"), ("k.txt", "--ids")])
def test_killed_again_and_again_it_is_the_file_of_an_uncut_run(exporting: Exporting, name: str, form: str) -> None:
    chance, more = random.Random(f"{SEED}{name}"), form.split()
    began = time.monotonic()
    exporting.run("tw-dumptweets", "made", f"uncut-{name}", *more, "--resume")
    within, killed = time.monotonic() - began, 0
    for _ in range(60 * KILLS):
        begun = exporting.desk.begin("tw-dumptweets", "made", name, *more, "--resume")
        in_time = begun.kill_after(chance.uniform(within / 2 if killed else 0, within))
        begun.end()
        killed += in_time
        within *= 1.2 if in_time else 0.7  # who goes on has less to do, and is to be killed, too
        assert not exporting.path(name).exists() or content(exporting, name) == content(exporting, f"uncut-{name}")
        exporting.path(name).unlink(missing_ok=True)
        if killed >= KILLS and left(exporting, name):
            break
    assert killed >= KILLS
    assert left(exporting, name), "the last one has left something to go on with"
    said = exporting.run("tw-dumptweets", "made", name, *more, "--resume").stderr
    assert hashlib.sha256(content(exporting, name)).hexdigest() in said
    assert content(exporting, name) == content(exporting, f"uncut-{name}")
    assert not list(exporting.desk.home.glob(f"{name}.*.part"))


def left(exporting: Exporting, name: str) -> int:
    """How many bytes of a file were written by who was killed."""
    return sum(part.stat().st_size for part in exporting.desk.home.glob(f"{name}.*.part"))


def content(exporting: Exporting, name: str) -> bytes:
    return exporting.path(name).read_bytes()


def test_no_other_export_goes_on_in_a_file_that_was_cut_off(exporting: Exporting) -> None:
    path = exporting.path("mine.txt")
    left = [path.with_name(f"mine.txt.{digest}.part") for digest in ("0" * 12, "f" * 12)]
    for one in left:
        one.write_text("999\n")
    exporting.run("tw-dumptweets", "made", "mine.txt", "--ids", "--resume")
    assert "999" not in path.read_text().split()
    for one in left:
        assert one.read_text() == "999\n"
        one.unlink()


def test_without_room_nothing_is_left_and_the_log_says_cut_off(exporting: Exporting, tmp_path: Path) -> None:
    ended = exporting.run("tw-dumptweets", "made", str(tmp_path / "no" / "x.jsonl"), check=1)
    assert "cannot be written: No such file or directory" in ended.stderr
    assert str(tmp_path) not in exporting.run("tw-exports").stdout, "it never began"
    blocks = (len(exporting.run("tw-dumptweets", "made", "--raw").stdout.encode()) - 1) // 512
    command = f"ulimit -f {blocks}; exec {sys.executable} {program('tw-dumptweets')} made {tmp_path / 'x.jsonl'} --raw"
    environment = exporting.desk.environment | {"PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(["sh", "-c", command], env=environment, cwd=exporting.desk.home, capture_output=True, text=True)
    assert ended.returncode == 69, ended.stderr
    assert not list(tmp_path.iterdir())
    assert "cut off" in exporting.run("tw-exports").stdout.splitlines()[-1]


def test_what_is_printed_is_in_the_log_before_its_first_byte(exporting: Exporting) -> None:
    printing = exporting.desk.start("tw-dumptweets", "made", "--raw")
    assert printing.stdout is not None
    assert printing.stdout.read(1)
    printing.kill()
    printing.communicate()
    assert exporting.run("tw-exports").stdout.splitlines()[-1].endswith("cut off")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_is_printed_into_a_file_that_cannot_hold_it_is_not_called_whole(exporting: Exporting, unbuffered: str) -> None:
    """The last that is written is taken in part, which Python without a buffer does not tell."""
    blocks = (len(exporting.run("tw-dumptweets", "made", "--raw").stdout.encode()) - 1) // 512
    command = f"ulimit -f {blocks}; exec {sys.executable} {program('tw-dumptweets')} made --raw > printed.jsonl"
    environment = exporting.desk.environment | {"PYTHONUNBUFFERED": unbuffered, "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(["sh", "-c", command], env=environment, cwd=exporting.desk.home, capture_output=True, text=True)
    assert (exporting.desk.home / "printed.jsonl").stat().st_size == blocks * 512
    assert ended.returncode == 69, ended.stderr
    assert "make room and run again" in ended.stderr
    assert "cut off" in exporting.run("tw-exports").stdout.splitlines()[-1]


def test_what_was_printed_until_it_was_cut_off_was_given(exporting: Exporting) -> None:
    command = f"{program('tw-dumptweets')} made --to Reader | head -c 10"
    subprocess.run(["sh", "-c", command], env=exporting.desk.environment, cwd=exporting.desk.home, check=True)
    told = exporting.run("tw-exports", "--to", "Reader")
    (line,) = told.stdout.splitlines()
    assert "cut off" in line
    given = int(line.split("\t")[3])
    assert BATCH <= given <= 2 * BATCH, "as far as it went at the most"
    assert f"Reader was given {given:,} post ids" in told.stderr


@rows(
    "command",
    [
        *("tw-gexf made -", "tw-dumpusers made"),
        *("tw-coaction made --by link --actions", "tw-coaction made --by link --within 86400"),
    ],
)
def test_of_what_else_was_printed_so_much_was_given_at_the_most(exporting: Exporting, command: str) -> None:
    """The reader is gone before the first byte, which nobody knows who writes into a pipe."""
    name, *options = command.split()
    exporting.run(name, *options, "--to", f"Whole {command}")
    unread(exporting, name, *options, "--to", f"Cut {command}")
    (whole,), (cut,) = (exporting.run("tw-exports", "--to", f"{how} {command}").stdout.splitlines() for how in ("Whole", "Cut"))
    assert "cut off" in cut
    assert "cut off" not in whole
    assert 0 < int(cut.split("\t")[3]) <= int(whole.split("\t")[3])


def unread(exporting: Exporting, name: str, *options: str) -> None:
    """Run a program whose standard output is a pipe that nobody reads any more."""
    reader, pipe = os.pipe()
    os.close(reader)
    with open(pipe, "w") as out, open(os.devnull, "r+") as nothing:
        files = [nothing.fileno(), out.fileno(), nothing.fileno()]
        process = forked.start([str(program(name)), *options], exporting.desk.environment, exporting.desk.home, files)
    forked.status(process, 240)


@rows("damage", [b"{}\n", b"x\n"])
def test_a_damaged_file_is_told(exporting: Exporting, damage: bytes) -> None:
    with exporting.archive() as archive, pytest.raises(NetwarError, match="a line of it has no id; remove it"):
        go_on(Export(archive, Chosen("twmade", Selection()), lambda n: None), io.BytesIO(damage), "", Hashed(lambda data: None))


@rows("nameless", [new_files.NAMELESS, 0])
def test_a_kill_leaves_nothing_where_files_need_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: int) -> None:
    monkeypatch.setattr(new_files, "NAMELESS", nameless)
    (path := tmp_path / "x").write_text("before")
    ways: list[tuple[Any, bytes | str]] = [(drafts.replacing(path, lambda: None), b"whole"), (replaced(path), "whole")]
    for way, content in ways:
        with way as file:
            there = [one for one in tmp_path.iterdir() if one != path]
            assert [one.stat().st_mode & 0o777 for one in there] == ([] if nameless else [0o600])
            file.write(content)
        assert (path.read_text(), list(tmp_path.iterdir())) == ("whole", [path])
        path.write_text("before")


def test_what_others_put_in_the_place_of_a_part_is_not_gone_on_in(tmp_path: Path) -> None:
    """Its owner could read the export, or change it afterwards, whatever the log says of its hash."""
    path, mine = tmp_path / "x.jsonl", tmp_path / "mine"
    mine.write_text('{"id": "1"}\n')
    part = partial(path, "asked")
    for plant in (os.mkfifo, lambda at: at.symlink_to(mine), lambda at: at.hardlink_to(mine), open_to_all):
        plant(part)
        with pytest.raises(NetwarError, match="see who put it there"), going_on(path, "asked", lambda: None):
            raise AssertionError
        part.unlink()
    assert mine.read_text() == '{"id": "1"}\n'
    assert not path.exists()
    with going_on(path, "asked", lambda: None):
        assert part.stat().st_mode & 0o77 == 0
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask()


def open_to_all(path: Path) -> None:
    path.touch()
    path.chmod(0o666)


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with going_on(path, "asked", lambda: None) as file:
        file.write(b"first")
        with pytest.raises(Busy, match="another run writes"), going_on(path, "asked", lambda: None):
            raise AssertionError
    assert path.read_bytes() == b"first"
