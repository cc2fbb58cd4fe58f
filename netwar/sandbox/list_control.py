"""Lists behind the scenes, under /sandbox/: made, changed and deleted at run time, and what is true of them."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from netwar.sandbox.control_requests import answered, asked, index_of, numeric, refused
from netwar.sandbox.state import Box
from netwar.sandbox.world.clock import iso
from netwar.sandbox.world.lists import XList, checked

_ROUTES: list[tuple[str, str, str]] = [
    ("POST", "/sandbox/lists", "create"),
    ("POST", "/sandbox/lists/{id}", "change"),
    ("DELETE", "/sandbox/lists/{id}", "delete"),
    ("POST", "/sandbox/lists/{id}/members", "change_members"),
    ("GET", "/sandbox/truth/lists", "all_lists"),
    ("GET", "/sandbox/truth/lists/{id}", "truth"),
]


class ListControl:
    """Each method is one address; what cannot be done is answered 400 with a sentence, no such list is 404."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def routes(self) -> list[web.RouteDef]:
        return [web.route(method, path, getattr(self, name)) for method, path, name in _ROUTES]

    async def create(self, request: web.Request) -> web.Response:
        """`owner`, `name`, and if wanted `private`, `description` and `members`."""
        given = await asked(request, {"owner", "name", "private", "description", "members"})
        owner, members = index_of(self._box.world, given.get("owner")), self._users(given, "members")
        now = self._box.clock.now()
        try:
            new = self._box.world.lists.create(owner, given.get("name", ""), now)
            new.add(reversed(members), now)
            new.private, new.description = bool(given.get("private", False)), str(given.get("description", ""))
        except ValueError as error:
            raise refused(str(error)) from None
        return answered(self._told(new))

    async def change(self, request: web.Request) -> web.Response:
        """`name`, `private`, `description`, any of them."""
        one = self._list(request)
        given = await asked(request, {"name", "private", "description"})
        try:
            one.name = checked(given.get("name", one.name))
        except ValueError as error:
            raise refused(str(error)) from None
        one.private = bool(given.get("private", one.private))
        one.description = str(given.get("description", one.description))
        return answered(self._told(one))

    async def delete(self, request: web.Request) -> web.Response:
        one = self._list(request)
        one.deleted = True
        return answered(self._told(one))

    async def change_members(self, request: web.Request) -> web.Response:
        """`add` and `remove` are users; the first of `add` stands first."""
        one = self._list(request)
        given = await asked(request, {"add", "remove"})
        add, remove, now = self._users(given, "add"), self._users(given, "remove"), self._box.clock.now()
        try:
            changed = {"removed": one.remove(remove, now), "added": one.add(reversed(add), now)}
        except ValueError as error:
            raise refused(str(error)) from None
        ids = self._box.world.people.id
        return answered(self._told(one) | {what: [str(ids(user)) for user in users] for what, users in changed.items()})

    async def all_lists(self, request: web.Request) -> web.Response:
        """Every list there is or was, the oldest first, without members."""
        return answered([self._told(one) for one in self._box.world.lists])

    async def truth(self, request: web.Request) -> web.Response:
        """One list, deleted or not: its members, newest first, and all that happened to it."""
        one, world = self._list(request, deleted=True), self._box.world
        members = [
            {"id": str(world.people.id(user)), "name": world.name(user), "state": world.state(user), "added": iso(at), "ms": at}
            for user, at in reversed(one.members.items())
        ]
        history = [
            {"time": iso(at), "ms": at, "what": what, "user": str(world.people.id(user))} for at, what, user in one.history
        ]
        return answered(self._told(one) | {"members": members, "history": history})

    def _told(self, one: XList) -> dict[str, Any]:
        return {
            "id": str(one.id),
            "owner": str(self._box.world.people.id(one.owner)),
            "name": one.name,
            "description": one.description,
            "private": one.private,
            "deleted": one.deleted,
            "created": iso(one.created),
            "member_count": len(one.members),
        }

    def _list(self, request: web.Request, *, deleted: bool = False) -> XList:
        number, lists = numeric(request.match_info["id"], "lists"), self._box.world.lists
        found = lists.any(number) if deleted else lists.find(number)
        if found is None:
            raise refused(f"no list has the id {number}", web.HTTPNotFound)
        return found

    def _users(self, given: dict[str, Any], name: str) -> list[int]:
        users = given.get(name, [])
        if not isinstance(users, list):
            raise refused(f"{name} must be a list of users")
        return [index_of(self._box.world, user) for user in users]
