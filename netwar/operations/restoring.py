"""A backup put back, into a data folder that is empty and on servers that have nothing of it."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from netwar.config.trusted import user_name
from netwar.connections.appending import append
from netwar.connections.folders import LOOK, entered, existing, made, opened, restoring, synced, trouble
from netwar.errors import Busy, ConfigError, NetwarError, ServiceDown
from netwar.operations.begun import keeps_owners
from netwar.operations.copying import DATA, OF, OWN, is_any, plain_copy
from netwar.operations.manifest import Manifest, Part, kept_by
from netwar.records.text import plural

LONGEST = 4096  # of what says which backup it is
NUMBERED = re.compile(r"(?:spool|dead-letters|journal|rejected)\.([0-9]{1,9})")  # by whose it is, where several share the folder
COMMON = "spool"  # in such a folder it is whoever's run comes first that writes what waits there
OF_REDIS = ("entries", "members", "rounds", "captures", "charges", "reservations")  # tables in whose place Redis is used
OF_ELASTIC = ("tweet", "profile", "ledger")  # and Elasticsearch


class Server(Protocol):
    """What a server gets back."""

    def check(self, *, resumed: bool) -> None:
        """Raise NetwarError unless there is room for what comes; `resumed` where an earlier run has put some of it there."""

    def restore(self) -> None:
        """Put back what is not there yet."""


def check_fit(folder: Path, manifest: Manifest, config: Path, *, redis: bool, elastic: bool) -> None:
    """Raise ConfigError where something in the backup would not be where programs look that use a `config` which names these.

    They would begin with an empty queue, a whole budget, or an archive in which nothing is, and not say so.
    """
    if manifest.keys is not None and not redis:
        raise ConfigError(
            f"{folder} has {plural(manifest.keys, 'key')} of Redis, and {config} names none: name one under [STREAM] "
            "(redishost) that has nothing of the recorder; afterwards what waits can go on in files (docs/redis.md)"
        )
    if manifest.snapshots and not elastic:
        raise ConfigError(
            f"{folder} has {plural(len(manifest.snapshots), 'snapshot')} of Elasticsearch, and {config} names none: name it "
            "under [STREAM] (elksg); afterwards  tw-copy CONFIG:INDEX files:INDEX  brings it into files"
        )
    if redis and manifest.keys is None and _has_rows(manifest, OF_REDIS, "Redis"):
        raise ConfigError(
            f"{folder} has its queues, captures or money in files, and {config} names Redis, where nobody would find them: "
            "restore it with a configuration that names none; afterwards what waits can go on in Redis (docs/redis.md)"
        )
    if elastic and not manifest.snapshots and _has_rows(manifest, OF_ELASTIC, "Elasticsearch"):
        raise ConfigError(
            f"{folder} has its archive in files, and {config} names Elasticsearch, where nobody would find it: restore it with a "
            "configuration that names none; afterwards  tw-copy files:INDEX INDEX  brings it there"
        )


def _has_rows(manifest: Manifest, tables: Sequence[str], server: str) -> bool:
    """Not where the server was in use, and its part was left out: then what is in files is from before."""
    return kept_by(server) not in manifest.left_out and any(map(manifest.rows, tables))


def restored(folder: Path, manifest: Manifest, data: Path, servers: Sequence[Server], settle: Callable[[Path], None]) -> None:
    """Put a backup back: `settle` is handed the new data folder before it takes its place, with what runs had held in it.

    The data folder appears whole, and last of all. Raises NetwarError for a target that is not empty, and for a file that is not
    what the manifest says; ServiceDown.
    """
    try:
        _check_empty(data)
        begun = restoring(data)
        resumed = _began_with(begun) == _name(manifest)
        for server in servers:
            server.check(resumed=resumed)
        alone = _emptied(begun, manifest)
        try:
            for part in manifest.parts:
                if part.name.startswith(f"{DATA}/"):
                    _put_back(folder / part.name, begun, part)
            settle(begun)
            for server in servers:
                server.restore()
            _give_back(begun)
            _put_in_place(begun, data)
        finally:
            os.close(alone)
    except OSError as error:
        raise ServiceDown(f"{data} cannot be restored: {trouble(error)}") from error


def _check_empty(data: Path) -> None:
    if os.path.lexists(data) and (not data.is_dir() or any(data.iterdir())):
        raise NetwarError(f"{data} is not empty: move it away, or set `data` in the configuration to another folder")
    if os.path.ismount(os.path.realpath(data)):
        told = f"{data} is where a disk is mounted, and no folder can take its place"
        raise NetwarError(f"{told}: set `data` in the configuration to a folder in it, such as {data}/netwar")


def _name(manifest: Manifest) -> str:
    return f"{manifest.host} {manifest.began}"


def _began_with(begun: Path) -> str:
    with suppress(OSError), os.fdopen(existing(begun / OF), errors="replace") as file:
        return file.read(LONGEST)
    return ""


def _emptied(begun: Path, manifest: Manifest) -> int:
    """The folder that is to be filled, with nothing in it but whose it is; a lock on that.

    Whoever may write around it can put another folder in its place: so it is emptied by a handle, and only where this user began.
    """
    made(begun)
    with entered(begun) as at:
        handle = opened(Path(f"/proc/self/fd/{at}") / OF, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            told = os.read(handle, LONGEST)
            if told and told.decode(errors="replace") != _name(manifest):
                raise NetwarError(f"{begun} was begun from another backup: remove it")
            _empty(at, handle, begun, is_new=not told)
            if not told:
                append(handle, _name(manifest).encode())
        except BaseException as error:
            os.close(handle)
            if isinstance(error, BlockingIOError):
                raise Busy(f"another tw-restore fills {begun}: one at a time") from None
            raise
        return handle


def _empty(at: int, mark: int, begun: Path, *, is_new: bool) -> None:
    """Remove what an earlier run has put into an open folder. Raises NetwarError for what it has not."""
    inside = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=at)
    try:
        left = [name for name in os.listdir(inside) if name != OF]
        others = {os.fstat(one).st_uid for one in (at, mark)} - {os.geteuid()}
        if others and keeps_owners(begun.parent):
            raise NetwarError(f"{begun} is of {user_name(others.pop())}: see why they made it, and remove it")
        if left and is_new:
            raise NetwarError(f"{begun} holds what no tw-restore has put there: see whose it is, and move it away")
        for name in left:
            is_folder = stat.S_ISDIR(os.stat(name, dir_fd=inside, follow_symlinks=False).st_mode)
            shutil.rmtree(name, dir_fd=inside) if is_folder else os.unlink(name, dir_fd=inside)
    finally:
        os.close(inside)


def _put_back(source: Path, begun: Path, part: Part) -> None:
    below = Path(part.name).relative_to(DATA)
    target = begun / below
    own = is_any(below.parts[0], OWN) and below.parts[0] != COMMON
    made(target.parent, own=own and target.parent != begun)
    with suppress(FileNotFoundError):
        if plain_copy(source, target, own=own) == (part.bytes, part.sha256):
            return
    raise NetwarError(
        f"{source} is not what was copied: nothing is restored; remove {begun}, and restore a backup that tw-verify calls whole"
    )


def _give_back(begun: Path) -> None:
    """Let each user have what bears their number, where root restores it: to others it would be somebody else's, whom nobody may
    replace, and each of their runs would end. By handles: the group may write to the folder."""
    if os.geteuid():
        return
    for top, folders, names, place in os.fwalk(begun):
        inside = Path(top).relative_to(begun).parts
        for name in (*names, *folders):
            owners = [found[1] for one in (*inside, name) if (found := NUMBERED.fullmatch(one))]
            if owners:
                _give(name, place, int(owners[0]))


def _give(name: str, place: int, owner: int) -> None:
    handle = os.open(name, os.O_RDONLY | LOOK, dir_fd=place)
    try:
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1):
            with suppress(PermissionError):  # CIFS and FAT keep no owners
                os.fchown(handle, owner, -1)
    finally:
        os.close(handle)


def _put_in_place(begun: Path, data: Path) -> None:
    for folder in [*(path for path in begun.rglob("*") if path.is_dir()), begun]:
        synced(folder)
    place = Path(os.path.realpath(data))
    try:
        os.rename(begun, place)  # with OF in it: whoever is killed here or fails continues
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        raise NetwarError(f"a program has put something into {data} meanwhile: move it away, and run the same again") from error
    (place / OF).unlink()
    synced(place)
    synced(place.parent)
