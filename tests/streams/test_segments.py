"""Batches that wait for the archive: in their order, none twice, whatever byte a writer was killed at."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwar.archive.marks import Period
from netwar.coverage import Span
from netwar.streams import backlog as module
from netwar.streams import segments
from netwar.streams.backlog import Backlog
from netwar.streams.batches import Batch, Post, Torn, packed
from netwar.streams.segments import Segments, left, new
from tests.desk import ROOT
from tests.randomly import randomly
from tests.streams.test_slices import read_only


def batch(number: int, posts: int = 3) -> Batch:
    def line(id: int) -> bytes:
        return json.dumps({"data": {"id": str(number * 1000 + id), "text": "é" * 50}, "matching_rules": [{"id": "1"}]}).encode()

    made = tuple(Post(line(id), ("one", "two") if id % 2 else ("one",)) for id in range(posts))
    return Batch(number * 10, number * 10 + 9, made, (Period("twone", "stream/1", Span(number, number + 1, posts)),))


def began(found: list[Batch]) -> list[int]:
    return [one.began // 10 for one in found]


def drained(waiting: Segments) -> tuple[list[Batch], bool]:
    """What is left, and whether something was torn."""
    found, torn = [], False
    while True:
        try:
            if (first := waiting.first()) is None:
                return found, torn
        except Torn:
            torn = True
            continue
        found.append(first)
        waiting.advance()


def same(one: Batch, other: Batch) -> bool:
    return (one.began, one.ended, list(one.posts), list(one.marks)) == (
        other.began,
        other.ended,
        list(other.posts),
        list(other.marks),
    )


def test_a_batch_comes_back_as_it_was(tmp_path: Path) -> None:
    waiting = new(tmp_path)
    for one in (batch(1), batch(2, 0)):
        waiting.append(one)
    found, torn = drained(waiting)
    assert all(map(same, found, [batch(1), batch(2, 0)]))
    assert not torn
    assert (waiting.bytes, list(waiting.folder.glob("*.segment"))) == (0, [])
    pages = found[0].taken_apart()
    assert {capture: [post["id"] for post in page.posts] for capture, page in pages.items()} == {
        "one": ["1000", "1001", "1002"],
        "two": ["1001"],
    }
    waiting.close()
    assert list(tmp_path.iterdir()) == []


def test_a_writer_may_be_killed_at_any_byte(tmp_path: Path) -> None:
    """What was written whole is there, what follows is told and put aside."""
    waiting = new(tmp_path / "written")
    for number in range(3):
        waiting.append(batch(number))
    whole = next(waiting.folder.glob("*.segment")).read_bytes()
    ends = [sum(len(packed(batch(number))) for number in range(upto)) for upto in range(4)]
    assert ends[-1] == len(whole)
    for cut in range(len(whole)):
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / "lock").touch(mode=0o600)
        (folder / "000000001.segment").write_bytes(whole[:cut])
        after = _taken_over(folder)
        found, torn = drained(after)
        assert began(found) == list(range(sum(end <= cut for end in ends[1:])))
        assert torn == (cut not in ends)
        after.close()
        shutil.rmtree(folder, ignore_errors=True)


def _taken_over(folder: Path) -> Segments:
    return Segments(folder, os.open(folder / "lock", os.O_RDWR))


def test_a_damaged_frame_never_becomes_a_batch(tmp_path: Path) -> None:
    waiting = new(tmp_path)
    waiting.append(batch(1))
    path = next(waiting.folder.glob("*.segment"))
    sound = path.read_bytes()
    for place in range(0, len(sound), 7):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        found, torn = drained(Segments(waiting.folder, os.dup(waiting._lock)))
        assert (found, torn) == ([], True), place
        path.with_suffix(".damaged").unlink()


@randomly(60)
@given(steps=st.lists(st.sampled_from("pppfddsmm"), max_size=40), room=st.sampled_from([0, 900, 1 << 20]))
def test_batches_leave_in_the_order_in_which_they_came(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], room: int
) -> None:
    backlog, put, done, taken = Backlog(new(tmp_path_factory.mktemp("x")), room), 0, 0, False
    for step in steps:
        if step == "p":
            assert backlog.put(batch(put))
            put += 1
        elif step == "s":
            backlog.to_disk()
        elif step == "f":
            first = backlog.first(0)
            taken = first is not None
            assert first is None if done == put else first and same(first, batch(done))
        elif step == "m":
            some = backlog.some(0)
            assert began(some) == [*range(done, done + len(some))]
            assert bool(some) == (done < put)
            backlog.done(len(some))
            done, taken = done + len(some), False
        elif taken:
            backlog.done()
            done, taken = done + 1, False
    while (first := backlog.first(0)) is not None:
        assert same(first, batch(done))
        backlog.done()
        done += 1
    assert (done, backlog.waiting) == (put, 0)
    backlog.close()


def test_segments_grow_and_go_while_the_archive_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(segments, "SEGMENT", 2000)
    backlog = Backlog(new(tmp_path), 0)
    for number in range(50):
        backlog.put(batch(number))
    assert len(list(tmp_path.glob("*/*.segment"))) > 3
    found = []
    while first := backlog.first(0):
        found.append(first)
        backlog.done()
    assert (began(found), list(tmp_path.glob("*/*.segment"))) == (list(range(50)), [])
    with monkeypatch.context() as disk:
        disk.setattr(Path, "unlink", read_only)
        backlog.put(batch(50))
        found = [backlog.first(0), backlog.done(), backlog.first(0)]
    assert (began(found[:1]), found[1:]) == ([50], [None, None])  # type: ignore[arg-type]
    backlog.close()
    [kept] = tmp_path.glob("*/*.segment")
    assert f"{kept} cannot be removed, the next run writes it once more: Read-only file system" in caplog.text


def test_what_waits_for_seconds_is_on_disk_though_the_archive_has_not_failed_yet(tmp_path: Path) -> None:
    """A file that is locked, or a cluster that hangs, is waited for up to a minute: who is killed then loses seconds."""
    backlog = Backlog(waiting := new(tmp_path))
    for second in range(3):
        assert backlog.put(replace(batch(second), ended=second * 1000))
        assert backlog.first(0) is not None
    assert waiting.bytes == 0, "a quick archive costs no disk"
    for second in range(3, 60):
        assert backlog.put(replace(batch(second), ended=second * 1000))
    assert backlog.waiting == backlog.on_disk
    backlog.done()
    assert (first := backlog.first(0)) is not None
    assert began([first]) == [1]
    backlog.close()


def test_a_full_disk_keeps_what_memory_bears_and_says_what_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backlog = Backlog(waiting := new(tmp_path), 0)

    def full(_: Batch) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "LAST_RESORT", 4000)
    assert backlog.put(batch(9))
    monkeypatch.setattr(waiting, "append", full)
    assert [backlog.put(batch(number)) for number in range(5)] == [True, True, True, False, False]
    assert (first := backlog.first(0)) is not None
    assert same(first, batch(9)), "what lies on disk is older"
    monkeypatch.undo()
    monkeypatch.setattr(module, "LAST_RESORT", 4000)
    assert backlog.put(batch(5))
    found = []
    while first := backlog.first(0):
        found.append(first)
        backlog.done()
    assert began(found) == [9, 0, 1, 2, 5]
    backlog.close()


WRITER = """
import sys
from pathlib import Path
from tests.streams.test_segments import batch
from netwar.streams.segments import new
waiting = new(Path(sys.argv[1]))
for number in range(10 ** 6):
    waiting.append(batch(number))
    print(number, flush=True)
"""


def test_what_a_killed_process_left_is_taken_over_once(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", WRITER, tmp_path], env=environment, stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout
        while int(one.stdout.readline()) < 20:
            assert not list(left(tmp_path)), "it is alive"
        one.send_signal(signal.SIGKILL)
        said = [int(line) for line in one.stdout.read().split("\n")[:-1]] or [20]
    [waiting] = left(tmp_path)
    assert not list(left(tmp_path)), "it is taken over already"
    found, _ = drained(waiting)
    assert began(found)[: said[-1]] == list(range(said[-1]))
    assert len(found) in (said[-1] + 1, said[-1] + 2)
    waiting.close()
