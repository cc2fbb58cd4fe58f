"""A stretch of time out of recent search, without holes: what fills the gaps of a stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netwar.coverage import Stretch
from netwar.records.ids import SNOWFLAKE_EPOCH, first_id
from netwar.search.reading import Wanted, earliest, latest, read
from netwar.twitter.base import Answer, Twitter


@dataclass(frozen=True, slots=True)
class Filled:
    """A page of posts, and the time that is complete with it, from `low` to before `high` (ms); None where that is not proved
    yet. `contradicted` is a time that was told before and is not complete after all: it goes first."""

    answer: Answer
    complete: Stretch | None
    contradicted: Stretch | None = None


def reachable(twitter: Twitter, since: int, until: int) -> Stretch | None:
    """What recent search reaches of a time (ms): not further back than seven days, and nothing of the last minute. None for
    nothing."""
    now = twitter.now()
    low, high = max(since, _ms(earliest(now)) + 1), min(until, _ms(latest(now)))
    return Stretch(low, high) if low < high else None


def window(twitter: Twitter, query: str, since: int, until: int, *, index: str, authors: bool = True) -> Iterator[Filled]:
    """Every post that matches from `since` to before `until` (ms), newest first, as far as recent search reaches.

    Whoever writes each page with its `complete` before asking for the next can be killed at any time, and fill what is left.
    `index` is what the money is booked for. A query of words or tags brings no retweets (`planning.is_keyword`). Raises
    QueryRefused, TransientError, and whatever else Twitter.search does.
    """
    wanted = Wanted(query, max(first_id(since) - 1, 0), min(first_id(until), latest(twitter.now()) + 1) - 1)
    if wanted.high <= wanted.low:
        return
    # From these on it is complete. What is proved below a page with nameless posts is not told.
    edge, proved = _ms(wanted.high + 1), wanted.high
    for found in read(twitter, wanted, index, authors=authors):
        back = complete = None
        if found.back and (above := _from(found.back.high)) > edge:
            back, edge = Stretch(edge, above), above
        proved = max(proved, found.back.high) if found.back else proved
        if found.span and found.span.high >= proved:
            proved = found.span.low
            if (below := _from(proved)) < edge:
                complete, edge = Stretch(below, edge), below
        yield Filled(found.answer, complete, back)


def _ms(id: int) -> int:
    return (id >> 22) + SNOWFLAKE_EPOCH


def _from(id: int) -> int:
    """The first ms of which no post has this id or a lower one."""
    return _ms(id + 1) if first_id(_ms(id + 1)) == id + 1 else _ms(id + 1) + 1
