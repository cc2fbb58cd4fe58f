"""GET /2/users/:id/followers and /following: lists of any length, computed, newest first."""

from __future__ import annotations

from netwar.sandbox import parameters as read
from netwar.sandbox.page_tokens import page_token, read_token
from netwar.sandbox.state import Answer, Call, endpoint
from netwar.sandbox.user_fields import Person
from netwar.sandbox.world.follow_graph import FOLLOWERS, FOLLOWING


def followers(call: Call) -> Answer:
    return _follows(call, FOLLOWERS)


def following(call: Call) -> Answer:
    return _follows(call, FOLLOWING)


def _follows(call: Call, direction: str) -> Answer:
    user_id, world = read.path_id(call.path), call.box.world
    size = read.number(call.parameters, "max_results", 100, 1, 1_000)
    builder = call.builder()
    index = world.people.index(user_id)
    if index is None or (world.state(index) != "active" and index != call.caller.user):
        speaker, value = builder.speaker, str(user_id)
        problem = speaker.missing("user", "id", value) if index is None else builder.user_problem(index, "id", value)
        return Answer({"errors": [problem or speaker.hidden("user", "id", value)]})
    token, total = call.parameters.get("pagination_token"), world.circles.places(direction, index)
    first = _first(direction, index, token) if token else 0
    last = min(total, first + (size if call.paging.keep is None else min(size, call.paging.keep)))
    for follower in world.circles.listed(direction, index, first, last - first):
        problem = builder.user_problem(follower, "id")
        if problem is None:
            builder.add_user(Person(world, follower))
        elif call.paging.told:
            builder.problem(problem)
    body = builder.done()
    body["meta"] = {"result_count": len(builder.data)}
    if last < total:
        body["meta"]["next_token"] = token if call.paging.repeat and token else page_token(direction, index, last)
    if first > 0:
        body["meta"]["previous_token"] = page_token(direction, index, max(0, first - size))
    kind = "follower" if direction == FOLLOWERS else "following"
    return Answer(body, [(kind if sort == "user" else sort, number) for sort, number in builder.sold], index)


def _first(purpose: str, index: int, token: str) -> int:
    try:
        return read_token(purpose, index, token)
    except ValueError:
        read.complain("pagination_token", token, "is not valid")


FOLLOWS = (
    endpoint("/2/users/{id}/followers", 300, 300, followers, "max_results pagination_token"),
    endpoint("/2/users/{id}/following", 300, 300, following, "max_results pagination_token"),
)
