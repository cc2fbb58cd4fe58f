"""The addresses of signing in: oauth/request_token, oauth/authorize, oauth/access_token, oauth2/token."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from aiohttp import web

from netwar.sandbox.error_responses import SUBSET, wrong
from netwar.sandbox.faults import ANSWERS, SENDING, Asked
from netwar.sandbox.keys import Signed, take_apart
from netwar.sandbox.problems import Refused, old_style
from netwar.sandbox.service import Handler, Reply, note
from netwar.sandbox.state import Box
from netwar.sandbox.transport_faults import send
from netwar.sandbox.world.clock import http_date

_FORM = "application/x-www-form-urlencoded"
Answering = Callable[[Box, web.Request, dict[str, str]], tuple[str, str]]  # content and its type


def oauth(box: Box, answering: Answering) -> Handler:
    """The handler of one of these addresses."""

    async def handle(request: web.Request) -> web.StreamResponse:
        form = await _form(request)
        met = box.faults.due(Asked(request.method, request.path, ()))
        sending = next((fault for fault in met if fault.kind in SENDING), None)
        instead = next((fault for fault in met if fault.kind in ANSWERS), None)
        headers = {"Date": http_date(box.clock.now())}
        if instead is not None:
            status, content, more, kind, _ = wrong(instead, box.clock.now(), "")
            headers |= more
        else:
            status, content, kind = _answer(box, request, form, answering)
        note(box, request, Reply(status, b""), met)
        return await send(request, status, content, headers, kind, sending, False)

    return handle


async def _form(request: web.Request) -> dict[str, str]:
    try:
        return {name: str(value) for name, value in (await request.post()).items()}
    except ValueError:
        return {}  # a body that is no form, whatever its header says


def _answer(box: Box, request: web.Request, form: dict[str, str], answering: Answering) -> tuple[int, bytes, str]:
    try:
        text, kind = answering(box, request, form)
    except Refused as refused:
        for plain, kind in (("text", "text/plain"), ("html", "text/html")):
            if plain in refused.body:
                return refused.status, refused.body[plain].encode(), kind
        return refused.status, orjson.dumps(refused.body), "application/json"
    return 200, text.encode(), kind


def _signed(request: web.Request, form: dict[str, str]) -> Signed:
    url = f"{request.scheme}://{request.host}{request.raw_path}"
    try:
        return take_apart(request.method, url, request.headers.get("Authorization", ""), list(form.items()))
    except Refused:
        raise old_style(400, 215, "Bad Authentication data.") from None


def request_token(box: Box, request: web.Request, form: dict[str, str]) -> tuple[str, str]:
    return box.sign_in.request_token(_signed(request, form)), _FORM


def authorize(box: Box, request: web.Request, form: dict[str, str]) -> tuple[str, str]:
    """GET shows the form. With a screen name (in the form or the query) the answer is the PIN."""
    token = form.get("oauth_token") or request.query.get("oauth_token", "")
    name = form.get("screen_name") or request.query.get("screen_name", "")
    user = box.world.named(name.strip().lstrip("@")) if name else None
    if user is None or box.world.state(user) in ("suspended", "gone"):
        return box.sign_in.page(token, box.world.name(0), refused=name), "text/html"
    return box.sign_in.agree(token, user, box.world.name(user)), "text/html"


def access_token(box: Box, request: web.Request, form: dict[str, str]) -> tuple[str, str]:
    return box.sign_in.access_token(_signed(request, form), box.world.name), _FORM


def bearer_token(box: Box, request: web.Request, form: dict[str, str]) -> tuple[str, str]:
    app = box.keys.basic(request.headers.get("Authorization", ""))
    if app is None:
        raise old_style(403, 99, "Unable to verify your credentials", label="authenticity_token_error")
    if form.get("grant_type") != "client_credentials":
        raise old_style(403, 170, "Missing required parameter: grant_type", label="forbidden_missing_parameter")
    return orjson.dumps({"token_type": "bearer", "access_token": app.bearer}).decode(), "application/json"


def version_one(box: Box, request: web.Request, form: dict[str, str]) -> tuple[str, str]:
    """What is left of v1.1 for everybody: nothing."""
    raise old_style(403, 453, SUBSET)


def unknown(box: Box) -> Handler:
    """The handler of all other addresses: whatever goes wrong at X, there is nothing there."""

    async def handle(request: web.Request) -> web.StreamResponse:
        note(box, request, Reply(404, b""), [])
        body = orjson.dumps(old_style(404, 34, "Sorry, that page does not exist").body)
        headers = {"Date": http_date(box.clock.now())}
        return await send(request, 404, body, headers, "application/json", None, False)

    return handle
