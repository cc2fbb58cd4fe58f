"""Bad files, bad configurations, bad disks, signals: a clear sentence each, and with the cause removed nothing is missing."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.spool import Spool
from netwar.records.documents import Document
from tests.desk import Desk, Ended
from tests.operator import TIMELINE, Three, no_bug
from tests.rows import rows

STORES = ["queues.sqlite", "meter.sqlite", "archive/three.sqlite"]


def one_sentence(ended: Ended, says: str) -> None:
    """The last thing said is what was expected, on one line; there is no traceback, and nothing on stdout."""
    no_bug(ended)
    assert ended.stdout == ""
    assert re.search(says, ended.stderr.splitlines()[-1]), ended.stderr


@contextmanager
def mounted(*command: str | Path, at: Path) -> Iterator[None]:
    mount = ["mount", *map(str, command), str(at)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount the disk that this test needs")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", at], check=True)


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """The folder and all below may be read only. Permissions do not stop root, so root mounts it."""
    if os.geteuid():
        modes = {one: one.stat().st_mode for one in (folder, *folder.rglob("*")) if one.is_dir()}
        for one in reversed(modes):
            one.chmod(0o500)
        try:
            yield
        finally:
            for one, mode in modes.items():
                one.chmod(mode)
        return
    with mounted("--bind", folder, at=folder):
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        yield


@pytest.fixture
def small_disk() -> Iterator[Callable[[Path, str], None]]:
    """Put a disk of a few MiB in a folder's place; what was in it moves there."""
    with ExitStack() as disks:

        def mount(folder: Path, size: str) -> None:
            folder.mkdir(parents=True, exist_ok=True)
            aside = folder.with_name("aside")
            shutil.copytree(folder, aside)
            disks.enter_context(mounted("-t", "tmpfs", "-o", f"size={size}", "tmpfs", at=folder))
            shutil.copytree(aside, folder, dirs_exist_ok=True)
            shutil.rmtree(aside)

        yield mount


def fill(folder: Path, leave: int) -> Path:
    """A file that fills the disk but for `leave` bytes."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(max(file.tell() - leave, 0))
    return ballast


@rows(
    ("content", "status", "says"),
    [
        (b"", 0, "users.txt names no users; 3 waiting in work"),
        (bytes(range(256)) * 40, 1, "users.txt: this is not a text file.*nothing was queued"),
        (b"x" * 200 + b"\n", 1, "0 of 0 users added to work, 3 waiting; lines that name no user .*: 1"),
        (b"good_one\n" + b"y" * 200 + b"\n", 1, r"1 of 1 user added to work, 4 waiting; .*: 1"),
    ],
)
def test_a_file_of_users_that_is_none(three: Three, content: bytes, status: int, says: str) -> None:
    (three.desk.home / "users.txt").write_bytes(content)
    ended = three.run("tw-quser2work", "users.txt", check=status)
    one_sentence(ended, says)
    if b"\n" in content and len(content) < 1000:
        assert re.search("users.txt: line [12]: [xy]{1,80}….*at most 15 characters, this has 200", ended.stderr)
    assert {user for _, user in three.entries()} >= set(three.ids()[:3])


@rows(
    ("arguments", "status", "says"),
    [
        (["tw-idu3elk", "x" * 200], 2, "cannot name an index: use a-z, 0-9"),
        (["tw-idu3elk", "../../etc/passwd"], 2, "cannot name an index"),
        (["tw-idu3elk", "Brexit vote"], 2, "cannot name an index"),
        (["tw-idu3elk", "three", "--queue", "q" * 200], 2, "cannot name a queue"),
        (["tw-showwork", "--queue", "a\nb"], 2, "cannot name a queue"),
        (["tw-idu3elk", "three", "--queue", "wrok"], 0, "wrok is empty: put users on it with tw-quser2work --queue wrok"),
        (["tw-coverage", "z" * 200, "someone"], 2, "cannot name an index"),
    ],
)
def test_a_name_that_is_none(three: Three, arguments: list[str], status: int, says: str) -> None:
    asked = len(three.log())
    one_sentence(three.run(*arguments, check=status), says)
    assert len(three.log()) == asked
    assert len(three.entries()) == 3


def test_a_home_that_cannot_be_written(three: Three) -> None:
    shutil.rmtree(three.data)
    (three.desk.home / "users.txt").write_text("\n".join(three.ids()[:3]))
    with unwritable(three.desk.home):
        for program in (["tw-quser2work", "users.txt"], ["tw-idu3elk", "three"]):
            one_sentence(
                three.run(*program, check=69), r"netwar cannot be made: .* \(set `data` in the configuration to a folder"
            )
        one_sentence(three.run("tw-auth", "1234567", check=78), "run tw-auth without a PIN first")
        one_sentence(three.run("tw-auth", check=78), r"\.twitter cannot be written: ")
    three.run("tw-quser2work", "users.txt")
    three.completes()


def test_a_data_folder_that_became_read_only(three: Three) -> None:
    three.capture("--limit", 1, check=0)
    asked = len(three.asked())
    with unwritable(three.data):
        one_sentence(three.capture(check=69), "netwar.* cannot be (used|made): ")
        one_sentence(three.run("tw-quser2work", "-", input="another_one\n", check=69), "cannot be (used|made): ")
    assert len(three.asked()) == asked, "nothing is bought that cannot be kept"
    three.completes()


@pytest.mark.parametrize("leave", [0, 500_000])
def test_a_full_disk_loses_no_user_and_no_money(three: Three, small_disk: Callable[[Path, str], None], leave: int) -> None:
    small_disk(three.data, "3m")
    ballast = fill(three.data, leave)
    for _ in range(2):
        one_sentence(three.capture("-q", check=69), "the disk is full; make room and run again")
    ballast.unlink()
    three.completes()
    assert three.run("tw-showwork").stdout == "work: 0 waiting, 0 claimed, 0 failed\n"


def test_a_full_archive_sends_what_was_paid_for_to_the_spool(three: Three, small_disk: Callable[[Path, str], None]) -> None:
    small_disk(three.data / "archive", "2m")
    ballast = fill(three.data / "archive", 0)
    one_sentence(three.capture(check=69), "archive/three.sqlite cannot be used: the disk is full")
    paid = three.bill()
    assert paid["returned"]["post"] > 100
    asked = len(three.asked())
    one_sentence(three.capture(check=69), "archive/three.sqlite cannot be used: the disk is full")
    assert len(three.asked()) == asked == 1, "what is paid for is written before more is bought"
    ballast.unlink()
    assert "written out of the spool: 1 page" in three.capture(check=0).stderr
    assert len(three.asked()) == asked + 2 + 2, "the page in the spool is not asked for again"
    three.completes()


def test_a_full_disk_under_the_queue(three: Three, small_disk: Callable[[Path, str], None]) -> None:
    small_disk(three.data, "3m")
    ballast = fill(three.data, 500_000)
    (three.desk.home / "many.txt").write_text("".join(f"user_{number}\n" for number in range(25_000)))
    one_sentence(three.run("tw-quser2work", "many.txt", check=69), "queues.sqlite cannot be used: the disk is full")
    assert {user for _, user in three.entries()} >= set(three.ids()[:3])
    assert three.run("tw-wipework", "--yes").stderr
    ballast.unlink()
    three.queue(three.ids()[:3])
    three.completes()


def test_a_configuration_that_others_can_read(three: Three) -> None:
    path = three.desk.home / ".twitter"
    path.chmod(0o644)
    ended = three.capture(check=78)
    one_sentence(ended, "chmod")
    advice = re.search(r"chmod \S+ \S+", ended.stderr)
    assert advice
    subprocess.run(advice[0].split(), check=True)
    three.completes()


def test_five_faults_of_a_configuration_are_told_at_once(three: Three) -> None:
    path = three.desk.home / ".twitter"
    whole = path.read_text()
    secret = re.search("^consumer_secret = (.+)$", whole, re.MULTILINE)
    assert secret
    broken = whole.replace("budget = 100", "budget = much").replace("maxcpu = 100", "maxcpu = 900").replace("timeout = 1", "")
    path.write_text(f"{broken}\ncolour = red\nredishost = here\n[STREAMS]\nindex = three\n[API]\napi = ftp://{secret[1]}\n")
    ended = three.capture(check=78)
    no_bug(ended)
    assert ended.stderr.startswith("tw-idu3elk: the configuration cannot be used:\n")
    told = ended.stderr.splitlines()[1:]
    assert len(told) >= 5
    for fault in ("budget must be dollars", "maxcpu must be a whole number from 1 to 100", "colour is not a key", "[STREAMS]"):
        assert any(fault in line and str(path) in line for line in told), ended.stderr
    assert secret[1] not in ended.stderr
    path.write_text(whole)
    three.completes()


@rows(
    ("harm", "status", "says"),
    [
        ("newer", 78, r"was written by a newer version of this program \(schema 99.*update the program"),
        ("torn", 69, r"is damaged, or no database of this program \(.*(malformed|not a database).*\): (move it away|tw-mend )"),
    ],
)
def test_a_store_that_cannot_be_read(three: Three, harm: str, status: int, says: str) -> None:
    three.capture("--limit", 1, check=0)
    asked = len(three.asked())
    for store in STORES:
        path = three.data / store
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        whole = path.read_bytes()
        head = whole[:60] + (99).to_bytes(4, "big") + whole[64:4096]  # where SQLite keeps the schema's version
        harmed = head + whole[4096:] if harm == "newer" else whole[:4096] + os.urandom(len(whole) - 4096)
        path.write_bytes(harmed)
        one_sentence(three.capture(check=status), f"{store} .*{says}")
        assert len(three.asked()) == asked, "nothing is bought that cannot be kept"
        assert path.read_bytes() == harmed, "and nothing is mended by throwing away"
        path.write_bytes(whole)
    three.completes()


def test_an_archive_that_cannot_be_used_stops_no_other_and_what_is_paid_of_it_waits(three: Three) -> None:
    (archive := three.data / "archive").mkdir()
    (harmed := archive / "old.sqlite").write_bytes(os.urandom(8192))
    Spool(three.data / "spool").keep("page", [Document("twold", "7", {"id": "7", "text": "paid"}, True, 0)])
    for program in (["tw-idu3elk", "three"], ["tw-queue2usertest"], ["tw-1name", three.users()[0]["name"], "--ask"]):
        ended = three.run(*program, check=0)
        no_bug(ended)
        assert f"what was paid for of old waits in the spool: {harmed} is damaged" in ended.stderr
    asked = len(three.asked())
    one_sentence(three.run("tw-idu3elk", "old", "--user", three.ids()[0], check=69), f"{harmed} is damaged")
    assert len(three.asked()) == asked, "nothing is bought that would come before what waits"
    harmed.unlink()
    assert "written out of the spool: 1 page;" in three.capture(check=0).stderr
    assert three.select("old", "SELECT id FROM tweets") == [(7,)]
    three.is_complete()


def test_a_file_in_the_place_of_the_data_folder(three: Three) -> None:
    aside = three.data.rename(three.desk.home / "aside")
    three.data.touch()
    for program in (["tw-idu3elk", "three"], ["tw-showwork"], ["tw-coverage", "three"]):
        one_sentence(three.run(*program, check=69), r"netwar cannot be made: File exists \(set `data`")
    three.data.unlink()
    aside.rename(three.data)
    three.completes()


@rows("streams", [">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full", "-v 2>&1 | head -n 1"])
def test_output_that_nobody_takes_stops_no_recorder(three: Three, streams: str) -> None:
    shell = ["bash", "-o", "pipefail", "-c", f"tw-idu3elk three {streams}"]
    done = subprocess.run(shell, env=three.desk.environment, cwd=three.desk.home, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    three.is_complete()


def test_a_reader_that_goes_away(three: Three) -> None:
    three.completes()
    shell = ["bash", "-c", "tw-search three --since 2000-01-01 --json | head -n 1; echo ${PIPESTATUS[0]}"]
    done = subprocess.run(shell, env=three.desk.environment, cwd=three.desk.home, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "141"
    assert done.stderr == ""


@contextmanager
def recording(three: Three, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A recorder that is in the middle of its work: a user is claimed, and X has been asked for the second page."""
    process = three.desk.start("tw-idu3elk", "three", *options)
    deadline = time.monotonic() + 60
    while len(three.asked()) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with process:
        yield process


# In the last one what came first is asked for once more, for a post without an id: it is paid for, and kept.
STOPS = [(signal.SIGTERM, 143, ""), (signal.SIGINT, 130, ""), (signal.SIGHUP, 129, ""), (signal.SIGTERM, 143, "odd-elements")]


@rows(("number", "status", "odd"), STOPS)
def test_a_signal_in_mid_run_puts_everybody_back(three: Three, number: signal.Signals, status: int, odd: str) -> None:
    three.desk.configure(three.sandbox.url, **settings(three), timeout=60)
    if odd:
        three.fault(odd, endpoint=TIMELINE, requests=[1], billed=True)
    three.fault("hang", endpoint=TIMELINE, after=1, seconds=60)
    with recording(three) as process:
        assert [state for state, _ in three.entries()].count("claimed") == 1
        process.send_signal(number)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == status
    assert said.splitlines()[-1] == f"tw-idu3elk: stopped by {number.name}; users not done yet are back on the queue"
    assert "Traceback" not in said
    assert [state for state, _ in three.entries()] == ["waiting"] * 3
    assert not list((three.data / "runs").glob("*.run")), "no lock is left"
    assert three.held() == 1 + bool(odd), "X may bill the page that was not waited for, and the post that has no id"
    first = three.ids()[0]
    came = three.truth(first)[:100]
    assert three.recorded("three", first) == {id for place, id in enumerate(came) if not odd or place != 1}
    three.mend()
    if odd:
        assert "3 complete" in three.capture(check=0).stderr
        assert three.recorded("three", first) == set(three.truth(first))
    else:
        three.completes()


def test_a_signal_while_it_waits_for_the_window(three: Three) -> None:
    three.fault("rate-limit", endpoint=TIMELINE, after=1, seconds=600)
    with recording(three, "--wait") as process:
        assert process.stderr
        assert "waiting, as --wait says" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 143
    assert [state for state, _ in three.entries()] == ["waiting"] * 3
    three.completes("--config", three.desk.home / "other-account")


def test_a_queue_that_is_wiped_under_a_recorder(three: Three) -> None:
    three.fault("slow", endpoint=TIMELINE, requests=[2], seconds=0.8)
    with recording(three) as process:
        three.run("tw-wipework", "--yes")
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 75
    assert re.search(r"tw-idu3elk: \d+ is no longer this run's to record: the queue was wiped", said)
    first = three.ids()[0]
    assert three.recorded("three", first) == set(three.truth(first)), "what was paid for is kept"
    three.queue(three.ids()[:3])
    three.completes()


def settings(three: Three) -> dict[str, Any]:
    """What ~/.twitter says, but for the time-out."""
    found = dict(line.split(" = ", 1) for line in (three.desk.home / ".twitter").read_text().splitlines() if " = " in line)
    return {key: value for key, value in found.items() if key not in ("timeout", "api")}


def test_an_empty_queue_is_no_reason_to_say_nothing_of_missing_keys(desk: Desk) -> None:
    """A newcomer's first command tells what comes first."""
    for program in (["tw-idu3elk", "trial"], ["tw-queue2usertest"]):
        assert "tw-auth" in desk.run(*program, check=78).stderr
