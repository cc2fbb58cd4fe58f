"""The contract of a roster: everybody who is on the lists of one observer, and who of them is due.

An observer is an account, by its numeric id; a roster is of one observer and one index. It has three sets: ADDS, a
queue of those who were put on a list and are recorded at once; SEEN, the members, with what is known of each; WORK, a
queue of those whose turn has come in this round. `busy` is a queue that all observers of the index share: a user who is
claimed there is being recorded by a run of one of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Protocol

from netwar.errors import ServiceDown
from netwar.queues.base import Cleared, Queue
from netwar.records.shaped import parsed, shaped

CLOCK_SLIP = 1.0  # seconds by which hosts may know one clock differently
SHOWN = 80  # characters of what cannot be read

Change = Callable[["Member"], "Member"]


@dataclass(frozen=True, slots=True)
class Member:
    """A user on at least one list; `lists` are ids. Times are milliseconds since 1970.

    `since`: when they were seen on a list. `asked`: when X was asked for their posts, 0 never. `posts`: how many
    were known of them then. `rate`: posts a day, an
    estimate. `held`: until when they are not asked for, 0 if they are; `holds`: how often in a row that was so;
    `detail`: why.
    """

    user: str
    since: int
    lists: tuple[str, ...]
    asked: int = 0
    rate: float = 0.0
    posts: int = 0
    held: int = 0
    holds: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """The last round that was begun, number 0 before there was any. `began` is milliseconds since 1970, `size` how many
    users it began with."""

    number: int = 0
    began: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Wiped:
    """How many members `clear` removed, and what it removed from the two queues."""

    members: int
    adds: Cleared
    work: Cleared


class Roster(Protocol):
    """One roster. Every step is atomic, whoever else uses it: done whole or not at all."""

    @property
    def adds(self) -> Queue:
        """Those who were put on a list, or are held no longer."""

    @property
    def work(self) -> Queue:
        """Those whose turn has come in this round."""

    @property
    def busy(self) -> Queue:
        """Claims of whoever is being recorded into the index, for any observer; nobody waits there."""

    def fresh(self, users: Sequence[str], list: str, at: int) -> list[str]:
        """Note that users (ids, in any number) are on a list, at a time (ms). Those who were on none become members and
        wait on ADDS, in one step; they are returned, in the order given. Saying it again changes nothing."""

    def unlist(self, users: Sequence[str], list: str) -> list[str]:
        """Note that users are no longer on a list. Those who are on no other one cease to be members and leave ADDS and
        WORK, in one step; they are returned. Whoever has a claim on one of them may end it as ever: nobody waits again
        by that."""

    def members(self) -> Iterator[Member]:
        """Everybody, sorted by user as text; read in portions, so who joins or leaves meanwhile may be left out."""

    def member(self, user: str) -> Member | None:
        """What is known of one member, None of whoever is none."""

    def __len__(self) -> int:
        """How many members there are."""

    def change(self, user: str, change: Change) -> Member | None:
        """Change what is known of a member; the member afterwards, or None, and nothing is written, if they are none.

        `change` is called anew when another run was faster. Raises ValueError if it touches the user or their lists.
        """

    def release(self, users: Sequence[str]) -> None:
        """Hold these members no longer: they are due at once, on ADDS. Who is no member is passed over."""

    def round(self) -> Round:
        """The last round that was begun."""

    def begin_round(self, number: int, users: Sequence[str], at: int) -> bool:
        """Begin a round at a time (ms): put users on WORK, in their order, but for those who are no members (any more).

        False, and nothing is begun, unless the last round was the one before, and on ADDS and WORK nobody waits or is
        claimed. Claims of dead runs are freed first, so their users wait.
        """

    def turn(self, what: str, seconds: float) -> bool:
        """Whether it is the caller's turn to do something: of all who ask, one in so many seconds, by the store's clock.

        Who has the turn and dies keeps it no longer than that.
        """

    def clear(self) -> Wiped:
        """Forget everything but what other observers share: the three sets, the round, whose turn it was."""

    def close(self) -> None:
        """Let go of what is open."""


def queue_name(observer: str, index: str, which: str) -> str:
    """The name of a roster's queue, `adds` or `work`."""
    return f"tw:track:{observer}:{index}:{which}"


def busy_name(index: str) -> str:
    """The name of the queue on which everybody is claimed whom a run of any observer records into an index."""
    return f"tw:track:recording:{index}"


def checked_list(list: str) -> str:
    """An id of a list. Raises ValueError for what cannot be one."""
    if not (list.isascii() and list.isdigit()):
        raise ValueError(f"{list!r} is no id of a list")
    return list


def written(member: Member) -> str:
    """How a member is kept: the ids of their lists with commas between, a space, and all else as JSON."""
    about = {key: getattr(member, key) for key in ABOUT}
    return f"{','.join(member.lists)} {json.dumps(about, separators=(',', ':'))}"


def read(user: str, kept: str) -> Member:
    """A member as kept; what a newer program may have noted beside what is known here is left out.

    Raises ServiceDown for what none of our programs wrote.
    """
    lists, _, about = kept.partition(" ")
    try:
        told = {**parsed(about), "user": user, "lists": tuple(map(checked_list, lists.split(",")))}
        return shaped(Member, told)
    except (ValueError, TypeError) as error:
        raise unreadable(f"what is kept of member {ascii(user)[1:-1][:SHOWN]}", error) from error


def unreadable(what: str, error: Exception) -> ServiceDown:
    """A part of a roster that none of our programs wrote."""
    return ServiceDown(
        f"{what} cannot be read ({str(error)[:SHOWN]}): see who else may write to the queues (queues.sqlite, or Redis); "
        "tw-wipemywork empties the sets, and the next tw-tracklists fills them anew"
    )


def changed(member: Member, change: Change) -> Member:
    """A member after a change. Raises ValueError if that touches who they are, or which lists they are on."""
    after = change(member)
    if (after.user, after.lists) != (member.user, member.lists):
        raise ValueError(f"a change of member {member.user} may not touch the user and the lists: see fresh() and unlist()")
    return after


def released(member: Member) -> Member:
    """A member who is held no longer."""
    return replace(member, held=0, holds=0, detail="")


def is_over(last: float | None, now: float, seconds: float) -> bool:
    """Whether a turn that was taken at `last` is over; so is one of a clock that was ahead."""
    return last is None or not now - seconds < last <= now + CLOCK_SLIP


ABOUT = tuple(field.name for field in fields(Member) if field.name not in ("user", "lists"))
