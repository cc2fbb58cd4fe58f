"""GET /2/users/:id/tweets: the newest 3,200 posts of a user, in pages."""

from __future__ import annotations

from dataclasses import dataclass

from netwar.sandbox import parameters as read
from netwar.sandbox.feeds import Feed, GeneratedFeed
from netwar.sandbox.page_tokens import page_token, read_token
from netwar.sandbox.problems import Body
from netwar.sandbox.state import Answer, Call, Endpoint, endpoint
from netwar.sandbox.world.clock import EPOCH
from netwar.sandbox.world.population import MAX_SERVED

MAX_WITHOUT_REPLIES = 800
_NEXT, _PREVIOUS = "next", "previous"


@dataclass(frozen=True)
class Page:
    """Posts number `low` to `high - 1` (high and low of the whole question in `floor` and `ceiling`)."""

    low: int
    high: int
    floor: int
    ceiling: int


def timeline(call: Call) -> Answer:
    """One page. A user whose posts cannot be had is answered 200 with `errors` alone."""
    user_id = read.path_id(call.path)
    size = read.number(call.parameters, "max_results", 10, 5, 100)
    excluded = _excluded(call)
    feed = _feed(call, user_id)
    page = None if isinstance(feed, dict) else _page(call, feed, user_id, size, "replies" in excluded)
    if isinstance(feed, dict):
        return Answer({"errors": [feed]})
    assert page is not None
    builder = call.builder()
    shown = [k for k in range(page.high - 1, page.low - 1, -1) if not any(feed.is_a(k, what) for what in excluded)]
    for k in shown:
        feed.add(k, builder)
    body = builder.done()
    body["meta"] = _meta(call, feed, user_id, page, shown)
    return Answer(body, builder.sold)


def _feed(call: Call, user_id: int) -> Feed | Body:
    """The user's posts, or the problem with the user."""
    box = call.box
    speaker = call.builder().speaker
    replayed = box.replay.feed(user_id)
    state = box.replay.state(user_id) if replayed else None
    index = None if replayed else box.world.people.index(user_id)
    if index is not None:
        state = box.world.state(index)
    if state is None or state == "gone":
        return speaker.missing("user", "id", str(user_id))
    if state == "suspended":
        return speaker.suspended("id", str(user_id))
    if state == "protected" and (index is None or index != call.caller.user):
        return speaker.hidden("user", "id", str(user_id))
    return replayed or GeneratedFeed(box.world, index or 0)


def _excluded(call: Call) -> list[str]:
    text = call.parameters.get("exclude")
    values = text.split(",") if text else []
    for value in values:
        if value not in ("replies", "retweets"):
            read.complain("exclude", value, "is not one of [replies,retweets]")
    return values


def _page(call: Call, feed: Feed, user_id: int, size: int, without_replies: bool) -> Page:
    """Which posts: since_id and until_id win over times; only the newest 3,200 (800) are reachable."""
    count = feed.count()
    since, until = _bounds(call)
    floor = max(
        0 if since is None else feed.position(since + 1), count - (MAX_WITHOUT_REPLIES if without_replies else MAX_SERVED)
    )
    ceiling = count if until is None else feed.position(until)
    size = size if call.paging.keep is None else min(size, call.paging.keep)
    token = call.parameters.get("pagination_token")
    if token is None:
        return Page(max(floor, ceiling - size), max(floor, ceiling), floor, ceiling)
    for purpose in (_NEXT, _PREVIOUS):
        try:
            bound = read_token(purpose, user_id, token)
        except ValueError:
            continue
        if purpose == _NEXT:
            high = max(floor, min(ceiling, feed.position(bound)))
            return Page(max(floor, high - size), high, floor, ceiling)
        low = max(floor, feed.position(bound + 1))
        return Page(low, max(low, min(ceiling, low + size)), floor, ceiling)
    read.complain("pagination_token", token, "is not valid")


def _bounds(call: Call) -> tuple[int | None, int | None]:
    """The exclusive bounds as ids."""
    since, until = read.post_id(call.parameters, "since_id"), read.post_id(call.parameters, "until_id")
    start, end = read.when(call.parameters, "start_time"), read.when(call.parameters, "end_time")
    if since is None and start is not None:
        since = max(0, (start - EPOCH << 22) - 1)
    if until is None and end is not None:
        until = max(0, end - EPOCH << 22)
    return since, until


def _meta(call: Call, feed: Feed, user_id: int, page: Page, shown: list[int]) -> Body:
    meta: Body = {"result_count": len(shown)}
    if shown:
        meta |= {"newest_id": str(feed.id(shown[0])), "oldest_id": str(feed.id(shown[-1]))}
    # A page whose posts were all left out still goes on below; so may the last one, to an empty page.
    more = page.low > page.floor or (call.box.trailing_page and bool(shown))
    if more and (page.high > page.low or call.paging.keep == 0):
        bound = feed.id(page.low) if page.low < feed.count() else feed.id(feed.count() - 1) + 1
        meta["next_token"] = page_token(_NEXT, user_id, bound)
    if call.paging.repeat and "pagination_token" in call.parameters and "next_token" in meta:
        meta["next_token"] = call.parameters["pagination_token"]
    if "pagination_token" in call.parameters and page.high < page.ceiling and page.high > page.low:
        meta["previous_token"] = page_token(_PREVIOUS, user_id, feed.id(page.high - 1))
    return meta


TIMELINE: Endpoint = endpoint(
    "/2/users/{id}/tweets",
    10_000,
    900,
    timeline,
    "max_results pagination_token since_id until_id start_time end_time exclude",
)
