"""What is true of searches, under /sandbox/: every post that matches, however X would page it or bound it."""

from __future__ import annotations

from aiohttp import web

from netwar.sandbox.control_requests import lines, numeric, refused
from netwar.sandbox.query.parser import BadQuery, parse
from netwar.sandbox.state import Box


class SearchControl:
    """GET /sandbox/truth/search: `query`, and the exclusive bounds `since_id` and `until_id`; ids, newest first."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/sandbox/truth/search", self.found)]

    async def found(self, request: web.Request) -> web.StreamResponse:
        try:
            query = parse(request.query.get("query", ""))
        except BadQuery as bad:
            raise refused(str(bad)) from None
        since, until = (numeric(request.query.get(name, usual), "posts") for name, usual in _BOUNDS)
        posts = self._box.searched.newest(query, since, until, ("active",))
        return await lines(request, (str(one.id).encode() for one, matches in posts if matches))


_BOUNDS = (("since_id", "0"), ("until_id", str((1 << 63) - 1)))
