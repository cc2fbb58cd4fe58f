"""What proves that somebody was taken off a list: no fault of X's ever does, and a removal always does in the end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netwar.archive.base import Store
from netwar.lists.membership import LISTED, REMOVED, ListLog
from netwar.lists.removal import MANY_READINGS, READINGS
from netwar.lists.watch import Watch
from tests.lists.conftest import looked
from tests.lists.shown import EVERY_FAULT, LIST, OWNER, MemoryArchive, ShownX
from tests.randomly import randomly
from tests.rows import rows

USERS = [str(number) for number in range(100, 125)]


class NoSpool:
    """Nothing has to wait."""


def fresh(x: ShownX, lists: tuple[str, ...] = ()) -> tuple[Watch, ListLog]:
    """A watch with an archive of its own, after its first look at the list."""
    watch = Watch(x, Store(MemoryArchive(), NoSpool()), OWNER, "x", lists=lists)  # type: ignore[arg-type]
    looked(watch, x)
    log = watch.log(LIST)
    assert set(log.members()) == {user for user in x.members if x.status.get(user) not in ("suspended", "gone")}
    return watch, log


def removed(log: ListLog) -> list[str]:
    return [event.user for event in log.events() if event.what == REMOVED]


def until_settled(watch: Watch, x: ShownX, times: int = 6) -> None:
    looked(watch, x, times)
    looked(watch, x, 1, 86_400)
    looked(watch, x, times)


@rows("fault", EVERY_FAULT)
def test_no_fault_writes_a_removal_however_long_it_lasts(fault: str) -> None:
    for lists in ((), (LIST,)):
        x = ShownX(list(USERS))
        watch, log = fresh(x, lists)
        x.fault = fault
        until_settled(watch, x)
        looked(watch, x, 3, 7 * 86_400)
        assert removed(log) == []
        assert set(log.members()) == set(USERS)
        x.fault = ""
        x.members.remove("105")
        until_settled(watch, x)
        assert removed(log) == ["105"], "and afterwards all is as it should be"


@rows("fault", EVERY_FAULT)
def test_no_fault_that_comes_and_goes_removes_another_than_who_left(fault: str) -> None:
    x = ShownX(list(USERS))
    watch, log = fresh(x)
    for turn in range(12):
        x.fault = fault if turn % 3 else ""
        if turn == 4:
            x.members.remove("110")
        looked(watch, x)
        assert set(removed(log)) <= {"110"}
    x.fault = ""
    until_settled(watch, x)
    assert removed(log) == ["110"]


def test_a_removal_is_seen_in_two_readings_and_a_look_up() -> None:
    x = ShownX(list(USERS))
    watch, log = fresh(x)
    x.members.remove("105")
    for reading in range(1, READINGS + 1):
        assert removed(log) == []
        looked(watch, x)
        assert x.asked[-1] == ("users" if reading == READINGS else "members")
    assert removed(log) == ["105"]
    [event] = [event for event in log.events() if event.what == REMOVED]
    assert event.detail == "not shown in 2 readings, and open"
    asked = len(x.asked)
    looked(watch, x, 5)
    assert x.asked[asked:] == ["lists"] * 5, "nothing is open any more"


def test_readings_a_second_apart_are_one() -> None:
    x = ShownX(list(USERS))
    watch, log = fresh(x)
    for user in ("105", "106", "107"):
        x.members.remove(user)  # so that all is read each time
        looked(watch, x, 1, 1)
    assert x.asked.count("members") > 9
    assert removed(log) == []


@rows("left", [11, 25])
def test_many_or_all_take_three_readings_and_the_list_itself(left: int) -> None:
    x = ShownX(list(USERS))
    watch, log = fresh(x)
    gone, x.members = x.members[:left], x.members[left:]
    looked(watch, x, MANY_READINGS - 1)
    assert removed(log) == []
    looked(watch, x)
    assert x.asked[-2:] == ["users", "list"]
    assert sorted(removed(log)) == sorted(gone)


@rows("counts_closed", [True, False])
def test_the_suspended_stay_and_others_leave_beside_them(counts_closed: bool) -> None:
    x = ShownX(list(USERS), counts_closed=counts_closed, hidden=2, status={"101": "suspended"})
    watch, log = fresh(x)
    x.status |= {"102": "suspended", "103": "gone"}
    x.members.remove("104")
    looked(watch, x, 4)
    assert removed(log) == ["104"]
    assert log.state().closed == {"102": "suspended", "103": "gone"}
    x.status.pop("102")
    x.members.remove("105")
    looked(watch, x, 1, 7 * 86_400)
    until_settled(watch, x)
    assert removed(log) == ["104", "105"]
    assert log.state().closed == {"103": "gone"}
    x.members.remove("103")
    x.status.pop("103")
    until_settled(watch, x)
    looked(watch, x, 3, 7 * 86_400)
    assert removed(log)[2:] == ["103"], "back, and on the list no more"


def test_who_was_hidden_from_the_beginning_is_listed_when_shown() -> None:
    x = ShownX(list(USERS), status={"101": "suspended"})
    watch, log = fresh(x)
    assert "101" not in log.members()
    x.status.clear()
    looked(watch, x, 1, 7 * 86_400)
    assert "101" in log.members()


@rows("counts_closed", [True, False])
def test_a_bad_reading_as_a_lie_ends_or_somebody_is_suspended_removes_nobody(counts_closed: bool) -> None:
    for lie in ("count-high", "suspended"):
        x = ShownX(list(USERS), counts_closed=counts_closed, status={})
        watch, log = fresh(x)
        x.status["120"] = "suspended"
        looked(watch, x, 4, 7 * 86_400)
        assert log.state().counts_closed is counts_closed
        if lie == "suspended":
            x.status["121"] = "suspended"
        else:
            x.fault = lie
            looked(watch, x, 3)
        x.fault = "short-by-one"
        looked(watch, x, 1, 7 * 86_400)
        until_settled(watch, x)
        assert removed(log) == []


def test_a_list_that_was_not_read_to_its_end_says_nothing_of_who_left() -> None:
    """Not even where the count agrees."""
    x = ShownX(list(USERS))
    watch, log = fresh(x)
    x.members.remove("105")
    x.fault = "untold"
    looked(watch, x, 5)
    assert (removed(log), log.state().absent) == ([], {})


def test_doubts_are_looked_into_ever_less_often() -> None:
    x = ShownX(list(USERS))
    watch, log = fresh(x)
    x.fault = "short-by-one"
    looked(watch, x, 1, 7 * 86_400)
    x.asked.clear()
    told = looked(watch, x, 24 * 60)
    assert removed(log) == []
    assert 5 < x.asked.count("members") / 3 < 16, "of 1,440 in a day"
    assert any("X counts 25 members and shows 24" in str(getattr(one, "told", "")) for one in told)


LIES = ("count-low", "count-high")
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(200, 220)),
        st.tuples(st.just("drop"), st.integers(0, 40)),
        st.tuples(st.just("status"), st.integers(0, 40), st.sampled_from(["open", "suspended", "gone", "protected"])),
        st.tuples(st.just("fault"), st.sampled_from(["", "short-by-one", "count-high", *EVERY_FAULT])),
        *[st.tuples(st.just("look"), st.sampled_from([5, 60, 60, 3_600, 86_400]))] * 3,
    ),
    max_size=50,
)


@randomly(150)
@given(moves=MOVES, counts_closed=st.booleans(), hidden=st.integers(0, 2), lies=st.booleans())
def test_whatever_happens_only_who_left_is_removed(
    moves: list[tuple[object, ...]], counts_closed: bool, hidden: int, lies: bool
) -> None:
    """X lies of counts, or suspends people. Who left while X counted wrongly may stay listed, which is told.

    A suspended member who leaves in the moment in which X begins to keep another one back is seen by nobody: what it shows and
    what it counts are as if that one had left. So one good reading comes between the two.
    """
    x = ShownX([str(number) for number in range(100, 112)], counts_closed=counts_closed, hidden=hidden)
    watch, log = fresh(x)
    x.status["100"] = "suspended"
    looked(watch, x, 4, 7 * 86_400)
    dropped: set[str] = set()
    for move in moves:
        match move:
            case ("add", number) if str(number) not in x.members:
                x.members.insert(0, str(number))
            case ("drop", place) if x.members and isinstance(place, int):
                dropped.add(one := x.members.pop(place % len(x.members)))
                if x.status.get(one) in ("suspended", "gone"):
                    fault, x.fault = x.fault, ""
                    looked(watch, x, 1, 3_600)
                    x.fault = fault
            case ("status", place, str(status)) if x.members and isinstance(place, int):
                x.status[x.members[place % len(x.members)]] = "protected" if lies else status
            case ("fault", str(fault)):
                x.fault = fault if lies or fault not in LIES else ""
            case ("look", int(seconds)):
                looked(watch, x, 1, seconds)
        assert set(removed(log)) <= dropped
    x.fault, x.status = "", {}
    looked(watch, x, 4, 7 * 86_400)
    until_settled(watch, x)
    looked(watch, x, 6, 86_400)
    assert set(log.members()) >= set(x.members)
    if not lies:
        assert set(log.members()) == set(x.members)
    listed = [event.user for event in log.events() if event.what == LISTED]
    assert set(removed(log)) <= set(listed) & dropped
