"""Rules out of lines: everything is in one, in the right one, and a change of a line changes little."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwar.records.expressions import NotBalanced, joined, split, tidied, wrapped
from netwar.streams.packing import MAX_LENGTH, MAX_RULES, Members, Plan, Standing, pack, wishes
from tests.randomly import SEED, randomly
from tests.rows import rows

WORDS = st.sampled_from(
    ["cat", "#brexit", '"vote leave"', '"a OR (b"', r'"say \"no) OR"', "-is:retweet", "from:12", "lang:de", "é"]
)
GROUPS = st.recursive(
    WORDS,
    lambda inner: st.tuples(st.sampled_from([" ", " OR "]), st.lists(inner, min_size=2, max_size=3), st.booleans()).map(
        lambda told: f"-({told[0].join(told[1])})" if told[2] else f"({told[0].join(told[1])})"
    ),
    max_leaves=5,
)
LINES = st.lists(GROUPS, min_size=1, max_size=3).map(" ".join).map(tidied)
NAMES = st.frozensets(st.sampled_from("abc"), min_size=1)
WANTED = st.dictionaries(st.one_of(LINES, st.integers(1, 99).map("from:{}".format)), NAMES, max_size=30)


def stands(plan: Plan, first: int = 0) -> list[Standing]:
    """What stands at X once a plan is carried out."""
    return [Standing(rule.id or f"new{first + number}", rule.value) for number, rule in enumerate(plan.rules)]


def covered(plan: Plan) -> dict[str, Members]:
    """Which captures get what; no expression stands twice."""
    found: dict[str, Members] = {}
    for rule in plan.rules:
        for expression in split(rule.value):
            assert expression not in found, "it stands twice"
            found[expression] = rule.members
    return found


def ids(count: int, first: int = 1_234_567_890_123_456_789) -> list[str]:
    return [f"from:{first + number * 17}" for number in range(count)]


@randomly(50)
@given(st.lists(LINES, min_size=1, unique=True))
def test_expressions_are_found_again_in_the_whole(lines: list[str]) -> None:
    assert split(joined(lines)) == lines
    assert split(joined(map(tidied, lines))) == lines
    assert [tidied(wrapped(line)) for line in lines] == lines


@randomly(50)
@given(WANTED, st.integers(60, 200))
def test_everything_is_covered_once_and_for_those_who_want_it_alone(wanted: dict[str, Members], length: int) -> None:
    plan = pack(wanted, length=length)
    assert covered(plan) == {line: members for line, members in wanted.items() if line not in plan.long}
    assert all(len(wrapped(line)) > length for line in plan.long)
    assert all(len(rule.value) <= length for rule in plan.rules)
    assert (plan.missing, plan.removed) == ((), ())
    assert len({rule.value for rule in plan.rules}) == len(plan.rules), "X takes a value once"
    assert pack(dict(reversed(wanted.items())), length=length) == plan


@randomly(50)
@given(WANTED, WANTED, st.integers(60, 200))
def test_so_it_is_after_any_change(before: dict[str, Members], after: dict[str, Members], length: int) -> None:
    standing = stands(pack(before, length=length))
    plan = pack(after, standing, length=length)
    assert covered(plan) == {line: members for line, members in after.items() if line not in plan.long}
    assert all(len(rule.value) <= length for rule in plan.rules)
    left = {rule.id for rule in plan.rules if rule.id}
    assert left | set(plan.removed) == {rule.id for rule in standing}
    assert {rule.id: rule.value for rule in plan.rules if rule.id}.items() <= {rule.id: rule.value for rule in standing}.items()
    assert pack(after, stands(plan, 1_000), length=length).new == [], "and then it stays"


@randomly(80)
@given(WANTED, st.data())
def test_one_changed_line_changes_at_most_two_rules(wanted: dict[str, Members], data: st.DataObject) -> None:
    length = data.draw(st.integers(80, 200))
    wanted = {line: members for line, members in wanted.items() if len(wrapped(line)) <= length}
    standing = stands(pack(wanted, length=length))
    changed = dict(wanted)
    if wanted and data.draw(st.booleans()):
        gone = data.draw(st.sampled_from(sorted(wanted)))
        members = changed.pop(gone)
        changed["from:777"] = data.draw(st.sampled_from([members, frozenset("a"), frozenset("xyz")]))
    elif wanted and data.draw(st.booleans()):
        changed[data.draw(st.sampled_from(sorted(wanted)))] = data.draw(NAMES)
    else:
        changed["from:777"] = data.draw(NAMES)
    plan = pack(changed, standing, length=length)
    assert len(plan.new) <= 2
    assert len(plan.removed) <= 2


def test_a_capture_that_ends_changes_no_rule_that_it_shared_with_another() -> None:
    lines = [f"#{number}" for number in range(500)]
    standing = stands(pack(wishes([("a", lines), ("b", lines)])))
    plan = pack(wishes([("b", lines)]), standing)
    assert (plan.new, plan.removed) == ([], ())
    assert {rule.members for rule in plan.rules} == {frozenset("b")}


def test_35_000_ids_fit_beside_3_rules_of_others_and_change_in_place() -> None:
    users = ids(35_000)
    plan = pack(wishes([("a", users)]), rules=997)
    assert (len(plan.rules), plan.missing) == (973, ())
    rng = random.Random(SEED)
    standing = stands(plan)
    for round in range(3):
        gone, come = rng.choice(users), f"from:{2_000_000_000_000_000_000 + round}"
        users = [come if user == gone else user for user in users]
        plan = pack(wishes([("a", users)]), standing, rules=997)
        assert (len(plan.new), len(plan.removed)) == (1, 1)
        standing = stands(plan, 1_000 * round + 1_000)


def test_how_many_are_too_many_is_told() -> None:
    plan = pack(wishes([("a", ids(36_100))]))
    assert (len(plan.rules), len(plan.missing)) == (MAX_RULES, 100)
    rng = random.Random(SEED)
    terms = {"".join(rng.choices("abcdefghij", k=rng.randint(4, 24))) for _ in range(20_000)}
    plan = pack(wishes([("a", terms)]))
    assert plan.missing == ()
    bound = sum(len(term) + 4 for term in terms) / MAX_LENGTH
    assert len(plan.rules) <= bound * 1.02 + 1, "as few as fit"


def test_rules_that_grew_sparse_are_packed_anew_only_when_they_are_too_many() -> None:
    users = ids(36 * 20)
    standing = stands(pack(wishes([("a", users)])))
    half = users[::2]
    assert [rule.id for rule in pack(wishes([("a", half)]), standing).rules if rule.id] == []
    assert len(pack(wishes([("a", half)]), standing).rules) == 20
    assert len(pack(wishes([("a", half)]), standing, rules=10).rules) == 10


def test_rules_of_others_are_used_as_they_are_and_never_changed() -> None:
    theirs = [Standing("9", "cat OR dog", fixed=True), Standing("8", "cow", fixed=True)]
    plan = pack(wishes([("a", ["cat", "dog", "emu"])]), theirs)
    assert {(rule.value, rule.id) for rule in plan.rules} == {("cat OR dog", "9"), ("emu", "")}
    assert plan.removed == ()
    assert pack(wishes([("a", ["cat", "dog", "emu"])]), theirs, rules=1).missing == (), "theirs take up no room of ours"
    plan = pack(wishes([("a", ["cat", "emu"])]), theirs)
    assert ({rule.value for rule in plan.rules}, plan.removed) == ({"cat OR emu"}, ())
    plan = pack(wishes([("a", ["cat"]), ("b", ["dog"])]), theirs)
    assert {(rule.members, rule.value) for rule in plan.rules} == {(frozenset("a"), "cat"), (frozenset("b"), "dog")}


def test_a_shorter_rule_than_stands_is_made_where_x_allows_less() -> None:
    standing = stands(pack(wishes([("a", ids(36))])))
    plan = pack(wishes([("a", ids(36))]), standing, length=512)
    assert max(len(rule.value) for rule in plan.rules) <= 512
    assert plan.removed == ("new0",)


def test_lines_of_several_words_stand_in_parentheses() -> None:
    assert joined(["cat OR dog", "emu", '"two words"', "a b"]) == '(cat OR dog) OR emu OR "two words" OR (a b)'


TIDY: Mapping[str, str] = {
    "  cat   dog ": "cat dog",
    "(cat dog)": "cat dog",
    "((cat))": "cat",
    "(a b) OR (c d)": "(a b) OR (c d)",
    '"two   spaces"\tx': '"two   spaces" x',
    '"("': '"("',
    r'"a\") OR (b"': r'"a\") OR (b"',
}


def test_lines_are_tidied() -> None:
    assert {line: tidied(line) for line in TIDY} == TIDY


@rows("line", ["(cat", "cat)", ")cat(", '"cat', '"a" "', r'"a\"', "(cat OR (dog)"])
def test_what_would_reach_into_its_neighbours_is_no_expression(line: str) -> None:
    with pytest.raises(NotBalanced):
        tidied(line)
