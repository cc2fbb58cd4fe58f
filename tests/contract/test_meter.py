"""What every meter does, whatever keeps it: money, and rate windows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from netwar.connections.runs import Run
from netwar.meter.base import EVERYTHING, OVERDUE, Charge, DoesNotFit, MadeGood, Money, Purpose, Windows
from netwar.records.ids import first_id
from tests.contract.opening import SetClock, new_run, open_apps, open_money, open_windows, processes

POST, USER = 5_000, 10_000
BUDGET = 1_000_000
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
TODAY = date(2026, 11, 23)
TOMORROW = TODAY + timedelta(days=1)
PURPOSE = Purpose("tw-idu3elk", "brexit")


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def money(where: str, run: Run, clock: SetClock) -> Money:
    return open_money(where, run, BUDGET, clock=clock)


@pytest.fixture
def other_run(where: str) -> Run:
    run = new_run(where)
    run.begin()
    return run


@pytest.fixture
def other(where: str, other_run: Run, clock: SetClock) -> Money:
    """The same money as another live run sees it."""
    return open_money(where, other_run, BUDGET, clock=clock)


@pytest.fixture
def windows(where: str, clock: SetClock) -> Windows:
    return open_windows(where, clock)


def posts(*ids: int) -> list[tuple[str, str]]:
    return [("post", str(id)) for id in ids]


def noon(day: date) -> datetime:
    """What an answer's Date header says at noon of a day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def buy(money: Money, objects: list[tuple[str, str]], day: date = TODAY, purpose: Purpose = PURPOSE) -> int:
    """Reserve and settle in one go."""
    return money.settle(money.reserve("request", {"post": 1}, purpose), objects, noon(day))


def test_the_price_of_the_most_that_can_come(money: Money) -> None:
    assert money.price({"post": 300, "user": 1}) == 300 * POST + USER
    assert money.price({}) == 0
    with pytest.raises(ValueError, match="wombat"):
        money.price({"wombat": 1})


def test_only_what_is_new_that_day_costs(money: Money) -> None:
    assert buy(money, [*posts(1, 2, 3, 3), ("user", "1")]) == 3 * POST + USER
    assert buy(money, posts(2, 3, 4)) == POST
    assert money.spent() == money.spent(TODAY) == 4 * POST + USER
    assert money.charges() == [
        Charge(TODAY, "tw-idu3elk", "brexit", "post", 4, 2, 4 * POST),
        Charge(TODAY, "tw-idu3elk", "brexit", "user", 1, 0, USER),
    ]


def test_an_answer_without_objects_costs_nothing(money: Money) -> None:
    assert buy(money, []) == money.spent() == 0
    assert money.charges() == []


def test_the_next_day_costs_anew(money: Money) -> None:
    buy(money, posts(1, 2))
    assert buy(money, posts(1, 2), TOMORROW) == 2 * POST
    assert (money.spent(TODAY), money.spent(TOMORROW)) == (2 * POST, 2 * POST)


def test_charges_are_told_apart_by_day_command_index_and_kind(money: Money) -> None:
    buy(money, posts(1), TOMORROW)
    buy(money, posts(1))
    buy(money, posts(2), purpose=Purpose("tw-idu3elk", "other"))
    buy(money, posts(3), purpose=Purpose("tw-2elk", "brexit"))
    assert [(charge.day, charge.command, charge.index) for charge in money.charges()] == [
        (TODAY, "tw-2elk", "brexit"),
        (TODAY, "tw-idu3elk", "brexit"),
        (TODAY, "tw-idu3elk", "other"),
        (TOMORROW, "tw-idu3elk", "brexit"),
    ]
    assert [charge.day for charge in money.charges(since=TOMORROW)] == [TOMORROW]


def test_apps_have_their_own_money(where: str, run: Run, money: Money) -> None:
    buy(money, posts(1))
    spare = open_money(where, run, BUDGET, app="other app")
    assert spare.charges() == []
    assert buy(spare, posts(1)) == POST


def test_a_reservation_that_does_not_fit_says_what_is_left(money: Money, other: Money) -> None:
    buy(money, posts(1, 2))
    theirs = other.reserve("theirs", {"post": 30}, PURPOSE)
    mine = money.reserve("mine", {"post": 20}, PURPOSE)
    assert mine.micro == 20 * POST
    left = BUDGET - 52 * POST
    with pytest.raises(DoesNotFit) as no:
        money.reserve("more", {"post": left // POST + 1}, PURPOSE)
    assert (no.value.left, no.value.reserved) == (left, 30 * POST)
    other.release(theirs)
    money.reserve("more", {"post": left // POST + 30}, PURPOSE)
    assert money.reserved() == 0


def test_the_last_micro_dollar_may_be_reserved_and_none_beyond_it(where: str, run: Run, money: Money) -> None:
    money.reserve("all", {"post": BUDGET // POST}, PURPOSE)
    with pytest.raises(DoesNotFit) as no:
        money.reserve("one more", {"like": 1}, PURPOSE)
    assert (no.value.left, no.value.reserved) == (0, 0)
    with pytest.raises(DoesNotFit):
        open_money(where, run, POST - 1, app="poor").reserve("one", {"post": 1}, PURPOSE)


def test_the_same_request_replaces_a_reservation_that_is_in_doubt(money: Money, other: Money) -> None:
    cut_off = money.reserve("page 1", {"post": 150}, PURPOSE)
    money.doubt(cut_off)
    assert (money.doubtful(), other.doubtful(), other.reserved()) == (150 * POST, 150 * POST, 0)
    again = other.reserve("page 1", {"post": 150}, PURPOSE)
    assert (money.reserved(), money.doubtful()) == (again.micro, 0)
    assert money.settle(cut_off, posts(1), noon(TODAY)) == POST, "what came is booked, whoever has the reservation now"
    assert money.reserved() == again.micro
    money.release(cut_off)
    assert money.reserved() == again.micro


def test_a_run_replaces_its_own_reservation_of_the_same_request(money: Money) -> None:
    money.reserve("page 1", {"post": 150}, PURPOSE)
    again = money.reserve("page 1", {"post": 150}, PURPOSE)
    money.reserve("page 2", {"post": 50}, PURPOSE)
    money.settle(again, posts(1), noon(TODAY))
    assert money.doubtful() == 0


def test_a_doubt_is_made_good_by_an_answer_alone(money: Money, other: Money) -> None:
    """Who asks again and is refused has bought nothing, but what was cut off before may be on X's bill all the same."""
    money.doubt(money.reserve("page 1", {"post": 150}, PURPOSE))
    again = other.reserve("page 1", {"post": 150}, PURPOSE)
    other.release(again)
    assert money.doubtful() == other.doubtful() == 150 * POST
    with pytest.raises(DoesNotFit):
        other.reserve("page 2", {"post": 51}, PURPOSE)
    other.settle(other.reserve("page 1", {"post": 150}, PURPOSE), posts(1), noon(TODAY))
    assert money.doubtful() == 0


def test_a_smaller_request_makes_good_as_much_as_it_asks_for(money: Money, other: Money) -> None:
    money.doubt(money.reserve("page 1", {"post": 150}, PURPOSE))
    small = other.reserve("page 1", {"post": 60}, PURPOSE)
    assert (money.reserved(), money.doubtful()) == (60 * POST, 90 * POST)
    with pytest.raises(DoesNotFit) as no:
        other.reserve("page 2", {"post": 51}, PURPOSE)
    assert no.value.left == 50 * POST
    other.settle(small, posts(*range(60)), noon(TODAY))
    assert (money.spent(), money.reserved(), money.doubtful()) == (60 * POST, 0, 90 * POST)


def test_doubts_of_one_request_are_of_the_same_things(money: Money, other: Money) -> None:
    for size in (100, 150, 60):
        money.doubt(money.reserve("page 1", {"post": size}, PURPOSE))
    assert money.doubtful() == 150 * POST
    other.settle(other.reserve("page 1", {"post": 150}, PURPOSE), posts(1), noon(TODAY))
    assert money.doubtful() == 0


def test_what_an_answer_cannot_make_good_stays_in_doubt(money: Money, other: Money) -> None:
    """A short page, and posts that are newer than the doubt and have moved as many others on to the next page."""
    money.doubt(money.reserve("page 1", {"post": 150}, PURPOSE))
    other.settle(other.reserve("page 1", {"post": 150}, PURPOSE), posts(1), noon(TODAY), MadeGood(50 * POST))
    assert money.doubtful() == 100 * POST
    other.settle(other.reserve("page 1", {"post": 150}, PURPOSE), posts(2), noon(TODAY))
    assert money.doubtful() == 0
    money.doubt(money.reserve("page 1", {"post": 150}, PURPOSE))
    newer = [first_id(int(NOON + 60) * 1000) + number for number in range(5)]
    older = [first_id(int(NOON - 3600) * 1000) + number for number in range(5)]
    again = other.reserve("page 1", {"post": 150}, PURPOSE)
    other.settle(again, posts(*newer, *older), noon(TODAY), MadeGood(each=3 * POST))
    assert money.doubtful() == 15 * POST


def test_a_page_that_begins_higher_ends_higher(money: Money, other: Money) -> None:
    """A run that goes on reads the last posts again that were not proved; as many at the end of the page in doubt are missing."""
    buy(money, posts(*range(20)))
    money.doubt(money.reserve("page 2", {"post": 100}, PURPOSE))
    page = range(100)
    again = other.reserve("page 2", {"post": 100}, PURPOSE)
    other.settle(again, posts(*page), noon(TODAY), MadeGood(100 * POST, POST, tuple(map(str, page))))
    assert (money.spent(), money.doubtful()) == (100 * POST, 20 * POST)
    other.settle(other.reserve("page 2", {"post": 100}, PURPOSE), posts(*page), noon(TODAY), MadeGood(EVERYTHING, POST))
    assert money.doubtful() == 0


def test_two_live_runs_that_ask_the_same_both_count(money: Money, other: Money) -> None:
    money.reserve("me", {"post": 101}, PURPOSE)
    with pytest.raises(DoesNotFit) as no:
        other.reserve("me", {"post": 100}, PURPOSE)
    assert (no.value.left, no.value.reserved) == (99 * POST, 101 * POST)


def test_a_refused_replacement_leaves_the_reservation_as_it_was(money: Money, other: Money) -> None:
    money.doubt(money.reserve("page 1", {"post": 100}, PURPOSE))
    with pytest.raises(DoesNotFit):
        other.reserve("page 1", {"post": 201}, PURPOSE)
    assert other.doubtful() == 100 * POST


def test_what_is_in_doubt_counts_until_the_day_ends_and_nobody_waits_for_it(money: Money, other: Money, clock: SetClock) -> None:
    money.doubt(money.reserve("page 1", {"post": 150}, PURPOSE))
    with pytest.raises(DoesNotFit) as no:
        other.reserve("page 2", {"post": 51}, PURPOSE)
    assert (no.value.left, no.value.reserved) == (50 * POST, 0)
    clock.now = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
    with pytest.raises(DoesNotFit):
        other.reserve("page 3", {"post": 200}, PURPOSE)
    other.learn_time(clock.now, 0)
    other.reserve("page 3", {"post": 200}, PURPOSE)
    assert money.doubtful() == 0


def test_what_is_in_doubt_shortly_before_midnight_may_be_billed_after_it(money: Money, clock: SetClock) -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
    clock.now = midnight - 5
    money.doubt(money.reserve("page 1", {"post": 150}, PURPOSE))
    clock.now = midnight + 5
    money.learn_time(clock.now, 0)
    with pytest.raises(DoesNotFit):
        money.reserve("page 2", {"post": 51}, PURPOSE)


def test_an_old_reservation_of_another_host_is_not_waited_for(where: str, money: Money, clock: SetClock) -> None:
    far = new_run(where)
    far.begin()
    far.holder = far.holder.replace(far.holder.partition(":")[0], "elsewhere")
    open_money(where, far, BUDGET, clock=clock).reserve("page 1", {"post": 150}, PURPOSE)
    assert (money.reserved(), money.doubtful()) == (150 * POST, 0)
    clock.now += OVERDUE + 1
    assert (money.reserved(), money.doubtful()) == (0, 150 * POST)
    clock.now += 86_400
    money.learn_time(clock.now, 0)
    money.reserve("page 2", {"post": 200}, PURPOSE)


def test_a_holders_name_leads_to_no_file_but_a_runs(where: str, money: Money, clock: SetClock) -> None:
    odd = new_run(where)
    odd.begin()
    (victim := odd.folder.parent / "victim.run").write_text("mine")
    odd.holder = odd.holder.replace(odd.holder.split(":")[1], "../victim")
    open_money(where, odd, BUDGET, clock=clock).reserve("page 1", {"post": 150}, PURPOSE)
    assert (money.reserved(), money.doubtful()) == (150 * POST, 0), "nobody knows that it is dead"
    money.reserve("page 2", {"post": 1}, PURPOSE)
    assert victim.read_text() == "mine"


def test_days_are_those_of_x(money: Money, other: Money, clock: SetClock) -> None:
    """Our clock may be wrong by months, as it is beside a sandbox whose clock was set."""
    assert buy(money, posts(*range(150)), date(2027, 3, 1)) == 150 * POST
    assert money.today() == other.today() == date(2027, 3, 1)
    assert other.spent() == 150 * POST
    with pytest.raises(DoesNotFit) as no:
        other.reserve("page", {"post": 51}, PURPOSE)
    assert no.value.left == 50 * POST
    clock.now += 86_400
    assert other.today() == date(2027, 3, 2)
    other.learn_time(noon(date(2027, 3, 2)).timestamp(), 0)
    other.reserve("page", {"post": 200}, PURPOSE)


def test_a_clock_that_is_fast_opens_no_second_budget(money: Money, clock: SetClock) -> None:
    """It is past midnight here, and not yet at X."""
    clock.now = datetime(2026, 11, 24, 0, 3, tzinfo=UTC).timestamp()
    before = datetime(2026, 11, 23, 23, 58, tzinfo=UTC)
    money.settle(money.reserve("page", {"post": 200}, PURPOSE), posts(*range(150)), before)
    assert (money.today(), money.spent()) == (TODAY, 150 * POST)
    with pytest.raises(DoesNotFit):
        money.reserve("page", {"post": 51}, PURPOSE)


def test_held_is_what_other_live_runs_have_open(money: Money, other: Money, other_run: Run) -> None:
    money.reserve("mine", {"post": 10}, PURPOSE)
    other.reserve("theirs", {"post": 20}, PURPOSE)
    assert (money.reserved(), other.reserved()) == (20 * POST, 10 * POST)
    other_run.end()
    assert (money.reserved(), money.doubtful()) == (0, 20 * POST)


def test_a_released_reservation_leaves_no_trace(money: Money) -> None:
    money.release(money.reserve("all", {"post": 200}, PURPOSE))
    money.reserve("all of it", {"post": 200}, PURPOSE)
    assert (money.spent(), money.charges()) == (0, [])


def test_more_than_was_reserved_is_booked_all_the_same(money: Money) -> None:
    reservation = money.reserve("page", {"post": 1}, PURPOSE)
    assert money.settle(reservation, posts(1, 2, 3), noon(TODAY)) == 3 * POST


def test_midnight_utc_opens_a_new_budget_when_x_says_so(money: Money, clock: SetClock) -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
    clock.now = midnight - 1
    money.settle(money.reserve("page", {"post": 200}, PURPOSE), posts(*range(200)), datetime.fromtimestamp(clock.now, UTC))
    with pytest.raises(DoesNotFit):
        money.reserve("page", {"post": 1}, PURPOSE)
    clock.now = midnight
    assert money.spent() == 0
    with pytest.raises(DoesNotFit) as no:
        money.reserve("page", {"post": 1}, PURPOSE)
    assert not no.value.sure
    money.learn_time(midnight, 0.1)
    assert money.balance().sure
    money.reserve("page", {"post": 200}, PURPOSE)


def test_a_clock_that_is_set_opens_no_second_budget(money: Money, other: Money, clock: SetClock) -> None:
    buy(money, posts(*range(150)))
    for day in (1, 0, 1, -1, 0, -1, 90, 0, 90, -90, 0, -90):
        clock.now = NOON + day * 86_400
        with pytest.raises(DoesNotFit) as no:
            other.reserve("page", {"post": 51}, PURPOSE)
        assert no.value.left == money.balance().left == 50 * POST, "what is shown is what is left"
        other.settle(other.reserve("page", {"post": 1}, PURPOSE), posts(0), noon(TODAY))
        assert (money.today(), money.spent(), money.balance().sure) == (TODAY, 150 * POST, True)


def test_x_s_time_goes_on_between_answers_and_is_put_right_by_them(money: Money, other: Money, clock: SetClock) -> None:
    assert not money.told()
    money.learn_time(NOON + 7, took=0.5)
    assert other.told()
    assert other.now() == NOON + 7
    clock.now += 0.75
    other.learn_time(NOON + 7, took=0.5)
    assert money.now() == NOON + 7.75, "it was that second still"
    money.learn_time(NOON + 6, took=30)
    assert money.now() == NOON + 7.75, "an answer that was long on its way tells nothing new"
    money.learn_time(NOON + 4, took=0.5)
    assert money.now() == NOON + 5.5


def test_what_others_set_aside_by_a_clock_that_was_wrong_is_not_forgotten(money: Money, other: Money, clock: SetClock) -> None:
    clock.now = 0.0
    theirs = other.reserve("theirs", {"post": 150}, PURPOSE)
    money.learn_time(NOON, 0.1)
    with pytest.raises(DoesNotFit) as no:
        money.reserve("mine", {"post": 51}, PURPOSE)
    assert (no.value.left, no.value.reserved) == (50 * POST, theirs.micro)


def test_the_lowest_budget_of_those_that_reserved_today_holds(where: str, run: Run, clock: SetClock) -> None:
    def configured(file: str, budget: int) -> Money:
        return open_money(where, run, budget, clock=clock, config=file)

    high = configured("/home/a/.twitter", 4 * BUDGET)
    high.learn_time(NOON, 0)
    high.reserve("a", {"post": 150}, PURPOSE)
    low = configured("/home/b/.twitter", BUDGET)
    assert low.balance().left == high.balance().left - 3 * BUDGET, "it counts for itself at once"
    low.reserve("b", {"post": 10}, PURPOSE)
    with pytest.raises(DoesNotFit) as no:
        high.reserve("c", {"post": 41}, PURPOSE)
    assert (no.value.left, no.value.budget.file, no.value.budget.micro) == (40 * POST, "/home/b/.twitter", BUDGET)
    assert no.value.budget.host
    assert high.balance().budget == no.value.budget
    with pytest.raises(DoesNotFit):
        configured("/home/b/.twitter", BUDGET // 2).reserve("d", {"post": 1}, PURPOSE)
    assert high.balance().budget.micro == BUDGET // 2
    configured("/home/b/.twitter", 2 * BUDGET).reserve("d", {"post": 1}, PURPOSE)
    assert high.balance().budget.micro == 2 * BUDGET
    own = configured("/home/b/.twitter", BUDGET)
    own.reserve("e", {"post": 1}, PURPOSE)
    own.allows(replace(own.balance().budget, micro=3 * BUDGET))
    assert (own.balance().budget.micro, high.balance().budget.micro) == (3 * BUDGET, 3 * BUDGET), "its own file was changed"
    own.reserve("f", {"post": 1}, PURPOSE)
    assert high.balance().budget.micro == 3 * BUDGET
    clock.now += 86_400
    high.learn_time(clock.now, 0)
    assert high.balance().budget.micro == 4 * BUDGET, "yesterday's word"


def test_a_budget_that_never_fitted_holds_nobody_else(where: str, money: Money, run: Run, clock: SetClock) -> None:
    with pytest.raises(DoesNotFit):
        open_money(where, run, 1, clock=clock, config="/home/b/.twitter").reserve("page", {"post": 1}, PURPOSE)
    money.reserve("page", {"post": 200}, PURPOSE)


def test_a_reservation_that_is_open_at_midnight_counts_for_both_days(money: Money, clock: SetClock) -> None:
    money.reserve("before", {"post": 150}, PURPOSE)
    clock.now = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
    with pytest.raises(DoesNotFit) as no:
        money.reserve("after", {"post": 51}, PURPOSE)
    assert no.value.left == 50 * POST


def test_what_x_books_on_tomorrow_while_our_clock_is_late_counts(money: Money, clock: SetClock) -> None:
    after = TOMORROW + timedelta(days=1)
    for day, count in ((TODAY, 150), (TOMORROW, 190), (after, 170)):
        buy(money, posts(*range(count)), day)
    for late, left in ((0, 30), (2 * 86_400, 10)):
        clock.now -= late
        with pytest.raises(DoesNotFit) as no:
            money.reserve("page", {"post": left + 1}, PURPOSE)
        assert (no.value.left, no.value.sure) == (left * POST, not late), "of the days that it may be the dearest counts"
        assert money.today() == after


def test_an_answer_of_the_last_seconds_of_a_day_opens_no_new_budget(money: Money, clock: SetClock) -> None:
    clock.now = datetime(2026, 11, 24, tzinfo=UTC).timestamp() + 10
    before = datetime(2026, 11, 23, 23, 59, 55, tzinfo=UTC)
    money.settle(money.reserve("page", {"post": 200}, PURPOSE), posts(*range(200)), before)
    with pytest.raises(DoesNotFit) as no:
        money.reserve("page", {"post": 1}, PURPOSE)
    assert not no.value.sure


def test_a_bearer_token_belongs_to_an_app(where: str, run: Run, clock: SetClock) -> None:
    def opened(app: str, file: str) -> Money:
        return open_money(where, run, BUDGET, app, clock, config=file)

    apps, alone, app = open_apps(where), opened("token", "/home/a/.twitter"), opened("app", "/home/b/.twitter")
    assert apps.of("token") is None
    buy(alone, [*posts(1, 2, 3), ("user", "1")])
    buy(alone, posts(4), TODAY - timedelta(days=1))
    buy(alone, [])
    cut_off = alone.reserve("cut off", {"post": 10}, PURPOSE)
    alone.doubt(cut_off)
    buy(app, posts(3, 4))
    before = alone.charges() + app.charges()
    apps.record("token", "app")
    assert (apps.of("token"), apps.of("another")) == ("app", None)
    assert (alone.charges(), alone.spent(), alone.doubtful()) == ([], 0, 0)
    assert (app.spent(), app.doubtful()) == (5 * POST + USER, 10 * POST)
    assert sum(charge.micro for charge in app.charges()) == sum(charge.micro for charge in before)
    assert buy(app, [*posts(1, 2, 3, 4, 5), ("user", "1")]) == POST, "what was paid for is"
    apps.record("token", "app")
    assert app.spent() == 6 * POST + USER


HOLDER = """
import sys
from netwar.meter.base import Purpose
money = open_money(sys.argv[1], new_run(sys.argv[1]), 1_000_000)
money.reserve("page", {"post": 150}, Purpose("tw", ""))
print("reserved", flush=True)
sys.stdin.readline()
"""


def test_the_reservation_of_a_killed_process_is_in_doubt_at_once(where: str) -> None:
    money = open_money(where, new_run(where), BUDGET)
    with processes(1, HOLDER, where) as [holder]:
        assert holder.says() == "reserved"
        assert (money.reserved(), money.doubtful()) == (150 * POST, 0)
        with pytest.raises(DoesNotFit) as no:
            money.reserve("mine", {"post": 200}, PURPOSE)
        assert no.value.reserved == 150 * POST
        holder.kill()
    assert (money.reserved(), money.doubtful()) == (0, 150 * POST)
    with pytest.raises(DoesNotFit) as no:
        money.reserve("mine", {"post": 200}, PURPOSE)
    assert (no.value.left, no.value.reserved) == (50 * POST, 0)
    money.reserve("page", {"post": 200}, PURPOSE)
    assert money.doubtful() == 0


SPENDER = """
import sys, time
from datetime import UTC, datetime
from netwar.meter.base import DoesNotFit, Purpose
budget, most, brought, number = map(int, sys.argv[2:5] + [sys.stdin.readline()])
money = open_money(sys.argv[1], new_run(sys.argv[1]), budget, clock=SetClock(1_800_000_000))
print("ready", flush=True)
sys.stdin.readline()
page, at = 0, datetime(2027, 1, 15, 8, tzinfo=UTC)
while True:
    try:
        reservation = money.reserve(f"{number} {page}", {"post": most}, Purpose("tw", str(number)))
    except DoesNotFit as no:
        if no.reserved:
            continue
        break
    open_or_spent = money.spent() + money.reserved() + reservation.micro
    assert open_or_spent <= budget, open_or_spent
    money.settle(reservation, [("post", f"{number} {page} {post}") for post in range(brought)], at)
    page += 1
print(page)
"""


def test_8_processes_never_exceed_one_budget_and_use_it_up(where: str) -> None:
    """Each page may bring 30 posts and brings 20: nobody gives up while another's settling can make room."""
    with processes(8, SPENDER, where, BUDGET, 30, 20) as spenders:
        for number, spender in enumerate(spenders):
            assert spender.popen.stdin
            spender.popen.stdin.write(f"{number}\n")
            spender.popen.stdin.flush()
        for spender in spenders:
            assert spender.says() == "ready"
        for spender in spenders:
            spender.go()
        pages = sum(int(spender.end()[-1]) for spender in spenders)
    money = open_money(where, new_run(where), BUDGET)
    [day] = {charge.day for charge in money.charges()}
    spent = money.spent(day)
    assert spent == pages * 20 * POST <= BUDGET
    assert spent > BUDGET - 30 * POST, "what is left is too little for one more page"


SETTLER = """
import sys
from datetime import UTC, datetime
from netwar.meter.base import Purpose
money = open_money(sys.argv[1], new_run(sys.argv[1]), 10**12)
reservation = money.reserve(sys.stdin.readline(), {"post": 300}, Purpose("tw", ""))
print("ready", flush=True)
sys.stdin.readline()
at = datetime(2026, 11, 23, 12, tzinfo=UTC)
print(sum(money.settle(reservation, [("post", str(n + 100 * k)) for n in range(300)], at) for k in range(10)))
"""


def test_two_processes_that_settle_the_same_objects_pay_once(where: str) -> None:
    with processes(2, SETTLER, where) as settlers:
        for settler in settlers:
            settler.go()
        for settler in settlers:
            assert settler.says() == "ready"
        for settler in settlers:
            settler.go()
        paid = [int(settler.end()[-1]) for settler in settlers]
    money = open_money(where, new_run(where), BUDGET)
    assert sum(paid) == money.spent(TODAY) == 1_200 * POST
    [charge] = money.charges()
    assert (charge.objects, charge.free) == (1_200, 2 * 10 * 300 - 1_200)


def test_an_unknown_window_begins_with_the_documented_limit(windows: Windows, clock: SetClock) -> None:
    assert [windows.take("token", "timeline", 2) for _ in range(2)] == [None, None]
    clock.now += 100
    assert windows.take("token", "timeline", 2) == pytest.approx(800)
    assert windows.take("token", "users", 2) is None
    assert windows.take("other token", "timeline", 2) is None
    assert windows.windows("token") == [[]], "nothing was told yet"
    clock.now += 801
    assert windows.take("token", "timeline", 2) is None


def test_what_an_answer_tells_replaces_the_guess(windows: Windows, clock: SetClock) -> None:
    windows.take("token", "timeline", 900)
    clock.now += 1
    windows.update("token", "timeline", limit=40_000, remaining=3, reset=NOON + 500)
    others, [window], again = windows.windows("other token", "token", "token")
    assert (others, again) == ([], [window])
    assert (window.endpoint, window.limit, window.remaining) == ("timeline", 40_000, 3)
    assert (window.reset, window.seen) == (NOON + 500, NOON + 1)
    assert [windows.take("token", "timeline", 900) for _ in range(3)] == [None] * 3
    assert windows.take("token", "timeline", 900) == pytest.approx(499)


def test_requests_still_on_their_way_are_counted_when_the_first_answer_comes(windows: Windows) -> None:
    for _ in range(3):
        windows.take("token", "timeline", 900)
    windows.update("token", "timeline", limit=5, remaining=4, reset=NOON + 900)
    assert [windows.take("token", "timeline", 900) is None for _ in range(3)] == [True, True, False]


def test_of_two_answers_of_one_window_the_lower_rest_counts(windows: Windows) -> None:
    windows.update("token", "timeline", limit=900, remaining=5, reset=NOON + 500)
    windows.update("token", "timeline", limit=900, remaining=9, reset=NOON + 501.5)
    windows.update("token", "timeline", limit=900, remaining=7, reset=NOON + 499)
    assert [window.remaining for [window] in windows.windows("token")] == [5]
    windows.update("token", "timeline", limit=900, remaining=4, reset=NOON + 500)
    assert [window.remaining for [window] in windows.windows("token")] == [4]


def test_a_newer_window_replaces_and_an_older_one_tells_nothing(windows: Windows) -> None:
    windows.update("token", "timeline", limit=900, remaining=5, reset=NOON + 10)
    windows.update("token", "timeline", limit=900, remaining=899, reset=NOON + 910)
    windows.update("token", "timeline", limit=900, remaining=0, reset=NOON + 10)
    assert [(window.remaining, window.reset) for [window] in windows.windows("token")] == [(899, NOON + 910)]


def test_after_its_reset_a_window_is_open_anew_as_wide_as_x_told(windows: Windows, clock: SetClock) -> None:
    windows.update("token", "timeline", limit=3, remaining=0, reset=NOON + 10)
    assert windows.take("token", "timeline", 900) == pytest.approx(10)
    clock.now += 10
    assert [windows.take("token", "timeline", 900) is None for _ in range(4)] == [True, True, True, False]


def test_a_closed_window_stays_closed_whatever_late_answers_say(windows: Windows, clock: SetClock) -> None:
    windows.update("token", "timeline", limit=900, remaining=800, reset=NOON + 500)
    windows.block_until("token", "timeline", NOON + 60)
    windows.update("token", "timeline", limit=900, remaining=799, reset=NOON + 900)
    assert windows.take("token", "timeline", 900) == pytest.approx(60)
    assert [(window.remaining, window.reset) for [window] in windows.windows("token")] == [(0, NOON + 60)]
    clock.now += 60
    assert windows.take("token", "timeline", 900) is None


def test_a_window_that_is_closed_before_anything_is_known_opens_with_the_documented_limit(
    windows: Windows, clock: SetClock
) -> None:
    windows.block_until("token", "timeline", NOON + 60)
    assert windows.take("token", "timeline", 2) == pytest.approx(60)
    clock.now += 60
    assert [windows.take("token", "timeline", 2) is None for _ in range(3)] == [True, True, False]


def test_a_window_of_a_clock_that_was_ahead_closes_nobody_out(windows: Windows, clock: SetClock) -> None:
    clock.now = NOON + 90 * 86_400
    windows.update("token", "timeline", limit=900, remaining=0, reset=clock.now + 900)
    windows.block_until("token", "users", clock.now + 60)
    clock.now = NOON
    assert windows.take("token", "timeline", 900) is None
    assert windows.take("token", "users", 900) is None
    windows.update("token", "timeline", limit=900, remaining=3, reset=NOON + 500)
    assert [window.remaining for window in windows.windows("token")[0] if window.endpoint == "timeline"] == [3]


TAKER = """
import sys
windows = open_windows(sys.argv[1], SetClock(1_800_000_000))
print("ready", flush=True)
sys.stdin.readline()
print(sum(windows.take("token", "timeline", 300) is None for _ in range(60)))
"""


def test_8_processes_do_not_overshoot_a_window(where: str) -> None:
    with processes(8, TAKER, where) as takers:
        for taker in takers:
            assert taker.says() == "ready"
        for taker in takers:
            taker.go()
        assert sum(int(taker.end()[-1]) for taker in takers) == 300
