"""What a stream brought and could not book, since the meter was away: kept in a file, so that a kill makes nothing free."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netwar.connections.appending import append
from netwar.connections.folders import existing, made, opened, own, trouble
from netwar.meter.base import Purpose
from netwar.records.parsing import parsed, written

Booked = tuple[Purpose, Sequence[tuple[str, str]]]
Entry = tuple[int, Sequence[Booked]]  # when it came (ms), and for each purpose the (kind, id)

log = logging.getLogger("netwar.streams")


class Journal:
    """The file of one app, and of one user where several share the folder. A line that a killed process left half is nothing
    that was owed: it stays within the slice."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, at: int, bought: Sequence[Booked]) -> bool:
        """Write an entry down; False where the disk does not take it, which is told."""
        entry = [at, [[purpose.command, purpose.index, list(objects)] for purpose, objects in bought]]
        try:
            made(self._path.parent)
            with os.fdopen(opened(own(self._path), os.O_RDWR | os.O_APPEND, own=True), "rb") as file:
                append(file.fileno(), written(entry) + b"\n", wait=False)
        except OSError as error:
            log.warning("%s cannot be written, what is owed is kept in memory alone: %s", self._path, trouble(error))
            return False
        return True

    def entries(self) -> list[Entry]:
        """What was not booked by an earlier process."""
        try:
            with os.fdopen(existing(own(self._path), own=True), "rb") as file:
                lines = file.read().split(b"\n")
        except OSError:
            return []
        return [entry for line in lines if line and (entry := _read(line))]

    def clear(self) -> None:
        """All of it is booked. What stays, as the disk does not let go of it, is booked once more, which changes nothing."""
        try:
            own(self._path).unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be removed, the next run books it once more: %s", self._path, trouble(error))


def _read(line: bytes) -> Entry | None:
    try:
        said: Any = parsed(line)
        at, bought = said
        return int(at), [
            (Purpose(str(command), str(index)), [(str(kind), str(id)) for kind, id in objects])
            for command, index, objects in bought
        ]
    except (ValueError, TypeError):
        return None
