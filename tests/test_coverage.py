"""Spans, gaps and what is lost: checked against plain sets of numbers."""

import random
from itertools import pairwise

import pytest

from netwar.coverage import Record, Span, Stretch, depth, gaps, join, uncovered


def covered(spans):
    return {number for span in spans for number in range(span.low + 1, span.high + 1)}


def test_spans_that_touch_or_overlap_become_one():
    assert join([Span(0, 5, 3), Span(5, 9, 2)]) == (Span(0, 9, 5),)
    assert join([Span(0, 6, 3), Span(4, 9, 2)]) == (Span(0, 9, 5),)
    assert join([Span(0, 4, 3), Span(5, 9, 2)]) == (Span(5, 9, 2), Span(0, 4, 3))


def test_a_span_within_another_adds_nothing():
    assert join([Span(0, 9, 7), Span(3, 5, 2)]) == (Span(0, 9, 7),)
    assert join([Span(0, 9, 7), Span(0, 9, 7)]) == (Span(0, 9, 7),)


@pytest.mark.parametrize("seed", range(200))
def test_joining_covers_the_same_ids_in_any_order(seed):
    chance = random.Random(seed)
    spans = []
    for _ in range(chance.randint(0, 8)):
        low = chance.randint(0, 40)
        spans.append(Span(low, low + chance.randint(1, 10), 1))
    joined = ()
    for span in spans:
        joined = join((*joined, span))
    assert covered(joined) == covered(spans)
    assert all(below.high < above.low for above, below in pairwise(joined)), "merged, newest first"
    top = max((span.high for span in spans), default=0)
    missing = {number for gap in gaps(joined) for number in range(gap.low + 1, gap.high + 1)}
    assert missing == set(range(1, top + 1)) - covered(spans)


@pytest.mark.parametrize("seed", range(100))
def test_what_is_lost_is_no_gap_and_what_is_covered_is_not_lost(seed):
    chance = random.Random(seed)
    record = Record("1")
    lost = set()
    for _ in range(10):
        low = chance.randint(0, 40)
        high = low + chance.randint(1, 10)
        if chance.random() < 0.5:
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


@pytest.mark.parametrize("bounds", [(5, 5), (6, 5), (-1, 5)])
def test_a_span_needs_bounds_in_order(bounds):
    with pytest.raises(ValueError, match="low < high"):
        Span(*bounds, 1)


def test_a_changed_screen_name_is_remembered():
    record = Record("1").named("alice", 10).named("Alice", 20).named("bob", 30)
    assert record.name == "bob"
    assert [(change.old, change.new, change.at) for change in record.renamed] == [("Alice", "bob", 30)]
