"""The main job on a team's servers, by a recorder that is killed with -9 again and again."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from tests.desk import BIN
from tests.operator import ALL_OPEN
from tests.randomly import SEED
from tests.servers.fixtures import on_one_of
from tests.team.conftest import Team

KILLER = Path(__file__).parents[1] / "timelines" / "killer.py"
MOMENTS = ("billed", "before", "uncovered", "between", "after")
KILLS = 10

# One past what X serves, the others with 0 to 150 posts.
TWENTY = f"""
[world]
users = 20
most_posts = 150
{ALL_OPEN}
[[users]]
index = 7
posts = 3300
"""


def killed_run(team: Team, moment: str, page: int) -> int:
    return team.desk.run(str(KILLER), moment, str(page), BIN / "tw-idu3elk", "team", "-q").status


@on_one_of("es654-sg", "es953-sec", "os360")
def test_twenty_users_and_a_recorder_that_is_killed(team: Callable[..., Team]) -> None:
    chance = random.Random(SEED)
    one = team(TWENTY)
    one.queue(user["name"] if chance.random() < 0.5 else user["id"] for user in one.users())
    killed = 0
    while killed < KILLS and (status := killed_run(one, chance.choice(MOMENTS), chance.randrange(1, 5))):
        assert status == -9
        killed += 1
    assert killed >= KILLS // 2, "all twenty can be recorded before the tenth moment comes, but not before the fifth"
    one.run("tw-idu3elk", "team")
    one.has_recorded_what_is_true("team")
    one.has_spooled_nothing()

    bill = one.bill()
    returned, distinct = sum(bill["returned"].values()), sum(bill["billed"].values())
    page = 100 + 200 + 1
    assert returned <= distinct + KILLS * page, f"{returned} objects for {distinct}"
    assert bill["micro"] <= one.spent() <= 1.02 * bill["micro"]

    before = one.bill()
    one.queue(user["id"] for user in one.users())
    one.run("tw-idu3elk", "team")
    assert one.bill() == before, "a second run costs nothing"
