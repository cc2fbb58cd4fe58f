"""GET /2/tweets/search/recent and /all: posts by query, newest first.

What searches get wrong that count on more than X promises: the recent one reaches back seven days, and refuses bounds beyond;
ids and times do not go together; what is younger than half a minute is not found, whatever `until_id` says; a page may have few
posts, or none, and yet a next one, where matches lie far apart (issue 35 of medialab/twitwi shows one of X's); without
bounds the full archive ends after 30 days; and it takes one request a second.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import NoReturn

from netwar.sandbox import parameters as read
from netwar.sandbox.found_posts import Placed, first_id
from netwar.sandbox.page_tokens import page_token, read_token
from netwar.sandbox.problems import Body, invalid
from netwar.sandbox.query.parser import BadQuery, Query, parse
from netwar.sandbox.state import Answer, Call, Endpoint, endpoint
from netwar.sandbox.world.clock import iso

DAY = 86_400_000
WEEK = 7 * DAY
UNFOUND = 30_000  # ms that a post is too young to be found
LEAST_AGE = 10_000  # ms that `end_time` lies back at least
LOOKED_AT = 1_000  # posts that X looks at for a page
MONTH = 30 * DAY
RECENT, ALL = 512, 1_024  # characters of a query
_BOTH = "Invalid use of 'since_id' or 'until_id' in conjunction with 'start_time' or 'end_time'."


@dataclass(frozen=True)
class Asked:
    """What is searched for: posts with floor < id < ceiling. `text` is the query."""

    query: Query
    text: str
    floor: int
    ceiling: int


def asked(call: Call, *, archive: bool) -> Asked:
    """The query and its bounds. Raises Refused (400)."""
    text = call.parameters.get("query", "")
    limit = ALL if archive else RECENT
    if not text:
        refuse("query", text, "Invalid 'query':''. 'query' must be a non-empty string")
    if len(text) > limit:
        refuse("query", text, f"Invalid 'query':'{text}'. 'query' must be no longer than {limit} characters")
    try:
        query = parse(text)
    except BadQuery as bad:
        refuse("query", text, f"There were errors processing your request: {bad}")
    floor, ceiling = _bounds(call, archive)
    return Asked(query, text, floor, ceiling)


def refuse(name: str, value: str, message: str) -> NoReturn:
    """400, in X's words."""
    raise invalid({name: ([value], message)})


def _bounds(call: Call, archive: bool) -> tuple[int, int]:
    """Exclusive bounds as ids."""
    now, given = call.box.clock.now(), call.parameters
    since, until = read.post_id(given, "since_id"), read.post_id(given, "until_id")
    start, end = read.when(given, "start_time"), read.when(given, "end_time")
    if (since is not None or until is not None) and (start is not None or end is not None):
        name = "since_id" if since is not None else "until_id"
        refuse(name, given[name], _BOTH)
    if end is not None and end > now - LEAST_AGE:
        told = "'end_time' must be a minimum of 10 seconds prior to the request time."
        refuse("end_time", given["end_time"], f"Invalid 'end_time':'{iso(end)}'. {told}")
    if start is not None and end is not None and start >= end:
        refuse("start_time", given["start_time"], f"Invalid 'start_time':'{iso(start)}'. 'start_time' must precede 'end_time'.")
    if not archive:
        _within_a_week(call, since, until, start, end)
    ceiling = min(first_id(now - UNFOUND), *(one for one in (until, end and first_id(end)) if one is not None), 1 << 63)
    if since is None and start is None:
        reached = (ceiling >> 22) - (MONTH if archive else 0)
        return max(0, reached << 22) if archive else first_id(now - WEEK) - 1, ceiling
    return (since if since is not None else first_id(start or 0) - 1), ceiling


def _within_a_week(call: Call, since: int | None, until: int | None, start: int | None, end: int | None) -> None:
    earliest = call.box.clock.now() - WEEK
    for name, id in (("since_id", since), ("until_id", until)):
        if id is not None and id < first_id(earliest):
            wish = f"Please use a '{name}' that is larger than {first_id(earliest)}"
            refuse(name, str(id), f"'{name}' must be a tweet id created after [{iso(earliest)}]. {wish}")
    for name, at in (("start_time", start), ("end_time", end)):
        if at is not None and at < earliest:
            refuse(name, iso(at), f"Invalid '{name}':'{iso(at)}'. '{name}' must be on or after {iso(earliest)}.")


def token_bound(call: Call, purpose: str, text: str) -> int | None:
    """Where the page of a token begins, None without one. Raises Refused (400) for that of another query."""
    given = [name for name in ("next_token", "pagination_token") if name in call.parameters]
    if len(given) > 1:
        refuse("next_token", call.parameters["next_token"], "Only one of 'next_token' and 'pagination_token' may be provided.")
    if not given:
        return None
    try:
        return read_token(purpose, zlib.crc32(text.encode()), call.parameters[given[0]])
    except ValueError:
        read.complain(given[0], call.parameters[given[0]], "is not valid")


def next_token(call: Call, purpose: str, text: str, bound: int) -> str:
    """The token of the page that begins at a bound."""
    sent = call.parameters.get("next_token") or call.parameters.get("pagination_token")
    return sent if call.paging.repeat and sent else page_token(purpose, zlib.crc32(text.encode()), bound)


def _search(call: Call, *, archive: bool) -> Answer:
    size = read.number(call.parameters, "max_results", 10, 10, 500 if archive else 100)
    fields = call.parameters.get("tweet.fields", "") + call.parameters.get("post.fields", "")
    if size > 100 and "context_annotations" in fields:
        read.complain("max_results", str(size), "must be at most 100 where context_annotations are requested")
    if call.parameters.get("sort_order", "recency") != "recency":
        read.complain("sort_order", call.parameters["sort_order"], "is not one of [recency]")
    wish = asked(call, archive=archive)
    purpose = "all" if archive else "recent"
    begin = token_bound(call, purpose, wish.text)
    kept = size if call.paging.keep is None else min(size, call.paging.keep)
    shown, goes_on = _page(call, wish, min(wish.ceiling, begin or wish.ceiling), kept)
    builder, posts = call.builder(), call.box.searched
    for one in shown:
        builder.add_post(posts.post(one))
    meta: Body = {"result_count": len(shown)}
    if shown:
        meta |= {"newest_id": str(shown[0].id), "oldest_id": str(shown[-1].id)}
    if goes_on is not None and not call.paging.ends:
        meta["next_token"] = next_token(call, purpose, wish.text, goes_on)
    return Answer(builder.done() | {"meta": meta}, builder.sold)


def _page(call: Call, wish: Asked, ceiling: int, size: int) -> tuple[list[Placed], int | None]:
    """What is on a page, and below which id the next one goes on; None if there is none."""
    shown: list[Placed] = []
    lowest = ceiling
    for number, (one, found) in enumerate(call.box.searched.newest(wish.query, wish.floor, ceiling, ("active",))):
        if len(shown) >= size or number >= LOOKED_AT:
            return shown, lowest
        lowest = one.id
        if found:
            shown.append(one)
    return shown, lowest if call.box.trailing_page and shown else None


BOUNDS = "query start_time end_time since_id until_id next_token pagination_token"
_OF_SEARCHES = f"{BOUNDS} max_results sort_order"

SEARCHES: tuple[Endpoint, ...] = (
    endpoint("/2/tweets/search/recent", 450, 300, lambda call: _search(call, archive=False), _OF_SEARCHES),
    endpoint("/2/tweets/search/all", 300, 0, lambda call: _search(call, archive=True), _OF_SEARCHES, spacing=1_000),
)
