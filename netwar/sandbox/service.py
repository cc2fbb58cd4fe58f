"""What happens to a request: faults, who asks, the rate window, the answer, the bill, the log."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from netwar.sandbox import parameters as read
from netwar.sandbox.body_faults import double, leave_out, spoil, stray
from netwar.sandbox.error_responses import wrong
from netwar.sandbox.faults import ANSWERS, BODIES, SENDING, Asked, Fault
from netwar.sandbox.keys import Caller
from netwar.sandbox.oddities import ODD, written
from netwar.sandbox.problems import Refused, spent, unsupported
from netwar.sandbox.state import STREAM, Answer, Box, Call, Endpoint, GoesOn, Paging
from netwar.sandbox.transport_faults import send
from netwar.sandbox.world.clock import day, http_date, iso

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_APP = "OAuth 2.0 Application-Only"
_USER = "OAuth 1.0a User Context"
_TOKEN = re.compile(r'oauth_token="(\d{1,19})-')


@dataclass
class Reply:
    """An answer before it is sent."""

    status: int
    content: bytes
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    objects: int = 0
    micro: int = 0  # what it added to the bill
    caller: str = ""
    goes_on: GoesOn | None = None


def serve(box: Box, endpoint: Endpoint) -> Handler:
    """The aiohttp handler of an endpoint."""

    async def handle(request: web.Request) -> web.StreamResponse:
        met = box.faults.due(_asked(box, request))
        sending = next((fault for fault in met if fault.kind in SENDING), None)
        if sending is not None and sending.kind in ("reset", "hang") and not sending.billed:
            reply = Reply(0, b"")
        else:
            reply = _reply(box, endpoint, request, met, await request.read())
        note(box, request, reply, met)
        if request.path == STREAM:
            box.streams.connects.append((box.world.moment, reply.status, reply.caller))
        reply.headers["Date"] = http_date(box.world.moment)  # the day of which is the bill's
        if reply.goes_on is not None and sending is None and request.method == "GET":
            return await reply.goes_on(request, reply.headers)
        return await send(request, reply.status, reply.content, reply.headers, reply.kind, sending, box.compress)

    return handle


def _reply(box: Box, endpoint: Endpoint, request: web.Request, met: list[Fault], content: bytes) -> Reply:
    reply = Reply(200, b"")
    box.tick()
    try:
        caller = box.keys.caller(request.method, f"{request.scheme}://{request.host}{request.raw_path}", _authorization(request))
        reply.caller = caller.token
        _window(box, endpoint, caller, reply)
        instead = next((fault for fault in met if fault.kind in ANSWERS), None)
        if instead is not None:
            return _instead(box, request, instead, reply)
        read.known(request.query, endpoint.parameters)
        body = read.body(content, request.content_type)
        answer = endpoint.answer(Call(box, caller, request.query, request.match_info, _paging(met), body))
    except Refused as refused:
        reply.status, reply.content = refused.status, orjson.dumps(refused.body)
        return reply
    return _finish(box, caller, answer, met, reply)


def _window(box: Box, endpoint: Endpoint, caller: Caller, reply: Reply) -> None:
    """Refuse the wrong kind of token, then count the request. Raises Refused (403, 429)."""
    limits = box.limits.get(endpoint.name, {})
    app = caller.user is None
    if not (endpoint.app_limit if app else endpoint.user_limit):
        raise unsupported(*((_APP, f"{_USER}, OAuth 2.0 User Context") if app else (_USER, _APP)))
    limit = limits.get("app", endpoint.app_limit) if app else limits.get("user", endpoint.user_limit)
    state = box.windows.take(caller.token, endpoint.name, limit, box.clock.now())
    reply.headers |= state.headers()
    if not state.allowed:
        raise spent()
    if endpoint.spacing:
        state = box.windows.take(caller.token, f"{endpoint.name} each second", 1, box.clock.now(), endpoint.spacing)
        if not state.allowed:
            reply.headers |= state.headers()
            raise spent()


def _instead(box: Box, request: web.Request, fault: Fault, reply: Reply) -> Reply:
    """The answer that a fault gives."""
    about = next(iter(request.match_info.values()), "")
    what = "list" if request.path.startswith("/2/lists/") else "user"
    status, content, headers, kind, bare = wrong(fault, box.clock.now(), about, what)
    return Reply(status, content, kind, headers if bare else reply.headers | headers)


def _finish(box: Box, caller: Caller, answer: Answer, met: list[Fault], reply: Reply) -> Reply:
    """Spoil the body if a fault says so, bill it, write it out. Only an answer that carries data is billed."""
    for fault in met:
        if fault.kind == "no-rate-headers":
            reply.headers.clear()
        elif fault.kind == "stray-post":
            stray(answer, fault)
        elif fault.kind == "double-posts":
            double(answer, fault)
        elif fault.kind == "leave-out":
            leave_out(answer, fault)
        elif fault.kind in ODD:
            ODD[fault.kind](answer, fault)
        elif fault.kind in BODIES:
            spoil(answer.body, fault)
    if "data" in answer.body:
        reply.micro = box.bill.sell(day(box.world.moment), answer.sold, answer.owner, caller.app.key)
        reply.objects = len(answer.sold)
    reply.status, reply.content, reply.goes_on = answer.status, written(answer.body), answer.goes_on
    return reply


def _paging(met: list[Fault]) -> Paging:
    keep, by = None, 0
    for fault in met:
        if fault.kind in ("short-page", "empty-page", "members-short"):
            keep = 0 if fault.kind == "empty-page" else fault.keep
        elif fault.kind == "count-lies":
            by = fault.by
    kinds = {fault.kind for fault in met}
    return Paging(keep, "repeat-token" in kinds, "tell-unavailable" in kinds, "members-short" in kinds, by)


def _asked(box: Box, request: web.Request) -> Asked:
    """Who asks is read off the token, whatever the signature is worth."""
    token = _TOKEN.search(_authorization(request))
    index = box.world.people.index(int(token[1])) if token else None
    callers = set() if index is None else _names(box, index)
    return Asked(request.method, request.path, concerned(box, request), callers, "pagination_token" in request.query)


def concerned(box: Box, request: web.Request) -> set[str]:
    """How a fault may name the users of a request: who is in its address by id, @name, #index, who is looked up by id, @name."""
    world, number, name = box.world, request.match_info.get("id", ""), request.match_info.get("username", "")
    index = world.named(name) if name else None
    if number.isascii() and number.isdigit() and len(number) < 20:
        index = world.people.index(int(number))
    found = {number} if number else set()
    found |= {
        *request.query.get("ids", "").split(","),
        *(f"@{one}".lower() for one in request.query.get("usernames", "").split(",")),
    }
    return found if index is None else found | _names(box, index)


def _names(box: Box, index: int) -> set[str]:
    return {str(box.world.people.id(index)), f"#{index}", "@" + box.world.name(index).lower()}


def note(box: Box, request: web.Request, reply: Reply, met: list[Fault]) -> None:
    """Remember a request, without what must stay secret."""
    box.requests += 1
    entry = {
        "number": box.requests,
        "time": iso(box.clock.now()),
        "method": request.method,
        "path": request.path,
        "parameters": {name: value for name, value in request.query.items() if not name.startswith("oauth")},
        "status": reply.status,
        "objects": reply.objects,
        "micro": reply.micro,
        "caller": reply.caller,
    }
    if met:
        entry["faults"] = [fault.kind for fault in met]
    box.log.append(entry)


def _authorization(request: web.Request) -> str:
    return request.headers.get("Authorization", "")
