"""GET /2/users/search: users whose names have a term in them. Only for those who sign as a user."""

from __future__ import annotations

import re
import zlib

from netwar.sandbox import parameters as read
from netwar.sandbox.page_tokens import page_token, read_token
from netwar.sandbox.state import Answer, Call, Endpoint, endpoint
from netwar.sandbox.user_fields import Person, display_name

_QUERY = re.compile(r"[A-Za-z0-9_' ]{1,50}")


def user_search(call: Call) -> Answer:
    """A page: X says in `meta` nothing but how to go on."""
    term, builder, world = call.parameters.get("query", ""), call.builder(users=True), call.box.world
    if not _QUERY.fullmatch(term):
        read.complain("query", term, f"does not match ^{_QUERY.pattern}$")
    size = read.number(call.parameters, "max_results", 100, 1, 1_000)
    found = [index for index in range(world.users) if _fits(call, index, term.lower().split())]
    first, owner, token = 0, zlib.crc32(term.encode()), call.parameters.get("next_token")
    if token:
        try:
            first = read_token("people", owner, token)
        except ValueError:
            read.complain("next_token", token, "is not valid")
    last = first + (size if call.paging.keep is None else min(size, call.paging.keep))
    for index in found[first:last]:
        builder.add_user(Person(world, index))
    more = last < len(found) and not call.paging.ends
    again = call.paging.repeat and token
    return Answer(
        builder.done() | {"meta": {"next_token": token if again else page_token("people", owner, last)} if more else {}},
        builder.sold,
    )


def _fits(call: Call, index: int, words: list[str]) -> bool:
    """Whether each of the words is in the user's names; who is suspended or gone is not found."""
    world = call.box.world
    if world.state(index) not in ("active", "protected"):
        return False
    shown = f"{world.name(index)} {display_name(Person(world, index))}".lower()
    return all(word in shown for word in words)


USER_SEARCH: Endpoint = endpoint("/2/users/search", 0, 900, user_search, "query max_results next_token")
