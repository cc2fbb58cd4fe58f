"""Which list is meant, what its members cost, and reading them once the operator agrees."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netwar.cli.services import Services
from netwar.commands.follow_target import agree_on
from netwar.errors import NetwarError

if TYPE_CHECKING:
    from netwar.lists.reading import Members, XList

ADDRESS = re.compile(r"(?:https?://)?(?:\w+\.)?(?:x|twitter)\.com/i/lists/([0-9]+)/?", re.IGNORECASE)
SHOWN = 10  # slugs in a message


@dataclass(frozen=True, slots=True)
class Priced:
    """The members of a list, for whom X bills a profile each."""

    shown: XList
    kind: str = "user"

    @property
    def count(self) -> int | None:
        return self.shown.count

    def __str__(self) -> str:
        return f"members of {self.shown}"


def user_id(services: Services, user: str | None) -> str:
    """The id of a user by number or screen name, looked up if need be; the account's own without one. Raises ConfigError where
    that cannot be told."""
    from netwar.commands.follow_target import entry, listed
    from netwar.commands.recording import fresh_since

    if user is None:
        return services.observer
    asked = entry(user)
    return asked if asked.isdigit() else listed(services, user, "followers", fresh_since(services, None)).id


def lists_of(services: Services, user: str) -> tuple[list[XList], int]:
    """The lists of a user id, and what they cost (micro-dollars). Raises NetwarError where X does not show them."""
    from netwar.lists.reading import owned
    from netwar.records.documents import USERTEST
    from netwar.twitter.base import Unavailable

    costs: list[int] = []
    try:
        return owned(services.twitter, user, USERTEST, costs.append), sum(costs)
    except Unavailable as no:
        raise NetwarError(f"X does not show the lists of {user}: {no.outcome} ({no.detail})") from no


def chosen(services: Services, given: str, user: str | None = None) -> XList:
    """A list by its id or address, or by its slug or name among those of a user, the account's own if none is named."""
    from netwar.lists.slugs import slug

    address = ADDRESS.fullmatch(given.strip())
    if address or given.isdigit():
        return _shown(services, address[1] if address else given)
    owner = user_id(services, user)
    lists, _ = lists_of(services, owner)
    meant = [one for one in lists if one.slug and one.slug == slug(given)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise NetwarError(f"{given} is the name of {len(meant)} lists: name its id, {' or '.join(one.id for one in meant)}")
    there = ", ".join(one.slug or one.id for one in lists[:SHOWN]) + (", …" if len(lists) > SHOWN else "")
    hint = f"there {'is' if len(lists) == 1 else 'are'} {there}" if lists else "there are none that X shows"
    raise NetwarError(f"{user or 'the account'} has no list {given} ({hint}); tw-lists shows them")


def _shown(services: Services, list_id: str) -> XList:
    from netwar.lists.reading import about
    from netwar.records.documents import USERTEST
    from netwar.twitter.base import Unavailable

    try:
        return about(services.twitter, list_id, USERTEST)
    except Unavailable as no:
        raise NetwarError(f"X does not show the list {list_id}: {no.outcome} ({no.detail})") from no


def members_of(services: Services, shown: XList, *, yes: bool) -> Members:
    """Everybody on a list that X shows, read after the price is said and agreed to; profiles are recorded into usertest.

    Raises NetwarError for a list that X does not show any more.
    """
    from netwar.archive.base import Store
    from netwar.lists.reading import members
    from netwar.records.documents import USERTEST
    from netwar.twitter.base import Unavailable

    what = Priced(shown)
    agree_on(services, what, 0, yes=yes)
    store = Store(services.archive, services.spool)
    with services.report.work(str(what), shown.count or 0) as bar:
        try:
            read = members(
                services.twitter,
                store,
                shown.id,
                USERTEST,
                paged=lambda count, micro: bar.update(count, f"${micro / 1e6:,.2f}"),
            )
        except Unavailable as no:
            raise NetwarError(f"X does not show the {what}: {no.outcome} ({no.detail})") from no
    services.report.counted(read)
    return read


def told(read: Members, shown: XList) -> str:
    """What a reading brought and cost, in words."""
    from netwar.records.text import plural
    from netwar.work.summary import documents

    counted = f" (X counts {shown.count:,})" if shown.count not in (None, len(read.ids)) else ""
    return f"{plural(len(read.ids), 'member')} of {shown}{counted} for ${read.micro / 1e6:,.3f}; {documents(read.tally)}"


def check_whole(read: Members, outcome: str) -> str:
    """The outcome. Raises ItemsFailed for a list that was not read to its end, which is said with it."""
    from netwar.errors import ItemsFailed

    if read.complete:
        return outcome
    raise ItemsFailed(f"{outcome}; the list was not read to its end: {read.why}; run again, within the day it costs little more")
