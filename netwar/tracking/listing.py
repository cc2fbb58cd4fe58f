"""From X's lists to the roster: newcomers are put on it, who is on no list any more leaves it, who is back is held no longer."""

from __future__ import annotations

import logging
from collections.abc import Set
from dataclasses import dataclass

from netwar.archive.base import Archive
from netwar.errors import BadRequest, NetwarError, NotNow, RateLimited
from netwar.lists.slugs import slug
from netwar.lists.watch import Relisted, Watch
from netwar.queues.roster import Roster
from netwar.records.dialects import flag
from netwar.records.documents import users_index
from netwar.records.text import plural
from netwar.tracking.telling import tell
from netwar.twitter.base import TransientError

log = logging.getLogger("netwar.tracking")

SHOWN = 10  # slugs in a message
PASSING = (TransientError, BadRequest, NotNow)  # the members who are known are recorded all the same


@dataclass(slots=True)
class Changes:
    """What a run found on the lists: how many users are new on the roster, left it, and are back."""

    new: int = 0
    left: int = 0
    back: int = 0
    micro: int = 0


class Listing:
    """The lists of an observer, brought onto the roster. `observer` names the account in messages."""

    def __init__(self, watch: Watch, roster: Roster, archive: Archive, index: str, observer: str) -> None:
        self.changes = Changes()
        self.trouble: NetwarError | None = None  # why they could not be read, until they can be
        self._watch = watch
        self._roster = roster
        self._archive = archive
        self._users = users_index(index)
        self._observer = observer
        self._said: dict[str, str] = {}

    @property
    def which(self) -> str:
        """Which lists these are, in words."""
        return self._watch.which

    def relist(self) -> None:
        """Read the lists again. That X does not show them stops nobody's being recorded; it is told.

        Raises KeysRefused, and what forbids to spend more.
        """
        listed, found, unknown = self._listed(), set[str](), list[str]()
        try:
            for one in self._watch.relist():
                found.add(one.list_id)
                unknown += [f"{_label(one)} is {one.told}"] if one.unknown else []
                self._seat(one, listed.get(one.list_id, frozenset()))
        except RateLimited as limited:
            log.info("the lists of %s are read again later: %s", self._observer, limited)
        except PASSING as passing:
            self.trouble = passing
            self._say("", f"the lists of {self._observer} cannot be read now: {passing}; who is known to be on them is recorded")
        else:
            self.trouble = NetwarError("; ".join(unknown)) if unknown else None
            self._say("", "" if found else self._nothing())
            self._tell_left_over(listed.keys() - found)

    def forget(self, list_id: str, at: int) -> int:
        """Take everybody off a list by the operator's word, at a time (ms); how many are on no other list."""
        users = {*self._watch.forget(list_id, at), *self._listed().get(list_id, ())}
        return len(self._roster.unlist(sorted(users), list_id))

    def knows(self, list_id: str) -> bool:
        """Whether a list was ever followed, or somebody is on the roster for its sake."""
        return self._watch.knows(list_id) or list_id in self._listed()

    def is_shown(self, list_id: str) -> bool:
        """Whether X showed a list when it was looked at last."""
        return not self._watch.log(list_id).state().trouble

    def _seat(self, one: Relisted, before: Set[str]) -> None:
        """Tell the roster what is new of a list; `before` are those whom it has on it: it may have been wiped, or lost."""
        self._say(one.list_id, f"{_label(one)} of {self._observer}: {one.told}" if one.told else "")
        came, gone = one.members - before, self._overdue(one, before)
        new = self._roster.fresh(sorted(came, key=int), one.list_id, self._at(one)) if came else []
        left = self._roster.unlist(sorted(gone), one.list_id) if gone else []
        self._count(one, len(new), len(left))
        if one.read is not None:
            self._release(one.read.ids)

    def _tell_left_over(self, lists: Set[str]) -> None:
        """Tell of lists that this run was not asked for, and for whose sake users are recorded: another line may ask for them."""
        for list_id in sorted(lists - self._said.keys()):
            self._said[list_id] = "left over"
            log.info("list %s of %s is not among %s; its members stay until it is forgotten", list_id, self._observer, self.which)

    def _nothing(self) -> str:
        there = ", ".join(self._watch.others[:SHOWN]) + (", …" if len(self._watch.others) > SHOWN else "")
        return f"{self._observer} has no {self._watch.which}; there {f'are {there}' if there else 'is no list of theirs'}"

    def _count(self, one: Relisted, new: int, left: int) -> None:
        if new or left:
            log.info("%s: %s to record, %d no longer", _label(one), plural(new, "new member"), left)
        self.changes.new += new
        self.changes.left += left
        self.changes.micro += one.read.micro if one.read else 0

    def _overdue(self, one: Relisted, before: Set[str]) -> Set[str]:
        """Who is on the roster for a list that they were taken off.

        Who is only missing from the log is not: where hosts have archives of their own, another one may have seen them come.
        """
        missing = before - one.members
        return missing & {event.user for event in self._watch.log(one.list_id).events()} if missing else missing

    def _listed(self) -> dict[str, set[str]]:
        """Who is on each list by the roster."""
        listed: dict[str, set[str]] = {}
        for member in self._roster.members():
            for list_id in member.lists:
                listed.setdefault(list_id, set()).add(member.user)
        return listed

    def _release(self, shown: list[str]) -> None:
        """Whoever was held and is shown on a list as open is back."""
        seen = set(shown)
        held = [member.user for member in self._roster.members() if member.held and member.user in seen]
        profiles = self._archive.get(self._users, held) if held else {}
        back = [user for user in held if user in profiles and not flag(profiles[user].get("protected"))]
        if back:
            log.info("%s back: %s", plural(len(back), "member"), ", ".join(back[:20]))
            self._roster.release(back)
            self.changes.back += len(back)

    def _at(self, one: Relisted) -> int:
        return one.shown.at if one.shown else one.state.read

    def _say(self, about: str, what: str) -> None:
        """Tell of a list once, until it is something else that is to be said of it."""
        if what and self._said.get(about) != what:
            tell(self._roster, what)
        self._said[about] = what


def _label(one: Relisted) -> str:
    """A list by its slug and id, also where X does not show it now."""
    known = slug(one.state.name)
    return f"list {known} ({one.list_id})" if known else f"list {one.list_id}"
