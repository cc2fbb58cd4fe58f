"""Lines of a stream that nobody can read, kept with what is wrong with them: a line of JSON each."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from netwar.connections.appending import append
from netwar.connections.folders import made, opened, own, trouble
from netwar.records.parsing import written
from netwar.records.text import escaped

MOST = 1 << 30  # bytes; a stream of nothing else is told, and must not fill the disk

log = logging.getLogger("netwar.streams")


class Rejects:
    """The reject file of an app, each user's own where several share the folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, lines: Sequence[tuple[bytes, str]]) -> None:
        """Append lines, each with its reason, and wait for the disk. What the disk does not take is told, and ends nothing."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            made(self.path.parent)
            handle = opened(own(self.path), os.O_RDWR | os.O_APPEND, own=True)
            with os.fdopen(handle, "rb"):
                if os.fstat(handle).st_size > MOST:
                    log.error("%s is full, %d lines are not kept: move it away", self.path, len(lines))
                    return
                append(handle, b"".join(_shown(now, line, reason) for line, reason in lines))
        except OSError as error:
            log.error("%s cannot be written, %d lines are not kept: %s", self.path, len(lines), trouble(error))


def _shown(now: str, line: bytes, reason: str) -> bytes:
    """With nothing in it that a terminal would obey: people look into this file."""
    told = {"time": now, "reason": reason, "line": line.decode("utf-8", "backslashreplace")}
    return f"{escaped(written(told).decode())}\n".encode()
