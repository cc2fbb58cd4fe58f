"""The control API under /sandbox/: look behind the scenes, and change the world while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
from aiohttp import web

from netwar.sandbox.control_requests import answered, asked, index_of, lines, numeric, read, refused
from netwar.sandbox.faults import fault
from netwar.sandbox.state import Box
from netwar.sandbox.user_fields import WRITTEN
from netwar.sandbox.world.clock import iso, parse_time
from netwar.sandbox.world.follow_graph import DIRECTIONS, FOLLOWERS, FOLLOWING
from netwar.sandbox.world.population import MOST_A_DAY

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
    ("POST", "/sandbox/pace", "change_pace"),
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
        return answered(
            {
                "seed": box.world.seed,
                "users": box.world.users,
                "end": iso(box.world.end),
                "clock": iso(box.clock.now()),
                "requests": box.requests,
                "faults": len(list(box.faults)),
                "lists": sum(1 for one in box.world.lists if not one.deleted),
                "replay": replay,
            }
        )

    async def bill(self, request: web.Request) -> web.Response:
        return answered(self._box.bill.summary(request.query.get("app")))

    async def reset_bill(self, request: web.Request) -> web.Response:
        self._box.bill.reset()
        return answered(self._box.bill.summary())

    async def users(self, request: web.Request) -> web.StreamResponse:
        first = request.query.get("first", "")
        users = islice(self._users(), int(first) if first.isdigit() else None)
        return await lines(request, (orjson.dumps(user) for user in users))

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
        user_id = numeric(request.match_info["id"])
        feed = self._box.replay.feed(user_id)
        if feed is not None:
            return await lines(request, (str(feed.id(k)).encode() for k in range(feed.count() - 1, -1, -1)))
        index = self._box.world.people.index(user_id)
        if index is None:
            raise refused(f"no user has the id {user_id}", web.HTTPNotFound)
        postings = self._box.world.postings
        return await lines(request, (str(postings.id(index, k)).encode() for k in range(postings.count(index) - 1, -1, -1)))

    async def followers(self, request: web.Request) -> web.StreamResponse:
        return await self._listed(request, FOLLOWERS)

    async def following(self, request: web.Request) -> web.StreamResponse:
        return await self._listed(request, FOLLOWING)

    async def _listed(self, request: web.Request, direction: str) -> web.StreamResponse:
        world, user_id = self._box.world, numeric(request.match_info["id"])
        index = world.people.index(user_id)
        if index is None:
            raise refused(f"no user has the id {user_id}", web.HTTPNotFound)
        members = world.circles.listed(direction, index, 0, world.circles.places(direction, index))
        return await lines(
            request, (str(world.people.id(one)).encode() for one in members if world.state(one) in ("active", "protected"))
        )

    async def log(self, request: web.Request) -> web.Response:
        text = request.query.get("last", "1000")
        if not text.isascii() or not text.isdigit():
            raise refused("last must be a whole number")
        last = int(text)
        return answered(list(self._box.log)[-last:] if last > 0 else [])

    async def add_posts(self, request: web.Request) -> web.Response:
        given = await asked(request, {"user", "count"})
        index = index_of(self._box.world, given.get("user"))
        count = given.get("count", 1)
        if not isinstance(count, int) or count < 1:
            raise refused("count must be a whole number above 0")
        self._refuse_voice(index)
        newest = self._box.world.grow(index, count, self._box.clock.now())
        if newest >= self._box.clock.now():
            self._box.clock.set(newest + 1)
        return answered({"index": index, "posts": self._box.world.postings.count(index), "newest": iso(newest)})

    async def change_pace(self, request: web.Request) -> web.Response:
        given = await asked(request, {"user", "posts_a_day"})
        index, pace = index_of(self._box.world, given.get("user")), given.get("posts_a_day")
        if not isinstance(pace, int | float) or not 0 <= pace <= MOST_A_DAY:
            raise refused(f"posts_a_day must be a number from 0 to {MOST_A_DAY:,}")
        self._refuse_voice(index)
        self._box.world.set_pace(index, pace)
        return answered({"index": index, "posts_a_day": pace, "posts": self._box.world.postings.count(index)})

    def _refuse_voice(self, index: int) -> None:
        if self._box.world.chorus.voice(index) is not None:
            raise refused(f"user number {index} posts for the stream, and not otherwise")

    async def change_state(self, request: web.Request) -> web.Response:
        given = await asked(request, {"user", "state", "name"})
        if self._changed_replayed(given):
            return answered(given)
        index = index_of(self._box.world, given.get("user"))
        try:
            self._box.world.change(index, given.get("state"), given.get("name"))
        except ValueError as error:
            raise refused(str(error)) from None
        return answered({"index": index, "state": self._box.world.state(index), "name": self._box.world.name(index)})

    def _changed_replayed(self, given: dict[str, Any]) -> bool:
        user, state = str(given.get("user")), given.get("state")
        return user.isdigit() and isinstance(state, str) and self._box.replay.change(int(user), state)

    async def write_profile(self, request: web.Request) -> web.Response:
        given = await asked(request, {"user", *WRITTEN})
        index = index_of(self._box.world, given.pop("user", None))
        self._box.world.said.setdefault(index, {}).update(given)
        return answered({"index": index, **self._box.world.said[index]})

    async def change_follows(self, request: web.Request) -> web.Response:
        """`add` and `remove` are lists of users; `add` may be a number: so many others."""
        given = await asked(request, {"user", "direction", "add", "remove"})
        index, circles = index_of(self._box.world, given.get("user")), self._box.world.circles
        direction, add = given.get("direction", FOLLOWERS), given.get("add", [])
        if direction not in DIRECTIONS:
            raise refused(f"direction must be one of {', '.join(DIRECTIONS)}")
        circles.remove(direction, index, [index_of(self._box.world, user) for user in given.get("remove", [])])
        came = (
            circles.others(direction, index, add) if isinstance(add, int) else [index_of(self._box.world, user) for user in add]
        )
        circles.add(direction, index, came)
        ids = [str(self._box.world.people.id(one)) for one in came]
        return answered({"index": index, "count": circles.count(direction, index), "added": ids})

    async def clock(self, request: web.Request) -> web.Response:
        now = self._box.clock.now()
        return answered({"now": iso(now), "milliseconds": now, "speed": self._box.clock.speed})

    async def set_clock(self, request: web.Request) -> web.Response:
        given = await asked(request, {"set", "advance", "frozen", "strict", "speed"})
        clock = self._box.clock
        try:
            if "set" in given:
                clock.set(self._possible(parse_time(given["set"])))
            if "advance" in given:
                clock.set(self._possible(clock.now() + round(given["advance"] * 1000)))
            if "speed" in given:
                clock.run(given["speed"])
        except (TypeError, ValueError) as error:
            raise refused(f"the clock cannot be set: {error}") from None
        if "frozen" in given:
            clock.freeze(bool(given["frozen"]))
        if "strict" in given:
            self._box.keys.strict = bool(given["strict"])
        return await self.clock(request)

    def _possible(self, when: int) -> int:
        latest = self._box.world.settled()
        if when < latest:
            raise ValueError(f"there are posts of {iso(latest)}")
        return when

    async def reset_windows(self, request: web.Request) -> web.Response:
        self._box.windows.clear()
        return answered({})

    async def faults(self, request: web.Request) -> web.Response:
        return answered([one.told() for one in self._box.faults])

    async def set_faults(self, request: web.Request) -> web.Response:
        """One fault, a list, or {"faults": [...], "replace": true}."""
        given = read(await request.read() or b"[]")
        replace = isinstance(given, dict) and bool(given.pop("replace", False))
        tables = given.get("faults", [given]) if isinstance(given, dict) else given
        try:
            found = [fault(table) for table in tables]
        except (ValueError, TypeError) as error:
            raise refused(str(error)) from None
        (self._box.faults.set if replace else self._box.faults.add)(found)
        return await self.faults(request)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._box.faults.set([])
        return await self.faults(request)
