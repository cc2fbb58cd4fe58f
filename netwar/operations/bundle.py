"""A support archive: what somebody who helps from afar wants to know, and no secret."""

from __future__ import annotations

import io
import os
import platform
import sqlite3
import stat
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

from netwar import __version__
from netwar.connections.below import below
from netwar.connections.folders import opened, trouble
from netwar.errors import ServiceDown
from netwar.records.times import iso

MOST_FILES = 10_000


def written(path: Path, texts: Mapping[str, str], blank: Callable[[str], str]) -> None:
    """Write texts by name into a new tar.gz for its owner alone; each goes through `blank` first. Raises ServiceDown."""
    try:
        handle = opened(path, os.O_WRONLY | os.O_EXCL)
        os.fchmod(handle, 0o600)  # also in a folder that a group shares, such as /tmp
        try:
            _packed(handle, {name: blank(text) for name, text in texts.items()})
        except BaseException:
            path.unlink()
            raise
    except FileExistsError:
        raise ServiceDown(f"{path} is there already: name another file") from None
    except OSError as error:
        raise ServiceDown(f"{path} cannot be written: {trouble(error)}") from error


def _packed(handle: int, texts: Mapping[str, str]) -> None:
    with os.fdopen(handle, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, text in texts.items():
            content = text.encode(errors="replace")
            entry = tarfile.TarInfo(f"netwar-support/{name}")
            entry.size, entry.mtime, entry.mode = len(content), int(time.time()), 0o600
            archive.addfile(entry, io.BytesIO(content))


def versions() -> str:
    """What runs here: this program, Python, SQLite, the system, and every library."""
    found = {f"{one.metadata['Name']}=={one.version}" for one in metadata.distributions()}
    head = [f"netwar {__version__}", f"Python {sys.version}", f"SQLite {sqlite3.sqlite_version}", platform.platform()]
    return "\n".join([*head, *sorted(found, key=str.lower)]) + "\n"


def listing(data: Path) -> str:
    """The files of the data folder: rights, owner, length, time, name."""
    try:
        return "".join(f"{line}\n" for line in _lines(data))
    except OSError as error:
        return f"{trouble(error)}\n"


def _lines(data: Path) -> Iterator[str]:
    for number, path in enumerate(below(data)):
        if number == MOST_FILES:
            yield "…"
            return
        try:
            found = path.lstat()
        except OSError:
            continue
        at = iso(int(found.st_mtime * 1000))
        yield f"{stat.filemode(found.st_mode)} {found.st_uid}:{found.st_gid} {found.st_size:>14,} {at} {path.relative_to(data)}"
