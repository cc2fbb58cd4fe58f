"""Rules at X: brought to what is wanted, those of others left alone, what X refuses named, however a run is killed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from netwar.captures.base import LEASE, Captures, KnownRule
from netwar.commands.rules import removed
from netwar.connections.runs import Run
from netwar.errors import Busy
from netwar.records.expressions import split
from netwar.streams.packing import Members, wishes
from netwar.streams.placing import GRACE, Rules, Verdict
from tests.contract.opening import NOW, SetClock, open_captures
from tests.randomly import SEED
from tests.streams.ruled import AT, RuledX


@pytest.fixture
def captures(tmp_path: Path) -> Iterator[Captures]:
    with closing(open_captures(f"sqlite:{tmp_path}", Run(tmp_path / "runs"))) as opened:
        assert opened.hold("here", 1, "a", AT)
        yield opened


def brought(rules: Rules, x: RuledX, wanted: dict[str, Members]) -> Verdict:
    """What is wanted, once new rules must work and no old one is kept any more; `later` of the first step."""
    first = rules.bring(1, wanted)
    x.at += GRACE + 1
    assert rules.bring(1, wanted).later == 0
    return first


def routes(captures: Captures, x: RuledX) -> dict[str, Members]:
    """Where a match of each expression goes, by what is known of the rules that stand."""
    known = {rule.id: rule for rule in captures.rules() if rule.until is None}
    assert known.keys() <= x.standing.keys()
    found: dict[str, Members] = {}
    for rule in known.values():
        assert rule.value == x.standing[rule.id].value
        for expression in split(rule.value):
            found[expression] = found.get(expression, frozenset()) | frozenset(rule.captures)
    return found


def terms(count: int, seed: int = SEED) -> list[str]:
    rng = random.Random(seed)
    found = {"".join(rng.choices("abcdefghij", k=rng.randint(4, 18))) for _ in range(count * 2)}
    return sorted(found)[:count]


def test_rules_come_to_stand_and_change_beside_those_of_others(captures: Captures) -> None:
    x = RuledX()
    x.foreign("their own", "more OR theirs")
    rules = Rules(captures, x)
    wanted = wishes([("a", ["cat", "dog house"]), ("b", ["dog house", "emu"])])
    verdict = rules.bring(1, wanted)
    assert (verdict.refused, verdict.rules, verdict.allowed) == ({}, 3, 998)
    assert routes(captures, x) == wanted
    assert {"their own", "more OR theirs"} < x.values()
    assert {rule.tag for rule in x.standing.values()} == {"theirs", rules.tag}
    x.requests.clear()
    assert rules.bring(1, wanted).rules == 3
    assert x.requests == ["rules", "rule_caps"], "nothing is to be done"
    wanted = wishes([("b", ["emu"])])
    x.at += 5
    assert rules.bring(1, wanted).later == 0
    assert routes(captures, x) == wanted
    assert x.values() == {"their own", "more OR theirs", "emu"}
    assert [rule.until for rule in captures.rules() if rule.until] == [AT + 5, AT + 5], "their last matches are under way"


def test_what_is_replaced_stays_until_the_new_one_works(captures: Captures) -> None:
    x = RuledX()
    rules = Rules(captures, x)
    brought(rules, x, wishes([("a", ["cat", "dog"])]))
    after = wishes([("a", ["cat", "fox"])])
    assert rules.bring(1, after).later == 1
    assert len(x.standing) == 2
    assert rules.bring(1, after).later == 1
    x.at += GRACE - 10
    assert rules.bring(1, after).later == 1
    assert {rule.value for rule in captures.rules() if rule.until is None} == x.values() == {"cat OR dog", "cat OR fox"}
    x.at += 11
    assert rules.bring(1, after).later == 0
    assert x.values() == {"cat OR fox"}


def test_35_000_ids_beside_3_rules_of_others_in_20_requests(captures: Captures) -> None:
    x = RuledX()
    x.foreign("one", "two", "three")
    wanted = wishes([("a", [f"from:{10**18 + number}" for number in range(35_000)])])
    verdict = Rules(captures, x).bring(1, wanted)
    assert verdict.rules <= verdict.allowed == 997
    assert routes(captures, x) == wanted
    assert len(x.requests) <= 20


@pytest.mark.parametrize("all_or_nothing", [False, True])
def test_50_bad_lines_of_20_000_are_named_in_10_requests(captures: Captures, all_or_nothing: bool) -> None:
    x = RuledX()
    x.all_or_nothing = all_or_nothing
    lines = terms(20_000)
    bad = {*random.Random(SEED).sample(lines, 50)}
    x.bad = bad.__contains__
    wanted = wishes([("a", lines)])
    rules = Rules(captures, x)
    verdict = rules.verify(wanted)
    assert set(verdict.refused) == bad
    assert verdict.refused[min(bad)] == f"no viable alternative at {min(bad)}"
    assert len(x.requests) <= 10
    assert x.standing == {}, "nothing was changed"
    assert rules.bring(1, wanted).refused == verdict.refused
    assert routes(captures, x) == {line: who for line, who in wanted.items() if line not in bad}
    x.requests.clear()
    assert rules.bring(1, wanted).refused == verdict.refused
    assert x.requests == ["rules", "rule_caps"], "it is not asked again at once"
    x.bad, x.at = (lambda expression: False), x.at + 3_600_001
    assert rules.bring(1, wanted).refused == {}


def test_a_rule_that_others_have_is_used_and_never_removed(captures: Captures) -> None:
    x = RuledX()
    [theirs] = x.foreign("cat OR dog")
    rules = Rules(captures, x)
    wanted = wishes([("a", ["cat", "dog"])])
    rules.bring(1, wanted)
    assert captures.rules() == [KnownRule(theirs, "cat OR dog", ("a",), AT, foreign=True)]
    rules.bring(1, wanted)
    assert routes(captures, x) == wanted
    brought(rules, x, wishes([("a", ["cat"])]))
    assert x.values() == {"cat OR dog", "cat"}
    assert [rule.value for rule in captures.rules() if rule.until is None] == ["cat"]
    rules.bring(1, wanted)
    del x.standing[theirs]
    rules.bring(1, wanted)
    assert routes(captures, x) == wanted, "they removed it, and it is ours now"


def test_a_rule_that_others_add_in_between_is_used_too(captures: Captures) -> None:
    x = RuledX()
    x.before = lambda: x.standing or x.foreign("cat")
    Rules(captures, x).bring(1, wishes([("a", ["cat"])]))
    [rule] = captures.rules()
    assert (rule.foreign, rule.captures, len(x.standing)) == (True, ("a",), 1)


def test_what_others_removed_is_put_back(captures: Captures) -> None:
    x = RuledX()
    rules = Rules(captures, x)
    wanted = wishes([("a", ["cat"]), ("b", ["dog"])])
    rules.bring(1, wanted)
    x.standing.clear()
    rules.bring(1, wanted)
    assert routes(captures, x) == wanted
    assert len([rule for rule in captures.rules() if rule.until]) == 2


def test_at_the_cap_as_many_go_first_as_have_to(captures: Captures) -> None:
    x = RuledX(rules=10)
    x.foreign("theirs")
    rules = Rules(captures, x)
    before, after = ([f"from:{10**18 + first + number}" for number in range(36 * 9)] for first in (0, 10**6))
    rules.bring(1, wishes([("a", before)]))
    assert len(x.standing) == 10
    x.bad = {after[7], after[200]}.__contains__
    verdict = brought(rules, x, wishes([("a", after)]))
    assert set(verdict.refused) == {after[7], after[200]}
    assert routes(captures, x).keys() == {*after} - {after[7], after[200]}
    assert "theirs" in x.values()


def test_a_rule_that_is_refused_whole_is_put_in_in_parts(captures: Captures) -> None:
    """As X may have more limits than it tells."""
    x = RuledX()
    x.most = 20
    wanted = wishes([("a", [f"from:{10**18 + number}" for number in range(60)])])
    rules = Rules(captures, x)
    assert rules.bring(1, wanted).refused == {}
    assert routes(captures, x) == wanted
    x.requests.clear()
    rules.bring(1, wanted)
    assert x.requests == ["rules", "rule_caps"]


class Killed(BaseException):
    """As if by kill -9: nothing is done afterwards."""


def test_killed_behind_any_change_the_next_run_comes_to_the_same(tmp_path: Path) -> None:
    steps = [
        wishes([("a", ["cat", "dog"]), ("b", ["dog", "emu"])]),
        wishes([("a", ["cat", "fox"]), ("b", ["dog", "emu"])]),
        wishes([("b", ["dog", "emu", "gnu"]), ("c", ["cat"])]),
    ]
    for kill in range(1, 12):
        (folder := tmp_path / str(kill)).mkdir()
        x, left = RuledX(), [kill]
        x.foreign("theirs")

        def after(what: str, left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise Killed

        x.after = after
        with closing(open_captures(f"sqlite:{folder}", Run(folder / "runs"))) as captures:
            assert captures.hold("here", 1, "a", AT)
            for wanted in steps:
                try:
                    brought(Rules(captures, x), x, wanted)
                except Killed:
                    brought(Rules(captures, x), x, wanted)
                assert routes(captures, x) == wanted
                assert len(x.standing) == len([rule for rule in captures.rules() if rule.until is None]) + 1
        if left[0] > 0:
            break
    else:
        raise AssertionError("there are more changes than kills")


def test_who_removes_rules_so_slowly_that_another_takes_the_connection_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, x = SetClock(NOW), RuledX()
    with closing(open_captures(f"sqlite:{tmp_path}", Run(tmp_path / "runs"), clock=clock)) as opened:
        assert opened.hold("here", 1, "a", AT)
        Rules(opened, x).bring(1, wishes([("a", ["cat"])]))
        opened.release(1)
        genuine = x.delete_rules

        def slow(ids: list[str]) -> int:
            clock.now += LEASE + 1
            assert opened.hold("there", 77, "b", AT)
            return genuine(ids)

        monkeypatch.setattr(x, "delete_rules", slow)
        with pytest.raises(Busy, match="process 77 on there"):
            removed(cast(Any, SimpleNamespace(captures=opened, streaming=x)), yes=True)
