"""Reading lists and their members: page by page, recorded as they come, and whether that was the whole list.

X's pages are no proof by themselves: errors alone look like an empty last page, a page may be cut, repeated or empty, members may
be left out. So who is on a list is believed at once, and who is not only where nothing speaks against it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from netwar.archive.base import Store, Tally
from netwar.lists.slugs import slug
from netwar.profiles.status import mark_available
from netwar.records.dialects import DIALECTS, Object, count, flag
from netwar.records.documents import IndexName
from netwar.records.ids import number
from netwar.records.pages import Page, documents
from netwar.records.text import one_line, plural
from netwar.twitter.base import Answer, StaleToken, TransientError, Twitter
from netwar.work.loop import check_fields

log = logging.getLogger("netwar.lists")

PAGE = 100  # docs.x.com, owned lists and list members: max_results
BARREN_PAGES = 10  # empty ones in a row, of which X says that others follow
LONGEST_NAME = 100  # letters; X allows 25 (docs.x.com, lists), and names stand in messages and tables
ADVICE = "this is a failure of X's, and says nothing of who is on a list; run again later"


@dataclass(frozen=True, slots=True)
class XList:
    """A list as X showed it at a time (ms, by X's clock). `count` is how many members X says that it has, None if it does not."""

    id: str
    name: str
    owner: str
    count: int | None
    private: bool
    at: int

    @property
    def slug(self) -> str:
        return slug(self.name)

    def __str__(self) -> str:
        return f"list {self.slug or self.id} ({self.id})" if self.slug else f"list {self.id}"


@dataclass(slots=True)
class Members:
    """Who came when the members of a list were asked for, in X's order, until `at` (ms).

    Unless `why` says what is wrong, they are all that there are. `micro` and `tally` are what it cost and what was recorded.
    """

    list_id: str
    ids: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    at: int = 0
    why: str = ""
    micro: int = 0
    tally: Tally = field(default_factory=Tally)

    @property
    def complete(self) -> bool:
        """Whether this is proved to be the whole list, as far as pages can prove it."""
        return not self.why


def owned(twitter: Twitter, user: str, index: str, paid: Callable[[int], None] = lambda micro: None) -> list[XList]:
    """All the lists of a user id that X shows to the account. `index` is what the money is booked for, `paid` is told of it.

    Raises TransientError for answers that may not be all of it, Unavailable for a user who is not to be had, and whatever else
    Twitter raises.
    """
    found: dict[str, XList] = {}
    way = Way()
    while not way.ended:
        answer = twitter.owned_lists(user, index=index, token=way.token, size=PAGE)
        paid(answer.micro)
        found |= {one["id"]: _list(one, answer, user) for one in answer.page.lists}
        if why := way.flaw(answer.page, len(answer.page.lists)):
            raise TransientError(f"X does not show the lists of {user}: {why}", ADVICE)
    return list(found.values())


def about(twitter: Twitter, list_id: str, index: str) -> XList:
    """One list. Raises Unavailable where it is gone or private, and TransientError where X says nothing."""
    answer = twitter.list_about(list_id, index=index)
    for one in answer.page.lists:
        if one["id"] == list_id:
            return _list(one, answer, "")
    raise TransientError(f"X says nothing about the list {list_id}", ADVICE)


def _list(told: Object, answer: Answer, owner: str) -> XList:
    name = told.get("name")
    members, private = count(told.get("member_count")), flag(told.get("private"))
    owner = str(told.get("owner_id") or owner)
    return XList(told["id"], one_line(str(name or ""))[:LONGEST_NAME], owner, members, bool(private), answer.retrieved)


def members(
    twitter: Twitter,
    store: Store,
    list_id: str,
    index: str,
    *,
    newest: int | None = None,
    paged: Callable[[int, int], None] = lambda members, micro: None,
) -> Members:
    """The members of a list, or the `newest` of them. Their profiles are recorded as users of the index (a name, `usertest`).

    `paged` is told of each page: how many members came, and what it has cost so far. What fails after the first page ends it,
    with `why`: who came until then is on the list all the same. Raises what Twitter raises of the first page, and RateLimited
    and whatever forbids to spend more of any page; what was paid for is recorded by then, and free for the rest of X's day.
    """
    read, way = Members(list_id), Way()
    while not way.ended:
        size = PAGE if newest is None else min(PAGE, max(newest - len(read.ids), 1))
        try:
            answer = twitter.list_members(list_id, index=index, token=way.token, size=size)
        except (TransientError, StaleToken) as error:
            if not way.pages:
                raise
            read.why = str(error)
            break
        _keep(read, twitter, store, index, answer, first=not way.pages)
        paged(len(answer.page.users), read.micro)
        read.why = way.flaw(answer.page, len(answer.page.users))
        if not read.why and newest is not None and len(read.ids) >= newest and not way.ended:
            read.why = "only the newest were asked for"
        if read.why:
            break
    log.debug("list %s: %s for $%.3f %s", list_id, plural(len(read.ids), "member"), read.micro / 1e6, read.why)
    return read


def _keep(read: Members, twitter: Twitter, store: Store, index: str, answer: Answer, *, first: bool) -> None:
    """Everything of a page, before the next one is asked for."""
    where, users = IndexName(index), answer.page.users
    read.at, read.micro = max(read.at, answer.retrieved), read.micro + answer.micro
    made = documents(answer.page, tweets=None, users=where.users, retrieved=answer.retrieved, account=twitter.account, via="list")
    if made:
        read.tally += store.write(f"members of list {read.list_id}", made)
        mark_available(store.archive, where.tweets, users, answer.retrieved)
    if users and first:
        check_fields(users, DIALECTS[twitter.dialect].checked_users)
    for user in users:
        if number(user["id"]) is not None and user["id"] not in read.names:
            read.ids.append(user["id"])
            read.names[user["id"]] = str(user.get("username") or "")


class Way:
    """The way through the pages of a list: `pages` were read, `token` leads to the next one; `ended` behind the last one."""

    def __init__(self) -> None:
        self.pages = 0
        self.token: str | None = None
        self.ended = False
        self._tokens: set[str] = set()
        self._barren = 0

    def flaw(self, page: Page, listed: int) -> str:
        """Go on behind a page on which so many things came; what keeps it from being a sound part of the whole, if anything."""
        self.pages += 1
        self.token = page.next_token
        self.ended = page.next_token is None
        self._barren = 0 if listed else self._barren + 1
        if page.unread or page.odd:
            return "something on a page cannot be read"
        if page.counted is None:
            told = "; ".join(dict.fromkeys(one.detail or one.title for one in page.problems))
            return f"a page without a count{f' ({one_line(told)})' if told else ''}"
        if page.counted != listed:
            return f"X counted {page.counted:,} on a page that has {listed:,}"
        if page.untold:
            return "X did not say whether the list goes on"
        if self.token in self._tokens:
            return "X led back to a page that was read"
        if self._barren >= BARREN_PAGES and not self.ended:
            return f"X sent {BARREN_PAGES} empty pages in a row"
        self._tokens |= {self.token} if self.token else set()
        return ""
