"""Streams behind the scenes, under /sandbox/: how fast posts come, how X behaves, what goes wrong, and what is true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from aiohttp import web

from netwar.sandbox.control_requests import answered, asked, lines, read, refused
from netwar.sandbox.keys import CONSUMER_KEY
from netwar.sandbox.query.parser import BadQuery, parse
from netwar.sandbox.state import Box
from netwar.sandbox.streams.faults import stream_fault
from netwar.sandbox.streams.plan import BEHAVIOUR, told
from netwar.sandbox.streams.truth import Made, StreamTruth
from netwar.sandbox.world.clock import parse_time

_ROUTES: list[tuple[str, str, str]] = [
    ("GET", "/sandbox/stream", "summary"),
    ("POST", "/sandbox/stream", "change"),
    ("POST", "/sandbox/stream/faults", "set_faults"),
    ("DELETE", "/sandbox/stream/faults", "clear_faults"),
    ("GET", "/sandbox/truth/stream", "made"),
    ("GET", "/sandbox/truth/stream/rules", "rules"),
    ("GET", "/sandbox/truth/stream/connections", "connections"),
    ("GET", "/sandbox/truth/stream/connects", "connects"),
    ("GET", "/sandbox/truth/stream/flushed", "flushed"),
]


class StreamControl:
    """Each method is one address; what cannot be done is answered 400 with a sentence."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._truth = StreamTruth(box)

    def routes(self) -> list[web.RouteDef]:
        return [web.route(method, path, getattr(self, name)) for method, path, name in _ROUTES]

    async def summary(self, request: web.Request) -> web.Response:
        box = self._box
        faults = [one.told() for one in box.streams.faults]
        posts = box.world.chorus.before(box.clock.now())
        return answered({"rate": box.world.chorus.rate, "posts": posts, **told(box.streams.behaviour), "faults": faults})

    async def change(self, request: web.Request) -> web.Response:
        """`rate` posts a second from now on, `posts` of them and no more; how X behaves."""
        given = await asked(request, {"rate", "posts", *BEHAVIOUR})
        rate, posts = given.pop("rate", None), given.pop("posts", None)
        if posts is not None and (not isinstance(posts, int) or posts < 1 or rate is None):
            raise refused("posts must be a whole number above 0, and goes with a rate")
        try:
            self._box.streams.behaviour.change(given)
            if rate is not None:
                self._box.world.chorus.post(float(rate), self._box.world.moment, posts)
        except (ValueError, TypeError) as error:
            raise refused(str(error)) from None
        return await self.summary(request)

    async def set_faults(self, request: web.Request) -> web.Response:
        """One fault, a list, or {"faults": [...], "replace": true}."""
        given = read(await request.read() or b"[]")
        replace = isinstance(given, dict) and bool(given.pop("replace", False))
        tables = given.get("faults", [given]) if isinstance(given, dict) else given
        try:
            found = [stream_fault(table) for table in tables]
        except (ValueError, TypeError) as error:
            raise refused(str(error)) from None
        (self._box.streams.faults.set if replace else self._box.streams.faults.add)(found)
        return await self.summary(request)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._box.streams.faults.set([])
        return await self.summary(request)

    # -- what is true ----------------------------------------------------------------------------

    async def made(self, request: web.Request) -> web.StreamResponse:
        """Posts between `since` and `until` that a `rule` (or any) had while it worked, or that a `query` would have."""
        asked_for, (since, until) = request.query, _times(request)
        if "query" in asked_for:
            try:
                found = self._truth.saying(parse(asked_for["query"]), since, until)
            except BadQuery as bad:
                raise refused(str(bad)) from None
        elif "all" in asked_for:
            found = self._truth.all(since, until)
        else:
            found = self._truth.matched(_app(request), asked_for.get("rule"), since, until)
        return await lines(request, _told(found))

    async def rules(self, request: web.Request) -> web.Response:
        """Every rule that stands or stood, the oldest first, and when it worked."""
        return answered(self._truth.rules(_app(request)))

    async def connections(self, request: web.Request) -> web.Response:
        mine = self._box.streams.of(_app(request)).connections
        mine.standing(self._box.clock.now())
        return answered([one.truth() for one in mine.all])

    async def connects(self, request: web.Request) -> web.Response:
        """Every connect that was tried, by whomever: when (ms), and with which status it was answered."""
        return answered([{"ms": ms, "status": status, "caller": caller} for ms, status, caller in self._box.streams.connects])

    async def flushed(self, request: web.Request) -> web.StreamResponse:
        """What went out on a `connection`, or on all: id and time of each post, in order."""
        since, until = _times(request)
        wanted = request.query.get("connection")
        mine = [one for one in self._box.streams.of(_app(request)).connections.all if wanted in (None, one.id)]
        each = ((one.id, post, at) for one in mine for post, at in one.flushed() if since <= at < until)
        return await lines(request, (orjson.dumps({"id": str(post), "ms": at, "connection": one}) for one, post, at in each))


def _told(found: Iterator[Made]) -> Iterator[bytes]:
    for one in found:
        body: dict[str, Any] = {"id": str(one.id), "ms": one.time, "author": str(one.author)}
        yield orjson.dumps(body | ({"rules": [str(rule) for rule in one.rules]} if one.rules else {}))


def _app(request: web.Request) -> str:
    return request.query.get("app", CONSUMER_KEY)


def _times(request: web.Request) -> tuple[int, int]:
    """`since` and `until` in ms, or as ISO 8601."""
    return _time(request, "since", 0), _time(request, "until", 1 << 62)


def _time(request: web.Request, name: str, usual: int) -> int:
    text = request.query.get(name)
    try:
        return usual if text is None else int(text) if text.isdigit() else parse_time(text)
    except ValueError:
        raise refused(f"{name} must be a time: ms since 1970, or ISO 8601") from None
