"""GET /2/lists/:id/tweets: what the members of a list post, newest first, without since_id or any other bound."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import NamedTuple

from netwar.sandbox import parameters as read
from netwar.sandbox.bodies import BodyBuilder
from netwar.sandbox.lists import not_found, visible
from netwar.sandbox.page_tokens import page_token, read_token
from netwar.sandbox.problems import Body
from netwar.sandbox.state import Answer, Call, Endpoint, endpoint
from netwar.sandbox.world.lists import XList
from netwar.sandbox.world.post_times import Found, Postings
from netwar.sandbox.world.posts import Post

MOST = 800  # docs.x.com, "List Posts lookup": the latest 800 posts of a list can be had
_NEXT, _PREVIOUS = "older", "newer"


class Posted(NamedTuple):
    """Post number `k` of a user; the greater, the newer."""

    id: int
    author: int
    k: int


def list_tweets(call: Call) -> Answer:
    found, builder = visible(call), call.builder()
    if found is None:
        return not_found(call)
    size = read.number(call.parameters, "max_results", 100, 1, 100)
    reached = _reached(call, builder, found)
    first, last = _places(call, found.id, reached, size)
    for one in reached[first:last]:
        builder.add_post(Post(call.box.world, Found(one.author, one.k, 0)))
    body = builder.done()
    body["meta"] = _meta(call, found.id, reached, first, last)
    return Answer(body, builder.sold)


def _reached(call: Call, builder: BodyBuilder, found: XList) -> list[Posted]:
    """The posts that can be had at all."""
    postings = call.box.world.postings
    timelines = (_newest(postings, member) for member in found.members if builder.visible(member))
    return list(islice(merge(*timelines, reverse=True), MOST))


def _newest(postings: Postings, author: int) -> Iterator[Posted]:
    return (Posted(postings.id(author, k), author, k) for k in range(postings.count(author) - 1, -1, -1))


def _places(call: Call, list_id: int, reached: list[Posted], size: int) -> tuple[int, int]:
    """Which of the posts are on this page: those below the id in a token, or the ones just above it."""
    token = call.parameters.get("pagination_token")
    kept = size if call.paging.keep is None else min(size, call.paging.keep)
    if token is None:
        return 0, min(kept, len(reached))
    for purpose in (_NEXT, _PREVIOUS):
        try:
            bound = read_token(purpose, list_id, token)
        except ValueError:
            continue
        place = bisect_left(reached, -bound, key=lambda one: -one.id)
        if purpose == _PREVIOUS:
            return max(0, place - kept), place
        first = place + (place < len(reached) and reached[place].id == bound)
        return first, min(first + kept, len(reached))
    read.complain("pagination_token", token, "is not valid")


def _meta(call: Call, list_id: int, reached: list[Posted], first: int, last: int) -> Body:
    meta: Body = {"result_count": last - first}
    token, paging = call.parameters.get("pagination_token"), call.paging
    more = last < len(reached) or (call.box.trailing_page and last > first)
    if more and not paging.ends:
        bound = reached[last - 1].id if last > 0 else reached[0].id + 1
        meta["next_token"] = token if paging.repeat and token else page_token(_NEXT, list_id, bound)
    if token and 0 < first < last:
        meta["previous_token"] = page_token(_PREVIOUS, list_id, reached[first].id)
    return meta


LIST_TWEETS: Endpoint = endpoint("/2/lists/{id}/tweets", 900, 900, list_tweets, "max_results pagination_token")
