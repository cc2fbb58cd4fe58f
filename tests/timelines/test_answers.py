"""Every answer of X that is no page (DESIGN §8): how the commands end, what they say, and what is left.

A fault sets in at the second page of the first of three users. What came before it stays; nobody is lost; and the run after
the fault ends with the truth, the whole truth and the right bill.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from netwar.coverage import Record
from tests.operator import THREE, TIMELINE, Operator, Three, no_bug
from tests.rows import rows

pytestmark = pytest.mark.long

PAGE = 100


def stopped_at_the_second_page(three: Three) -> None:
    """The first page is kept, and covered but for its last twenty posts; the others wait for a page that never came, and the
    meter knows the bill."""
    first, second, third = three.ids()[:3]
    assert sorted(three.entries()) == sorted(("waiting", user) for user in (first, second, third))
    page = three.truth(first)[:PAGE]
    assert three.recorded("three", first) == set(page)
    assert three.recorded("three", second) == three.recorded("three", third) == set()
    record = three.record(first)
    assert record.outcome is None
    assert [(span.low, span.high, span.posts) for span in record.spans] == [(page[-21] - 1, page[0], PAGE - 20)]
    assert [(gap.low, gap.high) for gap in record.gaps] == [(0, page[-21] - 1)]
    assert three.record(second) == Record(second)


# kind of fault, its settings: exit status of a recorder and of a one-shot command, and what both say.
Row = tuple[str, dict[str, Any], int, int, str]
WINDOWS: list[Row] = [
    ("rate-limit", {"seconds": 600}, 0, 75, r"60[0-2] s"),
    ("rate-limit-no-reset", {}, 0, 75, r"\b60 s"),
]
STOPS: list[Row] = [
    ("usage-capped", {}, 75, 75, r"X's cap .* \(Usage cap exceeded: Monthly product cap\).* tw-rates"),
    ("too-many-connections", {}, 75, 75, r"another stream of this app open.* try again in a minute"),
    ("credits-depleted", {}, 77, 77, r"no credit left for this app .*buy credits in X's developer console"),
    ("payment-required", {}, 77, 77, r"no credit left for this app \(credits depleted\).*buy credits"),
    ("spend-cap-reached", {}, 77, 77, r"the spend cap of X's developer console is reached .*raise it there"),
    ("unauthorized", {}, 78, 78, r"X does not accept these keys .*run tw-auth again"),
    ("client-not-enrolled", {}, 78, 78, r"does not let this app ask .*attached to a Project.*enrol it"),
    ("unsupported-authentication", {}, 78, 78, r"does not take this kind of keys here .*check the setting `auth`"),
    ("code-453", {}, 78, 78, r"does not let this app ask .*subset of X API V2.*enrol it"),
    ("invalid-request", {}, 1, 1, r"refused the request .*'since_id' must be a tweet id created after.*-v shows"),
    ("conflict", {}, 75, 75, r"something else has to come first .*Rule\(s\) must be configured.*then run again"),
]


@rows("row", WINDOWS)
def test_a_spent_window_ends_the_run_well_and_nobody_asks_before_it_opens(three: Three, row: Row) -> None:
    kind, settings, status, _, says = row
    three.fault(kind, endpoint=TIMELINE, after=1, **settings)
    ended = three.capture(check=status)
    no_bug(ended)
    assert re.search(says, ended.stderr)
    assert "3 users wait" in ended.stderr
    stopped_at_the_second_page(three)
    assert three.spent() == three.bill()["micro"]
    assert three.held() == 0

    three.mend()
    asked = len(three.asked())
    again = three.capture(check=0)
    assert "3 users wait" in again.stderr
    assert len(three.asked()) == asked == 2, "while the window is shut X is not asked, not even by the next run"
    three.completes("--config", three.desk.home / "other-account")


@pytest.mark.long
@rows("row", STOPS)
def test_what_cannot_be_mended_by_waiting_stops_the_run_at_once(three: Three, row: Row) -> None:
    kind, settings, status, _, says = row
    three.fault(kind, endpoint=TIMELINE, after=1, **settings)
    ended = three.capture("--wait", check=status)
    no_bug(ended)
    told = ended.stderr.splitlines()
    assert told[-1].startswith("tw-idu3elk: ")
    assert re.search(says, told[-1])
    assert "100 tweets" in told[-2], "what was done before is told too"
    refused = status in (1, 78) or kind == "conflict"  # that might lie with the users, so two more are asked about
    assert len(three.asked()) == (4 if refused else 2), "it is not asked again"
    stopped_at_the_second_page(three)
    assert three.spent() == three.bill()["micro"]
    assert three.held() == 0
    three.completes()


ONE_SHOT = [*WINDOWS, ("usage-capped", {"period": "Daily"}, 75, 75, r"\(Usage cap exceeded: Daily product cap\)"), *STOPS[2::3]]


@rows("row", ONE_SHOT)
def test_one_shot_commands_end_with_the_same_sentence(three: Three, row: Row) -> None:
    kind, settings, _, status, says = row
    three.fault(kind, **settings)
    ended = three.run("tw-myname", check=status)
    no_bug(ended)
    assert ended.stdout == ""
    assert re.fullmatch(f"tw-myname: .*{says}.*", ended.stderr.strip())
    assert three.spent() == three.bill()["micro"] == three.held() == 0


# Three users, each with another form of the same trouble; each request is tried four times.
DOWN: dict[str, list[dict[str, Any]]] = {
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


@rows("trouble", DOWN)
def test_three_users_in_a_row_with_whom_x_fails_end_the_run(three: Three, trouble: str) -> None:
    for number, fault in enumerate(DOWN[trouble]):
        three.fault(endpoint=TIMELINE, requests=[*range(2 + 4 * number, 6 + 4 * number)], **fault)
    ended = three.capture(check=69)
    no_bug(ended)
    told = ended.stderr.splitlines()
    warned = [line for line in told if " user " in line]
    for user, line, said in zip(three.ids(), warned, SAID[trouble], strict=False):
        assert re.search(rf"user (\w+ \()?{user}\)?: .*{said}.*; back on the queue", line)
    assert len(warned) == 3
    assert re.match(r"tw-idu3elk: X failed 3 times in a row .*run again later", told[-1])
    assert len(three.asked()) == 1 + 3 * 4
    stopped_at_the_second_page(three)
    assert three.spent() <= three.bill()["micro"]
    three.completes()


def test_x_that_hangs_or_drips_is_given_up_in_time(three: Three) -> None:
    three.fault("hang", seconds=30, requests=[1])
    three.fault("hang", seconds=30, requests=[2], billed=True)
    three.fault("slow", seconds=30, requests=[3])
    three.fault("slow", seconds=10, requests=[4])
    ended = three.run("tw-myname", check=69)
    no_bug(ended)
    assert ended.stderr.count("did not answer within 1 s; retrying") == 1, "what happens twice is said once"
    assert "X's answer stopped for 1 s after" in ended.stderr
    # On a busy machine the drops of the last one come further apart than a second, which is given up in time, too.
    gave_up = r"tw-myname: X's answer (was not whole after 2 s|stopped for 1 s after).*run again later"
    assert re.search(gave_up, ended.stderr)
    three.mend()
    assert three.run("tw-myname").stdout
    assert three.spent() == three.bill()["micro"] > 0


PASSING: dict[str, list[dict[str, Any]]] = {
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


@rows("trouble", PASSING)
def test_what_passes_is_asked_again_and_everything_is_recorded(three: Three, trouble: str) -> None:
    for fault in PASSING[trouble]:
        three.fault(endpoint=TIMELINE, **fault)
    ended = three.capture(check=0)
    no_bug(ended)
    assert all(fault["fired"] for fault in three.post("faults", []))
    assert "3 complete" in ended.stderr
    assert "back on the queue" not in ended.stderr
    three.is_complete()


@rows(
    ("fault", "outcome", "detail", "pages"),
    [
        ("not-found", "gone", "Could not find user with id", 0),
        ("not-authorized", "protected", "not authorized to see the user", 1),
    ],
)
def test_404_and_403_about_a_user_are_an_outcome_of_that_user(
    three: Three, fault: str, outcome: str, detail: str, pages: int
) -> None:
    first, *others = three.ids()[:3]
    three.fault(fault, endpoint=TIMELINE, user=first, after=pages)
    ended = three.capture(check=0)
    assert f"1 {outcome}" in ended.stderr
    assert "2 complete" in ended.stderr
    assert three.work()["waiting"] == 0
    record = three.record(first)
    assert record.outcome == outcome
    assert detail in (record.detail or "")
    assert three.recorded("three", first) == set(three.truth(first)[: pages * PAGE])
    assert all(three.record(user).outcome == "complete" for user in others)
    assert three.spent() == three.bill()["micro"]
    three.queue([first])
    three.completes()


@rows("how", ["id", "name"])
def test_200_with_errors_about_a_user_is_an_outcome_of_that_user(three: Three, how: str) -> None:
    users = {user["state"]: user for user in three.users()[3:]}
    assert set(users) == {"suspended", "gone", "protected"}
    three.queue(user[how] for user in users.values())
    ended = three.capture(check=0)
    for said in ("3 complete", "1 suspended", "1 gone", "1 protected"):
        assert said in ended.stderr
    for state, user in users.items():
        known = user["id"] if how == "id" or state == "protected" else f"@{user['name'].lower()}"
        record = three.record(known)
        assert (record.outcome, record.spans) == (state, ())
        assert user[how].lower() in (record.detail or "").lower() or user["id"] in (record.detail or "")
        assert three.recorded("three", user["id"]) == set()
    three.is_complete()


def test_a_window_that_is_spent_is_waited_for_only_if_asked(operator: Callable[..., Operator]) -> None:
    one = operator(THREE + f'[limits]\nwindow = 2\n"{TIMELINE}" = 2\n')
    users = [user["id"] for user in one.users()[:3]]
    one.queue(users)
    ended = one.run("tw-idu3elk", "three")
    assert re.search(r"may ask no more for [123] s, 2 users wait.*run again then, or with --wait", ended.stderr)
    assert one.work()["waiting"] == 2
    one.run("tw-idu3elk", "three", "--wait", "-q")
    assert one.work()["waiting"] == 0
    for user in users:
        assert one.recorded("three", user) == set(one.truth(user))
    assert not [line for line in one.log() if line["status"] == 429], "no request was made that X would have refused"
    assert one.spent() == one.bill()["micro"]


def test_the_budget_is_kept_to_the_last_page(three: Three) -> None:
    budget = 0.8
    rewrite(three, budget=budget)
    ended = three.capture(check=77)
    no_bug(ended)
    assert re.search(r"\$[\d.]+ of today's budget of \$0\.80 is left.*`budget = DOLLARS`", ended.stderr)
    sizes = [int(line["parameters"]["max_results"]) for line in three.asked()]
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (50, 5), "pages shrink as the money goes"
    spent = three.spent()
    assert spent == three.bill()["micro"]
    assert spent <= budget * 1e6
    assert budget * 1e6 - spent < 5 * 3 * 5_000 + 10_000, "less is left than the smallest page may cost"
    assert three.held() == 0
    work = three.work()
    assert (work["claimed"], work["failed"]) == ([], [])
    first = three.ids()[0]
    got = three.recorded("three", first)
    assert got == set(three.truth(first)[: len(got)])

    asked = len(three.asked())
    assert three.capture(check=77).stderr
    assert len(three.asked()) == asked, "a run without money asks nothing"
    assert three.run("tw-spend", "--no-ask").stdout.count("budget of $0.80")
    rewrite(three, budget=100)
    three.completes()


def test_the_budget_of_the_next_day_is_a_new_one(three: Three) -> None:
    rewrite(three, budget=0.8)
    three.capture(check=77)
    yesterday(three)
    three.post("bill/reset", {})
    waiting = three.work()["waiting"]
    for _ in range(5):
        if three.capture().status == 0:
            break
        assert three.bill()["micro"] <= 800_000
        yesterday(three)
        three.post("bill/reset", {})
    assert waiting
    for user in three.ids()[:3]:
        assert three.recorded("three", user) == set(three.truth(user))


def test_an_outage_of_the_look_up_loses_no_name(three: Three) -> None:
    three.run("tw-wipework", "--yes")
    three.queue(user["name"] for user in three.users()[:3])
    three.fault("server-error", endpoint="/2/users/by", requests=[5, 6, 7, 8], body="html")
    three.fault("cut", endpoint="/2/users/by", times=0)
    ended = three.capture(check=69)
    no_bug(ended)
    work = three.work()
    assert (work["waiting"], work["claimed"], work["failed"]) == (3, [], [])
    assert three.asked() == []
    three.completes()


def in_doubt(three: Three) -> int:
    return json.loads(three.run("tw-spend", "--no-ask", "--json").stdout)["micro_dollars"]["in_doubt"]


@rows(
    ("lost", "refusal"),
    [
        ({"kind": "cut"}, "rate-limit"),
        ({"kind": "hang", "billed": True, "seconds": 30}, "server-error"),
        ({"kind": "reset", "billed": True}, "credits-depleted"),
    ],
)
def test_who_asks_again_and_is_refused_has_not_paid_for_what_was_cut_off(
    three: Three, lost: dict[str, Any], refusal: str
) -> None:
    three.fault(endpoint=TIMELINE, requests=[1], **lost)
    three.fault("server-error", endpoint=TIMELINE, after=1)  # when it is asked for again
    three.capture(check=69)
    billed = three.bill()["micro"]
    assert three.spent() + in_doubt(three) >= billed > three.spent()
    three.mend()
    three.fault(refusal, endpoint=TIMELINE)
    three.capture()
    assert three.spent() + in_doubt(three) >= three.bill()["micro"] == billed
    three.completes("--wait")
    assert in_doubt(three) == 0
    assert three.spent() == three.bill()["micro"]


def test_no_answer_makes_a_program_tell_its_keys(three: Three) -> None:
    settings = (three.desk.home / ".twitter").read_text()
    secrets = re.findall(r"^(?:consumer_secret|access_token\w*|bearer_token) = (.+)$", settings, re.MULTILINE)
    assert len(secrets) == 4
    programs = {"tw-idu3elk": ["unauthorized", "invalid-request"], "tw-myname": ["cut", "reset"], "tw-rates": ["server-error"]}
    for program, kinds in programs.items():
        for kind in kinds:
            three.mend()
            three.fault(kind)
            ended = three.run(program, "-v", *(["three"] if program == "tw-idu3elk" else []), check=None)
            said = ended.stdout + ended.stderr
            assert "asking X: GET /2/" in said, "-v tells the requests"
            assert ".fields" not in said, "but not the fields that are always asked for"
            assert "Traceback" in said or program == "tw-rates", "and where an error came from"
            for secret in [*secrets, "oauth_signature", "Bearer "]:
                assert secret not in said


def rewrite(three: Three, **settings: object) -> None:
    """Change settings in ~/.twitter."""
    path = three.desk.home / ".twitter"
    text = path.read_text()
    for key, value in settings.items():
        text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
    path.write_text(text)


def yesterday(three: Three) -> None:
    """A night passes: the clock of the programs is the machine's, so the books are dated back instead."""
    with closing(sqlite3.connect(three.data / "meter.sqlite", isolation_level=None)) as db:
        db.execute("UPDATE charges SET day = date(day, '-1 day')")
        db.execute("UPDATE paid SET day = date(day, '-1 day')")
