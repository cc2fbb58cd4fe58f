"""What the control API reads and how it answers: JSON in and out, users by any name, lines as they are computed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import orjson
from aiohttp import web

from netwar.sandbox.world.prng import POPULATION
from netwar.sandbox.world.world import World

_BATCH = 2_000


def index_of(world: World, user: Any) -> int:
    """A user by id (text of digits), @name or name, or index (a number). Refuses (400) whoever is not of this world."""
    if isinstance(user, int) and 0 <= user < POPULATION:
        return user
    text = str(user)
    is_id = text.isascii() and text.isdigit() and len(text) < 20
    index = world.people.index(int(text)) if is_id else world.named(text.lstrip("@"))
    if index is None:
        raise refused(f"no user {text!r} in this world")
    return index


def numeric(text: str, what: str = "users") -> int:
    """The id in an address."""
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise refused(f"{what} are named by their numeric id here")
    return int(text)


def answered(value: Any) -> web.Response:
    return web.Response(body=orjson.dumps(value, option=orjson.OPT_INDENT_2), content_type="application/json")


async def asked(request: web.Request, names: set[str]) -> dict[str, Any]:
    """The object that came along; it may have these names and no others."""
    given = read(await request.read())
    if not isinstance(given, dict) or set(given) - names:
        raise refused(f"expected an object with {', '.join(sorted(names))}")
    return given


def read(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise refused(f"not JSON: {error}") from None


def refused(why: str, kind: type[web.HTTPException] = web.HTTPBadRequest) -> web.HTTPException:
    return kind(text=orjson.dumps({"error": why}).decode(), content_type="application/json")


async def lines(request: web.Request, each: Iterator[bytes]) -> web.StreamResponse:
    """One a line, as they are computed."""
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    with suppress(ConnectionResetError):  # who asked has read enough
        async for block in _blocks(each):
            await response.write(block)
            await asyncio.sleep(0)  # who reads a stream shall not wait for the whole
        await response.write_eof()
    return response


async def _blocks(each: Iterator[bytes]) -> AsyncIterator[bytes]:
    block = bytearray()
    for number, line in enumerate(each, 1):
        block += line + b"\n"
        if number % _BATCH == 0:
            yield bytes(block)
            block.clear()
    yield bytes(block)
