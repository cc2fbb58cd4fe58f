"""Start a server of any kind, or say why it cannot be had."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tests.servers import assembling, elastic, javas, neo4j, places, processes, redis, redis_program
from tests.servers.kinds import ANY_NEWER, KINDS, Kind
from tests.servers.recipes import RECIPES
from tests.servers.server import Server
from tests.servers.trouble import CannotBeHad

PORTS = range(20_000, 30_000)
"""Below those that kernels hand out for outgoing connections: a server that is started again finds its port free."""


def why_not(kind: str) -> str | None:
    """One sentence why this kind cannot be had here; None if it can."""
    return _why_not_redis(KINDS[kind]) if KINDS[kind].is_redis else _why_not_heavy(KINDS[kind])


def start(kind: str, *, beside: Server | None = None, before: Callable[[Server], None] | None = None, **options: Any) -> Server:
    """Start a server and wait until it answers: `with start("es953") as server: ...`

    `beside` is a server whose place it shares: its second node, or the other end of a copy. `before` may change
    its folder before it first runs.

    For the Elasticsearch family the options are `heap` ("512m"), `quick` (True: starts fast, is slower later), and any of
    its settings (`**{"http.max_content_length": "1mb"}`); for Redis `conf` and `acl`, files to read, and any of its settings; for
    Neo4j `tls`, `conf`, `heap`, `quick`, and any of its settings.
    Raises CannotBeHad or CannotStart.
    """
    if reason := why_not(kind):
        raise CannotBeHad(reason)
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{kind}-{os.getpid()}-", dir=places.runs()))
    try:
        server = _prepare(KINDS[kind], folder, options)
        if before:
            before(server)
        processes.give(folder)
        server.start(takes_place=beside is None)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return server


def _prepare(kind: Kind, folder: Path, options: dict[str, Any]) -> Server:
    if kind.is_redis:
        return redis.prepare(kind, folder, free_port(), **options)
    if kind.is_neo4j:
        return neo4j.prepare(kind, folder, (free_port(PORTS[::2]), free_port(PORTS[1::2])), **options)
    return elastic.prepare(kind, folder, (free_port(PORTS[::2]), free_port(PORTS[1::2])), **options)


def _why_not_redis(kind: Kind) -> str | None:
    if redis_program.find(with_tls=kind.secured):
        return None
    return f"{kind.name} needs redis-server: sudo apt-get install redis-server"


def _why_not_heavy(kind: Kind) -> str | None:
    oldest, newest = kind.java
    if not javas.find(oldest, newest):
        return f"{kind.name} needs Java {oldest}{' or newer' if newest == ANY_NEWER else ''}: install it, or run `make servers`"
    if not (neo4j.find(kind) if kind.is_neo4j else assembling.find(RECIPES[kind.recipe])):
        return f"{kind.name} is not here yet: run `make servers`"
    return None


def free_port(among: range = PORTS) -> int:
    """A port on which nobody listens now."""
    while True:
        port = secrets.choice(among)  # not by random, which a test may have seeded
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _sweep() -> None:
    """Remove what runs that were killed have left."""
    for folder in places.runs().iterdir():
        owner = folder.name.split("-")[-2]
        if not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
