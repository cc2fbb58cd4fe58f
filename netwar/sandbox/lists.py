"""GET /2/lists/:id, its members, and the lists that a user owns or is on: as X has them, the newest first.

Pages are places in a list as it is when they are asked for: who is put on moves everybody on by one, so that
somebody comes twice; who is taken off moves everybody back, so that somebody is missing. X does not say whether it is
so; nobody shall learn to count on the kinder way. A list that the caller may not see is answered 200 with `errors`
alone, as one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from netwar.sandbox import parameters as read
from netwar.sandbox.bodies import BodyBuilder
from netwar.sandbox.page_tokens import page_token, read_token
from netwar.sandbox.problems import Body
from netwar.sandbox.state import Answer, Call, Endpoint
from netwar.sandbox.user_fields import Person
from netwar.sandbox.world.clock import iso
from netwar.sandbox.world.lists import XList
from netwar.sandbox.world.prng import mix
from netwar.sandbox.world.world import World

_ALWAYS = ("id", "name")
_OWNED, _HOLDING, _MEMBERS = "owned", "holding", "members"
_FIELDS: dict[str, Callable[[World, XList], Any]] = {
    "created_at": lambda world, one: iso(one.created),
    "description": lambda world, one: one.description,
    "follower_count": lambda world, one: mix(world.seed, 41, one.id) & 15,
    "id": lambda world, one: str(one.id),
    "member_count": lambda world, one: len(one.members),
    "name": lambda world, one: one.name,
    "owner_id": lambda world, one: str(world.people.id(one.owner)),
    "private": lambda world, one: one.private,
}


@dataclass(frozen=True)
class Places:
    """Which places of `total` are on a page: `first` to `last - 1`."""

    call: Call
    purpose: str
    owner: int
    first: int
    last: int
    total: int

    def meta(self, shown: int) -> Body:
        """As X counts a page, and leads to the next one and to the one before it."""
        meta: Body = {"result_count": shown}
        token = self.call.parameters.get("pagination_token")
        more = self.last < self.total or (self.call.box.trailing_page and shown > 0)
        if more and not self.call.paging.ends:
            again = self.call.paging.repeat and token
            meta["next_token"] = token if again else page_token(self.purpose, self.owner, self.last)
        if self.first > 0:
            size = _size(self.call)
            meta["previous_token"] = page_token(self.purpose, self.owner, max(0, self.first - size))
        return meta


def list_by_id(call: Call) -> Answer:
    builder = call.builder(users=True)
    found = visible(call)
    if found is None:
        return not_found(call)
    _add_list(call, builder, found)
    return Answer(builder.done(single=True), builder.sold)


def owned_lists(call: Call) -> Answer:
    return _lists(call, _OWNED, lambda index: call.box.world.lists.owned(index))


def list_memberships(call: Call) -> Answer:
    return _lists(call, _HOLDING, lambda index: call.box.world.lists.holding(index))


def list_members(call: Call) -> Answer:
    """Suspended and vanished members keep their places and are passed over: such a page is shorter."""
    found, builder, world = visible(call), call.builder(users=True), call.box.world
    if found is None:
        return not_found(call)
    members = found.newest_first()
    places = _places(call, _MEMBERS, found.id, len(members))
    for member in members[places.first : places.last]:
        problem = builder.user_problem(member, "id")
        if problem is None:
            builder.add_user(Person(world, member))
        elif call.paging.told:
            builder.problem(problem)
    return _page(builder, places)


def _lists(call: Call, purpose: str, among: Callable[[int], Iterable[XList]]) -> Answer:
    builder, user_id = call.builder(users=True), read.path_id(call.path)
    index = call.box.world.people.index(user_id)
    missing = builder.speaker.missing("user", "id", str(user_id))
    problem = missing if index is None else builder.user_problem(index, "id")
    if problem is not None or index is None:
        return Answer({"errors": [problem]})
    shown = [one for one in among(index) if may_see(call, one)]
    places = _places(call, purpose, user_id, len(shown))
    for one in shown[places.first : places.last]:
        _add_list(call, builder, one)
    return _page(builder, places)


def _page(builder: BodyBuilder, places: Places) -> Answer:
    body = builder.done()
    body["meta"] = places.meta(len(builder.data))
    return Answer(body, builder.sold)


def _places(call: Call, purpose: str, owner: int, total: int) -> Places:
    size, keep, token = _size(call), call.paging.keep, call.parameters.get("pagination_token")
    try:
        first = read_token(purpose, owner, token) if token else 0
    except ValueError:
        read.complain("pagination_token", token or "", "is not valid")
    return Places(call, purpose, owner, first, min(total, first + (size if keep is None else min(size, keep))), total)


def _size(call: Call) -> int:
    return read.number(call.parameters, "max_results", 100, 1, 100)


def visible(call: Call) -> XList | None:
    """The list in the address, if there is one that the caller may see."""
    found = call.box.world.lists.find(read.path_id(call.path))
    return found if found is not None and may_see(call, found) else None


def may_see(call: Call, one: XList) -> bool:
    """A private list is for its owner, and only if the owner signs; that of a suspended or vanished user for nobody."""
    if one.private and call.caller.user != one.owner:
        return False
    return call.box.world.state(one.owner) in ("active", "protected")


def not_found(call: Call) -> Answer:
    return Answer({"errors": [call.builder().speaker.missing("list", "id", call.path["id"])]})


def _add_list(call: Call, builder: BodyBuilder, one: XList) -> None:
    expanded = "owner_id" in call.parameters.get("expansions", "").split(",")
    asked = {*_ALWAYS, *call.parameters.get("list.fields", "").split(","), *(("owner_id",) if expanded else ())}
    body = {name: field(call.box.world, one) for name, field in _FIELDS.items() if name in asked}
    if "member_count" in body:
        body["member_count"] = max(0, body["member_count"] + call.paging.miscount)
    builder.add_raw(body, ("list", one.id))
    if expanded:
        builder.include_user(one.owner, "owner_id")


_OF_LISTS = "list.fields expansions user.fields"
_OF_MEMBERS = "max_results pagination_token user.fields expansions tweet.fields post.fields"


def _endpoint(path: str, limit: int, answer: Callable[[Call], Answer], parameters: str) -> Endpoint:
    """Of these endpoints X describes the parameters one by one: fields of something else are refused."""
    return Endpoint(path, limit, limit, frozenset(parameters.split()), answer)


LISTS = (
    _endpoint("/2/users/{id}/owned_lists", 15, owned_lists, f"max_results pagination_token {_OF_LISTS}"),
    _endpoint("/2/users/{id}/list_memberships", 75, list_memberships, f"max_results pagination_token {_OF_LISTS}"),
    _endpoint("/2/lists/{id}", 75, list_by_id, _OF_LISTS),
    _endpoint("/2/lists/{id}/members", 900, list_members, _OF_MEMBERS),
)
