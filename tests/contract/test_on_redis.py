"""What board, captures, meter, queues and rosters must do in files, the files of tests beside this one, on Redis."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract import conftest, test_board, test_captures, test_draw, test_meter, test_overview, test_queue, test_roster
from tests.contract.opening import place
from tests.contract.parts import Fixtures, parts
from tests.redis_server import Redis

# With the rights of conf/redis, and every third answer lost.
KIND = "redis-lossy"

BEGINS = {
    test_board: {"board": "test_what_runs_say_stands_until_they_say_something_else"},
    test_captures: {
        "captures": "test_what_is_registered_is_known_to_all",
        "holders": "test_one_holds_at_a_time",
    },
    test_draw: {"draw": "test_what_came_is_booked_for_each_purpose_and_the_next_slice_stands_in_its_place"},
    test_meter: {
        "prices": "test_the_price_of_the_most_that_can_come",
        "reservations": "test_a_reservation_that_does_not_fit_says_what_is_left",
        "days": "test_days_are_those_of_x",
        "budgets": "test_the_lowest_budget_of_those_that_reserved_today_holds",
        "windows": "test_an_unknown_window_begins_with_the_documented_limit",
    },
    test_overview: {"overview": "test_names_counts_and_how_long_the_next_has_waited"},
    test_queue: {
        "claims": "test_put_counts_who_was_not_there_yet",
        "leases": "test_a_lease_that_ran_out_is_handed_to_another_and_lost",
        "names": "test_a_user_is_claimed_by_name_and_leaves_nothing_behind",
    },
    test_roster: {
        "members": "test_who_is_put_on_a_list_is_a_member_and_waits_on_adds",
        "rounds": "test_a_round_is_begun_in_order_and_once",
    },
}
PARTS = {
    name: (module, promises)
    for module, begins in BEGINS.items()
    for name, promises in zip(begins, parts(module, begins.values()), strict=True)
}


@pytest.mark.parametrize("part", PARTS)
def test_the_promises(part: str, redis: Redis, tmp_path: Path, subtests: pytest.Subtests) -> None:
    module, promises = PARTS[part]
    for promise in promises:
        (folder := tmp_path / promise.__name__).mkdir()
        given = {"where": place(KIND, folder, redis), "tmp_path": folder, "subtests": subtests}
        with subtests.test(promise.__name__), Fixtures(given, module, conftest) as fixtures:
            fixtures.call(promise)
