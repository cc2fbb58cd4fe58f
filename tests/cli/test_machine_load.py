"""Room on the machine."""

from __future__ import annotations

import pytest

from netwar.cli.machine_load import in_use, wait_for_room
from netwar.errors import Busy
from tests.desk import Desk


def measures(*figures: tuple[float, float]):
    left = list(figures)
    looks: list[float] = []

    def measure(seconds: float) -> tuple[float, float]:
        looks.append(seconds)
        return left.pop(0) if len(left) > 1 else left[0]

    return measure, looks


def test_with_room_the_first_look_is_enough_and_costs_no_time() -> None:
    measure, looks = measures((90, 90))
    wait_for_room(90, 90, measure=measure)
    assert looks == [0.0]


def test_it_waits_until_there_is_room() -> None:
    measure, looks = measures((95, 10), (95, 10), (50, 10))
    wait_for_room(90, 90, measure=measure)
    assert looks == [0.0, 1.0, 1.0]


def test_no_room_in_time_takes_no_claim() -> None:
    measure, _ = measures((95.4, 97))
    with pytest.raises(
        Busy, match=r"no claim was taken: 95 % of the processors are in use \(maxcpu = 90\) and 97 % of the memory"
    ):
        wait_for_room(90, 90, patience=0, measure=measure)


def test_the_machine_is_measured_in_percent() -> None:
    for seconds in (0.0, 0.01):
        cpu, memory = in_use(seconds)
        assert 0 <= cpu <= 100
        assert 0 < memory <= 100


@pytest.mark.parametrize("words", [["tw-idu3elk", "brexit"], ["tw-queue2usertest"]])
@pytest.mark.parametrize("auth", ["user", "app"])
def test_keys_that_are_missing_are_told_before_anybody_waits(desk: Desk, words: list[str], auth: str) -> None:
    desk.configure(auth=auth, maxcpu=1, maxmem=1, consumer_key="k")
    filler = {"tw-idu3elk": "tw-quser2work", "tw-queue2usertest": "tw-quser2usertest"}[words[0]]
    desk.run(filler, "-", input="nasa\n", check=0)
    told = desk.run(*words, check=78).stderr
    assert told.endswith(": run tw-auth, which gets the keys and writes them there\n")
    assert ("bearer_token" if auth == "app" else "access_token_key") in told
    assert "waiting" not in told
