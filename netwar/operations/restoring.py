"""A backup put back, into a data folder that is empty and on servers that have nothing of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from netwar.connections.folders import made, opened, synced, trouble
from netwar.errors import NetwarError, ServiceDown
from netwar.operations.copying import DATA, OWN, is_any, plain_copy
from netwar.operations.manifest import Manifest, Part

BEGUN = ".restoring"
OF = "of-backup"  # in the folder that is being restored: which backup, so that a run that was killed is continued


class Server(Protocol):
    """What a server gets back."""

    def check(self, *, resumed: bool) -> None:
        """Raise NetwarError unless there is room for what comes; `resumed` where an earlier run has put some of it there."""

    def restore(self) -> None:
        """Put back what is not there yet."""


def restored(folder: Path, manifest: Manifest, data: Path, servers: Sequence[Server], settle: Callable[[Path], None]) -> None:
    """Put a backup back: `settle` is handed the new data folder before it takes its place, with what runs had held in it.

    The data folder appears whole, and last of all. Raises NetwarError for a target that is not empty, and for a file that is not
    what the manifest says; ServiceDown.
    """
    try:
        if os.path.lexists(data) and (not data.is_dir() or any(data.iterdir())):
            raise NetwarError(f"{data} is not empty: move it away, or set `data` in the configuration to another folder")
        begun = data.with_name(data.name + BEGUN)
        resumed = _began_with(begun) == _name(manifest)
        for server in servers:
            server.check(resumed=resumed)
        _emptied(begun, manifest)
        for part in manifest.parts:
            if part.name.startswith(f"{DATA}/"):
                _put_back(folder / part.name, begun, part)
        settle(begun)
        for server in servers:
            server.restore()
        _put_in_place(begun, data)
    except OSError as error:
        raise ServiceDown(f"{data} cannot be restored: {trouble(error)}") from error


def _name(manifest: Manifest) -> str:
    return f"{manifest.host} {manifest.began}"


def _began_with(begun: Path) -> str:
    with suppress(OSError):
        return (begun / OF).read_text()
    return ""


def _emptied(begun: Path, manifest: Manifest) -> None:
    """The folder that is to be filled, with nothing in it but whose it is."""
    made(begun)
    with suppress(FileExistsError), os.fdopen(opened(begun / OF, os.O_WRONLY | os.O_EXCL), "w") as file:
        file.write(_name(manifest))
    if _began_with(begun) != _name(manifest):
        raise NetwarError(f"{begun} was begun from another backup: remove it")
    for left in begun.iterdir():
        if left.name != OF:
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def _put_back(source: Path, begun: Path, part: Part) -> None:
    below = Path(part.name).relative_to(DATA)
    target = begun / below
    own = is_any(below.parts[0], OWN)
    made(target.parent, own=own and target.parent != begun)
    with suppress(FileNotFoundError):
        if plain_copy(source, target, own=own) == (part.bytes, part.sha256):
            return
    raise NetwarError(f"{source} is not what was copied: nothing is restored; tw-verify tells what else is damaged")


def _put_in_place(begun: Path, data: Path) -> None:
    for folder in [*(path for path in begun.rglob("*") if path.is_dir()), begun]:
        synced(folder)
    (begun / OF).unlink()
    try:
        os.rename(begun, data)
    except OSError:
        (begun / OF).touch()
        raise
    synced(data.parent)
