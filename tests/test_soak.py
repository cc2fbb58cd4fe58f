"""The soak itself: every program has a row in its table, and its judges notice what they are there for."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from netwar.sandbox.faults import fault
from tests.desk import BIN, ROOT
from tests.rows import rows
from tests.soak import archives, judging, table, undone, xfaults
from tests.soak.books import Books
from tests.soak.hosts import Account, Host, UnixUser
from tests.soak.journal import Journal
from tests.soak.programs import Around
from tests.soak.promises import Promises
from tests.soak.runs import Command, Run
from tests.soak.troubles import Troubles
from tests.soak.watching import Watch, statuses
from tests.soak.wishes import Wishes
from tests.test_crontab import load

PROGRAMS = sorted(path.name for path in BIN.glob("tw-*"))
PEOPLE = [{"id": str(number), "name": f"name{number}"} for number in range(1, 30)]


@pytest.fixture
def around(tmp_path: Path) -> Around:
    """An account with a home, and some users to speak of."""
    host = Host("host", tmp_path, "sandbox-key", named=False)
    (tmp_path / "home" / "accounts").mkdir(parents=True)
    (tmp_path / "home" / "lists").mkdir()
    host.data.mkdir()
    for name in ("meter.sqlite", "queues.sqlite"):
        (host.data / name).touch()
    account = Account(host, tmp_path / "home" / "accounts" / "first.conf", UnixUser(None, None), 1_000, "nobody")
    streams: dict[str, Any] = {"voices": ["7", "8"], "wishes": Wishes(lambda: 0, tmp_path), "searched": set()}
    return Around(Random(1), account, PEOPLE, PEOPLE[:2], elastic=True, tweets=["1439800001232728069"], **streams)


def test_every_program_has_its_row() -> None:
    """A new program joins the soak: tests/soak/table.py."""
    assert sorted(table.ROWS) == PROGRAMS
    assert [name for name in PROGRAMS if not table.ROWS[name]] == ["tw-sandbox"]


def test_every_row_is_a_command_that_its_program_takes(around: Around) -> None:
    rows = [row for rows in table.ROWS.values() for _, row in rows] + [row for _, row in table.cron()]
    for row in rows:
        commands = [command for _ in range(12) if (command := row(around))]
        assert commands
        for command in commands:
            with load(command.program).make_context(command.program, list(command.arguments)) as context:
                assert context.params


@rows("one", undone.TABLE)
def test_what_is_undone_as_a_proof_is_still_there_to_be_undone(one: undone.Undone, tmp_path: Path) -> None:
    for change in one.changes:
        (tmp_path / change.file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / change.file, tmp_path / change.file)
        change.undo(tmp_path)


def test_a_program_follows_its_clock(tmp_path: Path) -> None:
    (clock := tmp_path / "clock").write_text("+86400.000\n")
    (program := tmp_path / "tw-now").write_text(
        "import time, datetime as d, email.utils as e\n"
        f"open({str(clock)!r}, 'r+').write('-86400.000')\n"
        "print(time.time(), time.time_ns() / 1e9, d.datetime.now(d.UTC).timestamp(), e.localtime().timestamp())\n"
    )
    command = [sys.executable, ROOT / "tests/soak/clocked.py", clock, program]
    told = subprocess.run(command, env={"TZ": "UTC"}, capture_output=True, text=True, check=True).stdout
    expected = datetime.now().timestamp() - 86_400
    assert [float(one) == pytest.approx(expected, abs=60) for one in told.split()] == [True] * 4


def claim(**record: object) -> archives.Claimed:
    whole = {"user": "1", "outcome": "complete", "asked": 1, "spans": [], "gaps": [], "lost": []}
    return archives.Claimed(whole | record)


def part(low: int, high: int) -> dict[str, str]:
    return {"low": str(low), "high": str(high)}


ACTIVE = {"id": "1", "name": "one", "state": "active"}


@rows(
    ("user", "known", "there", "wrong"),
    [
        (ACTIVE, claim(), {1, 2, 3}, None),
        (ACTIVE, claim(), {1, 3}, "1 of 3 posts are neither there nor lost, such as 2"),
        (ACTIVE, claim(lost=[part(1, 2)]), {1, 3}, "are called lost, and X serves them"),
        (ACTIVE, claim(outcome="gone"), {1, 2, 3}, "is active, and the ledger says gone"),
        (ACTIVE, None, {1, 2, 3}, "has no record"),
        ({**ACTIVE, "state": "suspended"}, claim(), {1}, "is suspended, and the ledger says complete"),
        ({**ACTIVE, "state": "suspended"}, claim(outcome="suspended"), set(), None),
    ],
)
def test_timelines_are_judged(user: dict[str, str], known: archives.Claimed | None, there: set[int], wrong: str | None) -> None:
    found = list(judging.timeline(user, [3, 2, 1], known, there))
    assert [wrong in one for one in found] == [True] if wrong else found == []


def test_profiles_are_judged() -> None:
    users = [{**ACTIVE, "id": str(number), "name": f"name{number}"} for number in range(3)]
    assert list(judging.profiles(users, "0,name0\n1,old\n")) == [
        "user 1 is name1, and the profile that is recorded says old",
        "user 2 is name2, and the profile that is recorded says None",
    ]


@pytest.fixture
def run(around: Around, tmp_path: Path) -> Run:
    return Run(1, Command("tw-idu3elk", ["brexit"], queued=("work", ("1", "2"))), around.account, tmp_path)


def test_an_end_needs_a_reason(run: Run) -> None:
    troubles = Troubles()
    assert troubles.expected(run) == {0, 75, 77}
    troubles.begin("disk", "elsewhere")
    assert 69 not in troubles.expected(run)
    troubles.begin("disk", "host")
    troubles.end("disk", "host")
    run.signalled.add(15)
    assert troubles.expected(run) == {0, 69, 75, 77, -15, 143}
    assert troubles.expected(Run(2, run.command, run.account, run.folder)) == {0, 75, 77}, "it began later"


def test_who_is_interrupted_before_our_first_line_cannot_help_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "poll", lambda self: 1)
    run._file("err").write_text('File "<frozen importlib._bootstrap>", line 398, in cached\nKeyboardInterrupt\n')
    run._file("out").touch()
    watch = Watch(journal := Journal(run.folder / "steps", 1), Troubles(), set())
    watch.ended(run, set())
    assert len(journal.faults) == 1, "an end that nobody asked for"
    run.signalled.add(signal.SIGINT)
    watch.ended(run, set())
    journal.close()
    assert len(journal.faults) == 1


def test_readme_has_the_statuses() -> None:
    assert statuses() == {0, 1, 2, 69, 75, 77, 78}


def test_who_was_queued_and_never_asked_for_is_missed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "poll", lambda self: 0)
    promises = Promises()
    promises.asked([{"path": "/2/users/1/tweets"}, {"path": "/2/users"}])
    promises.ended(run)
    assert promises.broken("work", set()) == ["2"]
    assert promises.broken("work", {"2"}) == promises.broken("weekly", set()) == []
    promises.ended(Run(2, Command("tw-wipework", [], wiped="work"), run.account, run.folder))
    assert promises.broken("work", set()) == []


def test_a_damaged_database_is_found(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "bad.sqlite").write_bytes(b"not a database at all" * 99)
    assert [damage.endswith("file is not a database") for damage in archives.damages(tmp_path)] == [True]


def test_dead_letters_count_as_recorded(tmp_path: Path) -> None:
    letters = [{"index": "twbrexit", "id": "7"}, {"index": "tubrexit", "id": "8"}]
    (tmp_path / "dead-letters").write_text("".join(json.dumps(letter) + "\n" for letter in letters))
    assert archives.buried(tmp_path, "twbrexit") == {7}


class X:
    """What is asked of a world, by its books."""

    day = "2026-01-31"

    def __init__(self, *answers: tuple[int, str]) -> None:
        self._answers = [(number, *answer) for number, answer in enumerate(answers, 1)]

    def bill(self, app: str) -> dict[str, int]:
        return {self.day: sum(micro for _, micro, _ in self._answers)}

    def requests(self) -> list[dict[str, Any]]:
        return [
            {
                "number": number,
                "micro": micro,
                "caller": "sandbox-key/1000",
                "time": f"{self.day}T00:30:00.000Z",
                "faults": [kind],
            }
            for number, micro, kind in self._answers
        ]


@rows(
    ("answers", "meter", "wrong"),
    [
        ([(5, "slow")], 5, None),
        ([(5, "slow")], 4, "the meter has less than the bill"),
        ([(5, "slow")], 6, "the meter has more than the bill"),
        ([(5, "cut"), (2, "slow")], 2, None),
        ([(5, "cut"), (2, "slow")], 1, "the meter has less than the bill"),
        ([(30, "slow")], 30, "the budget of $0.000 was passed"),
    ],
)
def test_money_is_judged(run: Run, tmp_path: Path, answers: list[tuple[int, str]], meter: int, wrong: str | None) -> None:
    journal = Journal(tmp_path / "steps", seed=1)
    world: Any = X(*answers)
    books = Books(world, journal, Troubles())
    books.budgets["sandbox-key", X.day] = 20
    books.began(run)
    books.read()
    books.ended(run)
    books.compare("sandbox-key", json.dumps({"charges": [{"day": X.day, "micro_dollars": meter}]}), {})
    journal.close()
    assert [wrong in fault for fault in journal.faults] == [True] if wrong else journal.faults == []


def test_what_a_run_that_was_killed_could_not_book_is_its_dearest_answer(run: Run, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "steps", seed=1)
    world: Any = X((5, "slow"), (3, "slow"))
    books = Books(world, journal, Troubles())
    books.budgets["sandbox-key", X.day] = 20
    books.began(run)
    books.read()
    run.signalled.add(9)
    books.ended(run)
    for meter in (3, 2):
        books.compare("sandbox-key", json.dumps({"charges": [{"day": X.day, "micro_dollars": meter}]}), {})
    journal.close()
    assert [fault.partition(" (")[0] for fault in journal.faults] == ["the meter has less than the bill"]


def test_every_fault_of_x_is_one_that_the_sandbox_has() -> None:
    chance = Random(1)
    kinds = {fault(table).kind for _ in range(1000) for table in xfaults.drawn(chance, strays=True)}
    assert kinds >= {"stray-post", *xfaults.ONE_BY_ONE.split()}
