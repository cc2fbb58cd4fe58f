"""tw-follow2usertest, tw-friend2usertest, tw-followquick, tw-friendquick, tw-followdiff, and all that X does with a list."""

from __future__ import annotations

import csv
import json
import os
import pty
import random
import re
import signal
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from netwar.follows.snapshot_writer import opened
from netwar.follows.snapshots import Snapshots
from tests.desk import Begun, Ended, program
from tests.operator import USERTEST, Observer
from tests.randomly import SEED
from tests.terminals import on_a_terminal, shown

Begin = Callable[..., Observer]
FOLLOWERS = "/2/users/:id/followers"
# The one who is asked about has followers on two pages.
WORLD = """
[world]
users = 30
renamed = 0
taken = 0
[[users]]
name = "famous"
followers = 1100
following = 150
[[users]]
state = "protected"
followers = 10
[[users]]
state = "suspended"
"""
ON_ONE_PAGE, ON_THREE = WORLD.replace("1100", "60"), WORLD.replace("1100", "2100")
# Three pages again, as X gives twenty users a page, however many are asked for: quicker where it matters what becomes of a page.
ON_SHORT_PAGES = f"""{ON_ONE_PAGE}
[[faults]]
kind = "short-page"
endpoint = "{FOLLOWERS}"
keep = 20
times = 0
"""


def famous(one: Observer) -> str:
    return one.users()[0]["id"]


def truth(one: Observer, direction: str = "followers", user: str | None = None) -> set[str]:
    return set(one.get(f"truth/{direction}/{user or famous(one)}").split())


def pages(one: Observer, direction: str = "followers") -> list[dict[str, Any]]:
    return [line for line in one.log() if line["path"].endswith(f"/{direction}")]


def snapshots(one: Observer, archive: Any, direction: str = "followers") -> Snapshots:
    return Snapshots(archive, USERTEST, direction, famous(one))


def members(one: Observer, number: int, direction: str = "followers") -> set[str]:
    with one.archive() as archive:
        return set(map(str, snapshots(one, archive, direction).members(number)))


def follow(one: Observer, *options: object, check: int = 0, user: str = "famous") -> Ended:
    return one.no_bug(one.run("tw-follow2usertest", user, *options, check=check))


def paid(one: Observer) -> None:
    bill = one.bill()["micro"]
    assert bill <= one.spent() <= 1.02 * bill


def test_followers_are_recorded_as_they_come(observer: Begin) -> None:
    one = observer(ON_THREE)
    everybody = truth(one)
    ended = follow(one)
    count = f"{len(everybody):,}"
    assert "followers of famous: 2,100; up to $21.00" in ended.stderr
    assert f"snapshot 1 is complete, {count} in it (X's profile counts 2,100); {count} read for" in ended.stderr
    assert f"read for ${len(everybody) / 100:.3f}; documents: {count} new" in ended.stderr
    profiles = one.profiles()
    assert set(profiles) >= everybody
    assert all("public_metrics" in profiles[id] for id in everybody)
    assert members(one, 1) == everybody
    assert one.waiting()["waiting"] == 0, "everybody came, so nobody is queued"
    assert one.bill()["billed"]["follower"] == len(everybody)
    assert [line["parameters"]["max_results"] for line in pages(one)] == ["1000"] * 3
    paid(one)


def test_friends(observer: Begin) -> None:
    one = observer(WORLD)
    ended = one.run("tw-friend2usertest", "@Famous")
    assert "friends of famous: 150; up to $1.50" in ended.stderr
    assert members(one, 1, "following") == truth(one, "following") <= set(one.profiles())
    assert one.bill()["billed"]["following"] == len(truth(one, "following"))
    paid(one)


def test_only_ids_are_queued_unless_fresh(observer: Begin) -> None:
    one = observer(WORLD)
    everybody = sorted(truth(one))
    one.put(*everybody[:120])
    one.record()
    ended = follow(one, "--ids-only", user=famous(one))
    assert f"{len(everybody) - 120:,} queued" in ended.stderr
    assert one.waiting()["waiting"] == len(everybody) - 120
    assert set(pages(one)[0]["parameters"]) == {"max_results"}, "no fields are asked for"
    waiting = {user.removeprefix("x.com/i/user/") for user in one.run("tw-showusertest", "--names").stdout.split()}
    assert waiting == set(everybody[120:])
    follow(one, "--ids-only", "--queue", "work")
    assert members(one, 2) == set(everybody)
    paid(one)


def test_who_is_told_in_errors_is_queued(observer: Begin) -> None:
    one = observer(WORLD)
    one.post("faults", {"kind": "tell-unavailable", "endpoint": FOLLOWERS, "times": 0})
    ended = follow(one)
    told = 1100 - len(truth(one))
    assert told > 20
    assert f"{told} queued" in ended.stderr
    one.record()
    outcomes = [one.outcome(user) for user in one.run("tw-showusertest", "--names").stdout.split()]
    assert outcomes == []
    with one.archive() as archive:
        known = [record.outcome for record in archive.records(USERTEST)]
    assert {"suspended", "gone"} <= set(known)
    assert sum(outcome in ("suspended", "gone") for outcome in known) == told


def test_who_was_suspended_and_follows_again_is_back(observer: Begin) -> None:
    one = observer(ON_ONE_PAGE)
    user = sorted(truth(one))[0]
    one.change(user, state="suspended")
    one.put(user)
    one.record()
    assert one.outcome(user) == "suspended"
    one.change(user, state="active")
    follow(one)
    assert one.outcome(user) is None
    assert one.run("tw-1num", user).stdout.split("\t")[2].startswith("open since")


# What X does on the way


def test_odd_pages_are_not_the_end(observer: Begin) -> None:
    one = observer(WORLD)
    one.post(
        "faults",
        [
            {"kind": "short-page", "endpoint": FOLLOWERS, "requests": [2, 3], "keep": 5},
            {"kind": "empty-page", "endpoint": FOLLOWERS, "requests": list(range(4, 14))},
            {"kind": "repeat-token", "endpoint": FOLLOWERS, "requests": [14]},
            {"kind": "internal-errors", "endpoint": FOLLOWERS, "requests": [1, 15]},
            {"kind": "no-meta", "endpoint": FOLLOWERS, "requests": [16]},
            {"kind": "unknown-fields", "endpoint": FOLLOWERS, "requests": [17]},
        ],
    )
    follow(one)
    assert members(one, 1) == truth(one)
    paid(one)


@pytest.mark.parametrize(
    ("fault", "says"),
    [("repeat-token", "X leads back to the same page again and again"), ("empty-page", "X sent 50 empty pages in a row")],
)
def test_a_page_for_ever_is_trouble_of_x_and_goes_on_later(observer: Begin, fault: str, says: str) -> None:
    one = observer(ON_SHORT_PAGES)
    one.post("faults", {"kind": fault, "endpoint": FOLLOWERS, "after": 1, "times": 0})
    for _ in range(2):
        ended = follow(one, check=69)
        assert says in ended.stderr.splitlines()[-1]
        assert re.search(r"snapshot 1 continues after [\d,]+", ended.stderr)
    assert len(pages(one)) < 120
    [goes_on] = re.findall(r"snapshot 1 continues after ([\d,]+)", ended.stderr)
    assert f"\topen\t{goes_on} and more\t" in one.run("tw-followdiff", "famous", "--list").stdout
    one.post("faults", [], method="DELETE")
    follow(one)
    assert members(one, 1) == truth(one)
    paid(one)


@pytest.mark.parametrize("fault", ["internal-errors", "no-meta", "cut", "server-error"])
def test_what_looks_like_the_end_is_none(observer: Begin, fault: str) -> None:
    one = observer(ON_SHORT_PAGES)
    one.post("faults", {"kind": fault, "endpoint": FOLLOWERS, "after": 1, "times": 0})
    follow(one, check=69)
    with one.archive() as archive:
        assert snapshots(one, archive).all() == []
    one.post("faults", [], method="DELETE")
    follow(one)
    assert members(one, 1) == truth(one)


def test_a_token_gone_stale_ends_the_snapshot_as_cut_off(observer: Begin) -> None:
    one = observer(ON_SHORT_PAGES)
    one.post("faults", {"kind": "stale-token", "endpoint": FOLLOWERS, "requests": [2]})
    ended = follow(one)
    assert "the snapshot ends as cut off, and a new one begins" in ended.stderr
    assert ended.stderr.count("up to $0.60") == 2, "the price is said again"
    assert members(one, 2) == truth(one)
    with one.archive() as archive:
        told = snapshots(one, archive).all()
    assert [(one.number, one.complete) for one in told] == [(1, False), (2, True)]
    assert told[0].count < told[1].count == len(truth(one))
    listed = [line.split("\t") for line in one.run("tw-followdiff", "famous", "--list").stdout.splitlines()]
    assert [line[3] for line in listed] == ["cut off", "complete"]
    assert "two complete snapshots are needed" in one.run("tw-followdiff", "famous", check=1).stderr
    assert "was cut off" in one.run("tw-followdiff", "famous", "--from", 1, "--to", 2, check=1).stderr
    paid(one)


def test_who_came_without_an_id_has_not_left(observer: Begin) -> None:
    one = observer(WORLD)
    follow(one)
    odd = {"kind": "odd-elements", "billed": True, "endpoint": FOLLOWERS}
    ends = {"kind": "rate-limit", "endpoint": FOLLOWERS, "requests": [3], "seconds": 1}
    one.post("faults", [{**odd, "requests": [1, 2]}, ends])
    assert "rejected (see dead-letters)" in follow(one, "-q", check=75).stderr
    time.sleep(2.5)
    assert "snapshot 2 ends as cut off" in follow(one, check=1).stderr, "whoever goes on knows of it"
    assert "two complete snapshots are needed" in one.run("tw-followdiff", "famous", check=1).stderr
    one.post("faults", [], method="DELETE")
    one.post("faults", {**odd, "times": 0})
    one.run("tw-followquick", "famous", "none.txt", "--yes", "--fresh", 0, check=1)
    assert not (one.desk.home / "none.txt").exists()
    one.post("faults", [], method="DELETE")
    one.post("faults", {**odd, "requests": [2]})
    assert "snapshot 4 is complete" in follow(one).stderr, "asked for once more"
    assert members(one, 4) == truth(one)
    listed = [line.split("\t") for line in one.run("tw-followdiff", "famous", "--list").stdout.splitlines()]
    assert [line[3] for line in listed] == ["complete", "cut off", "cut off", "complete"]
    assert {line[6] for line in listed} == {"-0"}, "nobody has left"
    assert one.spent() == one.bill()["micro"]


def test_an_owner_who_closes_the_list_in_its_midst(observer: Begin) -> None:
    one = observer(ON_SHORT_PAGES)
    one.post("faults", {"kind": "not-authorized", "endpoint": FOLLOWERS, "after": 1, "times": 0})
    ended = follow(one, check=1)
    assert re.search(r"followers of famous: (\d\d) read for \$0\.\d+; .*; snapshot 1 continues after \1\n", ended.stderr)
    assert "X does not show the followers of famous: protected" in ended.stderr.splitlines()[-1]
    assert one.outcome(one.users()[0]["id"]) == "protected"
    one.post("faults", [], method="DELETE")
    follow(one)
    assert members(one, 1) == truth(one)
    paid(one)


def test_tokens_that_are_stale_for_ever(observer: Begin) -> None:
    one = observer(ON_SHORT_PAGES)
    one.post("faults", {"kind": "stale-token", "endpoint": FOLLOWERS, "times": 0})
    ended = follow(one, check=69)
    assert "for the second time" in ended.stderr.splitlines()[-1]
    assert len(pages(one)) == 4


def test_people_come_and_go_while_the_list_is_read(observer: Begin) -> None:
    one = observer(WORLD, budget=9)
    before = truth(one)
    follow(one, "--yes", check=77)
    one.post("follows", {"user": famous(one), "add": 30, "remove": sorted(before)[:3]})
    one.desk.configure(one.sandbox.url, budget=1000, maxcpu=100, maxmem=100)
    follow(one)
    assert before - set(sorted(before)[:3]) <= members(one, 1) <= before | truth(one)


# Money


def test_without_a_terminal_the_budget_must_cover_the_price(observer: Begin) -> None:
    one = observer(WORLD, budget=10)
    ended = follow(one, check=77)
    said = ended.stderr.splitlines()[-1]
    assert re.search(
        r"followers of famous: 1,100; up to \$11.00, and \$9.99 of today's budget of \$10.00 is left: say --yes", said
    )
    assert pages(one) == []
    one.desk.configure(one.sandbox.url, budget=12, maxcpu=100, maxmem=100)
    follow(one)
    assert members(one, 1) == truth(one)


def test_the_budget_that_is_too_low_is_the_one_to_raise(observer: Begin) -> None:
    one = observer(WORLD, budget=12)
    enough, low = "say --yes to read as much of it as the budget allows", "under [API] in"
    assert follow(one, "--budget", 1, check=77).stderr.endswith(f"{enough}, or give a higher --budget\n")
    one.desk.configure(one.sandbox.url, budget=10, maxcpu=100, maxmem=100)
    both = follow(one, "--budget", 1, check=77).stderr
    assert f"{enough}, or give a higher --budget and write a higher `budget = DOLLARS` {low}" in both
    assert f"{enough}, or write a higher `budget = DOLLARS` {low}" in follow(one, "--budget", 11.5, check=77).stderr


def test_pages_shrink_near_the_budget_and_the_next_day_goes_on(observer: Begin) -> None:
    one = observer(ON_THREE, budget=12.34)
    ended = follow(one, "--yes", check=77)
    assert "snapshot 1 continues after" in ended.stderr
    sizes = [int(line["parameters"]["max_results"]) for line in pages(one)]
    assert sizes[0] == 1000
    assert sizes == sorted(sizes, reverse=True)
    assert one.spent() == one.bill()["micro"] <= 12_340_000
    assert one.spent() > 12_320_000
    one.desk.configure(one.sandbox.url, budget=1000, maxcpu=100, maxmem=100)
    ended = follow(one)
    assert re.search(r"followers of famous: 2,100, 1,2\d\d of them are read; up to \$8\.\d\d", ended.stderr)
    assert members(one, 1) == truth(one)
    assert one.bill()["returned"]["follower"] == len(truth(one)), "nothing was paid for twice"
    paid(one)


@pytest.mark.parametrize(("answer", "agreed"), [("y\n", True), ("n\n", False), ("\x04", False)])
def test_at_a_terminal_it_is_asked_for(observer: Begin, answer: str, agreed: bool) -> None:
    one = observer(WORLD)
    keyboard, terminal = pty.openpty()
    os.write(keyboard, answer.encode())
    done = Begun([str(program("tw-follow2usertest")), "famous"], one.desk.environment, one.desk.home, terminal).end(60)
    os.close(keyboard)
    os.close(terminal)
    assert done.status == 0, "a no is no failure"
    assert "Read the followers of famous for up to $11.00?" in done.stderr
    assert bool(pages(one)) == agreed
    if not agreed:
        assert done.stderr.endswith("tw-follow2usertest: nothing was read\n")


def test_a_terminal_sees_how_far_it_is_and_how_long_it_takes(observer: Begin) -> None:
    one = observer(WORLD)
    one.post("faults", {"kind": "slow", "endpoint": FOLLOWERS, "seconds": 1.2, "times": 0})
    status, seen = on_a_terminal(one.desk, ["tw-follow2usertest", "famous", "--yes"])
    assert status == 0
    assert re.search(r"followers of famous .*9\d\d/1,100 +\d+ %  0:00:0\d  \$9\.\d\d", seen.decode()), seen


def test_a_spent_window_is_told_or_waited_for(observer: Begin) -> None:
    one = observer(ON_SHORT_PAGES + f'[limits]\nwindow = 2\n"{FOLLOWERS}" = 2\n')
    ended = follow(one, check=75)
    assert "rate window" in ended.stderr.splitlines()[-1]
    ended = follow(one, "--wait")
    assert members(one, 1) == truth(one)
    assert not [line for line in one.log() if line["status"] == 429]


def test_who_is_not_to_be_had(observer: Begin) -> None:
    one = observer(WORLD)
    protected, suspended = (one.users()[number]["id"] for number in (1, 2))
    for who, says in (
        (protected, "X does not show the followers of .*: protected"),
        (suspended, "is not available: suspended"),
        ("nobody_at_all", "is not available: gone"),
    ):
        ended = follow(one, "--yes", user=who, check=1)
        assert re.search(says, ended.stderr.splitlines()[-1])


def test_what_is_no_user(observer: Begin) -> None:
    one = observer(WORLD)
    assert "at most 15 characters, this has 200" in one.run("tw-follow2usertest", "x" * 200, check=2).stderr
    assert "at most 15 characters" in one.run("tw-followdiff", "x" * 200, check=2).stderr
    assert "there is no snapshot of the followers of famous" in one.run("tw-followdiff", "famous", check=1).stderr


# Snapshots


def diff(one: Observer, *options: object) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    lines = [line.split("\t") for line in one.run("tw-followdiff", "famous", *options).stdout.splitlines()]
    return {(id, name) for sign, id, name in lines if sign == "+"}, {(id, name) for sign, id, name in lines if sign == "-"}


def test_who_came_and_who_left(observer: Begin) -> None:
    one = observer(WORLD)
    states = [truth(one)]
    follow(one)
    for _ in range(2):
        one.post("follows", {"user": famous(one), "add": 20, "remove": sorted(states[-1])[5:12]})
        states.append(truth(one))
        ended = follow(one)
        came, left = len(states[-1] - states[-2]), len(states[-2] - states[-1])
        assert f"{came} came and {left} left since snapshot {len(states) - 1}" in ended.stderr
    names = {id: profile["username"] for id, profile in one.profiles().items()}
    for options, before, after in (((), 1, 2), (("--from", 1), 0, 2), (("--from", 1, "--to", 2), 0, 1)):
        came, left = diff(one, *options)
        assert came == {(id, names[id]) for id in states[after] - states[before]}
        assert left == {(id, names[id]) for id in states[before] - states[after]}
    assert_in_all_forms(one, states[1] - states[2], states[2] - states[1])
    assert "there is no snapshot 9" in one.run("tw-followdiff", "famous", "--to", 9, check=1).stderr
    assert "must be older" in one.run("tw-followdiff", "famous", "--from", 2, "--to", 1, check=2).stderr


def assert_in_all_forms(one: Observer, left: set[str], came: set[str]) -> None:
    changes = {**dict.fromkeys(left, "left"), **dict.fromkeys(came, "came")}
    lines = list(map(json.loads, one.run("tw-followdiff", "famous", "--json").stdout.splitlines()))
    assert {line["id"]: line["change"] for line in lines} == changes
    rows = csv.DictReader(one.run("tw-followdiff", "famous", "--csv").stdout.splitlines())
    assert list(rows) == lines
    heading, *told, outcome = shown(one.desk, "tw-followdiff", "famous")
    assert heading.split() == ["CHANGE", "ID", "NAME"]
    assert {line.split()[1]: line.split()[0] for line in told} == changes
    assert f"{len(came)} came and {len(left)} left" in outcome
    first, _, third = map(json.loads, one.run("tw-followdiff", "famous", "--list", "--json").stdout.splitlines())
    assert (first["number"], first["state"], first["came"]) == (1, "complete", first["count"])
    assert datetime.fromisoformat(first["ended"]) <= datetime.fromisoformat(third["began"])
    heading, *told = shown(one.desk, "tw-followdiff", "famous", "--list", columns=100)
    assert heading.split() == ["NUMBER", "BEGAN", "(UTC)", "ENDED", "(UTC)", "STATE", "COUNT", "CAME", "LEFT"]
    assert told[2].split()[-4:] == ["complete", f"{third['count']:,}", str(len(came)), str(len(left))]


def test_an_unchanged_list_takes_no_room(observer: Begin) -> None:
    one = observer(WORLD)

    def size() -> int:
        with one.archive() as archive:
            return sum(len(str(value)) for _, value in archive.notes(USERTEST, "followers/"))

    follow(one)
    first = size()
    assert first <= 12 * len(truth(one))
    ended = follow(one)
    assert "0 came and 0 left" in ended.stderr
    assert size() - first < 300


def test_not_more_often_than_every_so_many_days(observer: Begin) -> None:
    one = observer(WORLD, budget=9)
    follow(one, "--yes", "--every", 7, check=77)
    one.desk.configure(one.sandbox.url, budget=1000, maxcpu=100, maxmem=100)
    follow(one, "--every", 7)
    assert members(one, 1) == truth(one), "what was cut off goes on all the same"
    asked = len(one.log())
    assert "snapshot 1 is not older than 7 days" in follow(one, "--every", 7, user="FAMOUS").stderr
    assert len(one.log()) == asked
    follow(one, "--every", 0)
    assert len(one.log()) > asked


# Files


def test_ids_into_a_file(observer: Begin) -> None:
    one = observer(WORLD)
    ended = one.run("tw-followquick", "famous")
    lines = (one.desk.home / "famous-followers.txt").read_text().split()
    assert set(lines) == truth(one)
    assert len(lines) == len(set(lines))
    assert f"{len(lines):,} ids written to famous-followers.txt" in ended.stderr
    assert set(pages(one)[0]["parameters"]) == {"max_results"}
    asked = len(one.log())
    assert set(one.run("tw-followquick", famous(one), "-").stdout.split()) == truth(one)
    assert len(one.log()) == asked, "the snapshot of today will do"
    one.run("tw-friendquick", "famous", "friends.txt")
    assert set((one.desk.home / "friends.txt").read_text().split()) == truth(one, "following")
    one.run("tw-followquick", "famous", "--fresh", 0)
    assert len(pages(one)) == 4
    paid(one)


def test_what_a_quick_run_read_is_queued_by_the_run_that_goes_on(observer: Begin) -> None:
    one = observer(WORLD, budget=9)
    one.run("tw-followquick", "famous", "--yes", check=77)
    assert not list(one.desk.home.glob("famous*")), "nothing looks finished that is not"
    one.desk.configure(one.sandbox.url, budget=1000, maxcpu=100, maxmem=100)
    ended = follow(one)
    recorded = set(one.profiles()) - {famous(one)}
    assert recorded < truth(one)
    assert f"{len(truth(one) - recorded):,} queued" in ended.stderr
    one.record()
    assert truth(one) <= set(one.profiles())


def test_a_file_that_cannot_be_written_is_told_and_nothing_is_paid_for_twice(observer: Begin) -> None:
    one = observer(WORLD)
    ended = one.run("tw-followquick", "famous", "no/such/folder.txt", check=1)
    assert "cannot be written: No such file or directory" in ended.stderr.splitlines()[-1]
    one.run("tw-followquick", "famous")
    assert one.bill()["returned"]["follower"] == len(truth(one))


# Runs that are killed, and two at once


def test_killed_at_random(observer: Begin) -> None:
    assert killed_at_random(observer, 5_000, most=6) > 1


def killed_at_random(observer: Begin, followers: int, most: int) -> int:
    """Kills with -9 at random moments, so often at most; benchmarks/follows.py does it fifty times over a list of a million."""
    one = observer(WORLD.replace("1100", str(followers)))
    chance = random.Random(SEED)
    kills = 0
    while kills < most:
        asked, further = len(pages(one)), chance.randrange(2)
        process = one.desk.start("tw-follow2usertest", "famous", "-q")
        while process.poll() is None and len(pages(one)) <= asked + further:
            time.sleep(0.05)
        time.sleep(chance.random() * 0.2)  # a random moment, not a state that is waited for
        process.kill()
        process.communicate()
        if process.returncode != -signal.SIGKILL:
            assert process.returncode == 0
            break
        kills += 1
        with one.archive() as archive:
            if snapshots(one, archive).complete() and not opened(snapshots(one, archive)):
                break  # all was done when it was killed
    else:
        follow(one)
    everybody = truth(one)
    assert members(one, 1) == everybody
    assert everybody <= set(one.profiles())
    bill = one.bill()
    assert bill["returned"]["follower"] <= len(everybody) + 1000 * kills, f"{kills} kills"
    paid(one)
    return kills


def test_the_second_of_two_runs_is_told(observer: Begin) -> None:
    one = observer(ON_SHORT_PAGES)
    one.post("faults", {"kind": "slow", "endpoint": FOLLOWERS, "seconds": 5.0})
    first = one.desk.start("tw-follow2usertest", "famous")
    while not pages(one):
        assert first.poll() is None
        time.sleep(0.02)
    other = one.account(one.desk.home / "other")
    ended = one.run("tw-followquick", "famous", "--config", other, check=75)
    assert "another run is reading this list (snapshot 1" in ended.stderr.splitlines()[-1]
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert members(one, 1) == truth(one)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_lets_the_next_run_go_on(observer: Begin, number: signal.Signals, status: int) -> None:
    one = observer(ON_SHORT_PAGES, timeout=60)
    one.post("faults", {"kind": "hang", "endpoint": FOLLOWERS, "after": 1, "seconds": 60})
    process = one.desk.start("tw-follow2usertest", "famous")
    while len(pages(one)) < 2:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == status
    assert re.search(r"snapshot 1 continues after \d+\n", said)
    assert "Traceback" not in said
    one.post("faults", [], method="DELETE")
    follow(one)
    assert members(one, 1) == truth(one)
    assert one.bill()["returned"]["follower"] == len(truth(one))
