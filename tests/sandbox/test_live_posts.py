"""Users who post while they are recorded: nothing is missing, nothing is made up, and nothing is billed that was not read."""

from collections.abc import Callable

from tests.operator import ALL_OPEN, Operator

WORLD = f"""
[world]
{ALL_OPEN}
most_posts = 20
users = 12
posts_a_day = 480
[clock]
now = 2026-03-01T01:00:00Z
speed = 600
"""


def test_what_comes_while_it_is_recorded_is_recorded(operator: Callable[..., Operator]) -> None:
    at = operator(WORLD)
    ids = [user["id"] for user in at.users()]
    sizes = []
    for frozen in (False, False, True):
        at.post("clock", {"frozen": frozen})
        at.queue(ids)
        at.run("tw-idu3elk", "live")
        truth = {user: set(at.truth(user)) for user in ids}
        recorded = {user: at.recorded("live", user) for user in ids}
        assert all(recorded[user] <= truth[user] for user in ids)
        sizes.append(sum(map(len, recorded.values())))
    assert recorded == truth
    assert sizes[0] < sizes[-1], "more came meanwhile"
    assert at.spent() == at.bill()["micro"]
