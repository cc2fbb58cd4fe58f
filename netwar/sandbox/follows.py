"""GET /2/users/:id/followers and /following: lists of any length, computed, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netwar.sandbox import parameters as read
from netwar.sandbox.box import Answer, Call, endpoint
from netwar.sandbox.tokens import page_token, read_token
from netwar.sandbox.user_fields import Person

_Total = Callable[[int], int]
_Listed = Callable[[int, int, int], Iterable[int]]


def followers(call: Call) -> Answer:
    world = call.box.world
    return _follows(call, "followers", world.cast.followers, world.followers)


def following(call: Call) -> Answer:
    world = call.box.world
    return _follows(call, "following", world.cast.following, world.following)


def _follows(call: Call, purpose: str, total: _Total, listed: _Listed) -> Answer:
    user_id, world = read.path_id(call.path), call.box.world
    size = read.number(call.parameters, "max_results", 100, 1, 1_000)
    builder = call.builder()
    index = world.people.index(user_id)
    if index is None or (world.state(index) != "active" and index != call.caller.user):
        speaker, value = builder.speaker, str(user_id)
        problem = speaker.missing("user", "id", value) if index is None else builder.user_problem(index, "id", value)
        return Answer({"errors": [problem or speaker.hidden("user", "id", value)]})
    token = call.parameters.get("pagination_token")
    first = _first(purpose, index, token) if token else 0
    last = min(total(index), first + (size if call.paging.keep is None else min(size, call.paging.keep)))
    shown = [follower for follower in listed(index, first, last - first) if world.state(follower) in ("active", "protected")]
    for follower in shown:
        builder.add_user(Person(world, follower))
    body = builder.done()
    body["meta"] = {"result_count": len(shown)}
    if last < total(index):
        body["meta"]["next_token"] = token if call.paging.repeat and token else page_token(purpose, index, last)
    if first > 0:
        body["meta"]["previous_token"] = page_token(purpose, index, max(0, first - size))
    return Answer(body, [("follow" if kind == "user" else kind, number) for kind, number in builder.sold])


def _first(purpose: str, index: int, token: str) -> int:
    try:
        return read_token(purpose, index, token)
    except ValueError:
        read.complain("pagination_token", token, "is not valid")


FOLLOWS = (
    endpoint("/2/users/{id}/followers", 300, 300, followers, "max_results pagination_token"),
    endpoint("/2/users/{id}/following", 300, 300, following, "max_results pagination_token"),
)
