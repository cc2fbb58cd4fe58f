"""A recorder that is killed with -9 over and over loses nothing, pays for nothing twice, and waits for nobody."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.desk import BIN
from tests.operator import ALL_OPEN
from tests.randomly import SEED

KILLER = Path(__file__).with_name("killer.py")
MOMENTS = ("billed", "before", "between", "after")
MAX_KILLS = 250
WORLD = f"""
[world]
users = {{users}}
{ALL_OPEN}
[[users]]
index = 0
posts = {{most}}

[[users]]
index = 1
posts = {{many}}

[[users]]
index = 2
posts = 0
"""


def killed_run(operator, moment: str, page: int) -> int:
    return operator.desk.run(str(KILLER), moment, page, BIN / "tw-idu3elk", "killed", "-q", timeout=60).status


@pytest.mark.long
def test_killed_after_every_page(operator, stores):
    chance = random.Random(SEED)
    # In Redis the same things happen; a smaller world shows them.
    world = {"users": 4, "most": 400, "many": 230} if stores else {"users": 6, "most": 3300, "many": 430}
    one = operator(WORLD.format(**world), **stores)
    users = one.users()
    one.queue(user["name"] if chance.random() < 0.5 else user["id"] for user in users)
    # A run that dies at its first page each time never gets on: most go some pages further, and a few through a deep timeline.
    pages = (1, 2, 3) if stores else (1, 2, 3, 6)
    kills = 0
    while kills < MAX_KILLS:
        status = killed_run(one, chance.choice(MOMENTS), pages[kills % len(pages)])
        if status == 0:
            break
        assert status == -9
        kills += 1
    assert (3 if stores else 12) < kills < MAX_KILLS, f"{kills} kills"

    work = one.work()
    assert (work["waiting"], work["claimed"], work["failed"]) == (0, [], [])
    for user in users:
        truth = set(one.truth(user["id"])[:3200])
        assert one.recorded("killed", user["id"]) == truth, f"user {user}"
    deep = set() if stores else {"partial"}
    assert {record["outcome"] for name, record in one.coverage("killed").items()} == {"complete", "empty"} | deep
    assert [record["lost"] != [] for record in one.coverage("killed").values()].count(True) == len(deep)

    bill = one.bill()
    returned, distinct = sum(bill["returned"].values()), sum(bill["billed"].values())
    page = 100 + 200 + 1
    assert returned <= distinct + kills * page, f"{returned} objects for {distinct}"
    assert bill["micro"] <= one.spent() <= 1.02 * bill["micro"]
