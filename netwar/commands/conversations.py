"""The conversation that a tweet belongs to, as a search."""

from __future__ import annotations

import re
from dataclasses import replace

from netwar.cli import click
from netwar.cli.services import Services
from netwar.commands.searches import SearchOptions, searched
from netwar.errors import BadRequest, ItemsFailed

_TWEET = re.compile(r"(?:.*/status(?:es)?/)?([0-9]{1,19})(?:[/?#].*)?")


def recorded(services: Services, index: str, given: str, wish: SearchOptions) -> str:
    """Record the conversation of a tweet, from its first post on; the outcome."""
    from netwar.records.documents import tweets_index
    from netwar.records.ids import number, posted
    from netwar.search.reading import NAMELESS

    found = _TWEET.fullmatch(given.strip())
    if found is None or not number(found[1]):
        raise click.UsageError(f"{given[:60]!r} is not a tweet's id or address")
    root = _root(services, tweets_index(index), found[1])
    outcome, refused = searched(services, index, [f"conversation_id:{root}"], replace(wish, since=posted(int(root))))
    for why in refused.values():
        raise ItemsFailed(f"{outcome}; {why}") if why == NAMELESS else BadRequest(why)
    return outcome


def _root(services: Services, tweets: str, tweet: str) -> str:
    """The tweet that the conversation began with: its own id, unless the tweet is recorded and says another."""
    if not services.archive.indices([tweets]):
        return tweet
    kept = services.archive.get(tweets, [tweet]).get(tweet, {})
    conversation = str(kept.get("conversation_id") or "")
    return conversation if conversation.isdigit() else tweet
