"""What proves that somebody was taken off a list. No failure of X's may ever look as if everybody had left.

Who is shown on a list is on it. Who is not shown was taken off only if

- all pages were sound, to the end (`reading.Members.complete`), in two readings in a row that are some time apart,
- X shows the user as open when asked: whoever is suspended, gone or protected may be hidden from the list, and stays on it,
- X's own count of members agrees: it does not count more members whom it does not show than it did before, but for those,
- and where many are missing, or all, in three readings, and with the count asked for anew.

What X counts is only compared with what it counted before: there may be members whom nobody is shown, and it is seen by and by
whether closed ones count (as they do among followers). A reading that lacks somebody makes the difference larger, and so does a
count that is too high; that is believed after some days only, or else a count that is right again could vouch for a bad reading.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from netwar.lists.membership import ListLog, ListState
from netwar.lists.reading import Members
from netwar.profiles.status import OPEN
from netwar.records.text import plural

log = logging.getLogger("netwar.lists")

READINGS, MANY_READINGS = 2, 3
MANY, MANY_PART = 10, 0.2  # more than so many missing, or than such a part of the list, are many
APART_MS = 30_000  # between two readings: what X has stored for some seconds would say the same twice
DAY_MS = 86_400_000
RISES_MS = 3 * DAY_MS  # until X is believed to count more members without showing them than before
DOUBTED_MS = 60_000  # until it is read again after the first doubt; then twice as long, up to a day, since a new day is paid for


class Witness(Protocol):
    """Whom X is asked before anybody is said to have been taken off."""

    def statuses(self, users: Sequence[str]) -> Mapping[str, str]:
        """What X says of each of these users now: open, protected, suspended or gone. Whom it says nothing of is left out."""

    def count(self) -> int | None:
        """How many members X counts on the list now."""


@dataclass(frozen=True, slots=True)
class News:
    """What one reading brought: who is `added` and `removed`, whom X hides and why (`closed`), of how many it is `open` why they
    are not shown, and why nobody was removed though it looks so (`doubt`)."""

    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    closed: Mapping[str, str] | None = None
    open: int = 0
    doubt: str = ""


def consider(members: ListLog, read: Members, count: int | None, witness: Witness) -> News:
    """Write down what a reading of a list says of its members; `count` is how many X counted just before.

    The same reading a second time changes nothing. Raises what `witness` raises, with nobody removed.
    """
    added = members.add(read.ids, read.at)
    shown = set(read.ids)
    if not read.complete:
        members.change(lambda state: _without(state, shown))
        return News(added)
    # Who was put on since, as another run saw, cannot be missing from this reading.
    missing = {user for user, since in members.members().items() if user not in shown and since <= read.at}
    known = len(members.members())
    state = members.change(lambda state: _counted(state, missing, read.at, count))
    if not missing:
        members.change(lambda state: _settled(state, _Look(read.at, count, len(shown), 0, {})))
        return News(added)
    enough = _enough(len(missing - state.closed.keys()), known)
    ripe = {user for user in missing if user in state.closed or state.absent[user][0] >= enough}
    if not ripe:
        return News(added, open=len(missing))
    told = witness.statuses(sorted(missing))
    look = _Look(read.at, count, len(shown), enough, {user: said for user, said in told.items() if said != OPEN})
    leaving = sorted(user for user in ripe if told.get(user) == OPEN)
    if leaving and (doubt := _doubt(state, look, witness)):
        members.change(lambda state: _doubted(state, look))
        return News(
            added, (), look.closed, len(missing) - len(look.closed), f"{plural(len(leaving), 'member')} not shown, but {doubt}"
        )
    removed = members.remove(leaving, read.at, f"not shown in {enough} readings, and open") if leaving else []
    rest = missing - {*leaving, *look.closed}
    members.change(lambda state: _concluded(state, look, rest))
    return News(added, removed, look.closed, len(rest))


@dataclass(frozen=True, slots=True)
class _Look:
    """A whole reading at a time (ms): X's count, how many it shows, how many readings are enough, and who is not shown for being
    closed."""

    at: int
    count: int | None
    shown: int
    enough: int
    closed: Mapping[str, str]

    def unseen(self, count: int, *, counts_closed: bool) -> int:
        """How many X counts and does not show, beside those who are closed."""
        return max(0, count - self.shown - (len(self.closed) if counts_closed else 0))


def _enough(missing: int, known: int) -> int:
    """In how many readings somebody must be missing, when so many are missing of those who are known to be on the list."""
    return MANY_READINGS if missing > max(MANY, MANY_PART * known) or missing == known else READINGS


def _doubt(state: ListState, look: _Look, witness: Witness) -> str:
    """Why X's count speaks against removals, if it does; where many are missing it is asked for anew."""
    counts = [look.count]
    if look.enough > READINGS:
        counts.append(witness.count())
    for one in counts:
        if one is None:
            return "X does not say how many members there are"
        if look.unseen(one, counts_closed=state.counts_closed) > (state.hidden or 0):
            return f"X counts {one:,} members and shows {look.shown:,}"
    return ""


def _without(state: ListState, shown: Collection[str]) -> ListState:
    """Whoever is shown is absent no more."""
    absent = {user: times for user, times in state.absent.items() if user not in shown}
    closed = {user: why for user, why in state.closed.items() if user not in shown}
    return replace(state, absent=absent, closed=closed)


def _counted(state: ListState, missing: Collection[str], at: int, count: int | None) -> ListState:
    """One more whole reading in which these are missing, if it is far enough from the one before."""

    def one_more(user: str) -> tuple[int, int]:
        times, last = state.absent.get(user, (0, 0))
        return (times + 1, at) if at - last >= APART_MS else (times, last)

    absent = {user: one_more(user) for user in sorted(missing) if user not in state.closed}
    closed = {user: why for user, why in state.closed.items() if user in missing}
    again = at + APART_MS if absent else 0
    return replace(state, absent=absent, closed=closed, read=max(state.read, at), count=count, again=again)


def _settled(state: ListState, look: _Look) -> ListState:
    """A whole reading that leaves no question: later ones are compared with it."""
    state = replace(state, again=0, doubts=0)
    if look.count is None:
        return state
    counts_closed = _counts_closed(state, look.count - look.shown, len(look.closed))
    hidden = look.unseen(look.count, counts_closed=counts_closed)
    rising = (state.rising or look.at) if state.hidden is not None and hidden > state.hidden else 0
    # Where it is less, one of the closed ones may have left as well as one who is never shown.
    if state.hidden is not None and ((rising and look.at - rising < RISES_MS) or (hidden < state.hidden and look.closed)):
        hidden = state.hidden
    return replace(state, hidden=hidden, closed_then=len(look.closed), rising=rising, counts_closed=counts_closed)


def _counts_closed(state: ListState, hidden: int, closed: int) -> bool:
    """Whether X counts closed members: told by what it counts and does not show, when their number has changed."""
    more = closed - state.closed_then
    if state.hidden is None or not more:
        return state.counts_closed
    grown = hidden - state.hidden - (state.closed_then if state.counts_closed else 0)
    return {0: False, more: True}.get(grown, state.counts_closed)


def _doubted(state: ListState, look: _Look) -> ListState:
    """Nobody is removed; asked again after a while."""
    wait = min(DOUBTED_MS << min(state.doubts, 20), DAY_MS)
    absent = {user: times for user, times in state.absent.items() if user not in look.closed}
    return replace(state, absent=absent, closed=dict(look.closed), again=look.at + wait, doubts=state.doubts + 1)


def _concluded(state: ListState, look: _Look, rest: Collection[str]) -> ListState:
    """Those who left are forgotten, those who are closed are known; `rest` is asked for again."""
    absent = {user: state.absent.get(user, (1, look.at)) for user in sorted(rest)}
    now = replace(state, absent=absent, closed=dict(look.closed), again=look.at + APART_MS if rest else 0)
    return now if rest else _settled(now, look)
