"""A backup, taken while everything goes on: a folder that appears whole or not at all."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from netwar import __version__
from netwar.config.trusted import user_name
from netwar.connections.folders import FULL_DISK, opened, trouble
from netwar.connections.reaching import Planted
from netwar.connections.runs import HOST, exclusive
from netwar.connections.sqlite_beside import GONE, PUT_BACK
from netwar.errors import ConfigError, NetwarError, ServiceDown
from netwar.operations.begun import OTHERS, Begun, begun, check_private, keeps_owners
from netwar.operations.begun import SUFFIX as BEGUN
from netwar.operations.copying import AFTER, ARCHIVE, BEFORE, closed, copied, files, former, holes, left_alone
from netwar.operations.manifest import MANIFEST, Manifest, Part, hashed
from netwar.records.text import amount

PREFIX = "netwar-"
STAMP = "last-backup"  # in the data folder: where the last one is, and when it ended
OLDER = "which is an older state"
DAY = timedelta(days=1)  # by so much the clock of who made a backup may be ahead
SPARE = 64 << 20  # bytes of a disk that stay free

log = logging.getLogger("netwar.backup")


class Server(Protocol):
    """What is kept by a server, and goes into a backup with the files."""

    left_out: tuple[str, ...]

    def before(self, folder: Path, name: str) -> None:
        """What must be older than the archive."""

    def archive(self, folder: Path, name: str) -> None:
        """What takes the place of the archive's files."""

    def after(self, folder: Path, name: str) -> None:
        """What must not be older than the archive."""

    def told(self) -> dict[str, Any]:
        """What the manifest says of it."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is backed up: the data folder, of what address at X, what servers keep, and who writes the configuration down,
    which is `secret` if it has keys and passwords. `left_out` is what is wished not to be in the backup."""

    data: Path
    api: str
    servers: tuple[Server, ...] = ()
    configure: Callable[[Path], None] | None = None
    secret: bool = False
    left_out: tuple[str, ...] = ()


def taken(source: Source, place: Path, keep: int | None = None) -> tuple[Path, Manifest, int]:
    """Take a backup into a new folder in `place`; of this user's only the newest are kept, `keep` in all. The folder, what is in
    it, and how many were removed.

    Raises ServiceDown where a file is damaged, or the disk of `place` full or away; nothing is left behind but by a kill, and
    that is cleared away next time. Raises Busy while another run backs up into the same place, ConfigError for a place in `data`,
    and for one where others could take what is secret.
    """
    if place.resolve().is_relative_to(source.data.resolve()):
        raise ConfigError(f"{place} is inside of {source.data}: name a folder on another disk")
    try:
        alone = exclusive(place, ".tw-backup", f"another tw-backup is writing into {place}: one at a time")
        try:
            if source.secret:
                check_private(place)
            return _taken(source, place, keep)
        finally:
            os.close(alone)
    except OSError as error:
        raise ServiceDown(f"no backup was made in {place}: {_why(error)}") from error


def complete(place: Path) -> list[Path]:
    """The backups in a folder that this user may look into, the oldest first."""
    return sorted(path for path in place.glob(f"{PREFIX}*") if path.suffix != BEGUN and _has_manifest(path))


def newest(place: Path) -> Path:
    """A backup that `place` is, or the newest in it of those that can be trusted unnamed. Raises NetwarError."""
    if _has_manifest(place):
        return place
    found = _looked_for(place)
    if not found:
        raise NetwarError(f"there is no backup in {place}: name the folder that tw-backup was given, or one in it")
    others, told = _is_of_many(place), set()
    for path in reversed(found):
        why = _doubtful(path, others=others)
        if not why:
            return path
        if why not in told:
            log.warning("%s %s and was passed over: name it to use it", path, why)
        told.add(why)
    raise NetwarError(f"there is no backup in {place} that can be taken for yours: name the one in it that is meant")


def _looked_for(place: Path) -> list[Path]:
    """The backups in what may be no folder. Raises NetwarError where this user may not look."""
    try:
        os.listdir(place)  # glob finds nothing then
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        told = "run this as whoever may, or name another folder"
        raise NetwarError(f"{place} cannot be looked into: {error.strerror or error}; {told}") from error
    return complete(place)


def _is_of_many(place: Path) -> bool:
    """May others than its owner put a backup there, and does it show who did?"""
    if not place.stat().st_mode & OTHERS:
        return False
    try:
        return keeps_owners(place)
    except OSError:  # whoever only looks may not write there
        return True


def _doubtful(path: Path, *, others: bool) -> str:
    """Why somebody may have made a backup, or named it, for it to be taken; "" if nobody but this user and root can have."""
    if others and (owner := path.lstat().st_uid) not in (0, os.geteuid()):
        return f"is of {user_name(owner)}"
    if path.name > f"{_named(datetime.now(UTC) + DAY)}~":
        return "is named by a time that is still to come"
    return ""


def _has_manifest(folder: Path) -> bool:
    with suppress(PermissionError):
        return (folder / MANIFEST).is_file()
    return False


def _taken(source: Source, place: Path, keep: int | None) -> tuple[Path, Manifest, int]:
    for left in place.glob(f"{PREFIX}*{BEGUN}"):  # of runs that were killed
        if left.is_dir() and not left.is_symlink() and _is_ours(left):
            shutil.rmtree(left)
    _check_room(source.data, place)
    name = _free_name(place)
    with begun(place / name) as folder:
        manifest = _filled(source, folder, name)
        manifest.write(folder.path)
        folder.put(place / name)
    try:
        _stamp(source.data, place / name, manifest)
    except OSError as error:
        log.warning("%s is whole, but that cannot be noted for tw-doctor: %s", place / name, trouble(error))
    return place / name, manifest, _thinned(place, place / name, keep)


def _filled(source: Source, begun: Begun, name: str) -> Manifest:
    began, folder = _now(), begun.path
    for server in source.servers:
        server.before(folder, name)
    parts = [*_group(source.data, folder, BEFORE)]
    for server in source.servers:
        server.archive(folder, name)
    parts += [*_group(source.data, folder, ARCHIVE), *_group(source.data, folder, AFTER)]
    for server in source.servers:
        server.after(folder, name)
    begun.check(folder)
    if source.configure:
        source.configure(begun.held)
    known = {part.name for part in parts}
    more = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    parts += [Part(other, *hashed(folder / other)) for other in more if other not in known]
    told: dict[str, Any] = {}
    for server in source.servers:
        told |= server.told()
    left = [f"{path.name}, {OLDER}" for path in former(source.data)]
    left += [f"{path}, which is a hole of {amount(path.lstat().st_size)}: see who made it" for path in holes(source.data)]
    left += [f"{path}, which {GONE}: {PUT_BACK}" for path in left_alone(source.data)]
    left += [f"what is in {path}, which this user may not look into" for path in closed(source.data)]
    left += [*source.left_out, *(said for server in source.servers for said in server.left_out)]
    return Manifest(HOST, source.api, __version__, began, _now(), tuple(parts), left_out=tuple(left), **told)


def _group(data: Path, folder: Path, patterns: tuple[str, ...]) -> Iterator[Part]:
    for path in files(data, patterns):
        if part := copied(path, data, folder):
            log.debug("%s: %d bytes", part.name, part.bytes)
            yield part


def _why(error: OSError) -> str:
    """What is wrong, of the place and not of the data folder, and what to do about it."""
    if isinstance(error, Planted) and os.path.isabs(error.filename or ""):
        return f"{trouble(error)} (it is in {os.path.dirname(error.filename)})"
    if isinstance(error, Planted) or error.errno in FULL_DISK:
        return trouble(error)
    return f"{error.strerror or error} ({error.filename or 'while it was written'}): name a folder that you may write to"


def _check_room(data: Path, place: Path) -> None:
    needed, free = {}, shutil.disk_usage(place).free
    for path in files(data, BEFORE + ARCHIVE + AFTER):
        with suppress(FileNotFoundError):
            needed[path] = path.lstat().st_size
    total = sum(needed.values())
    if total + SPARE > free:
        largest = max(needed, key=needed.__getitem__, default=None)
        alone = f" (of that {amount(needed[largest])} for {largest})" if largest else ""
        asked = f"a backup needs {amount(total)}{alone} and {amount(SPARE)} to spare"
        raise ServiceDown(
            f"{asked}, and the disk of {place} has {amount(free)} left: make room, or name a folder on another disk"
        )


def _free_name(place: Path) -> str:
    """By the time; two within a second are told apart."""
    name = _named(datetime.now(UTC))
    return next(one for one in (name, *(f"{name}-{number}" for number in range(2, 1000))) if not (place / one).exists())


def _named(moment: datetime) -> str:
    return f"{PREFIX}{moment:%Y%m%dT%H%M%SZ}".lower()


def _stamp(data: Path, folder: Path, manifest: Manifest) -> None:
    """Note the backup for tw-doctor, by a new file in the old one's place."""
    new = data / f"{STAMP}{BEGUN}"
    new.unlink(missing_ok=True)
    with os.fdopen(opened(new, os.O_WRONLY | os.O_EXCL), "w") as file:
        json.dump({"folder": str(folder.absolute()), "ended": manifest.ended}, file)
    new.rename(data / STAMP)


def _thinned(place: Path, new: Path, keep: int | None) -> int:
    """Remove the oldest of this user's, as only they may do that, each in one step: half a backup never looks like one. The new
    one stays, whatever the clock was."""
    others = [path for path in complete(place) if path != new and not path.is_symlink() and _is_ours(path)]
    for path in others:
        if path.name > f"{new.name}~":
            log.warning("%s is named by a time that is still to come: rename it, or it is taken for the newest", path)
    old = others[: max(len(others) + 1 - keep, 0)] if keep else []
    for path in old:
        left = path.with_name(f"{path.name}{BEGUN}")
        path.rename(left)
        shutil.rmtree(left)
    return len(old)


def _is_ours(folder: Path) -> bool:
    return os.geteuid() in (0, folder.stat().st_uid) or not keeps_owners(folder.parent)


def _now() -> int:
    return round(datetime.now(UTC).timestamp() * 1000)
