"""Documents that the store refused, kept with the reason."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from netwar.connections.appending import append
from netwar.connections.folders import made, opened, own
from netwar.connections.sqlite import translated
from netwar.records.documents import Document
from netwar.records.parsing import written
from netwar.records.text import escaped


@dataclass(frozen=True, slots=True)
class Refused:
    """A document and why it could not be stored."""

    document: Document
    reason: str


def keep(path: Path, refused: Sequence[Refused]) -> None:
    """Append them to the file, JSON lines of time, reason and the document with its index, and wait for the disk.

    In a folder that users share, each has a file of their own beside `path`, with their number at its end.
    Raises ServiceDown when the file cannot be written: what is not kept here would be lost.
    """
    _append(path, b"".join(_line(one) for one in refused))


def keep_answer(path: Path, request: str, content: bytes, reason: str) -> None:
    """Append an answer of X that cannot be read, as it came. Raises ServiceDown as `keep` does."""
    letter = {"time": _now(), "reason": reason, "request": request, "answer": content.decode("utf-8", "backslashreplace")}
    _append(path, _shown(letter))


def _append(path: Path, lines: bytes) -> None:
    with translated(path):
        made(path.parent)
        with os.fdopen(opened(own(path), os.O_RDWR | os.O_APPEND, own=True), "rb") as file:
            append(file.fileno(), lines)


def _line(refused: Refused) -> bytes:
    document = refused.document
    letter = {
        "time": _now(),
        "reason": refused.reason,
        "index": document.index,
        "id": document.id,
        "direct": document.direct,
        "retrieved": document.retrieved,
        "document": document.body,
    }
    return _shown(letter)


def _shown(letter: dict[str, Any]) -> bytes:
    """As a line of JSON with nothing in it that a terminal would obey: people look into this file."""
    return f"{escaped(written(letter).decode())}\n".encode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
