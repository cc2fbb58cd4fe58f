"""Folders and files that a group may share, and what to say of one that cannot be used.

Whoever may write to a folder can put anything in a file's place: a link into somebody's home, a pipe that nobody reads, a
second name of another file. So what is opened there is a regular file with one name, or it is not opened.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock

from netwar.connections.reaching import ENTER, Planted, planted, reach

FULL = "the disk is full; make room and run again, nothing acknowledged is lost"

TOO_MANY = (errno.EMFILE, errno.ENFILE)  # open files
MORE_FILES = "raise `ulimit -n` (LimitNOFILE= of systemd), and run again"

FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the last: a file may not be larger
MIN_ROOM = 1 << 20  # bytes; what a store may need at once to work at all
TRIES = 100
LOCK_SECONDS = 10

LOOK = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY  # neither led astray nor kept waiting
NEW = LOOK | os.O_CREAT | os.O_EXCL

_masking = RLock()  # the umask is the whole process's


def made(folder: Path, *, own: bool = False) -> Path:
    """Make a folder, and what is missing above it: for its owner alone, or for the group whose folder it is in.

    That is how Unix users share work; their umask must not keep them from it. `own` is one that the group may look into
    and only this user may write to. Raises OSError, Planted where somebody else's folder or link is in its place.
    """
    if not own and folder.is_dir() and not folder.is_symlink():
        return folder
    if not folder.parent.exists():
        made(folder.parent)
    with entered(folder.parent) as parent:
        shared = _shared(parent)
        mode = 0o700 if not shared else 0o750 if own else 0o770
        try:
            with unmasked():
                os.mkdir(folder.name, mode, dir_fd=parent)
        except FileExistsError:
            if not folder.is_dir():
                if own:
                    raise planted(folder, "no folder") from None
                raise
            with entered(folder) as handle:
                if own:
                    _check_own(os.fstat(handle), folder)
            return folder
        handle = os.open(folder.name, os.O_RDONLY | os.O_DIRECTORY | LOOK, dir_fd=parent)
        try:
            if shared and os.fstat(handle).st_uid == os.geteuid():
                with suppress(PermissionError):  # FAT has no such bits
                    os.fchmod(handle, 0o2000 | mode)
        finally:
            os.close(handle)
    return folder


def may_write(path: Path) -> bool:
    """May this process write to what is there? Not to what lies on a disk that is read-only, whoever it is."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def is_gone(path: str | Path) -> bool:
    """Whether there is nothing there. What cannot be seen, as in a folder that one may not enter, may be there: of that
    `Path.exists` says no on newer Pythons, and raises on older ones."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        pass
    return False


def restoring(folder: Path) -> Path:
    """Where tw-restore makes a data folder, beside the place that it takes at last; of a link, beside what that leads to."""
    whole = Path(os.path.realpath(folder))
    return whole.with_name(f"{whole.name}.restoring")


def opened(path: Path, flags: int, *, own: bool = False) -> int:
    """Open a file, making it if need be: for its owner alone, or for the group whose folder it is in.

    `own` is a file that the group may read and only this user may write. Raises OSError, Planted for what is no file of ours.
    """
    with entered(path.parent) as folder:
        for _ in range(TRIES):  # others may make it and remove it meanwhile
            try:
                with unmasked():
                    return os.open(path.name, flags | NEW, mode_of_new(folder, own), dir_fd=folder)
            except FileExistsError:
                if flags & os.O_EXCL:
                    raise
            try:
                return _existing(folder, path, flags, own)
            except FileNotFoundError:
                continue
    raise FileNotFoundError(errno.ENOENT, "it is removed again and again", str(path))


def existing(path: Path, flags: int = os.O_RDONLY, *, own: bool = False) -> int:
    """Open a file that is there. Raises FileNotFoundError, OSError, and Planted for what is no file of ours."""
    with entered(path.parent) as folder:
        return _existing(folder, path, flags, own)


def own(path: Path) -> Path:
    """Where this user keeps what is each user's own: at `path` in a folder that is theirs alone, else under their number."""
    try:
        folder = path.parent.stat()
    except FileNotFoundError:
        return path
    alone = folder.st_uid == os.geteuid() and not folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return path if alone else path.with_name(f"{path.name}.{os.geteuid()}")


@contextmanager
def unmasked() -> Iterator[None]:
    """What is made meanwhile has at once the mode that it is made with, and is nothing to others than the group.

    With the mode set afterwards, another user of the group who opens it in between is refused, or may only read it.
    """
    with _masking:
        before = os.umask(0o007)
        try:
            yield
        finally:
            os.umask(before)


def umask() -> int:
    """What this process takes away from the mode of a new file."""
    with _masking:
        mask = os.umask(0o077)
        os.umask(mask)
        return mask


def lock(handle: int, seconds: float = LOCK_SECONDS) -> None:
    """Lock a file that others may lock, too. Raises BlockingIOError for one that is held longer than that: it may be for ever."""
    until = time.monotonic() + seconds
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise BlockingIOError(errno.EWOULDBLOCK, f"another program has held it locked for {seconds:g} s") from None
        time.sleep(0.01)


def synced(folder: Path) -> None:
    """Wait until what a folder holds is on the disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def entered(folder: Path) -> Iterator[int]:
    """A handle on a folder. A link to one counts where root, this user, or whoever owns the folder that it lies in made it; the
    last not below a folder in which others could put one of their own in its place."""
    try:
        handle = reach(os.fspath(folder), ENTER, sticky=True)
    except OSError as error:
        error.filename = os.fspath(folder)
        raise
    try:
        yield handle
    finally:
        os.close(handle)


def _existing(folder: int, path: Path, flags: int, own: bool) -> int:
    try:
        handle = os.open(path.name, flags | LOOK, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise planted(path, "a link") from None
        if error.errno == errno.ENXIO:
            raise planted(path, "no regular file") from None
        raise
    try:
        _check(os.fstat(handle), path, own)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _check(found: os.stat_result, path: Path, own: bool) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise planted(path, "no regular file")
    if found.st_nlink > 1:
        raise planted(path, "a file that has a second name elsewhere")
    if found.st_nlink == 0:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if own:
        _check_own(found, path)


def _check_own(found: os.stat_result, path: Path) -> None:
    if found.st_uid != os.geteuid():
        raise planted(path, "somebody else's")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise planted(path, "open to what others write")


def mode_of_new(folder: int, own: bool = False) -> int:
    """The mode of a new file in a folder that is open: its owner's alone, unless others may use the folder."""
    if _shared(folder):
        return 0o640 if own else 0o660
    found = os.fstat(folder)
    looked_into = found.st_mode & stat.S_ISGID and found.st_mode & stat.S_IRGRP and found.st_uid == os.geteuid()
    return 0o640 if own and looked_into else 0o600


def _shared(folder: int) -> bool:
    return bool(os.fstat(folder).st_mode & stat.S_IWGRP)


def is_full(folder: Path) -> bool:
    """Is there hardly any room left on the disk of a folder?"""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < MIN_ROOM or (disk.f_files > 0 and not disk.f_favail)


def trouble(error: OSError) -> str:
    """What is wrong, and what to do about it: the end of a sentence."""
    if error.errno in FULL_DISK:
        return FULL
    if error.errno in TOO_MANY:
        return f"{error.strerror}: {MORE_FILES}"
    if isinstance(error, Planted | BlockingIOError):
        return str(error.strerror)
    return f"{error.strerror or error} (set `data` in the configuration to a folder that you may write)"


def _begin_anew() -> None:
    """In a forked child: the thread that had changed the umask is not there to change it back."""
    global _masking
    _masking = RLock()


os.register_at_fork(after_in_child=_begin_anew)
