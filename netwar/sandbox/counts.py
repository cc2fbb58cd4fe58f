"""GET /2/tweets/counts/recent and /all: how many posts match, by the minute, hour or day. Each request costs, whatever it brings.

X counts what searches do not show: also the posts of those who are suspended or gone by now.
"""

from __future__ import annotations

from netwar.sandbox import parameters as read
from netwar.sandbox.found_posts import first_id
from netwar.sandbox.problems import Body
from netwar.sandbox.searches import BOUNDS, DAY, MONTH, Asked, asked, next_token, token_bound
from netwar.sandbox.state import Answer, Call, Endpoint
from netwar.sandbox.world.clock import EPOCH, iso

LENGTHS = {"minute": 60_000, "hour": 3_600_000, "day": DAY}
PAGE = MONTH + DAY  # ms that a page of counts reaches back
COUNTED = ("active", "suspended", "gone")
"""Of whom posts are counted."""


def _counts(call: Call, *, archive: bool) -> Answer:
    granularity = call.parameters.get("granularity", "hour")
    if granularity not in LENGTHS:
        read.complain("granularity", granularity, "is not one of [minute,hour,day]")
    wish, purpose = asked(call, archive=archive), "counts"
    until = min(_moment(wish.ceiling), token_bound(call, purpose, wish.text) or 1 << 62)
    since = _moment(wish.floor + 1)
    start = max(since, until - PAGE) if archive else since
    found = _found(call, wish, start, until, LENGTHS[granularity])
    new = "search_count.fields" in call.parameters or call.box.users_in_post_dialect
    word = "post_count" if new else "tweet_count"
    data = [{"start": iso(low), "end": iso(high), word: count} for low, high, count in found]
    meta: Body = {f"total_{word}": sum(count for _, _, count in found)}
    if start > since:
        meta["next_token"] = next_token(call, purpose, wish.text, start)
    body = {"data": data, "meta": meta} if data else {"meta": meta}
    return Answer(body, [("counts_all" if archive else "counts_recent", call.box.requests)])


def _moment(id: int) -> int:
    """When a post with this id would be posted (ms)."""
    return (id >> 22) + EPOCH


def _found(call: Call, wish: Asked, start: int, until: int, length: int) -> list[tuple[int, int, int]]:
    """(start, end, posts) of each stretch, oldest first; the first and the last may be shorter than the others."""
    floor = max(wish.floor, first_id(start) - 1)
    counter = call.box.searched.counted(wish.query, floor, first_id(until), COUNTED, length)
    stretches = range(start // length, -(-until // length)) if until > start else range(0)
    return [(max(start, one * length), min(until, (one + 1) * length), counter[one]) for one in stretches]


_PARAMETERS = frozenset(f"{BOUNDS} granularity search_count.fields".split())

COUNTS = (
    Endpoint("/2/tweets/counts/recent", 300, 0, _PARAMETERS, lambda call: _counts(call, archive=False)),
    Endpoint("/2/tweets/counts/all", 300, 0, _PARAMETERS, lambda call: _counts(call, archive=True)),
)
