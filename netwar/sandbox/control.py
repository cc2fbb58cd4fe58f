"""The control API under /sandbox/: look behind the scenes, and change the world while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import orjson
from aiohttp import web

from netwar.sandbox.faults import fault
from netwar.sandbox.state import Box
from netwar.sandbox.user_fields import WRITTEN
from netwar.sandbox.world.clock import iso, parse_time
from netwar.sandbox.world.follow_graph import DIRECTIONS, FOLLOWERS, FOLLOWING

_BATCH = 2_000
_ROUTES: list[tuple[str, str, str]] = [
    ("GET", "/sandbox/", "summary"),
    ("GET", "/sandbox/bill", "bill"),
    ("POST", "/sandbox/bill/reset", "reset_bill"),
    ("GET", "/sandbox/truth/users", "users"),
    ("GET", "/sandbox/truth/tweets/{id}", "tweets"),
    ("GET", "/sandbox/truth/followers/{id}", "followers"),
    ("GET", "/sandbox/truth/following/{id}", "following"),
    ("GET", "/sandbox/log", "log"),
    ("POST", "/sandbox/posts", "add_posts"),
    ("POST", "/sandbox/state", "change_state"),
    ("POST", "/sandbox/profile", "write_profile"),
    ("POST", "/sandbox/follows", "change_follows"),
    ("GET", "/sandbox/clock", "clock"),
    ("POST", "/sandbox/clock", "set_clock"),
    ("POST", "/sandbox/windows/reset", "reset_windows"),
    ("GET", "/sandbox/faults", "faults"),
    ("POST", "/sandbox/faults", "set_faults"),
    ("DELETE", "/sandbox/faults", "clear_faults"),
]


class Control:
    """Each method is one address; what cannot be done is answered 400 with a sentence."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def routes(self) -> list[web.RouteDef]:
        return [web.route(method, path, getattr(self, name)) for method, path, name in _ROUTES]

    async def summary(self, request: web.Request) -> web.Response:
        box = self._box
        replay = {"pages": box.replay.pages, "unserved": box.replay.unserved, "users": sum(1 for _ in box.replay.authors())}
        return _json(
            {
                "seed": box.world.seed,
                "users": box.world.users,
                "end": iso(box.world.end),
                "clock": iso(box.clock.now()),
                "requests": box.requests,
                "faults": len(list(box.faults)),
                "replay": replay,
            }
        )

    async def bill(self, request: web.Request) -> web.Response:
        return _json(self._box.bill.summary(request.query.get("app")))

    async def reset_bill(self, request: web.Request) -> web.Response:
        self._box.bill.reset()
        return _json(self._box.bill.summary())

    async def users(self, request: web.Request) -> web.StreamResponse:
        first = request.query.get("first", "")
        users = islice(self._users(), int(first) if first.isdigit() else None)
        return await _lines(request, (orjson.dumps(user) for user in users))

    def _users(self) -> Iterator[dict[str, Any]]:
        world = self._box.world
        for user_id, name, state, posts in self._box.replay.authors():
            yield {"index": None, "id": str(user_id), "name": name, "state": state, "posts": posts, "former_name": None}
        for index in range(world.users):
            yield {
                "index": index,
                "id": str(world.people.id(index)),
                "name": world.name(index),
                "state": world.state(index),
                "posts": world.postings.count(index),
                "former_name": world.former_name(index),
            }

    async def tweets(self, request: web.Request) -> web.StreamResponse:
        user_id = _user_id(request.match_info["id"])
        feed = self._box.replay.feed(user_id)
        if feed is not None:
            return await _lines(request, (str(feed.id(k)).encode() for k in range(feed.count() - 1, -1, -1)))
        index = self._box.world.people.index(user_id)
        if index is None:
            raise _refuse(f"no user has the id {user_id}", web.HTTPNotFound)
        postings = self._box.world.postings
        return await _lines(request, (str(postings.id(index, k)).encode() for k in range(postings.count(index) - 1, -1, -1)))

    async def followers(self, request: web.Request) -> web.StreamResponse:
        return await self._listed(request, FOLLOWERS)

    async def following(self, request: web.Request) -> web.StreamResponse:
        return await self._listed(request, FOLLOWING)

    async def _listed(self, request: web.Request, direction: str) -> web.StreamResponse:
        world, user_id = self._box.world, _user_id(request.match_info["id"])
        index = world.people.index(user_id)
        if index is None:
            raise _refuse(f"no user has the id {user_id}", web.HTTPNotFound)
        members = world.circles.listed(direction, index, 0, world.circles.places(direction, index))
        return await _lines(
            request, (str(world.people.id(one)).encode() for one in members if world.state(one) in ("active", "protected"))
        )

    async def log(self, request: web.Request) -> web.Response:
        text = request.query.get("last", "1000")
        if not text.isascii() or not text.isdigit():
            raise _refuse("last must be a whole number")
        last = int(text)
        return _json(list(self._box.log)[-last:] if last > 0 else [])

    async def add_posts(self, request: web.Request) -> web.Response:
        given = await _body(request, {"user", "count"})
        index = self._index(given.get("user"))
        count = given.get("count", 1)
        if not isinstance(count, int) or count < 1:
            raise _refuse("count must be a whole number above 0")
        newest = self._box.world.grow(index, count, self._box.clock.now())
        if newest >= self._box.clock.now():
            self._box.clock.set(newest + 1)
        return _json({"index": index, "posts": self._box.world.postings.count(index), "newest": iso(newest)})

    async def change_state(self, request: web.Request) -> web.Response:
        given = await _body(request, {"user", "state", "name"})
        if self._changed_replayed(given):
            return _json(given)
        index = self._index(given.get("user"))
        try:
            self._box.world.change(index, given.get("state"), given.get("name"))
        except ValueError as error:
            raise _refuse(str(error)) from None
        return _json({"index": index, "state": self._box.world.state(index), "name": self._box.world.name(index)})

    def _changed_replayed(self, given: dict[str, Any]) -> bool:
        user, state = str(given.get("user")), given.get("state")
        return user.isdigit() and isinstance(state, str) and self._box.replay.change(int(user), state)

    async def write_profile(self, request: web.Request) -> web.Response:
        given = await _body(request, {"user", *WRITTEN})
        index = self._index(given.pop("user", None))
        self._box.world.said.setdefault(index, {}).update(given)
        return _json({"index": index, **self._box.world.said[index]})

    async def change_follows(self, request: web.Request) -> web.Response:
        """`add` and `remove` are lists of users; `add` may be a number: so many others."""
        given = await _body(request, {"user", "direction", "add", "remove"})
        index, circles = self._index(given.get("user")), self._box.world.circles
        direction, add = given.get("direction", FOLLOWERS), given.get("add", [])
        if direction not in DIRECTIONS:
            raise _refuse(f"direction must be one of {', '.join(DIRECTIONS)}")
        circles.remove(direction, index, [self._index(user) for user in given.get("remove", [])])
        came = circles.others(direction, index, add) if isinstance(add, int) else [self._index(user) for user in add]
        circles.add(direction, index, came)
        ids = [str(self._box.world.people.id(one)) for one in came]
        return _json({"index": index, "count": circles.count(direction, index), "added": ids})

    async def clock(self, request: web.Request) -> web.Response:
        now = self._box.clock.now()
        return _json({"now": iso(now), "milliseconds": now})

    async def set_clock(self, request: web.Request) -> web.Response:
        given = await _body(request, {"set", "advance", "frozen", "strict"})
        clock = self._box.clock
        try:
            if "set" in given:
                clock.set(self._possible(parse_time(given["set"])))
            if "advance" in given:
                clock.set(self._possible(clock.now() + round(given["advance"] * 1000)))
        except (TypeError, ValueError) as error:
            raise _refuse(f"the clock cannot be set: {error}") from None
        if "frozen" in given:
            clock.freeze(bool(given["frozen"]))
        if "strict" in given:
            self._box.keys.strict = bool(given["strict"])
        return await self.clock(request)

    def _possible(self, when: int) -> int:
        if when < self._box.world.latest:
            raise ValueError(f"there are posts of {iso(self._box.world.latest)}")
        return when

    async def reset_windows(self, request: web.Request) -> web.Response:
        self._box.windows.clear()
        return _json({})

    async def faults(self, request: web.Request) -> web.Response:
        return _json([one.told() for one in self._box.faults])

    async def set_faults(self, request: web.Request) -> web.Response:
        """One fault, a list, or {"faults": [...], "replace": true}."""
        given = _read(await request.read() or b"[]")
        replace = isinstance(given, dict) and bool(given.pop("replace", False))
        tables = given.get("faults", [given]) if isinstance(given, dict) else given
        try:
            found = [fault(table) for table in tables]
        except (ValueError, TypeError) as error:
            raise _refuse(str(error)) from None
        (self._box.faults.set if replace else self._box.faults.add)(found)
        return await self.faults(request)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._box.faults.set([])
        return await self.faults(request)

    def _index(self, user: Any) -> int:
        """A user by id (text of digits), @name or name, or index (a number)."""
        world = self._box.world
        if isinstance(user, int) and 0 <= user < 1 << 22:
            return user
        text = str(user)
        index = (
            world.people.index(int(text))
            if text.isascii() and text.isdigit() and len(text) < 20
            else world.named(text.lstrip("@"))
        )
        if index is None:
            raise _refuse(f"no user {text!r} in this world")
        return index


def _user_id(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise _refuse("users are named by their numeric id here")
    return int(text)


def _json(value: Any) -> web.Response:
    return web.Response(body=orjson.dumps(value, option=orjson.OPT_INDENT_2), content_type="application/json")


async def _body(request: web.Request, names: set[str]) -> dict[str, Any]:
    given = _read(await request.read())
    if not isinstance(given, dict) or set(given) - names:
        raise _refuse(f"expected an object with {', '.join(sorted(names))}")
    return given


def _read(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _refuse(f"not JSON: {error}") from None


def _refuse(why: str, kind: type[web.HTTPException] = web.HTTPBadRequest) -> web.HTTPException:
    return kind(text=orjson.dumps({"error": why}).decode(), content_type="application/json")


async def _lines(request: web.Request, lines: Iterator[bytes]) -> web.StreamResponse:
    """One a line, as they are computed."""
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    with suppress(ConnectionResetError):  # who asked has read enough
        async for block in _blocks(lines):
            await response.write(block)
        await response.write_eof()
    return response


async def _blocks(lines: Iterator[bytes]) -> AsyncIterator[bytes]:
    block = bytearray()
    for number, line in enumerate(lines, 1):
        block += line + b"\n"
        if number % _BATCH == 0:
            yield bytes(block)
            block.clear()
    yield bytes(block)
