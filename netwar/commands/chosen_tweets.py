"""Which tweets of an index are meant, by the options that graphs and edge lists share (`cli.options.tweets`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from netwar.commands.search_options import check_order

if TYPE_CHECKING:
    from netwar.interactions.choice import Choice

KINDS = ("mention", "retweet", "quote", "reply", "tag", "link")


def choice(
    since: datetime | None, until: datetime | None, lang: Iterable[str], hashtag: Iterable[str], kinds: Iterable[str] = KINDS
) -> Choice:
    """The choice that the options make. Raises UsageError for a time that ends before it begins."""
    from netwar.archive.base import Within
    from netwar.interactions.choice import Choice
    from netwar.interactions.gathered import TYPES_BY_KIND

    check_order(since, until)
    tags = frozenset(tag.lstrip("#＃").lower() for tag in hashtag)
    return Choice(Within.of(since=since, until=until), frozenset(lang), tags, frozenset(TYPES_BY_KIND[kind] for kind in kinds))
