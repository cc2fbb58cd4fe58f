"""Files and folders reached step by step, where others may write to what is on the way.

Whoever may write to a folder can put a link in the place of anything there. So in such a folder a link counts if root, this user
or the folder's owner made it; and of a file with a second name nobody knows who gave it that. Below such a folder they may have
put a folder of their own in the place of another one, so no owner counts there but root and this user.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

ENTER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
LINKS = 40  # as many as Linux follows
NO_FOLDER = (errno.ELOOP, errno.ENOTDIR)  # a link, or a file
LOOK_AT = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


class Planted(PermissionError):
    """Something stands in a file's place that this program did not put there."""


def planted(path: Path, what: str) -> Planted:
    """The error about what stands in a file's place."""
    return Planted(errno.EPERM, f"{path.name} is {what}: see who put it there, and move it away", str(path))


def reach(path: str, flags: int, *, sticky: bool = False) -> int:
    """A handle on what is there. The folders are gone through one by one, each by its handle: none is exchanged meanwhile.

    Where a folder is `sticky` others can move none of ours away; unless that is enough, they may have made one that was missing.
    Raises OSError, and Planted for what somebody else may have put there.
    """
    left, links = _names(path), 0
    at = os.open("/" if path.startswith("/") else ".", ENTER)
    try:
        below = not path.startswith("/") and _is_below_shared(at, sticky)
        while True:
            name = left.pop()
            try:
                reached = _step(at, name, ENTER if left else flags)
            except OSError as error:
                if error.errno not in NO_FOLDER or links == LINKS or (target := _target(at, name, below)) is None:
                    raise
                links += 1
                left += _names(target)
                reached = os.open("/" if target.startswith("/") else ".", ENTER, dir_fd=at)
                below = below and not target.startswith("/")
            else:
                if not left:
                    return _with_one_name(reached, at, name, below)
                below = below or _is_exchanged(os.fstat(at), sticky)
            at, before = reached, at
            os.close(before)
    finally:
        os.close(at)


def is_open_to_others(folder: Path) -> bool:
    """May others than root and this user write to a folder, or put one of their own in its place?"""
    at = Path(os.path.realpath(folder))
    return _is_written_by_others(at.stat(), below=True) or any(_is_exchanged(above.stat(), sticky=True) for above in at.parents)


def _names(path: str) -> list[str]:
    """The names on a way, the last one first."""
    return [name for name in reversed(path.split("/")) if name] or ["." if path else ""]


def _step(at: int, name: str, flags: int) -> int:
    """Open what is in a folder. A link is none, but for those of /proc: they lead to what is open, by no name."""
    is_proc = os.fstat(at).st_dev == os.stat("/proc").st_dev
    return os.open(name, flags | os.O_NOCTTY | (0 if is_proc else os.O_NOFOLLOW), dir_fd=at)


def _target(at: int, name: str, below: bool) -> str | None:
    """Where a link leads; None for what is no link. Raises Planted where it does not count."""
    link = os.open(name, LOOK_AT, dir_fd=at)
    try:
        found, folder = os.fstat(link), os.fstat(at)
        if not stat.S_ISLNK(found.st_mode):
            return None
        makers = (0, os.geteuid()) if below else (0, os.geteuid(), folder.st_uid)
        if _is_written_by_others(folder, below) and found.st_uid not in makers:
            raise planted(Path(name), "a link that somebody else made")
        return os.readlink("", dir_fd=link)
    finally:
        os.close(link)


def _with_one_name(handle: int, at: int, name: str, below: bool) -> int:
    found = os.fstat(handle)
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1 and _is_written_by_others(os.fstat(at), below):
        os.close(handle)
        raise planted(Path(name), "a file that has a second name elsewhere")
    return handle


def _is_written_by_others(folder: os.stat_result, below: bool) -> bool:
    """May others write to a folder? Its owner is one of them, where it is `below` a folder in which they could put it."""
    return _is_shared(folder) or (below and folder.st_uid not in (0, os.geteuid()))


def _is_shared(folder: os.stat_result) -> bool:
    return bool(folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _is_exchanged(folder: os.stat_result, sticky: bool) -> bool:
    """May others put a folder of their own in the place of one that is in this folder?"""
    return _is_shared(folder) and not (sticky and folder.st_mode & stat.S_ISVTX)


def _is_below_shared(folder: int, sticky: bool) -> bool:
    """Is a folder anywhere below one that others may write to? What cannot be looked at may be one."""
    at = os.dup(folder)
    try:
        while not os.path.samestat(os.fstat(at), os.stat("..", dir_fd=at)):
            at, before = os.open("..", ENTER, dir_fd=at), at
            os.close(before)
            if _is_exchanged(os.fstat(at), sticky):
                return True
        return False
    except OSError:
        return True
    finally:
        os.close(at)
