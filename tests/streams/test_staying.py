"""What the line of a running capture says."""

from __future__ import annotations

from dataclasses import replace

from netwar.captures.base import CaptureState, Live
from netwar.commands.gaps import told
from netwar.commands.staying import figures
from netwar.streams.gaps import Terms

T = 1_800_000_000_000
STATE = CaptureState("cats", "running", posts=1_500, minute=120, micro=7_500_000)
LIVE = Live(at=T, connected=T - 3_600_000, lag=1_200, captures={"cats": STATE})


def test_posts_a_second_are_those_since_it_connected() -> None:
    assert figures("cats", LIVE) == "cats: 1,500 posts, 2.0/s, lag 1.2 s, $7.50"
    assert ", 6.0/s, " in figures("cats", replace(LIVE, connected=T - 20_000))
    assert ", 12.0/s, " in figures("cats", replace(LIVE, connected=T - 1_000)), "posts are counted by ten seconds"


def test_gaps_and_whatever_is_not_well_are_told() -> None:
    ill = replace(STATE, state="behind", detail="the archive is away", gaps=2)
    assert figures("cats", replace(LIVE, captures={"cats": ill})).endswith("gaps 2, $7.50 (behind: the archive is away)")
    assert figures("dogs", LIVE) == "dogs: nothing is known of it yet"


def test_the_outcome_of_gaps_has_the_time_in_words() -> None:
    assert told("twcats", [], [Terms(1, ((T, T + 25_000),), ())], T + 90_000) == "0 gaps in twcats; 100.000 % of 25 s covered"
