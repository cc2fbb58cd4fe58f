"""Look-ups of users and posts by id and name, and who the caller is."""

from __future__ import annotations

from netwar.sandbox import parameters as read
from netwar.sandbox.bodies import BodyBuilder
from netwar.sandbox.state import Answer, Call, endpoint
from netwar.sandbox.user_fields import Person
from netwar.sandbox.world.posts import Post


def _add_user(call: Call, builder: BodyBuilder, index: int | None, parameter: str, value: str) -> None:
    problem = (
        builder.speaker.missing("user", parameter, value) if index is None else builder.user_problem(index, parameter, value)
    )
    if problem is not None or index is None:
        builder.problem(problem or {})
    else:
        builder.add_user(Person(call.box.world, index))


def _add_user_id(call: Call, builder: BodyBuilder, user_id: int, parameter: str) -> None:
    if call.box.replay.add_user(user_id, builder, parameter, str(user_id)):
        return
    _add_user(call, builder, call.box.world.people.index(user_id), parameter, str(user_id))


def _add_user_name(call: Call, builder: BodyBuilder, name: str, parameter: str) -> None:
    known = call.box.replay.named(name)
    if known is not None and call.box.replay.add_user(known, builder, parameter, name):
        return
    _add_user(call, builder, call.box.world.named(name), parameter, name)


def _add_post(call: Call, builder: BodyBuilder, post_id: int, parameter: str) -> None:
    world = call.box.world
    if call.box.replay.add_post(post_id, builder, parameter):
        return
    found = world.postings.find(post_id)
    if found is None or world.state(found.author) == "gone":
        builder.problem(builder.speaker.missing("tweet", parameter, str(post_id)))
    elif not builder.visible(found.author):
        builder.problem(builder.speaker.hidden("tweet", parameter, str(post_id)))
    else:
        builder.add_post(Post(world, found))


def users_by_ids(call: Call) -> Answer:
    builder = call.builder(users=True)
    for user_id in read.ids(call.parameters):
        _add_user_id(call, builder, user_id, "ids")
    return Answer(builder.done(), builder.sold)


def users_by_names(call: Call) -> Answer:
    builder = call.builder(users=True)
    for name in read.names(call.parameters):
        _add_user_name(call, builder, name, "usernames")
    return Answer(builder.done(), builder.sold)


def user_by_id(call: Call) -> Answer:
    builder = call.builder(users=True)
    _add_user_id(call, builder, read.path_id(call.path), "id")
    return Answer(builder.done(single=True), builder.sold)


def user_by_name(call: Call) -> Answer:
    builder = call.builder(users=True)
    _add_user_name(call, builder, read.path_name(call.path), "username")
    return Answer(builder.done(single=True), builder.sold)


def me(call: Call) -> Answer:
    builder = call.builder(users=True)
    builder.add_user(Person(call.box.world, call.caller.user or 0))
    return Answer(builder.done(single=True), builder.sold)


def posts_by_ids(call: Call) -> Answer:
    builder = call.builder()
    for post_id in read.ids(call.parameters):
        _add_post(call, builder, post_id, "ids")
    return Answer(builder.done(), builder.sold)


def post_by_id(call: Call) -> Answer:
    builder = call.builder()
    _add_post(call, builder, read.path_id(call.path), "id")
    return Answer(builder.done(single=True), builder.sold)


LOOKUPS = (
    endpoint("/2/users", 300, 900, users_by_ids, "ids"),
    endpoint("/2/users/by", 300, 900, users_by_names, "usernames"),
    endpoint("/2/users/by/username/{username}", 300, 900, user_by_name),
    endpoint("/2/users/me", 0, 75, me),
    endpoint("/2/users/{id}", 300, 900, user_by_id),
    endpoint("/2/tweets", 3_500, 5_000, posts_by_ids, "ids"),
    endpoint("/2/tweets/{id}", 450, 900, post_by_id),
)
