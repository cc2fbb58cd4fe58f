"""What stands beside a database: its log, the log's index, and a journal of the kind that SQLite has without a log.

SQLite takes whatever bears these names for its own. Out of a journal it rolls back, before it looks at anything else, what a
program has left half done; and then it removes the file that the journal names as having led several databases. Whoever may
write to a folder could so have any file removed, with the rights of whoever opens the database.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shlex import quote

from netwar.connections.folders import existing, may_write
from netwar.connections.reaching import is_open_to_others
from netwar.errors import ConfigError, ServiceDown

JOURNAL = "-journal"
ENDINGS = ("-wal", "-shm", JOURNAL)
LOG = ("-wal", "-shm")
LEFT = ("-wal", JOURNAL)  # what was recorded is in them
GONE, PUT_BACK = "belongs to a database that is gone", "put that back beside it, or move it away as well"
LEADING = bytes.fromhex("d9d505f920a163d7")  # at a journal's end: before it stands the name of a file that leads several


def check(path: Path, plain: Callable[[Path, os.stat_result], object]) -> None:
    """Look at what stands beside a database, before SQLite does. `plain` raises for what is no plain file.

    Raises ConfigError for a journal that names another file: ours name none, as no step of ours is in two files at once.
    """
    for ending in ENDINGS:
        beside = path.with_name(path.name + ending)
        try:
            plain(beside, beside.lstat())
            if ending == JOURNAL and _end(beside) == LEADING:
                raise ConfigError(f"{beside} would have another file removed: it is not obeyed; {_WAY_OUT}")
        except FileNotFoundError:
            continue


def check_nothing_left(path: Path) -> None:
    """Look for what a database that is not there has left: SQLite would put it into a new one, page by page.

    It may have the newest of what was recorded, so it is not removed. Raises ServiceDown.
    """
    for ending in LEFT:
        left = path.with_name(path.name + ending)
        if is_left(left):
            raise ServiceDown(f"{left} {GONE}: {PUT_BACK}")


def has_log(path: Path) -> bool:
    """Do a log and its index stand beside a database? Who may only read it lets SQLite make none: what a file's readers make has
    the file's rights and is theirs, so that its owner may not write to it."""
    return all(os.path.lexists(path.with_name(path.name + ending)) for ending in LOG)


def stuck(path: Path) -> tuple[str, str]:
    """What is wrong with a log that may not be written though its database may, and what to do; nothing of any other one.

    SQLite has made it when the database was read-only, and does not remove it. What is no plain file of one name is nobody's to
    give rights to: others may have put it there.
    """
    files: list[Path] = []
    with suppress(FileNotFoundError):
        of = path.lstat()
        for beside in (path.with_name(path.name + ending) for ending in LOG if may_write(path)):
            found = beside.lstat() if os.path.lexists(beside) else of
            if found is not of and stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and not may_write(beside):
                tool, who = ("chmod", "the owner") if found.st_uid == of.st_uid else ("chown -h", "root")
                files.append(beside)
    if not files:
        return "", ""
    look = "see that it is no link, and " if is_open_to_others(path.parent) else ""
    run = f"{look}as {who}, run  {tool} --reference={quote(str(path))} {' '.join(quote(str(one)) for one in files)}"
    return f"{' and '.join(one.name for one in files)} may not be written, though {path.name} may", run


def is_left(path: Path) -> bool:
    """Whether a file is what a database that is gone has left: a log or a journal in which there is something."""
    of = next((path.with_name(path.name.removesuffix(ending)) for ending in LEFT if path.name.endswith(ending)), None)
    return of is not None and _holds_something(path) and not os.path.lexists(of)  # which another process may just have made


def _holds_something(path: Path) -> bool:
    """Links and the like are looked at once there is a database."""
    with suppress(FileNotFoundError):
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_size > 0
    return False


def journal_of_ours(path: Path) -> bool:
    """Has surely a program of this user left a journal there? To be asked first: as root, SQLite gives it to its owner.

    Where others may write, they can give its name to any file that this user has there, and at any moment.
    """
    try:
        return path.with_name(path.name + JOURNAL).lstat().st_uid == os.geteuid() and not is_open_to_others(path.parent)
    except FileNotFoundError:
        return False


def has_no_journal(path: Path) -> bool:
    """Is there none, and only root and this user who could put one there? Somebody else might turn a link that leads there."""
    folder = path.parent.absolute()
    if os.path.lexists(path.with_name(path.name + JOURNAL)) or os.path.realpath(folder) != str(folder):
        return False
    return not is_open_to_others(folder)


def not_ours(path: Path) -> ConfigError:
    """The error about a journal that would be rolled back and that perhaps no program of this user has left."""
    return ConfigError(f"{path}{JOURNAL} may be another user's, and would change {path.name}: it is not obeyed; {_WAY_OUT}")


_WAY_OUT = "see who may write to its folder, and move it away"


def _end(path: Path) -> bytes:
    handle = existing(path)
    try:
        return os.pread(handle, len(LEADING), max(0, os.fstat(handle).st_size - len(LEADING)))
    finally:
        os.close(handle)
