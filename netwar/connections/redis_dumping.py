"""The recorder's keys of a Redis, written down and put back, in Redis's own form."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netwar.connections.redis import Server

SCRIPT = Path(__file__).with_name("redis_dumping.lua")
OF_NOW = (b"tw:answer:", b"tw:board")  # answers of steps, for three minutes; which runs there are
SCANNED = 1_000
API = b"tw:api"  # whoever connects has it written

Value = tuple[bytes, int, bytes]  # key, milliseconds to live (0: for ever), as DUMP has it


def ours(server: Server) -> list[bytes]:
    """The keys of the recorder: its own, and the sets of those who wait on its queues. Raises ServiceDown, ConfigError."""
    return ours_of({bytes(key) for key in server.scan_iter(count=SCANNED)})


def ours_of(keys: Collection[bytes]) -> list[bytes]:
    """Those of some keys that are the recorder's."""
    queues = {key.split(b":")[1] for key in keys if key.startswith(b"tw:")}
    return sorted(key for key in keys if (key.startswith(b"tw:") or key in queues) and not key.startswith(OF_NOW))


def dumped(server: Server, wanted: Callable[[bytes], bool]) -> Iterator[Value]:
    """The values of those of the recorder's keys that are wanted, all of one moment. Raises ServiceDown, ConfigError.

    Which keys there are is of the same moment: the first claim on a queue takes a user out of one key, and makes others.
    """
    script = server.register_script(SCRIPT.read_text())
    asked: list[bytes] = []
    there, found = script(keys=asked)
    while missed := {key for key in ours_of(set(there)) if wanted(key)}.difference(asked):
        asked += sorted(missed)
        there, found = script(keys=asked)
    for key, (dump, ttl) in zip(asked, found, strict=True):
        if dump is not None:
            yield key, max(ttl, 0), dump


def restore(server: Server, value: Value) -> None:
    """Put a value back under a key that is not there. Raises ConfigError where we may not: the shipped rights lack it."""
    key, ttl, dump = value
    if key != API or not server.exists(key):
        server.restore(key, ttl, dump)
