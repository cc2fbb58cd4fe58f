"""Putting an answer on the wire, whole or broken: cut, reset, silent, slow."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections.abc import Mapping

from aiohttp import web

from netwar.sandbox.faults import Fault

_SLICES = 20


async def send(
    request: web.Request, status: int, content: bytes, headers: Mapping[str, str], kind: str, fault: Fault | None, compress: bool
) -> web.StreamResponse:
    """Answer a request; with a fault, badly."""
    if compress and content and "gzip" in request.headers.get("Accept-Encoding", ""):
        content = gzip.compress(content, 1)
        headers = {**headers, "Content-Encoding": "gzip"}
    whole = {**headers, "Content-Type": f"{kind}; charset=utf-8"}
    if fault is None:
        return web.Response(status=status, body=content, headers=whole)
    if fault.kind == "hang":
        await asyncio.sleep(fault.seconds)
    if fault.kind in ("hang", "reset"):
        break_off(request)
        return web.Response(status=500)
    return await _in_part(request, status, content, whole, fault)


async def _in_part(
    request: web.Request, status: int, content: bytes, headers: dict[str, str], fault: Fault
) -> web.StreamResponse:
    """The whole length is promised; a part of it comes, or all of it little by little."""
    response = web.StreamResponse(status=status, headers={**headers, "Content-Length": str(len(content))})
    await response.prepare(request)
    if fault.kind == "cut":
        await response.write(content[: len(content) // 2 if fault.bytes is None else fault.bytes])
        if request.transport is not None:
            request.transport.close()
        return response
    step = max(1, -(-len(content) // _SLICES))
    starts = range(0, len(content), step)
    for start in starts:
        await asyncio.sleep(fault.seconds / len(starts))
        await response.write(content[start : start + step])
    await response.write_eof()
    return response


def break_off(request: web.Request) -> None:
    """Reset the connection: the client sees ECONNRESET, not an end."""
    if request.transport is None:
        return
    plug = request.transport.get_extra_info("socket")
    if plug is not None:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
