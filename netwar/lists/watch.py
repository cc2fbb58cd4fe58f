"""Watching the lists of an account: which there are, which of them have to be read, and what that brought.

Members are paid for each day, so a list is read where X's count of its members has changed, once a week all the same (a swap of
two leaves the count alone), and while it is open why somebody is not shown; once a day while X does not tell the count. Of a list
that has grown by k members the newest k + 5 are read first, and all only where those do not bring k new ones.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from netwar.archive.base import Store
from netwar.errors import BadRequest, ClockOff, KeysRefused, NotNow
from netwar.lists.membership import ListLog, ListState, logs, troubled
from netwar.lists.reading import Members, XList, about, members, owned
from netwar.lists.removal import DAY_MS, News, consider
from netwar.profiles.lookup import MAX_USERS, UserLookup
from netwar.profiles.status import OPEN, PROTECTED, record_answers
from netwar.records.dialects import flag
from netwar.records.documents import IndexName
from netwar.records.idlists import portions
from netwar.twitter.base import TransientError, Twitter, Unavailable
from netwar.work.loop import Trouble, said

log = logging.getLogger("netwar.lists")

MINUTE_MS, WEEK_MS = 60_000, 7 * DAY_MS
MORE = 5  # of the newest are read than the count has grown by: somebody may have left meanwhile
PREFIX = "nsce-"  # of the slugs that the recorder of 2019 followed
REFUSED, RENAMED, OTHER = (
    "refused",
    "renamed",
    "not followed",
)  # why a list that is followed is not shown, beside what X says itself

TROUBLES = (Unavailable, BadRequest, KeysRefused, NotNow)


@dataclass(frozen=True, slots=True)
class Relisted:
    """What came of one list: as X shows it (None where it does not), what was `read` (None if there was no need), what is new in
    it, everybody who is on it now, and what the operator should be `told`; `unknown`: asked for by its id, never seen."""

    list_id: str
    shown: XList | None
    state: ListState
    members: frozenset[str]
    read: Members | None = None
    news: News = field(default_factory=News)
    told: str = ""
    unknown: bool = False


class Watch:
    """The lists that an account (`observer`, its id) follows into an index (a name): those of its own whose slug begins with
    `prefix`, or `lists` by their ids, whosever they are."""

    def __init__(
        self, twitter: Twitter, store: Store, observer: str, index: str, *, prefix: str = PREFIX, lists: Sequence[str] = ()
    ) -> None:
        self._twitter = twitter
        self._store = store
        self._observer = observer
        self._index = index
        self._where = IndexName(index)
        self._prefix = prefix
        self._lists = tuple(dict.fromkeys(lists))
        self.others: Sequence[str] = ()  # the account's other lists, by their slugs, as X showed them last

    @property
    def which(self) -> str:
        """Which lists these are, in words."""
        return f"the lists {', '.join(self._lists)}" if self._lists else f"lists whose slugs begin with {self._prefix}"

    def log(self, list_id: str) -> ListLog:
        """The log of a list."""
        return ListLog(self._store.archive, self._where.tweets, list_id)

    def knows(self, list_id: str) -> bool:
        """Whether there is a log of a list."""
        return list_id in logs(self._store.archive, self._where.tweets)

    def followed(self) -> list[str]:
        """The ids of the lists that were followed by their slugs until now."""
        return [key.rpartition("/")[2] for key, _ in self._store.archive.notes(self._where.tweets, self._note(""))]

    def relist(self) -> Iterator[Relisted]:
        """Look at each list once, and write down what is new before it is told; X's trouble with one list is no other's.

        Raises TransientError where X does not say which lists there are, KeysRefused where it shows none to these keys, and what
        forbids to ask at all; what was told by then stays, and so does everybody who was on a list.
        """
        answered, refusals = False, []
        for list_id, shown in self._found():
            try:
                if isinstance(shown, Exception):
                    raise shown
                one = self._look_at(shown)
                answered = True
            except ClockOff:
                raise
            except TROUBLES as trouble:
                refusals += [trouble] if isinstance(trouble, KeysRefused) else []
                one = self._unknown(list_id, trouble) or self._troubled(list_id, trouble)
            except TransientError as passing:
                one = self._told(list_id, f"{passing.what}; its members stay, and it is looked at again")
            yield one
        if refusals and not answered:
            raise refusals[0]

    def forget(self, list_id: str, at: int) -> list[str]:
        """Take everybody off a list by the operator's word, at a time (ms), and follow it no more, unless X shows it again; who
        was on it."""
        left = self.log(list_id).remove(sorted(self.log(list_id).members()), at, "the list was forgotten by the operator")
        self._remember(list_id, None)
        self.log(list_id).change(lambda state: ListState(name=state.name, owner=state.owner, private=state.private))
        return left

    def _found(self) -> Iterator[tuple[str, XList | Exception]]:
        """Each list by its id, or what X says instead of it: those that are asked for, or that were followed until now, too."""
        if self._lists:
            yield from ((list_id, self._about(list_id)) for list_id in self._in_turn())
            return
        own = {one.id: one for one in self._own()}
        wanted = [one for one in own.values() if one.slug.startswith(self._prefix)]
        before = self.followed()
        self.others = [one.slug or one.id for one in own.values() if one not in wanted]
        for one in wanted:
            if one.id not in before:
                self._remember(one.id, True)
        yield from ((one.id, one) for one in wanted)
        for list_id in before:
            if list_id not in {one.id for one in wanted}:
                yield list_id, self._strayed(own.get(list_id) or self._about(list_id))

    def _in_turn(self) -> Sequence[str]:
        """The lists that are asked for, another one first each minute: where the rate window is too small for all, none is always
        the last."""
        first = self._twitter.now() // MINUTE_MS % len(self._lists)
        return *self._lists[first:], *self._lists[:first]

    def _own(self) -> list[XList]:
        try:
            return owned(self._twitter, self._observer, self._index)
        except Unavailable as no:
            what = f"X says that the account {self._observer} is {no.outcome} ({no.detail})"
            raise TransientError(what, "its lists stay as they were; tw-myname tells whether its keys still work") from no

    def _about(self, list_id: str) -> XList | Exception:
        try:
            return about(self._twitter, list_id, self._index)
        except (*TROUBLES, TransientError) as trouble:
            return trouble

    def _strayed(self, shown: XList | Exception) -> XList | Exception:
        """A list that was followed and is not among those to follow: what is wrong with it, if it is not that X left it out."""
        if isinstance(shown, XList) and shown.name and not shown.slug.startswith(self._prefix):
            why = f"which does not begin with {self._prefix}"
            if shown.name == self.log(shown.id).state().name:
                return Unavailable(OTHER, f"it is called {shown.name} as before, {why}: the prefix is another one")
            return Unavailable(RENAMED, f"it is called {shown.name} now, {why}")
        return shown

    def _look_at(self, shown: XList) -> Relisted:
        """Read a list if need be, and write down what that brought."""
        kept = self.log(shown.id)
        state = kept.change(lambda state: _seen(state, shown))
        newest = _newest(state, shown)
        if newest == 0:
            return Relisted(shown.id, shown, state, frozenset(kept.members()))
        read = self._read(shown, newest)
        if newest is not None and not _explains(kept, state, read, shown):
            newest, read = None, self._read(shown, None)
        news = consider(kept, read, shown.count, _Witness(self._twitter, self._store, shown, self._index))
        if not read.complete and newest is not None:
            kept.change(lambda state: replace(state, count=shown.count))
        told = news.doubt or (f"it was not read to its end: {read.why}" if read.why and newest is None else "")
        return Relisted(shown.id, shown, kept.state(), frozenset(kept.members()), read, news, told)

    def _read(self, shown: XList, newest: int | None) -> Members:
        return members(self._twitter, self._store, shown.id, self._index, newest=newest)

    def _unknown(self, list_id: str, trouble: Unavailable | Trouble) -> Relisted | None:
        """X does not show a list that it never showed, perhaps for a wrong digit: nothing is written down of it."""
        if not isinstance(trouble, Unavailable) or self.knows(list_id):
            return None
        return replace(
            self._told(list_id, f"{trouble.outcome} ({trouble.detail}); tw-lists shows the ids of lists"), unknown=True
        )

    def _troubled(self, list_id: str, trouble: Unavailable | Trouble) -> Relisted:
        """X does not show a list: since when is written down, and its members stay."""
        if isinstance(trouble, Unavailable):
            outcome, detail = trouble.outcome, trouble.detail
        else:
            outcome, detail = REFUSED, said(trouble)
        now = self._twitter.now()
        state = self.log(list_id).change(lambda state: troubled(state, outcome, detail, now))
        return replace(self._told(list_id, f"{outcome} ({detail}); its members stay until it is forgotten"), state=state)

    def _told(self, list_id: str, what: str) -> Relisted:
        kept = self.log(list_id)
        return Relisted(list_id, None, kept.state(), frozenset(kept.members()), told=what)

    def _note(self, list_id: str) -> str:
        return f"lists/{self._observer}/{list_id}"

    def _remember(self, list_id: str, value: bool | None) -> None:
        self._store.archive.change_note(self._where.tweets, self._note(list_id), lambda before: value)


def _seen(state: ListState, shown: XList) -> ListState:
    """X shows the list again, or still; where it does not tell the count, the next that it tells is news."""
    count = None if shown.count is None else state.count
    name = shown.name or state.name
    return troubled(replace(state, name=name, owner=shown.owner, private=shown.private, count=count), "", "", 0)


def _explains(kept: ListLog, state: ListState, read: Members, shown: XList) -> bool:
    """Whether the newest members are just as many new ones as the count has grown by, with some before them who are known.

    If they are more, somebody has left, too; if all of them are new, there may be others behind them.
    """
    new = set(read.ids) - kept.members().keys()
    grown = (shown.count or 0) - (state.count or 0)
    return read.complete or (len(new) == grown and len(read.ids) > grown)


def _newest(state: ListState, shown: XList) -> int | None:
    """How many of the newest members are to be read: 0 for none, None for all."""
    longest = DAY_MS if shown.count is None else WEEK_MS
    stale = not shown.at - longest <= state.read <= shown.at + DAY_MS
    if stale or (state.again and shown.at >= state.again):
        return None
    if shown.count is None:
        return 0
    if state.count is None:
        return None
    grown = shown.count - state.count
    return None if grown < 0 else grown + MORE if grown else 0


class _Witness:
    """X itself, asked about users and one list."""

    def __init__(self, twitter: Twitter, store: Store, shown: XList, index: str) -> None:
        self._twitter = twitter
        self._store = store
        self._list = shown
        self._index = index

    def statuses(self, users: Sequence[str]) -> Mapping[str, str]:
        """What X says of these users, written down, too."""
        where, told = IndexName(self._index), dict[str, str]()
        look_ups = UserLookup(self._twitter, self._store, where.users, self._index)
        for some in portions(users, MAX_USERS):
            left = some
            while left:
                found = look_ups.ids(left)
                record_answers(self._store.archive, where.tweets, found.profiles.values(), found.unavailable, found.retrieved)
                told |= {user: PROTECTED if flag(body.get("protected")) else OPEN for user, body in found.profiles.items()}
                told |= {user: problem.outcome or "" for user, problem in found.unavailable.items()}
                left = left[max(len(found.asked), 1) :]
        return told

    def count(self) -> int | None:
        """How many members X counts now."""
        return about(self._twitter, self._list.id, self._index).count
