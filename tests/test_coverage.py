"""Spans, gaps and what is lost: checked against plain sets of numbers."""

from dataclasses import replace
from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwar.coverage import Record, Renamed, Span, Stretch, depth, gaps, join, merge, uncovered
from tests.randomly import randomly

# A stretch of ids, and a name with the time at which it was seen.
bounds = st.tuples(st.integers(0, 40), st.integers(1, 10)).map(lambda pair: (pair[0], sum(pair)))
names_and_times = st.tuples(st.sampled_from(("alice", "bob", "carol")), st.integers(1, 9))


def covered(spans):
    return {number for span in spans for number in range(span.low + 1, span.high + 1)}


def test_spans_that_touch_or_overlap_become_one():
    assert join([Span(0, 5, 3), Span(5, 9, 2)]) == (Span(0, 9, 5),)
    assert join([Span(0, 6, 3), Span(4, 9, 2)]) == (Span(0, 9, 5),)
    assert join([Span(0, 4, 3), Span(5, 9, 2)]) == (Span(5, 9, 2), Span(0, 4, 3))


def test_a_span_within_another_adds_nothing():
    assert join([Span(0, 9, 7), Span(3, 5, 2)]) == (Span(0, 9, 7),)
    assert join([Span(0, 9, 7), Span(0, 9, 7)]) == (Span(0, 9, 7),)
    assert join([Span(3, 9, 7), Span(0, 9, 7)]) == (Span(0, 9, 7),)


@randomly(200)
@given(st.lists(bounds.map(lambda pair: Span(*pair, 1)), max_size=8))
def test_joining_covers_the_same_ids_in_any_order(spans):
    joined = ()
    for span in spans:
        joined = join((*joined, span))
    assert covered(joined) == covered(spans)
    assert all(below.high < above.low for above, below in pairwise(joined)), "merged, newest first"
    top = max((span.high for span in spans), default=0)
    missing = {number for gap in gaps(joined) for number in range(gap.low + 1, gap.high + 1)}
    assert missing == set(range(1, top + 1)) - covered(spans)


@randomly(100)
@given(st.lists(st.tuples(bounds, st.booleans()), max_size=10))
def test_what_is_lost_is_no_gap_and_what_is_covered_is_not_lost(steps):
    record = Record("1")
    lost = set()
    for (low, high), is_covered in steps:
        if is_covered:
            record = record.covering(Span(low, high, 1))
        else:
            record = record.losing(Stretch(low, high))
            lost |= set(range(low + 1, high + 1))
    known = covered(record.spans)
    assert {n for part in record.lost for n in range(part.low + 1, part.high + 1)} == lost - known
    missing = {n for gap in record.gaps for n in range(gap.low + 1, gap.high + 1)}
    assert missing == set(range(1, record.top + 1)) - known - lost


def test_uncovered_cuts_a_stretch():
    assert uncovered(Stretch(0, 10), [Span(2, 4, 1), Span(6, 7, 1)]) == [Stretch(7, 10), Stretch(4, 6), Stretch(0, 2)]


def test_depth_counts_the_posts_above_a_point():
    assert depth([Span(50, 90, 40), Span(0, 20, 7)], 50) == 40
    assert depth([Span(50, 90, 40), Span(0, 20, 7)], 0) == 47


def test_a_span_needs_bounds_in_order():
    for low, high in ((5, 5), (6, 5), (-1, 5)):
        with pytest.raises(ValueError, match="low < high"):
            Span(low, high, 1)


def test_a_changed_screen_name_is_remembered():
    record = Record("1").named("alice", 10).named("Alice", 20).named("bob", 30).named("carol", 40)
    assert record.name == "carol"
    assert record.renamed == (Renamed("Alice", "bob", 30), Renamed("bob", "carol", 40))


def test_what_is_taken_back_is_covered_no_more_and_its_posts_count_no_more():
    record = Record("1", spans=(Span(50, 90, 40), Span(0, 20, 7))).uncovering(Stretch(60, 70), 5)
    assert record.spans == (Span(70, 90, 35), Span(50, 60, 0), Span(0, 20, 7))


OUTCOMES = [None, "complete", "partial", "gone"]
changes = st.tuples(bounds, st.sampled_from(("covered", "covered", "lost")), st.none() | names_and_times)


@st.composite
def records(draw):
    """A record as runs leave it."""
    record = Record(
        "1", asked=draw(st.integers(0, 3)), refreshed=draw(st.integers(0, 2)), outcome=draw(st.sampled_from(OUTCOMES))
    )
    for (low, high), what, renamed in draw(st.lists(changes, max_size=6)):
        record = record.covering(Span(low, high, 1)) if what == "covered" else record.losing(Stretch(low, high))
        record = record.named(*renamed) if renamed else record
    return record


def ids(stretches):
    return {number for part in stretches for number in range(part.low + 1, part.high + 1)}


@randomly(300)
@given(records(), records())
def test_two_ledgers_know_together_what_each_knows(one, other):
    merged = merge(one, other)
    assert covered(merged.spans) == covered(one.spans) | covered(other.spans)
    assert ids(merged.lost) == (ids(one.lost) | ids(other.lost)) - covered(merged.spans)
    assert all(below.high < above.low for above, below in pairwise(merged.spans))
    assert {*one.renamed, *other.renamed} <= set(merged.renamed)
    known = {name for record in (one, other) for name in (record.name, *(change.old for change in record.renamed)) if name}
    assert known == {name for name in (merged.name, *(change.old for change in merged.renamed)) if name}
    assert merged.asked == max(one.asked, other.asked)
    if one.asked != other.asked and (told := [record for record in (one, other) if record.outcome]):
        assert merged.outcome == max(told, key=lambda record: record.asked).outcome
    turned = merge(other, one)
    assert replace(turned, lost=()) == replace(merged, lost=())
    assert ids(turned.lost) == ids(merged.lost)
    assert merge(merged, one) == merge(merged, other) == merge(merged, merged) == merged, "once more changes nothing"


def test_a_record_that_only_one_ledger_has_stays_as_it_is():
    record = Record(
        "1", "bob", "partial", "x", 5, 4, 9, (Span(5, 9, 2),), (Stretch(3, 5), Stretch(0, 3)), (Renamed("a", "bob", 1),)
    )
    assert merge(record, Record("1")) == merge(Record("1"), record) == merge(record, record) == record


@randomly()
@given(records())
def test_a_record_comes_back_from_json(record):
    assert Record.from_json(orjson.loads(orjson.dumps(record.to_json()))) == record
    told = {**record.to_json(), "spans": [[9, 30, 2]], "lost": [], "renamed": [["Old", "New", 5]]}
    of_lists = Record.from_json(told)
    assert (of_lists.spans, of_lists.renamed[0].old) == ((Span(9, 30, 2),), "Old")
    for damaged in ({"spans": [[30, 9, 2]]}, {"spans": [[9, 30]]}, {"lost": None}, {"more": 1}):
        with pytest.raises((TypeError, ValueError)):
            Record.from_json({**told, **damaged})
    assert Record("1").named("Old", 1).named("NEW", 2).named("Älter", 3).names == ["new", "old", "älter"]
