"""What is recorded from X and what from a rehearsal stay apart: each folder and each Redis is used with one address."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from netwar.config.loopback import loopback_address
from netwar.errors import ConfigError, ServiceDown

if TYPE_CHECKING:
    from netwar.config import Settings
    from netwar.connections.redis import Server


LONGEST = 4096  # of an address


def keep_apart(folder: Path, settings: Settings, *, looks: bool = False) -> None:
    """Remember which world a folder belongs to; who only `looks` at one that is new leaves that to the first that records.

    Raises ConfigError if it is another world, ServiceDown if it cannot be told.
    """
    from netwar.connections.folders import existing, trouble
    from netwar.connections.new_files import make

    mark, now = folder / "api", settings.api
    try:
        if not os.path.lexists(mark):
            if looks:
                return
            with suppress(FileExistsError):  # another program made it just now
                make(mark, f"{now}\n".encode())
        with os.fdopen(existing(mark), errors="replace") as file:
            ours = os.fstat(file.fileno()).st_uid in (0, os.geteuid())
            before = file.read(LONGEST).strip() or now  # an older version may have been killed before it wrote it
    except OSError as error:
        raise ServiceDown(f"{mark} cannot be used: {trouble(error)}") from error
    told = before if ours else f"another address (it stands in {mark})"
    check(f"{folder} was recorded from", before, "folder as `data` under [STREAM] there", settings, told)


def keep_redis_apart(server: Server, settings: Settings) -> None:
    """Raise ConfigError if it is known of which world a Redis is, and that is another one."""
    used = f"database {server.address.db} of Redis at {server.address} is used with"
    if (before := server.get("tw:api")) is not None:
        check(used, text(before), "database as `redisdb`, or in `redisurl`", settings)


def check(used: str, before: str, remedy: str, settings: Settings, told: str = "") -> None:
    """Raise ConfigError if what was used with the address `before` is not for the one that the configuration asks.

    `told` is shown in place of an address that another user wrote.
    """
    if loopback_address(before) != loopback_address(settings.api):
        raise ConfigError(f"{used} {told or before}, and {settings.path} asks {settings.api}: write another {remedy}")


def text(answer: object) -> str:
    """What a server has given as an address: whoever has its port may have given anything."""
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
