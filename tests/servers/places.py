"""Where the servers' files are: under build/servers of the checkout."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def home() -> Path:
    """The folder that holds what was fetched and what runs.

    The servers of root run as `nobody`, who cannot get into a checkout below a private folder (such as /root); they live
    in /var/tmp then.
    """
    folder = _made(ROOT / "build") / "servers"
    if not reachable(folder.parent):
        folder = Path("/var/tmp") / f"netwar-servers-{hashlib.sha256(bytes(ROOT)).hexdigest()[:12]}"
    _made(folder)
    if folder.stat().st_uid != os.geteuid():
        owner = pwd.getpwuid(folder.stat().st_uid).pw_name
        raise PermissionError(f"{folder} belongs to {owner}: run as {owner}, or remove it")
    return folder


def assembled() -> Path:
    return _folder("assembled")


def javas() -> Path:
    return _folder("java")


def runs() -> Path:
    return _folder("runs")


def locks() -> Path:
    return _folder("locks")


def reachable(path: Path) -> bool:
    """Whether the servers can get at a path: everybody can, if they are not ours."""
    return os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Alone in this checkout while the block lasts; freed by the kernel if the process dies."""
    with open(locks() / name, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _folder(name: str) -> Path:
    return _made(home() / name)


def _made(folder: Path) -> Path:
    """A folder that others may look into, whatever the umask is."""
    if not folder.exists():
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    return folder
