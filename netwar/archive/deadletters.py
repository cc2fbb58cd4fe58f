"""Documents that the store refused, kept with the reason."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from netwar.connections.folders import made, opened
from netwar.connections.sqlite import translated
from netwar.records.documents import Document
from netwar.records.lines import escaped


@dataclass(frozen=True, slots=True)
class Refused:
    """A document and why it could not be stored."""

    document: Document
    reason: str


def keep(path: Path, refused: Sequence[Refused]) -> None:
    """Append them to the file, JSON lines of time, reason and the document with its index, and wait for the disk.

    Raises ServiceDown when the file cannot be written: what is not kept here would be lost.
    """
    lines = b"".join(_line(one) for one in refused)
    with translated(path):
        made(path.parent)
        handle = opened(path, os.O_WRONLY | os.O_APPEND)
        with os.fdopen(handle, "ab", buffering=0) as file:
            file.write(lines)
            os.fsync(handle)


def _line(refused: Refused) -> bytes:
    document = refused.document
    letter = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "reason": refused.reason,
        "index": document.index,
        "id": document.id,
        "direct": document.direct,
        "retrieved": document.retrieved,
        "document": document.body,
    }
    try:
        line = orjson.dumps(letter)
    except TypeError:
        # Not JSON: that is why it was refused. What Python shows of it is better than nothing.
        line = orjson.dumps({key: repr(value) for key, value in letter.items()})
    return f"{escaped(line.decode())}\n".encode()  # people look into this file
