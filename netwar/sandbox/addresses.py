"""Where the sandbox listens, and that it answers nobody who meant somebody else.

Any page in a browser on this machine may send requests to loopback, by its address or under a name of its own that leads
there. It would change the world through /sandbox/ and sign in; so only requests for the sandbox's own address are answered,
and of those that a page sends only its own pages'.
"""

from __future__ import annotations

import ipaddress
import socket

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


def url(host: str, port: int) -> str:
    """The address to write into a configuration."""
    return f"http://{_bracketed(host)}:{port}"


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches what listens on `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def only_own(host: str) -> Middleware:
    """A middleware for what listens on `host`: refuses (421) requests whose Host is another one, or has another port.

    Those that a page of another site sends are refused, too (403).
    """
    names = _names(host)
    anywhere = _is_unspecified(host)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        assert request.transport is not None
        reached = request.transport.get_extra_info("sockname")
        own = names | {_bracketed(reached[0])} if anywhere else names
        if request.host.lower() not in {f"{name}:{reached[1]}" for name in own}:
            return _refused(421, f"this is {url(reached[0], reached[1])}, and answers only requests for that address")
        if _sent_by_a_page(request):
            return _refused(403, "a page of another site sent this: the sandbox answers programs, people and its own pages")
        return await handler(request)

    return check


def _sent_by_a_page(request: web.Request) -> bool:
    """Whether a page that is not the sandbox's own sends this; browsers tell. A link that somebody follows is no such thing."""
    if "Origin" in request.headers:
        return request.headers["Origin"].lower() != f"http://{request.host.lower()}"
    followed = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    return not followed and request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")


def _refused(status: int, why: str) -> web.Response:
    return web.Response(status=status, body=orjson.dumps({"error": why}), content_type="application/json")


def _names(host: str) -> set[str]:
    """What may stand before the port in Host."""
    if is_loopback(host):
        return {"127.0.0.1", "localhost", "[::1]", _bracketed(host)}
    return {_bracketed(host).lower(), socket.gethostname().lower()}


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return not host
