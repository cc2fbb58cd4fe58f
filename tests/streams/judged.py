"""What must hold of captures after all that went wrong, by the truth of the sandbox: posts, gaps, connects, money."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from netwar.streams.backoff import CONNECTS, WINDOW

if TYPE_CHECKING:
    from tests.streams.hurrying import Killed

READ_BADLY = ("bad-json", "no-matching-rules", "half-line")
DEAREST = 25_000  # micro-dollars of a post with two others and its author

Stretch = tuple[int, int]


@dataclass(frozen=True)
class Judged:
    """What is to be told of it. Posts count for each capture: those that were made, that the stream sent, that are recorded.
    `longest`: of a gap, beside what was interrupted (ms)."""

    made: int
    sent: int
    recorded: int
    gaps: int
    longest: float
    connects: int
    slowest: float  # ms from a death to the next connect, or from when Redis was back
    usual: float  # the same of half of them
    billed: int  # micro-dollars
    booked: int
    unread: int  # posts


def check(story: Killed, since: int, until: int) -> Judged:
    """All that must hold at any speed of the clocks; how long things took is told."""
    counts, longest = Counter[str](), 0.0
    interrupted, sent = interruptions(story), {*story.flushed()}
    for index in story.lines:
        made, kept, gaps = story.made(index, since, until), story.kept(index), story.gaps(index)
        strangers = kept - {*story.made(index, story.since, 1 << 60)}
        assert not strangers, f"{index} has what does not match it: {sorted(strangers)[:5]}"
        inside = {post: [how for low, high, how in gaps if low <= at <= high] for post, at in made.items()}
        for what, there in (("is not recorded", kept), ("was never sent", sent)):
            lost = {post: made[post] for post, hows in inside.items() if post not in there and not hows}
            assert not lost, f"{index}: what {what} lies in no gap, {len(lost)} posts: {sorted(lost.items())[:5]}, {gaps}"
        _refilled(story, index, since, {post for post, hows in inside.items() if "refilled" in "".join(hows)} - kept)
        counts.update({"made": len(made), "sent": len(made.keys() & sent), "kept": len(kept), "gaps": len(gaps)})
        longest = max([longest, *(beyond(low, high, interrupted) for low, high, _ in gaps)])
    told = (counts["made"], counts["sent"], counts["kept"], counts["gaps"], longest)
    return Judged(*told, *_connects(story), *_money(story))


def _refilled(story: Killed, index: str, since: int, lacking: set[int]) -> None:
    """What is not there although a search was made is what no search has."""
    if lacking:
        lacking &= story.searchable(index, since)
    assert not lacking, f"{index}: a search should have brought {len(lacking)} posts: {sorted(lacking)[:5]}"


def interruptions(story: Killed) -> list[Stretch]:
    """When posts could not come, or what came could not be read: no connection, silence, lines that are no posts."""
    stood = [(one["connected"], one["closed"] or one["gone"] or story.now) for one in story.connections()]
    edges = [story.since, *(edge for pair in sorted(stood) for edge in pair), 1 << 60]
    found = [(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True) if low <= high]
    opened = {one["id"]: one["connected"] for one in story.connections()}
    flushed = [json.loads(line) for line in story.get("truth/stream/flushed").splitlines()]
    for fault in story.happened():
        for one in fault["happened"]:
            at = opened[one["connection"]] + round(one["second"] * 1000)
            if fault["kind"] == "silence":
                found.append((at, at + round(fault["seconds"] * 1000)))
            elif fault["kind"] in READ_BADLY:
                later = [post["ms"] for post in flushed if post["connection"] == one["connection"] and post["ms"] >= at]
                found.append((at, min(later, default=at)))
    return found


def beyond(low: int, high: int, interrupted: Iterable[Stretch]) -> float:
    """By how many ms a gap is longer than the interruptions in it: what lies before and behind them, or the most between two."""
    inside = joined([(max(a, low), min(b, high)) for a, b in interrupted if a <= high and b >= low])
    if not inside:
        return float(high - low)
    between = [b - a for (_, a), (b, _) in pairwise(inside)]
    around = inside[0][0] - low + (high - inside[-1][1])
    return float(max([around, *between]))


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same, in their order, none touching another."""
    found: list[Stretch] = []
    for low, high in sorted(stretches):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found


def _connects(story: Killed) -> tuple[int, float, float]:
    """How many connects there were, and how long (ms) after a death the next one was, at the most and usually, where X allowed
    one: nobody can take over while Redis is away."""
    connects = sorted(one["ms"] for one in json.loads(story.get("truth/stream/connects")))
    for first, last in zip(connects, connects[CONNECTS:], strict=False):
        assert last - first >= WINDOW, "more than 50 connects in 15 minutes"
    waits = [0]
    for death in story.deaths:
        after = [at for at in connects if at >= death]
        recent = [at for at in connects if death - WINDOW < at < death]
        if after and len(recent) < CONNECTS - 3:
            back = [high for low, high in story.outages if low < after[0] and death < high < after[0]]
            waits.append(after[0] - max([death, *back]))
    return len(connects), float(max(waits)), float(sorted(waits)[len(waits) // 2])


def _money(story: Killed) -> tuple[int, int, int]:
    """What is billed is booked, but for posts that nobody read; micro-dollars of both, and how many posts those are.

    What was not booked is in doubt: nobody else can spend it.
    """
    bill, spending = story.bill(), story.spending()
    booked = Counter[str]()
    for charge in spending["charges"]:
        booked[charge["kind"]] += charge["objects"]
    micro = sum(charge["micro_dollars"] for charge in spending["charges"])
    more = {kind: count for kind, count in booked.items() if count > bill["billed"][kind]}
    assert not more, f"more is booked than X billed: {more}, {bill['billed']}"
    unread = len({*story.flushed()}.difference(*map(story.kept, story.lines)))
    searched = any(line["path"].endswith("/tweets/search/recent") for line in story.log(100_000))
    if not searched:  # an answer that was under way when its process died is billed, too
        assert bill["micro"] - micro <= unread * DEAREST, f"{bill['micro'] - micro} micro-dollars not booked, of {unread} posts"
    doubtful = story.doubtful()
    assert bill["micro"] <= micro + doubtful, f"{bill['micro'] - micro} micro-dollars are not booked, and {doubtful} in doubt"
    return bill["micro"], micro, unread
