"""Profiles, followers and audits on a team's servers: what the programs do in files, they do there, by the same tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.desk import Desk
from tests.follows import test_follow2usertest as follows
from tests.profiles import test_edgelist as graphs
from tests.profiles import test_identity as identities
from tests.profiles import test_membership as audits
from tests.profiles import test_queue2usertest as profiles
from tests.profiles.test_membership import Collection
from tests.servers.fixtures import on, on_one_of
from tests.team.conftest import Observers

Begin = Callable[..., Observers]

alike = on_one_of("es654-sg", "es953-sec", "os360")


def scenarios(*tests: Callable[..., None]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("scenario", tests, ids=[test.__name__.removeprefix("test_") for test in tests])


@alike
def test_ids_and_names_mixed(observer: Begin) -> None:
    profiles.test_ids_and_names_mixed(observer)


@on_one_of("es654-sg", "es953-sec")
@scenarios(
    follows.test_who_came_and_who_left,
    identities.test_a_user_who_was_renamed_twice,
    identities.test_a_name_taken_over_by_another_id,
    identities.test_suspended_and_back,
)
def test_as_in_files(observer: Begin, scenario: Callable[[Begin], None]) -> None:
    scenario(observer)


@on("es953-sec")
@scenarios(
    profiles.test_four_processes_record_each_user_once,
    follows.test_only_ids_are_queued_unless_fresh,
    follows.test_the_second_of_two_runs_is_told,
)
def test_several_at_once(observer: Begin, scenario: Callable[[Begin], None]) -> None:
    scenario(observer)


@alike
def test_a_list_of_followers_and_runs_that_are_killed(observer: Begin) -> None:
    assert follows.killed_at_random(observer, 6_000, most=4) > 1


@alike
def test_audits_of_lists(desk: Desk, stores: dict[str, object]) -> None:
    kept = audits.filled(Collection(desk, **stores))
    audits.test_a_name_that_passed_on_answers_with_every_id(kept)
    audits.test_ids_become_names(kept)
    audits.test_names_become_ids_whatever_their_case(kept)
    audits.test_missed_users_are_queued(kept)


@on("es953-sec")
def test_an_empty_collection_misses_all(desk: Desk, stores: dict[str, object]) -> None:
    audits.misses_all(Collection(desk, **stores))


@alike
def test_names_in_graphs(desk: Desk, stores: dict[str, object]) -> None:
    kept = graphs.filled(Collection(desk, **stores))
    graphs.test_ids_in_the_first_two_columns_become_names(kept)
    graphs.test_a_long_list(kept)
