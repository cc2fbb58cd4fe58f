"""Bad disks and bad configurations under look-ups and lists: a clear sentence each, nothing lost, nothing paid for twice."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.operator import Observer
from tests.timelines.test_bad_input import fill, one_sentence, small_disk, unwritable

__all__ = ["small_disk"]

Begin = Callable[..., Observer]
Mount = Callable[[Path, str], None]
WORLD = """
[world]
users = 400
renamed = 0
taken = 0
suspended = 0
protected = 0
gone = 0
[[users]]
name = "famous"
followers = 1500
"""
FULL = "the disk is full; make room and run again"


def queued(observer: Begin, **settings: object) -> Observer:
    """An operator with everybody on the queue."""
    one = observer(WORLD, **settings)
    one.put(*(user["id"] for user in one.users()))
    return one


def completes(one: Observer) -> None:
    """Without the trouble everybody is recorded, and each was paid for once."""
    one.record()
    assert set(one.profiles()) >= {user["id"] for user in one.users()}
    left = one.waiting()
    assert (left["waiting"], left["claimed"], left["failed"]) == (0, [], [])
    assert one.spent() == one.bill()["micro"]


def test_a_home_that_cannot_be_written(observer: Begin) -> None:
    one = observer(WORLD)
    (one.desk.home / "list.txt").write_text("\n".join(user["name"] for user in one.users()))
    with unwritable(one.desk.home):
        for words in (
            ["tw-quser2usertest", "list.txt"],
            ["tw-queue2usertest"],
            ["tw-showusertest"],
            ["tw-tnamesearch", "list.txt", "-"],
            ["tw-usersearchadd", "list.txt", "-"],
            ["tw-1name", "famous", "--ask"],
            ["tw-follow2usertest", "famous"],
            ["tw-followdiff", "famous"],
            ["tw-fixgraph", "list.txt"],
        ):
            ended = one.run(*words, check=69)
            one_sentence(ended, r"netwar cannot be made: .* \(set `data` in the configuration to a folder")
    assert one.bill()["micro"] == 0, "nothing is bought that cannot be kept"
    one.run("tw-usersearchadd", "list.txt")
    completes(one)


@pytest.mark.parametrize("leave", [0, 300_000])
def test_a_full_disk_under_the_look_ups(observer: Begin, small_disk: Mount, leave: int) -> None:
    one = queued(observer)
    small_disk(one.data, "3m")
    ballast = fill(one.data, leave)
    for _ in range(2):
        one_sentence(one.record("-q", check=69), FULL)
    ballast.unlink()
    completes(one)


def test_a_full_archive_sends_what_was_paid_for_to_the_spool(observer: Begin, small_disk: Mount) -> None:
    one = queued(observer)
    one.run("tw-1name", "famous", "--ask")
    small_disk(one.data / "archive", "2m")
    ballast = fill(one.data / "archive", 60_000)  # what reading needs, and less than a page
    one_sentence(one.record(check=69), f"archive/usertest.sqlite cannot be used: {FULL}")
    paid = one.bill()["returned"]["user"]
    assert paid > 50
    ballast.unlink()
    assert "written out of the spool: 1 page" in one.record().stderr
    completes(one)
    assert one.bill()["returned"]["user"] == one.bill()["billed"]["user"], "the page in the spool is not asked for again"


@pytest.mark.parametrize("leave", [0, 400_000])
def test_a_full_disk_under_a_list(observer: Begin, small_disk: Mount, leave: int) -> None:
    one = observer(WORLD)
    one.run("tw-1name", "famous", "--ask")
    small_disk(one.data, "4m")
    ballast = fill(one.data, leave)
    one_sentence(one.run("tw-follow2usertest", "famous", check=69), FULL)
    ballast.unlink()
    one.run("tw-follow2usertest", "famous")
    truth = set(one.get(f"truth/followers/{one.users()[0]['id']}").split())
    assert truth <= set(one.profiles())
    assert one.run("tw-followquick", "famous", "-").stdout.split() == sorted(truth, key=int)
    assert one.spent() == one.bill()["micro"]


def test_a_configuration_that_others_can_read(observer: Begin) -> None:
    one = queued(observer)
    path = one.desk.home / ".twitter"
    path.chmod(0o644)
    for words in (["tw-queue2usertest"], ["tw-follow2usertest", "famous"], ["tw-tumsearch", "-"]):
        one_sentence(one.run(*words, check=78), "chmod")
    advice = re.search(r"chmod \S+ \S+", one.record(check=78).stderr)
    assert advice
    subprocess.run(advice[0].split(), check=True)
    completes(one)


def test_five_faults_of_a_configuration_are_told_at_once(observer: Begin) -> None:
    one = queued(observer)
    path = one.desk.home / ".twitter"
    whole = path.read_text()
    broken = whole.replace("budget = 100000", "budget = much").replace("maxcpu = 100", "maxcpu = 900")
    path.write_text(f"{broken}\ncolour = red\n[STREAMS]\nindex = three\n[API]\napi = ftp://x\n")
    ended = one.no_bug(one.record(check=78))
    assert len(ended.stderr.splitlines()) >= 6
    path.write_text(whole)
    completes(one)


def test_a_store_that_is_torn(observer: Begin) -> None:
    one = queued(observer)
    one.record("--limit", 100)
    path = one.data / "archive" / "usertest.sqlite"
    shutil.copy(path, path.with_suffix(".good"))
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 8192)
    for words in (["tw-queue2usertest"], ["tw-1name", "famous"], ["tw-followdiff", "famous"], ["tw-follow2usertest", "famous"]):
        one_sentence(one.run(*words, check=69), r"usertest.sqlite is damaged, or no database of this program")
    for log in one.data.glob("archive/usertest.sqlite-*"):
        log.unlink()
    shutil.move(path.with_suffix(".good"), path)
    completes(one)
