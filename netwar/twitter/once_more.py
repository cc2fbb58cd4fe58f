"""Asking X once more where an answer has objects without ids: nobody can tell which they are, nor what is missing without them.

X charges for an object once a UTC day, so the second answer costs nothing new; it is reserved for as any other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from netwar.errors import NetwarError
from netwar.records.dialects import Object
from netwar.records.pages import Page
from netwar.twitter.asking import Asker
from netwar.twitter.base import Answer, Unavailable

log = logging.getLogger("netwar.twitter")

DAY_MS = 86_400_000
P = ParamSpec("P")
A = TypeVar("A", bound=Asker)


def once_more(verb: Callable[Concatenate[A, P], Answer]) -> Callable[Concatenate[A, P], Answer]:
    """A verb that asks a second time, if need be. Where that brings the same, `nameless` stays in the page, for who reads it.

    What came first is handed on whatever becomes of the second request, since it is paid for; who stops the program meanwhile
    is heard when it is put by.
    """

    @wraps(verb)
    def asked(self: A, /, *args: P.args, **options: P.kwargs) -> Answer:
        self.halt()
        first = verb(self, *args, **options)
        if not first.page.nameless:
            return first
        try:
            again = verb(self, *args, **options)
        except (NetwarError, Unavailable) as error:
            log.debug("objects came without ids, and X could not be asked once more: %s", error)
            return first
        except Exception:
            raise
        except BaseException as stop:
            self.put_off(stop)
            return first
        heals = _heals(first.page, again.page)
        if heals and not again.page.unnamed() and first.clock // DAY_MS == again.clock // DAY_MS:
            self.unnamed_came()
        page = again.page if heals else _united(first.page, again.page)
        return replace(again, page=replace(page, earlier=first.page.odd), micro=first.micro + again.micro)

    return asked


def _heals(first: Page, again: Page) -> bool:
    """Whether all that had an id came again, and as many others as had none."""
    before, now = _ids(first), _ids(again)
    return not again.nameless and before <= now and len(now) >= len(before) + first.nameless


def _ids(page: Page) -> set[str]:
    return {one["id"] for one in (*page.posts, *page.users, *page.lists)}


def _united(first: Page, again: Page) -> Page:
    """All that came in both; the way on is the second one's, unless that cannot be read."""
    page, other = (first, again) if again.unread or again.failed else (again, first)
    return replace(
        page,
        posts=_both(page.posts, other.posts),
        users=_both(page.users, other.users),
        lists=_both(page.lists, other.lists),
        referenced=_both(page.referenced, other.referenced),
        authors=other.authors | page.authors,
        media=other.media | page.media,
        polls=other.polls | page.polls,
        places=other.places | page.places,
        loose=other.loose | page.loose,
        odd=again.odd,
        nameless=first.nameless + again.nameless,
    )


def _both(some: Sequence[Object], others: Sequence[Object]) -> list[Object]:
    known = {one["id"] for one in some}
    return [*some, *(one for one in others if one["id"] not in known)]
