"""An archive that is moved away, or removed, under a program that records into it: nothing goes into what nobody looks at."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

from tests.moving import copied, moved_away
from tests.operator import TIMELINE, Three, no_bug
from tests.rows import rows


def first_page(three: Three) -> None:
    """Wait until the first page of the first user is recorded, and the second one is asked for."""
    until = time.monotonic() + 60
    while not _there(three):
        assert time.monotonic() < until, "it does not come"
        time.sleep(0.01)


def _there(three: Three) -> bool:
    try:
        return len(three.recorded("three", three.ids()[0])) == 100
    except sqlite3.OperationalError:  # the archive is made just now
        return False


@rows("restored", [True, False])
def test_an_archive_that_is_moved_away_under_a_recorder_ends_it_and_no_page_is_lost(three: Three, restored: bool) -> None:
    """What proves the page that came last stands on the page before, which is not in what was put in the place of the file."""
    three.run("tw-touchindex", "three")
    file, copy = three.data / "archive" / "three.sqlite", three.desk.home / "copy.sqlite"
    copied(file, copy)
    three.fault("slow", seconds=0.5, endpoint=TIMELINE)
    run, first = three.desk.begin("tw-idu3elk", "three"), three.ids()[0]
    first_page(three)
    with run.held():  # so that it does not look in between
        moved_away(file)
        if restored:
            copy.rename(file)
    ended = run.end()
    no_bug(ended)
    assert ended.status == 69, ended.stderr
    assert f"{file} was {'moved away, and another file is in its place' if restored else 'moved away or removed'}" in ended.stderr
    assert len(three.asked()) == 2, "after the page that was under way nothing is bought"
    assert {user for _, user in three.entries()} == {*three.ids()[:3]}
    assert file.exists() == restored, "what people are about to put there is not written over"
    three.mend()
    assert "written out of the spool: 1 page" in three.capture("--user", three.ids()[5], check=1).stderr
    there = three.recorded("three", first)
    assert there, "what was paid for is kept"
    assert not three.record(first).spans, "what is complete together with a page that is gone is not complete"
    three.completes()


def test_a_restore_beside_a_recorder_that_still_runs_opens_no_second_budget(three: Three) -> None:
    """The old run has the old meter open, which knows nothing of what is spent by the new one."""
    three.run("tw-backup", three.desk.home / "backup")
    text, other = (three.desk.home / ".twitter").read_text(), three.desk.home / "other.conf"
    other.touch(mode=0o600)
    other.write_text(text.replace("[STREAM]\n", f"[STREAM]\ndata = {three.desk.home / 'restored'}\n"))
    three.run("tw-restore", three.desk.home / "backup", "--spent", "1", "--config", other)
    three.fault("slow", seconds=0.5, endpoint=TIMELINE)
    run = three.desk.begin("tw-idu3elk", "three")
    first_page(three)
    spent, old = three.spent(), three.data.with_name("old")
    with run.held():
        three.data.rename(old)
        (three.desk.home / "restored").rename(three.data)
    ended = run.end()
    no_bug(ended)
    assert ended.status == 69
    assert ".sqlite was moved away, and another file is in its place" in ended.stderr
    assert len(three.asked()) <= 2, "the page that was under way is the last one"
    with closing(sqlite3.connect(old / "meter.sqlite")) as db:
        assert db.execute("SELECT sum(micro) FROM charges").fetchone() == (spent,)
    three.mend()
    three.capture(check=0)
    assert three.recorded("three", three.ids()[0]) == {*three.truth(three.ids()[0])}
