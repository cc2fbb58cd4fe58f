"""GET /2/tweets/search/stream, and GET and DELETE /2/connections. For the app alone, and only 50 connects in 15 minutes."""

from __future__ import annotations

from aiohttp import web

from netwar.sandbox import parameters as read
from netwar.sandbox.dialects import FIELD_PARAMETERS
from netwar.sandbox.error_responses import STREAM_WITHOUT_RULES, TOO_MANY_CONNECTIONS
from netwar.sandbox.problems import Body, Refused, invalid, unreadable
from netwar.sandbox.state import STREAM, Answer, Call, Endpoint
from netwar.sandbox.streams.connections import ENDPOINT, Connection, Connections
from netwar.sandbox.streams.delivery import Delivery
from netwar.sandbox.streams.rule_endpoints import RULES

_STATUS = ("active", "inactive", "all")
_MOST_AT_ONCE = 100


def stream(call: Call) -> Answer:
    """Connect. `backfill_minutes` and the times of a recovery are for enterprises."""
    box = call.box
    for name in ("backfill_minutes", "start_time", "end_time"):
        if call.parameters.get(name, "0") != "0":
            read.complain(name, call.parameters[name], "is not available in current product")
    mine, now = box.streams.of(call.caller.app.key), box.world.moment
    if not mine.rules.standing:
        raise Refused(*STREAM_WITHOUT_RULES)
    others = mine.connections.standing(now)
    if others and box.streams.behaviour.second == "refuse":
        raise Refused(*TOO_MANY_CONNECTIONS)

    async def goes_on(request: web.Request, headers: dict[str, str]) -> web.StreamResponse:
        for one in others:
            mine.connections.end(one, now, "replaced by another connection")
        box.world.chorus.gather(now)
        return await Delivery(call, request, mine.connections.open(now, request.remote or "")).run(headers)

    return Answer({}, goes_on=goes_on)


def connections(call: Call) -> Answer:
    """The app's connections, the newest first; those that were ended only if they are asked for."""
    mine, now = _mine(call), call.box.clock.now()
    status = call.parameters.get("status", "active")
    if status not in _STATUS:
        read.complain("status", status, f"is not one of [{','.join(_STATUS)}]")
    size = read.number(call.parameters, "max_results", 10, 1, _MOST_AT_ONCE)
    standing = mine.standing(now)
    wanted = {"active": [True], "inactive": [False], "all": [True, False]}[status]
    of_stream = ENDPOINT in call.parameters.get("endpoints", ENDPOINT).split(",")
    shown = [one.told() for one in reversed(mine.all) if of_stream and (one in standing) in wanted][:size]
    return Answer(({"data": shown} if shown else {}) | {"meta": {"result_count": len(shown)}})


def end_connections(call: Call) -> Answer:
    """Those that are named by their ids."""
    given = call.body
    if not isinstance(given, dict) or set(given) != {"uuids"} or not isinstance(given["uuids"], list):
        raise unreadable()
    if not 1 <= len(given["uuids"]) <= _MOST_AT_ONCE:
        raise invalid({"uuids": ([], f"The number of values [{len(given['uuids'])}] is not between 1 and {_MOST_AT_ONCE}")})
    return _ended(call, [str(one) for one in given["uuids"]])


def end_all(call: Call) -> Answer:
    return _ended(call, [one.id for one in _mine(call).standing(call.box.clock.now())])


def end_of_endpoint(call: Call) -> Answer:
    return end_all(call) if call.path["endpoint_id"] == ENDPOINT else _ended(call, [])


def _ended(call: Call, ids: list[str]) -> Answer:
    mine, now = _mine(call), call.box.clock.now()
    standing = {one.id: one for one in mine.standing(now)}
    results: list[Body] = []
    for one in ids:
        found: Connection | None = standing.pop(one, None)
        if found is not None:
            mine.end(found, now, "ended by the app")
        failed = {} if found else {"error_message": "Connection not found"}
        results.append({"uuid": one, "success": found is not None, **failed})
    done = sum(one["success"] for one in results)
    return Answer({"data": {"successful_kills": done, "failed_kills": len(results) - done, "results": results}})


def _mine(call: Call) -> Connections:
    return call.box.streams.of(call.caller.app.key).connections


_OF_STREAM = frozenset((*FIELD_PARAMETERS, "backfill_minutes", "start_time", "end_time"))
_OF_HISTORY = frozenset(["status", "endpoints", "max_results", "pagination_token", "connection.fields"])

STREAMS = (
    Endpoint(STREAM, 50, 0, _OF_STREAM, stream),
    *RULES,
    Endpoint("/2/connections", 25, 0, _OF_HISTORY, connections),
    Endpoint("/2/connections", 25, 0, frozenset(), end_connections, "DELETE"),
    Endpoint("/2/connections/all", 25, 0, frozenset(), end_all, "DELETE"),
    Endpoint("/2/connections/{endpoint_id}", 25, 0, frozenset(), end_of_endpoint, "DELETE"),
)
