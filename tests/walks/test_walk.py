"""What pages prove: the rule by itself, and in the plainest stories."""

from __future__ import annotations

from unittest.mock import patch

from netwar.coverage import Span
from netwar.records.ids import first_id
from netwar.timelines.bounds import Bounds
from netwar.timelines.timeline import BARREN_PAGES
from netwar.walk import Walk
from tests.rows import rows
from tests.walks.simulated import IN_DOUBT, LIMIT, USER, Memory, Odd, SimulatedX
from tests.walks.stories import Story, run, told

NOW = 1_700_000_000_000


def posts(first: int, last: int) -> list[int]:
    """Posts by their age in minutes, from `first` on."""
    return [first_id(NOW - minutes * 60_000) for minutes in range(first, last + 1)]


def after(walk: Walk, *pages: list[int]) -> list[tuple[Span | None, Span | None]]:
    """What each page changes."""
    changes = []
    for page in pages:
        walk.read(page, NOW)
        changes.append(walk.changes())
    return changes


def test_a_page_proves_all_but_its_last_twenty_posts() -> None:
    one, two = posts(1, 100), posts(101, 200)
    assert after(Walk(0), one, two) == [
        (None, Span(one[79] - 1, one[0], 80)),
        (None, Span(two[79] - 1, one[79] - 1, 100)),
    ]


def test_so_does_a_page_of_a_gap() -> None:
    low, *rest = reversed(posts(1, 150))
    top = rest[-1] + 5
    assert after(Walk(low, top), posts(1, 100)) == [(None, Span(posts(80, 80)[0] - 1, top, 80))]
    assert after(Walk(low, top), posts(1, 20)) == [(None, None)], "they might all be strays"
    assert after(Walk(low, top), posts(200, 250)) == [(None, None)], "they lie elsewhere"


def test_a_post_that_x_serves_by_itself_proves_all_that_is_newer() -> None:
    walk, page = Walk(0), posts(1, 100)
    after(walk, page)
    walk.reaches(page[-1])
    assert walk.changes() == (None, Span(page[-1] - 1, page[79] - 1, 20))


def test_of_few_posts_the_newest_stands_by_itself_so_that_a_gap_is_seen_below() -> None:
    walk, few, more = Walk(0), posts(1, 20), posts(21, 40)
    assert after(walk, few, more) == [(None, Span(few[0] - 1, few[0], 1)), (None, Span(few[19] - 1, few[0], 20))]


def test_pages_that_end_prove_all() -> None:
    walk, few = Walk(0), posts(1, 20)
    walk.read(few, NOW)
    walk.end()
    assert walk.changes() == (None, Span(0, few[0], 20))
    assert walk.is_done


def test_twenty_strays_prove_nothing_wherever_they_stand() -> None:
    page, strays = posts(1, 80), posts(500, 519)
    assert after(Walk(0), page + strays) == [(None, Span(page[-1] - 1, page[0], 80))]
    last = after(Walk(0), strays + page)[0][1]
    assert last
    assert last.low >= page[0] - 1, "out of order, the newest of the last hundred counts"
    assert after(Walk(0), page[:1] + strays[:19])[0][1] == Span(page[0] - 1, page[0], 1)


def test_in_any_order_a_page_proves_what_came_before_it() -> None:
    one, two = posts(1, 100)[::-1], posts(101, 200)[::-1]
    assert [span for _, span in after(Walk(0), one, two)] == [
        Span(one[-1] - 1, one[-1], 1),
        Span(two[-1] - 1, one[-1] - 1, 100),
    ]


def test_what_a_later_page_contradicts_is_taken_back_with_its_posts() -> None:
    walk, one, two, three = Walk(0), posts(1, 70) + posts(500, 529), posts(71, 170), posts(171, 270)
    (_, wrong), (back, again), (_, right) = after(walk, one, two, three)
    assert wrong
    assert back
    assert again
    assert right
    assert (wrong.low, wrong.posts) == (posts(509, 509)[0] - 1, 80)
    assert (back.low, back.high, back.posts) == (wrong.low, two[0], 10)
    assert (again.low, again.high, again.posts) == (two[79] - 1, two[0], 80)
    assert (right.high, right.posts) == (again.low, 100)


def test_nothing_is_proved_across_a_page_with_posts_that_have_no_id() -> None:
    one, two, three, four = posts(1, 100), posts(101, 200), posts(201, 300), posts(301, 400)
    walk = Walk(0)
    assert after(walk, one) == [(None, Span(one[79] - 1, one[0], 80))]
    walk.read([post for post in two if post != two[50]], NOW, nameless=1)
    assert (walk.changes(), walk.until) == ((None, None), one[79])
    assert after(walk, three) == [(None, Span(three[79] - 1, three[0], 80))], "what is new behind it is older"
    walk.read(four[1:], NOW, nameless=1)
    assert (walk.changes(), walk.until) == ((None, None), three[79])
    again, older = [two[50], *posts(401, 440)], posts(441, 460)
    assert after(walk, again) == [(None, Span(posts(420, 420)[0] - 1, posts(401, 401)[0], 20))], "the first of them may be newer"
    walk.read(older, NOW, nameless=1)
    walk.end()
    assert walk.changes() == (None, None), "it may be the oldest one"
    first = Walk(0)
    first.read(one[1:], NOW, nameless=1)
    assert first.changes() == (None, Span(one[1] - 1, one[1], 1)), "so that a gap is seen below"


def test_what_has_no_id_is_not_lost() -> None:
    x = SimulatedX(LIMIT + 80, [Odd()] * 4 + [Odd(nameless=True)], seed=1)
    memory = Memory(x, steps=False)
    with patch.multiple("netwar.timelines.timeline", DEPTH_IN_DOUBT=IN_DOUBT, DEPTH_BEYOND_DOUBT=LIMIT - 10):
        run(x, memory)
        assert not memory.record("tw", USER).lost, "what was asked for to find the end came without its id"
        assert memory.record("tw", USER).gaps
        run(x, memory)
    assert memory.record("tw", USER).lost


def test_posts_that_come_twice_count_once() -> None:
    walk, page = Walk(0), posts(1, 50)
    walk.read([one for one in page for _ in range(3)], NOW)
    walk.end()
    assert walk.changes() == (None, Span(0, page[0], 50))
    assert walk.posts == 50


def test_a_fresh_post_bounds_no_span() -> None:
    fresh, ripe = [first_id(NOW - 29_000)], posts(1, 30)
    walk = Walk(0)
    walk.read(fresh + ripe, NOW)
    walk.end()
    assert walk.changes() == (None, Span(0, ripe[0], 30))
    only = Walk(0)
    only.read(fresh, NOW)
    only.end()
    assert only.changes() == (None, None)


def test_a_stray_does_not_become_the_upper_end_because_the_others_are_fresh() -> None:
    fresh, strays, rest = [first_id(NOW - 1_000)], posts(500, 520), posts(1, 99)
    walk = Walk(0)
    walk.read(fresh + strays[:20], NOW)
    assert walk.until is None
    assert walk.changes() == (None, Span(strays[0] - 1, strays[0], 1))
    walk.read(rest, NOW + 60_000)
    _, span = walk.changes()
    assert span
    assert span.high == rest[0]


def test_asking_anew_is_of_use_only_while_more_is_proved() -> None:
    walk = Walk(0)
    assert not walk.again()
    walk.read(posts(1, 100), NOW)
    assert (walk.again(), walk.until) == (True, posts(80, 80)[0])
    walk.read(posts(81, 100), NOW)
    assert not walk.again()


@rows(
    "story",
    [
        Story(300, (Odd(), Odd(cut="asking")), 1),  # cut off
        Story(300, (Odd(), Odd(failed=True), Odd(), Odd(failed=True), Odd(failed=True)), 1),  # no last pages
        Story(LIMIT + 80, (), 1),
        Story(LIMIT + 80, (), 1, counted=None),  # nobody knows how many
        Story(40, (Odd(), Odd(grow=LIMIT + 10)), 1),  # the limit has passed what was known
        Story(100, (), 1, trailing=True),  # an empty last page
        # What is asked for once more below a bound brings posts from above, too.
        Story(60, (Odd(keep=0, strays=1), Odd(keep=1, strays=13, old=False, place=50)), 0, bounds=(Bounds(5),)),
    ],
)
def test_whatever_happens_what_is_missing_is_known(story: Story) -> None:
    x, memory = told(story)
    served = x.served
    assert run(x, memory)
    assert x.served == served, "nothing is read, and paid for, again"


@rows(("odd", "most"), [(Odd(keep=0), 2 * BARREN_PAGES), (Odd(repeat=True), 12)])
def test_pages_for_ever_that_bring_nothing_are_given_up(odd: Odd, most: int) -> None:
    x = SimulatedX(300, [odd] * 500, 1)
    run(x, Memory(x, steps=False))
    assert x.asked <= most
