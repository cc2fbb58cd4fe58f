"""What Redis keeps for the recorder, as part of a backup: queues before the archive, captures and money after it."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netwar.connections.folders import existing, opened
from netwar.connections.redis_dumping import API, Value, dumped, ours, ours_of, restore
from netwar.errors import ConfigError, NetwarError
from netwar.operations.manifest import Manifest, hashed
from netwar.records.parsing import parsed, written

if TYPE_CHECKING:
    from netwar.connections.redis import Server

LATER = (b"tw:money:", b"tw:stream:", b"tw:window:", b"tw:windows:", b"tw:apps")
QUEUES, METER = "redis-queues.jsonl", "redis-meter.jsonl"  # a line each: key, milliseconds to live, DUMP, the two in base64


class Keys:
    """The keys of one Redis; `left_out` and `warnings` are what the operator should know. `settle` is called when all is back."""

    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __init__(
        self,
        server: Server,
        folder: Path = Path(),
        manifest: Manifest | None = None,
        settle: Callable[[Server], None] = lambda _: None,
    ) -> None:
        self._server, self._folder, self._manifest, self._settle = server, folder, manifest, settle
        self._count = 0
        self._names = (QUEUES, METER) if manifest and manifest.keys is not None else ()  # of what comes back

    def before(self, folder: Path, name: str) -> None:
        """Queues and rosters."""
        self._write(folder / QUEUES, lambda key: not key.startswith(LATER))

    def archive(self, folder: Path, name: str) -> None:
        """Nothing."""

    def after(self, folder: Path, name: str) -> None:
        """Captures, windows, money."""
        self._write(folder / METER, lambda key: key.startswith(LATER))

    def told(self) -> dict[str, Any]:
        """How many keys there are."""
        return {"keys": self._count}

    def check(self, *, resumed: bool) -> None:
        """Raise NetwarError for a Redis that has the recorder's keys already, and for a file that is damaged."""
        parts = {part.name: part for part in self._manifest.parts} if self._manifest else {}
        for name in self._names:
            if name not in parts or hashed(self._folder / name) != (parts[name].bytes, parts[name].sha256):
                raise NetwarError(f"{self._folder / name} is not what was copied: restore another backup")
        self._check_keys()
        there = [key for key in ours(self._server) if key != API]
        if self._names and there and not resumed:
            raise NetwarError(
                f"Redis at {self._server.address} has {len(there):,} keys of the recorder already, such as {there[0].decode()}: "
                "remove them, or name another database (redisdb)"
            )

    def _check_keys(self) -> None:
        """What an administrator restores must not put keys of other programs into Redis, whoever could write to the backup."""
        try:
            keys = {key for key, _, _ in self._values()}
        except (ValueError, TypeError) as error:
            raise NetwarError(f"{self._folder} has keys of Redis that cannot be read: restore another backup") from error
        if strange := keys.difference(ours_of(keys)):
            raise NetwarError(f"{self._folder} has the key {min(strange)!r}, which is not the recorder's: restore another backup")

    def restore(self) -> None:
        """Put back every key that is not there."""
        there = set(ours(self._server))
        try:
            for value in self._values():
                if value[0] not in there:
                    restore(self._server, value)
        except ConfigError as error:
            user = self._server.address.user or "default"
            raise ConfigError(f"{error}; to restore, an administrator says  ACL SETUSER {user} +restore  for the time") from error
        self._settle(self._server)

    def _write(self, path: Path, wanted: Callable[[bytes], bool]) -> None:
        with os.fdopen(opened(path, os.O_WRONLY | os.O_EXCL, own=True), "wb") as file:
            for key, ttl, dump in dumped(self._server, wanted):
                file.write(written([b64encode(key).decode(), ttl, b64encode(dump).decode()]) + b"\n")
                self._count += 1
            file.flush()
            os.fsync(file.fileno())

    def _values(self) -> Iterator[Value]:
        for name in self._names:
            with os.fdopen(existing(self._folder / name), "rb") as file:
                for line in file:
                    key, ttl, dump = parsed(line)
                    yield b64decode(key), ttl, b64decode(dump)
