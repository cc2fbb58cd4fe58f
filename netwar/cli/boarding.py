"""How a run comes onto the board, and into the perflog: in Redis or the cluster where one is configured, else in files."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netwar.board.base import Board, HostState, PerfLog
    from netwar.board.statsd import Statsd
    from netwar.cli.services import Services
    from netwar.config import Settings

TIME = re.compile(rb'"time":"([0-9T:.+Z-]{10,40})"')
HEAD = 4_096  # bytes of a spooled page in which its time stands


def board(services: Services) -> Board:
    """The board of the configuration."""
    if services.redis is not None:
        from netwar.board.redis import RedisBoard

        return RedisBoard(services.redis)
    from netwar.board.sqlite import SqliteBoard

    return SqliteBoard(services.data / "board.sqlite", looks=services.looks)


def own_board(settings: Settings, data: Path) -> Callable[[], Board]:
    """Opens a board of a thread's own; its Redis is not waited for when it goes away."""

    def opened() -> Board:
        if settings.redis is None:
            from netwar.board.sqlite import SqliteBoard

            return SqliteBoard(data / "board.sqlite")
        from netwar.board.redis import RedisBoard
        from netwar.connections.redis import connect

        return RedisBoard(connect(settings, patience=0.0), alone=True)

    return opened


def perflog(services: Services) -> PerfLog:
    """The perflog of the configuration: where the archive is."""
    if services.settings.elksg:
        from netwar.board.perflog_elastic import ElasticPerfLog

        return ElasticPerfLog(services.cluster)
    from netwar.board.perflog_sqlite import SqlitePerfLog

    return SqlitePerfLog(services.data / "perflog.sqlite", looks=services.looks)


def statsd(settings: Settings) -> Callable[[], Statsd | None]:
    """Opens the way to the statsd of the configuration, if it names one."""

    def opened() -> Statsd | None:
        if not settings.statsd:
            return None
        from netwar.board.statsd import Statsd

        return Statsd(settings.statsd)

    return opened


def host_state(data: Path) -> HostState:
    """What the data folder of this host holds that waits for somebody."""
    from netwar.board.base import HostState
    from netwar.connections.runs import HOST

    spooled = [*_files(data, "spool*/pages.jsonl")]
    room = os.statvfs(data)
    return HostState(
        HOST,
        str(data),
        spool=sum(size for _, size in spooled),
        spooled=max((time.time() - _since(path) for path, _ in spooled), default=0.0),
        letters=sum(size for _, size in _files(data, "dead-letters*")),
        free=room.f_bavail * room.f_frsize if room.f_blocks else None,  # there are file systems that do not tell
    )


def place(data: Path) -> str:
    """A name for what this host's data folder holds."""
    from netwar.connections.runs import HOST

    return f"{HOST}:{data}"


def _files(data: Path, pattern: str) -> list[tuple[Path, int]]:
    found = []
    for path in data.glob(pattern):
        with suppress(OSError):
            if path.is_file() and (size := path.stat().st_size):
                found.append((path, size))
    return found


def _since(path: Path) -> float:
    """Since when pages have waited in a file of the spool (seconds since 1970): its first page says so."""
    from netwar.records.times import milliseconds

    with suppress(OSError), path.open("rb") as file:
        if (found := TIME.search(file.read(HEAD))) and (at := milliseconds(found[1].decode())):
            return at / 1000
        return path.stat().st_mtime
    return time.time()
