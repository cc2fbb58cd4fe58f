"""Coverage in time: nothing is covered that was not, and whatever was not is a gap."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from netwar.archive.marks import Period
from netwar.coverage import Span, Stretch, join, uncovered
from netwar.streams import gaps
from netwar.streams.coverage import LATE, QUIET, RULE_DELAY, Standing, Tracker
from tests.contract.conftest import opened_archive
from tests.randomly import randomly
from tests.rows import rows

T = 1_800_000_000_000
SECOND = 1000
LATER = 2 * T  # X's rules were looked at


def spans(marks: list[Period]) -> list[tuple[str, int, int]]:
    return [(mark.of, mark.span.low - T, mark.span.high - T) for mark in marks]


def connected(*standing: tuple[str, Standing]) -> Tracker:
    tracker = Tracker()
    tracker.broken(T)
    tracker.stand(dict(standing), T, LATER)
    return tracker


def test_a_capture_is_covered_from_the_connect_to_half_a_minute_before_the_last_line() -> None:
    tracker = connected(("one", Standing(3, T - 99 * SECOND)))
    assert tracker.covered(T + LATE, {"one": 1}) == []
    assert spans(tracker.covered(T + LATE + 5, {"one": 2})) == [("stream/3", 0, 5)]
    assert spans(tracker.covered(T + LATE + 9, {"one": 2})) == [("stream/3", 5, 9)]


@rows("first", range(1, 20_000, 1_999))
def test_a_capture_without_posts_loses_no_more_than_a_minute_before_an_interruption(first: int) -> None:
    """Whoever is killed just before the next keep-alive leaves a gap from what was told as covered last."""
    tracker, covered = connected(("one", Standing(1, T - 99 * SECOND))), T
    for line in range(T + first, T + 600 * SECOND, 20 * SECOND):
        covered = max((mark.span.high for mark in tracker.covered(line, {})), default=covered)
        assert line + 20 * SECOND - covered <= 60 * SECOND


def test_keep_alives_count_and_silence_is_told_now_and_then() -> None:
    tracker = connected(("one", Standing(1, T - 99 * SECOND)))
    assert tracker.covered(T + LATE + QUIET - 1, {}) == []
    assert spans(tracker.covered(T + LATE + QUIET, {})) == [("stream/1", 0, QUIET)]


def test_new_terms_count_when_their_rules_surely_work_and_the_old_ones_until_then() -> None:
    tracker = connected(("one", Standing(1, T - 99 * SECOND)))
    tracker.stand({"one": Standing(2, T + 50 * SECOND)}, T + 60 * SECOND, LATER)
    late = tracker.covered(T + 200 * SECOND, {"one": 5})
    assert spans(late) == [("stream/1", 0, 60 * SECOND), ("stream/2", 50 * SECOND + RULE_DELAY, 170 * SECOND)]
    assert spans(tracker.covered(T + 300 * SECOND, {"one": 5})) == [("stream/2", 170 * SECOND, 270 * SECOND)]


def test_a_capture_that_pauses_is_covered_until_then_and_from_its_rules_on() -> None:
    tracker = connected(("one", Standing(1, T - 99 * SECOND)))
    tracker.stand({}, T + 50 * SECOND, LATER)
    tracker.stand({"one": Standing(1, T + 70 * SECOND)}, T + 71 * SECOND, LATER)
    assert spans(tracker.covered(T + 200 * SECOND, {"one": 5})) == [("stream/1", 70 * SECOND + RULE_DELAY, 170 * SECOND)]


def test_nothing_is_covered_beyond_the_last_look_at_the_rules() -> None:
    standing = {"one": Standing(1, T - 99 * SECOND)}
    tracker = connected(*standing.items())
    tracker.stand(standing, T + 50 * SECOND, T + 40 * SECOND)
    assert spans(tracker.covered(T + 200 * SECOND, {"one": 5})) == [("stream/1", 0, 40 * SECOND)]
    assert tracker.covered(T + 300 * SECOND, {"one": 5}) == []
    tracker.stand(standing, T + 310 * SECOND, T + 309 * SECOND)
    assert spans(tracker.covered(T + 320 * SECOND, {"one": 5})) == [("stream/1", 40 * SECOND, 290 * SECOND)]


def test_what_breaks_leaves_a_hole_before_it() -> None:
    tracker = connected(("one", Standing(1, T - 99 * SECOND)))
    tracker.covered(T + 60 * SECOND, {"one": 1})
    tracker.broken(T + 61 * SECOND)
    assert tracker.covered(T + 90 * SECOND, {"one": 1}) == []
    assert spans(tracker.covered(T + 95 * SECOND, {"one": 1})) == [("stream/1", 61 * SECOND, 65 * SECOND)]


def test_after_a_connection_nothing_is_covered_until_the_next() -> None:
    tracker = connected(("one", Standing(1, T - 99 * SECOND)))
    tracker.lost()
    assert tracker.covered(T + 900 * SECOND, {"one": 1}) == []


@randomly(150)
@given(st.data())
def test_gaps_and_spans_are_the_validity(data: st.DataObject) -> None:
    times = st.integers(1, 60)
    pairs = st.lists(st.tuples(times, times).filter(lambda pair: pair[0] < pair[1]), max_size=5)
    valid, covered, read, lost = (data.draw(pairs) for _ in range(4))
    now = data.draw(times)
    terms = gaps.Terms(
        1,
        tuple(valid),
        join(Span(low, high, 0) for low, high in covered),
        tuple((low, high, gaps.WHOLE) for low, high in read),
        tuple(Stretch(*pair) for pair in lost),
    )
    found = list(terms.gaps(now))
    missing = {
        second
        for low, high in valid
        for second in range(low, min(high, now))
        if not any(low <= second < high for low, high in covered)
    }
    assert {second for gap, _ in found for second in range(gap.low, gap.high)} == missing
    for gap, state in found:
        inside = any(low <= gap.low and gap.high <= high for low, high in (*read, *lost))
        assert (state == "open") == (not inside) or not inside
        if state == "open":
            assert not any(low < gap.high and gap.low < high for low, high in (*read, *lost))


def test_gaps_stand_with_the_archive_alone(tmp_path: Path) -> None:
    with closing(opened_archive("sqlite", tmp_path)) as archive:
        for _ in range(2):
            gaps.valid(archive, "twone", 1, T, T + 100)
            gaps.valid(archive, "twone", 2, T + 100, None)
        archive.write(
            [], [Period("twone", "stream/1", Span(T + 10, T + 80, 1)), Period("twone", "stream/2", Span(T + 150, T + 200, 1))]
        )
        gaps.caused(archive, "twone", T + 85, "X ended the connection")
        gaps.refilled(archive, "twone", 1, Stretch(T + 80, T + 90), gaps.NO_RETWEETS)
        gaps.refilled(archive, "twone", 1, Stretch(T + 80, T + 90), gaps.NO_RETWEETS)
        gaps.given_up(archive, "twone", 2, Stretch(T + 100, T + 120))
        found = [(one.terms, one.since - T, one.until - T, one.state, one.cause) for one in gaps.gaps(archive, "twone", T + 220)]
        assert found == [
            (1, 0, 10, "open", "the capture began"),
            (1, 80, 90, "refilled without retweets", "X ended the connection; the lines changed"),
            (1, 90, 100, "open", "X ended the connection; the lines changed"),
            (2, 100, 120, "lost", "the lines changed"),
            (2, 120, 150, "open", "the lines changed"),
            (2, 200, 220, "open", ""),
        ]
        gaps.valid(archive, "twone", 2, T + 100, T + 200)
        assert gaps.gaps(archive, "twone", T + 900)[-1].until == T + 150
        gaps.valid(archive, "twone", 3, T + 300, T + 400)
        assert gaps.gaps(archive, "twone", T + 900)[-1].cause == "the capture was begun anew; the capture was stopped"


def test_a_mark_leaves_what_else_its_note_says(tmp_path: Path) -> None:
    with closing(opened_archive("sqlite", tmp_path)) as archive:
        archive.write([], [Period("twone", "stream/1", Span(T, T + 9, 1))])
        gaps.valid(archive, "twone", 1, T, None)
        archive.write([], [Period("twone", "stream/1", Span(T + 9, T + 20, 1))])
        [terms] = gaps.terms_of(archive, "twone")
        assert (terms.valid, terms.spans) == (((T, None),), (Span(T, T + 20, 2),))
        assert uncovered(Stretch(T, T + 20), terms.spans) == []
