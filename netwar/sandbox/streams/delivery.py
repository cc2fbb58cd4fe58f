"""What goes out on one connection: every 20 ms the posts of that time, keep-alives in silence, and what goes wrong."""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from collections.abc import Mapping

from aiohttp import web
from aiohttp.http_writer import StreamWriter

from netwar.sandbox.state import Box, Call
from netwar.sandbox.streams.connections import Connection
from netwar.sandbox.streams.lines import Sold
from netwar.sandbox.streams.making import Making, Out
from netwar.sandbox.transport_faults import break_off
from netwar.sandbox.world.clock import day

TICK = 0.02  # seconds of the machine
_JUMP = 60_000  # ms: a clock that goes on by more was set, and ends the stream
_FLUSH = zlib.Z_SYNC_FLUSH


class Delivery:
    """One connection as it is served."""

    def __init__(self, call: Call, request: web.Request, connection: Connection) -> None:
        self._box: Box = call.box
        self._app = call.caller.app.key
        self._request = request
        self._connection = connection
        self._making = Making(call, connection)
        self._pending: deque[tuple[int, int, Sold]] = deque()  # (offset of its end, post, what X bills for it)
        self._said = connection.opened  # when the last byte was written
        self._packer = zlib.compressobj(wbits=31) if self._is_packed() else None

    async def run(self, headers: Mapping[str, str]) -> web.StreamResponse:
        """Until the connection ends, from whatever side."""
        packed = {"Content-Encoding": "gzip"} if self._packer else {}
        response = web.StreamResponse(headers={**headers, **packed, "Content-Type": "application/json; charset=utf-8"})
        response.enable_chunked_encoding()
        try:
            writer = await response.prepare(self._request)
            assert isinstance(writer, StreamWriter)
            writer.send_headers()
            await self._deliver(writer)
            if self._request.transport is not None and not self._request.transport.is_closing():
                await response.write_eof()
        except ConnectionError:
            pass  # its client has gone
        finally:
            self._left()
        return response

    async def _deliver(self, writer: StreamWriter) -> None:
        box, connection, moment = self._box, self._connection, self._connection.opened
        while True:
            await asyncio.sleep(TICK)
            box.tick()
            now, transport = box.world.moment, self._request.transport
            if transport is None or transport.is_closing():
                return
            self._account(transport.get_write_buffer_size(), writer.output_size, now)
            if transport.get_write_buffer_size() > box.streams.behaviour.buffer:
                return self._break("slow reader", now)
            if now - moment > max(_JUMP, round(100 * TICK * 1000 * box.clock.speed)):
                connection.asked_to_end = "the clock was set"
            moment = now
            out = self._making.until(now)
            await self._write(writer, out, now)
            if out.ends in ("reset", "half-line"):
                return self._break(out.ends, now, whole=out.ends == "half-line")
            if out.ends:
                return box.streams.of(self._app).connections.end(connection, now, out.ends)

    async def _write(self, writer: StreamWriter, out: Out, now: int) -> None:
        """All of it in one piece, and a keep-alive after so much silence."""
        if not out.lines:
            if out.quiet or now - self._said < self._box.streams.behaviour.keep_alive * 1000:
                return
            out.say(b"\r\n")
        content = b"".join(out.lines)
        self._said = now
        if self._packer:
            content = self._packer.compress(content) + self._packer.flush(_FLUSH)
        before = writer.output_size
        await writer.write(content, drain=False)
        after = writer.output_size
        head = after - before - len(content) - 2
        for end, post, sold in out.posts:
            self._pending.append((after if self._packer else before + head + end, post, sold))
        transport = self._request.transport
        if transport is not None:
            self._account(transport.get_write_buffer_size(), after, now)

    def _account(self, unsent: int, written: int, now: int) -> None:
        """Bill what has left: X bills what it has sent."""
        sold: list[tuple[str, int]] = []
        connection, sent = self._connection, written - unsent
        while self._pending and self._pending[0][0] <= sent:
            _, post, of_post = self._pending.popleft()
            connection.flushed_ids.append(post)
            connection.flushed_at.append(now)
            sold += of_post
        if sold:
            self._box.bill.sell(day(now), sold, app=self._app)

    def _break(self, why: str, now: int, *, whole: bool = False) -> None:
        """Cut the connection; `whole`: after everything that was written."""
        self._box.streams.of(self._app).connections.end(self._connection, now, why)
        if whole and self._request.transport is not None:
            self._request.transport.close()
        else:
            break_off(self._request)

    def _left(self) -> None:
        connection = self._connection
        if connection.closed is None:
            connection.gone = self._box.clock.now()

    def _is_packed(self) -> bool:
        return self._box.compress and "gzip" in self._request.headers.get("Accept-Encoding", "")
