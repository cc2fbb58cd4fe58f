"""Every answer of X that is no page (DESIGN §8): how the commands end, what they say, and what is left.

A fault sets in at the second page of the first of three users. What came before it stays; nobody is lost; and the run after
the fault ends with the truth, the whole truth and the right bill.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from netwar.coverage import Record
from tests.capture.conftest import Operator
from tests.conftest import Desk, Ended, running_sandbox, sign_in

WORLD = """
[world]
users = 6
prolific = 0
[[users]]
posts = 120
[[users]]
posts = 10
[[users]]
posts = 10
[[users]]
state = "suspended"
posts = 10
[[users]]
state = "gone"
posts = 10
[[users]]
state = "protected"
posts = 10
"""
PAGE = 100
TIMELINE = "/2/users/:id/tweets"
FOR_EVER = 0


@dataclass
class Desks(Operator):
    """An operator at a fresh desk, one of many at the same sandbox."""

    def fault(self, kind: str, **more: object) -> None:
        self.post("faults", {"kind": kind, "times": FOR_EVER, **more})

    def mend(self) -> None:
        self.post("faults", [], method="DELETE")

    def ids(self) -> list[str]:
        return [user["id"] for user in self.users()]

    def capture(self, *options: object, **more: Any) -> Ended:
        return self.run("tw-idu3elk", "answers", *options, **{"check": None, **more})

    def asked(self) -> list[dict[str, Any]]:
        """The requests for timelines since this desk began."""
        return [line for line in self.log() if line["number"] > self.began and line["path"].endswith("/tweets")]

    def held(self) -> int:
        """Reservations that stand open in the meter."""
        with sqlite3.connect(f"file:{self.data}/meter.sqlite?mode=ro", uri=True) as db:
            return int(db.execute("SELECT count(*) FROM reservations").fetchone()[0])

    def entries(self) -> list[tuple[str, str]]:
        """Who is on the queue, and how; quicker than tw-showwork."""
        with sqlite3.connect(f"file:{self.data}/queues.sqlite?mode=ro", uri=True) as db:
            return db.execute("SELECT state, user FROM entries").fetchall()

    def record(self, user: str) -> Record:
        """What the ledger knows of a user."""
        from netwar.archive.sqlite.store import SqliteArchive

        archive = SqliteArchive(self.data / "archive", self.data / "dead-letters")
        try:
            return archive.record("twanswers", user)
        finally:
            archive.close()

    @property
    def data(self) -> Path:
        return self.desk.home / ".local" / "share" / "netwar"

    began: int = 0


@pytest.fixture(scope="module")
def first_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """A sandbox for all the tests, and the desk that theirs are copies of: two accounts, three users on the queue."""
    home = tmp_path_factory.mktemp("answers") / "home"
    home.mkdir()
    scenario = home / "scenario.toml"
    scenario.write_text(WORLD)
    with running_sandbox(Desk(home), "--scenario", scenario) as sandbox:
        one = Desks(Desk(home), sandbox)
        for user, path in zip(one.users(), (".twitter", "other-account"), strict=False):
            keys = sign_in(sandbox.url, user["name"])
            one.desk.configure(sandbox.url, path=home / path, **keys, budget=100, maxcpu=100, maxmem=100, timeout=1)
        one.queue(one.ids()[:3])
        yield one


@pytest.fixture
def one(first_desk: Desks, tmp_path: Path) -> Desks:
    """An operator with three users on the queue, a clean bill and full windows."""
    home = tmp_path / "home"
    shutil.copytree(first_desk.desk.home, home)
    one = Desks(Desk(home), first_desk.sandbox)
    one.mend()
    one.post("bill/reset", {})
    one.post("windows/reset", {})
    log = one.log(1)
    one.began = log[-1]["number"] if log else 0
    return one


def no_bug(ended: Ended) -> None:
    assert "Traceback" not in ended.stderr
    assert "bug in the program" not in ended.stderr


def stopped_at_the_second_page(one: Desks) -> None:
    """The first page is kept and covered, the others wait for a page that never came, and the meter knows the bill."""
    first, second, third = one.ids()[:3]
    assert sorted(one.entries()) == sorted(("waiting", user) for user in (first, second, third))
    page = one.truth(first)[:PAGE]
    assert one.recorded("answers", first) == set(page)
    assert one.recorded("answers", second) == one.recorded("answers", third) == set()
    record = one.record(first)
    assert record.outcome is None
    assert [(span.low, span.high, span.posts) for span in record.spans] == [(page[-1] - 1, page[0], PAGE)]
    assert [(gap.low, gap.high) for gap in record.gaps] == [(0, page[-1] - 1)]
    assert one.record(second) == Record(second)


def complete(one: Desks, *options: object) -> None:
    """Run once more, without the fault: everything is there, nobody waits, and the bill is paid to the micro-dollar."""
    one.mend()
    ended = one.capture(*options, check=0)
    no_bug(ended)
    for user in one.ids()[:3]:
        assert one.recorded("answers", user) == set(one.truth(user))
        record = one.record(user)
        assert (record.outcome, record.gaps, record.lost) == ("complete", (), ())
    assert one.entries() == []
    assert one.spent() == one.bill()["micro"]
    assert one.held() == 0


# kind of fault, its settings: exit status of a recorder and of a one-shot command, and what both say.
Row = tuple[str, dict[str, object], int, int, str]
WINDOWS: list[Row] = [
    ("rate-limit", {"seconds": 600}, 0, 75, r"60[0-2] s"),
    ("rate-limit-no-reset", {}, 0, 75, r"\b60 s"),
]
STOPS: list[Row] = [
    ("usage-capped", {}, 75, 75, r"X's cap .* \(Usage cap exceeded: Monthly product cap\).* tw-rates"),
    ("usage-capped", {"period": "Daily"}, 75, 75, r"Daily product cap"),
    ("too-many-connections", {}, 75, 75, r"another stream of this app open.* try again in a minute"),
    ("credits-depleted", {}, 77, 77, r"no credit left for this app .*buy credits in X's developer console"),
    ("payment-required", {}, 77, 77, r"no credit left for this app \(credits depleted\).*buy credits"),
    ("spend-cap-reached", {}, 77, 77, r"the spend cap of X's developer console is reached .*raise it there"),
    ("unauthorized", {}, 78, 78, r"X does not accept these keys .*run tw-auth again"),
    ("client-not-enrolled", {}, 78, 78, r"does not let this app ask .*attached to a Project.*enrol it"),
    ("unsupported-authentication", {}, 78, 78, r"does not take this kind of keys here .*check `auth`"),
    ("code-453", {}, 78, 78, r"does not let this app ask .*subset of X API V2.*enrol it"),
    ("invalid-request", {}, 1, 1, r"refused the request .*'since_id' must be a tweet id created after.*-v shows"),
    ("conflict", {}, 75, 75, r"something else has to come first .*Rule\(s\) must be configured.*then run again"),
]


def named(row: Row) -> str:
    return "-".join([row[0], *map(str, row[1].values())])


@pytest.mark.parametrize("row", WINDOWS, ids=named)
def test_a_spent_window_ends_the_run_well_and_nobody_asks_before_it_opens(one: Desks, row: Row) -> None:
    kind, settings, status, _, says = row
    one.fault(kind, endpoint=TIMELINE, after=1, **settings)
    ended = one.capture(check=status)
    no_bug(ended)
    assert re.search(says, ended.stderr)
    assert "3 users wait" in ended.stderr
    stopped_at_the_second_page(one)
    assert one.spent() == one.bill()["micro"]
    assert one.held() == 0

    one.mend()
    asked = len(one.asked())
    again = one.capture(check=0)
    assert "3 users wait" in again.stderr
    assert len(one.asked()) == asked == 2, "while the window is shut X is not asked, not even by the next run"
    complete(one, "--config", one.desk.home / "other-account")


@pytest.mark.parametrize("row", STOPS, ids=named)
def test_what_cannot_be_mended_by_waiting_stops_the_run_at_once(one: Desks, row: Row) -> None:
    kind, settings, status, _, says = row
    one.fault(kind, endpoint=TIMELINE, after=1, **settings)
    ended = one.capture("--wait", check=status)
    no_bug(ended)
    told = ended.stderr.splitlines()
    assert told[-1].startswith("tw-idu3elk: ")
    assert re.search(says, told[-1])
    assert "100 tweets" in told[-2], "what was done before is told too"
    assert len(one.asked()) == 2, "it is not asked again"
    stopped_at_the_second_page(one)
    assert one.spent() == one.bill()["micro"]
    assert one.held() == 0
    complete(one)


@pytest.mark.parametrize("row", [*WINDOWS, *STOPS], ids=named)
def test_one_shot_commands_end_with_the_same_sentence(one: Desks, row: Row) -> None:
    kind, settings, _, status, says = row
    one.fault(kind, **settings)
    ended = one.run("tw-myname", check=status)
    no_bug(ended)
    assert ended.stdout == ""
    assert re.fullmatch(f"tw-myname: .*{says}.*", ended.stderr.strip())
    assert one.spent() == one.bill()["micro"] == one.held() == 0


# Three users, each with another form of the same trouble; each request is tried four times.
DOWN: dict[str, list[dict[str, object]]] = {
    "5xx": [
        {"kind": "server-error", "status": 503, "body": "json"},
        {"kind": "server-error", "status": 502, "body": "html"},
        {"kind": "server-error", "status": 500, "body": "empty"},
    ],
    "broken off": [{"kind": "cut"}, {"kind": "reset"}, {"kind": "cut", "bytes": 0}],
    "after it was billed": [{"kind": "reset", "billed": True}, {"kind": "cut", "bytes": 1}, {"kind": "reset", "billed": True}],
}
SAID = {
    "5xx": ["status 503", "status 502", "status 500"],
    "broken off": [r"broke off after [\d,]+ bytes", "Connection reset by peer", "broke off after 0 bytes"],
    "after it was billed": ["Connection reset by peer", "broke off after 1 bytes", "Connection reset by peer"],
}


@pytest.mark.parametrize("trouble", DOWN)
def test_three_users_in_a_row_with_whom_x_fails_end_the_run(one: Desks, trouble: str) -> None:
    for number, fault in enumerate(DOWN[trouble]):
        one.fault(endpoint=TIMELINE, requests=[*range(2 + 4 * number, 6 + 4 * number)], **fault)
    ended = one.capture(check=69)
    no_bug(ended)
    told = ended.stderr.splitlines()
    warned = [line for line in told if " user " in line]
    for user, line, said in zip(one.ids(), warned, SAID[trouble], strict=False):
        assert re.search(f"user {user}: .*{said}.*; back on the queue", line)
    assert len(warned) == 3
    assert re.match(r"tw-idu3elk: X failed 3 times in a row .*run again later", told[-1])
    assert len(one.asked()) == 1 + 3 * 4
    stopped_at_the_second_page(one)
    assert one.spent() <= one.bill()["micro"]
    complete(one)


def test_x_that_hangs_or_drips_is_given_up_in_time(one: Desks) -> None:
    one.fault("hang", seconds=30, requests=[1])
    one.fault("hang", seconds=30, requests=[2], billed=True)
    one.fault("slow", seconds=30, requests=[3])
    one.fault("slow", seconds=10, requests=[4])
    ended = one.run("tw-myname", check=69)
    no_bug(ended)
    assert ended.stderr.count("did not answer within 1 s; asking again") == 2
    assert "X's answer stopped for 1 s after" in ended.stderr
    assert re.search(r"tw-myname: X's answer was not whole after 2 s.*run again later", ended.stderr)
    one.mend()
    assert one.run("tw-myname").stdout
    assert one.spent() == one.bill()["micro"] > 0


PASSING: dict[str, list[dict[str, object]]] = {
    "5xx": [
        {"kind": "server-error", "status": 503, "body": "json", "requests": [1, 2]},
        {"kind": "server-error", "status": 500, "body": "html", "requests": [4, 5]},
        {"kind": "server-error", "status": 504, "body": "empty", "requests": [7, 8]},
    ],
    "broken": [
        {"kind": "cut", "requests": [1, 2]},
        {"kind": "reset", "requests": [4]},
        {"kind": "reset", "billed": True, "requests": [6, 7]},
    ],
    "silent": [{"kind": "hang", "seconds": 30, "requests": [1]}, {"kind": "slow", "seconds": 30, "requests": [3]}],
    "slow but whole": [{"kind": "slow", "seconds": 0.8, "requests": [1, 3]}],
}


@pytest.mark.parametrize("trouble", PASSING)
def test_what_passes_is_asked_again_and_everything_is_recorded(one: Desks, trouble: str) -> None:
    for fault in PASSING[trouble]:
        one.fault(endpoint=TIMELINE, **fault)
    ended = one.capture(check=0)
    no_bug(ended)
    assert all(fault["fired"] for fault in one.post("faults", []))
    assert "3 complete" in ended.stderr
    complete(one)


@pytest.mark.parametrize(
    ("fault", "outcome", "detail"),
    [
        ("not-found", "gone", "Could not find user with id"),
        ("not-authorized", "protected", "not authorized to see the user"),
    ],
)
@pytest.mark.parametrize("pages", [0, 1])
def test_404_and_403_about_a_user_are_an_outcome_of_that_user(
    one: Desks, fault: str, outcome: str, detail: str, pages: int
) -> None:
    first, *others = one.ids()[:3]
    one.fault(fault, endpoint=TIMELINE, user=first, after=pages)
    ended = one.capture(check=0)
    assert f"1 {outcome}" in ended.stderr
    assert "2 complete" in ended.stderr
    assert one.work()["waiting"] == 0
    record = one.record(first)
    assert record.outcome == outcome
    assert detail in (record.detail or "")
    assert one.recorded("answers", first) == set(one.truth(first)[: pages * PAGE])
    assert all(one.record(user).outcome == "complete" for user in others)
    assert one.spent() == one.bill()["micro"]
    one.queue([first])
    complete(one)


@pytest.mark.parametrize("how", ["id", "name"])
def test_200_with_errors_about_a_user_is_an_outcome_of_that_user(one: Desks, how: str) -> None:
    users = {user["state"]: user for user in one.users()[3:]}
    assert set(users) == {"suspended", "gone", "protected"}
    one.queue(user[how] for user in users.values())
    ended = one.capture(check=0)
    for said in ("3 complete", "1 suspended", "1 gone", "1 protected"):
        assert said in ended.stderr
    for state, user in users.items():
        known = user["id"] if how == "id" or state == "protected" else f"@{user['name'].lower()}"
        record = one.record(known)
        assert (record.outcome, record.spans) == (state, ())
        assert user[how].lower() in record.detail.lower() or user["id"] in record.detail
        assert one.recorded("answers", user["id"]) == set()
    complete(one)


def test_a_window_that_is_spent_is_waited_for_only_if_asked(operator: Callable[..., Operator]) -> None:
    one = operator(WORLD + f'[limits]\nwindow = 2\n"{TIMELINE}" = 2\n')
    users = [user["id"] for user in one.users()[:3]]
    one.queue(users)
    ended = one.run("tw-idu3elk", "answers")
    assert re.search(r"may ask no more for [123] s, 2 users wait.*run again then, or with --wait", ended.stderr)
    assert one.work()["waiting"] == 2
    one.run("tw-idu3elk", "answers", "--wait", "-q")
    assert one.work()["waiting"] == 0
    for user in users:
        assert one.recorded("answers", user) == set(one.truth(user))
    assert not [line for line in one.log() if line["status"] == 429], "no request was made that X would have refused"
    assert one.spent() == one.bill()["micro"]


def test_the_budget_is_kept_to_the_last_page(one: Desks) -> None:
    budget = 0.8
    rewrite(one, budget=budget)
    ended = one.capture(check=77)
    no_bug(ended)
    assert re.search(r"\$[\d.]+ of today's budget of \$0\.80 is left.*`budget = DOLLARS`", ended.stderr)
    sizes = [int(line["parameters"]["max_results"]) for line in one.asked()]
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (50, 5), "pages shrink as the money goes"
    spent = one.spent()
    assert spent == one.bill()["micro"]
    assert spent <= budget * 1e6
    assert budget * 1e6 - spent < 5 * 3 * 5_000 + 10_000, "less is left than the smallest page may cost"
    assert one.held() == 0
    work = one.work()
    assert (work["claimed"], work["failed"]) == ([], [])
    first = one.ids()[0]
    got = one.recorded("answers", first)
    assert got == set(one.truth(first)[: len(got)])

    asked = len(one.asked())
    assert one.capture(check=77).stderr
    assert len(one.asked()) == asked, "a run without money asks nothing"
    assert one.run("tw-spend", "--no-ask").stdout.count("budget of $0.80")
    rewrite(one, budget=100)
    complete(one)


def test_the_budget_of_the_next_day_is_a_new_one(one: Desks) -> None:
    rewrite(one, budget=0.8)
    one.capture(check=77)
    yesterday(one)
    one.post("bill/reset", {})
    waiting = one.work()["waiting"]
    for _ in range(5):
        if one.capture().status == 0:
            break
        assert one.bill()["micro"] <= 800_000
        yesterday(one)
        one.post("bill/reset", {})
    assert waiting
    for user in one.ids()[:3]:
        assert one.recorded("answers", user) == set(one.truth(user))


def test_an_outage_of_the_look_up_loses_no_name(one: Desks) -> None:
    one.run("tw-wipework", "--yes")
    one.queue(user["name"] for user in one.users()[:3])
    one.fault("cut", endpoint="/2/users/by", requests=[1, 2, 3, 4, 9, 10, 11, 12])
    one.fault("server-error", endpoint="/2/users/by", requests=[5, 6, 7, 8], body="html")
    ended = one.capture(check=69)
    no_bug(ended)
    work = one.work()
    assert (work["waiting"], work["claimed"], work["failed"]) == (3, [], [])
    assert one.asked() == []
    complete(one)


def test_no_answer_makes_a_program_tell_its_keys(one: Desks) -> None:
    settings = (one.desk.home / ".twitter").read_text()
    secrets = re.findall(r"^(?:consumer_secret|access_token\w*|bearer_token) = (.+)$", settings, re.MULTILINE)
    assert len(secrets) == 4
    programs = {"tw-idu3elk": ["unauthorized", "invalid-request"], "tw-myname": ["cut", "reset"], "tw-rates": ["server-error"]}
    for program, kinds in programs.items():
        for kind in kinds:
            one.mend()
            one.fault(kind)
            ended = one.run(program, "-v", *(["answers"] if program == "tw-idu3elk" else []), check=None)
            said = ended.stdout + ended.stderr
            assert "asking X: GET /2/" in said, "-v tells the requests"
            assert "Traceback" in said or program == "tw-rates", "and where an error came from"
            for secret in [*secrets, "oauth_signature", "Bearer "]:
                assert secret not in said


def rewrite(one: Desks, **settings: object) -> None:
    """Change settings in ~/.twitter."""
    path = one.desk.home / ".twitter"
    text = path.read_text()
    for key, value in settings.items():
        text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
    path.write_text(text)


def yesterday(one: Desks) -> None:
    """A night passes: the clock of the programs is the machine's, so the books are dated back instead."""
    with sqlite3.connect(one.data / "meter.sqlite") as db:
        db.execute("UPDATE charges SET day = date(day, '-1 day')")
        db.execute("UPDATE paid SET day = date(day, '-1 day')")
