"""What captures by stream, and searches, have recorded, against the truth of the sandbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from tests.soak.wishes import Version
from tests.soak.world import World

Times = list[tuple[int, int]]
CONNECTS, MINUTES_15 = 50, 900_000
ABOUT = 1_500  # ms: X tells what time it is in whole seconds, and so do our programs note when a capture ended
DEAREST = 35_000  # micro-dollars: a post with two others, their authors among the users


def times(told: str) -> Times:
    """From when to when (ms) the lines of JSON of a program say."""
    found = [json.loads(line) for line in told.splitlines()]
    return [(_ms(one["since"]), _ms(one["until"])) for one in found]


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def expression(line: str) -> str:
    return f"from:{line}" if line.isdigit() else line


def capture(world: World, versions: list[Version], there: set[int], gaps: Times) -> Iterator[str]:
    """What is wrong with a capture: posts that lie in no gap and are not there, and such as match no line that it ever had."""
    lines = {line: world.sung(query=expression(line)) for version in versions for line in version.lines}
    for version in versions:
        if version.sure is None:
            continue
        since, until = version.sure, (version.until or world.now()) - ABOUT
        made = {post: at for line in version.lines for post, at in lines[line].items() if since <= at < until}
        lost = {post: at for post, at in made.items() if post not in there and not any(low <= at <= high for low, high in gaps)}
        if lost:
            first = min(lost.items(), key=lambda one: one[1])
            yield f"{len(lost)} of {len(made)} posts of {version.lines} lie in no gap and are not there, such as {first}"
    matching = {post for found in lines.values() for post in found}
    if strange := (there & {*world.sung()}) - matching:
        yield f"{len(strange)} posts match no line, such as {min(strange)}"


def found(world: World, told: str, there: set[int]) -> Iterator[str]:
    """What is wrong with searches, by what tw-search2elk --coverage --json told. Only posts of the stream are looked at: others
    may be put in between older ones after the search."""
    sung = world.sung()
    for one in map(json.loads, told.splitlines()):
        if not one["to"] or one["gaps"]:
            continue
        since, until = _ms(one["from"]), _ms(one["to"])
        truth = {post for post in world.matching(one["line"], since, until) if since < sung.get(post, 0) < until}
        if missing := truth - there:
            yield f"{one['line']}: {len(missing)} of {len(truth)} posts are not there, such as {min(missing)}, and it is complete"


def connects(tried: Iterable[int]) -> Iterator[str]:
    """Whether there were too many at any time (ms)."""
    sorted_ = sorted(tried)
    for first, last in zip(sorted_, sorted_[CONNECTS:], strict=False):
        if last - first < MINUTES_15:
            yield f"there were more than {CONNECTS} connects within {(last - first) / 1000:.0f} s"
            return


def unread(flushed: dict[int, int], there: set[int]) -> Counter[str]:
    """Micro-dollars at the most, by day, of posts that X has sent (with their times) and that are not recorded."""
    counter: Counter[str] = Counter()
    for post, at in flushed.items():
        if post not in there:
            counter[datetime.fromtimestamp(at / 1000, UTC).date().isoformat()] += DEAREST
    return counter
