"""What tw-doctor looks at on the host itself: disk, rights, files, what starts programs, backups."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from netwar.connections.folders import existing, is_gone, restoring
from netwar.connections.sqlite_beside import GONE, PUT_BACK, is_left, stuck
from netwar.connections.sqlite_copying import sound
from netwar.errors import NetwarError
from netwar.operations.backup import STAMP
from netwar.operations.copying import former
from netwar.operations.findings import Finding, unknown, well, wrong
from netwar.records.text import plural

LEAST_BYTES, LEAST_SHARE = 1 << 30, 0.05  # of a disk that are free
LARGEST = 4 << 30  # bytes of a database that is looked through here
STAMP_BYTES = 1 << 14  # of the note on the last backup
BACKUP_HOURS, SPOOL_HOURS, QUIET_HOURS = 48, 1, 26
SCHEDULES = ("/etc/crontab", "/etc/cron.d/*", "/etc/supervisor/conf.d/*.conf", "/etc/systemd/system/*.service")
PROGRAM = re.compile(r"(?<![\w-])(tw-[a-z0-9]+)\b")
CONFIG = re.compile(r"--config[ =](\S+)")


def clock(ahead: float) -> Iterator[Finding]:
    """By how much (seconds) the host's clock is ahead of X's."""
    way = "ahead of" if ahead > 0 else "behind"
    said = f"the host's clock is {abs(ahead):,.0f} s {way} X's"
    if abs(ahead) > 60:
        yield wrong("clock", said, "let NTP set it (timedatectl set-ntp true): X refuses signed requests of other times")
    else:
        yield well("clock", said)


def disk(data: Path) -> Iterator[Finding]:
    """Room and inodes of the disk of the data folder."""
    free = os.statvfs(data)
    room, share = free.f_bavail * free.f_frsize, free.f_bavail / max(free.f_blocks, 1)
    said = f"{room / 1e9:,.1f} GB free ({share:.0%}) on the disk of {data}"
    if room < LEAST_BYTES or share < LEAST_SHARE:
        yield wrong("disk", said, "make room, or set `data` to another disk")
    else:
        yield well("disk", said)
    if free.f_files and free.f_favail / free.f_files < LEAST_SHARE:
        yield wrong(
            "inodes", f"{free.f_favail:,} of {free.f_files:,} inodes are free on the disk of {data}", "remove small files"
        )


def missing(data: Path) -> Iterator[Finding]:
    """Of a data folder that is not there: will the first run make it?"""
    another = "set `data` in the configuration to a folder that you may write"
    above = next(folder for folder in data.parents if folder.exists())
    if (begun := restoring(data)).exists():
        yield wrong("data", f"tw-restore has begun {data}", f"let it end, or remove {begun} if nobody goes on with it")
    elif data.is_symlink():
        yield wrong("data", f"{data} is a link to what is not there", f"make what it leads to, or {another}")
    elif not above.is_dir():
        yield wrong("data", f"{data} cannot be made: {above} is no folder", another)
    elif not os.access(above, os.W_OK | os.X_OK):
        yield wrong("data", f"{data} is not there and cannot be made: you may not write to {above}", another)
    else:
        yield unknown("data", f"{data} is not there yet", "the first run makes it")


def rights(data: Path) -> Iterator[Finding]:
    """May this user write here, and nobody else but the group?"""
    mode = data.stat().st_mode
    if mode & stat.S_IWOTH:
        yield wrong("rights", f"everybody may write to {data}", f"chmod o-w {data}")
    elif not os.access(data, os.W_OK | os.X_OK):
        yield wrong("rights", f"you may not write to {data}", "run programs as its owner, or set `data` to another folder")
    else:
        yield well("rights", f"{data} is yours to write")


def databases(data: Path) -> Iterator[Finding]:
    """SQLite looks through each; what is too large for that is said to be unknown, and what is gone but for its log is told."""
    for beside in sorted([*data.glob("*.sqlite-*"), *data.glob("*/*.sqlite-*")]):
        if is_left(beside):
            yield wrong(str(beside.relative_to(data)), f"it {GONE}", PUT_BACK)
    for path in sorted([*data.glob("*.sqlite"), *data.glob("*/*.sqlite")]):
        name = str(path.relative_to(data))
        said, mend = stuck(path)
        if said:
            yield wrong(name, said, mend)
        if path.stat().st_size > LARGEST:
            yield unknown(name, f"{path.stat().st_size / 1e9:,.0f} GB are not looked through here", "tw-backup does it")
            continue
        try:
            said = sound(path)
        except NetwarError as error:
            yield wrong(name, str(error))
            continue
        mend = f"tw-mend {path}" if path.name in ("meter.sqlite", "queues.sqlite") else "restore it from a backup (tw-restore)"
        yield wrong(name, f"it is damaged: {said}", mend) if said else well(name, "whole")


def waiting(data: Path) -> Iterator[Finding]:
    """Pages that wait for the archive, and documents that it has refused."""
    now = time.time()
    for path in sorted(data.glob("spool*/pages.jsonl")):
        hours = (now - path.stat().st_mtime) / 3600
        said = f"pages wait in {path.parent} for the archive, the newest for {_told(hours)}"
        mend = "any run writes them once the archive answers: see what is said of it here"
        yield wrong("spool", said, mend) if hours > SPOOL_HOURS else well("spool", said)
    for path in sorted([*data.glob("dead-letters*"), *data.glob("spool*/damaged.jsonl")]):
        mend = "its lines say why; mend that, then move the file away"
        yield wrong("dead letters", f"{path} has {path.stat().st_size:,} bytes that could not be written", mend)


def backups(data: Path) -> Iterator[Finding]:
    """How old the last backup is, and whether it is still where it was made."""
    mend = "let cron run  tw-backup DIR --keep 7  each night"
    try:
        with os.fdopen(existing(data / STAMP), "rb") as file:
            said = json.loads(file.read(STAMP_BYTES))
        place, hours = Path(said["folder"]), (datetime.now(UTC).timestamp() - float(said["ended"]) / 1000) / 3600
    except FileNotFoundError:
        yield wrong("backup", "none was ever taken of this data folder", mend)
        return
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        yield wrong("backup", f"{data / STAMP} does not tell when one was taken: see who put it there", mend)
        return
    if hours > BACKUP_HOURS:
        yield wrong("backup", f"the last one is {_told(hours)} old: {place}", "see why cron does not run tw-backup")
    elif is_gone(place) or os.path.isfile(place):
        yield wrong("backup", f"the last one is gone: {place}", "attach its disk, or take another: tw-backup DIR")
    else:
        yield well("backup", f"{_told(hours)} old: {place}")


def _told(hours: float) -> str:
    return plural(round(hours), "hour") if hours >= 1 else "less than an hour"


def earlier(data: Path) -> Iterator[Finding]:
    """What was kept of files when they were brought up to date or mended, and what it takes."""
    if kept := former(data):
        said = f"{plural(len(kept), 'file')} of earlier states ({sum(path.stat().st_size for path in kept) / 1e9:,.1f} GB)"
        yield unknown("earlier states", f"{said}, such as {kept[0]}", "remove them when all is well: docs/installing.md")


def schedules(patterns: Sequence[str] = SCHEDULES) -> Iterator[Finding]:
    """What cron, supervisord and systemd start, as far as this user may read it: do its programs and configurations exist?"""
    lines = [(source, line) for source, text in _sources(patterns) for line in text.splitlines()]
    ours = [(source, line) for source, line in lines if PROGRAM.search(line) and not line.lstrip().startswith(("#", ";"))]
    if not ours:
        yield unknown("schedule", "nothing starts programs of the recorder here", "crontab.txt has the lines for `crontab -e`")
        return
    bad = [f"{source}: {fault}" for source, line in ours for fault in _faults(line)]
    for fault in bad:
        yield wrong("schedule", fault, "correct the line (crontab -e)")
    if not bad:
        said = f"{plural(len(ours), 'line')} {'starts' if len(ours) == 1 else 'start'} programs of the recorder"
        yield well("schedule", f"{said}, all of which are there")


def last_run(done: Sequence[tuple[str, int]]) -> Iterator[Finding]:
    """When a program on this host last did something, by the perflog: its event, and the time in ms. Who has nothing to do writes
    nothing there, so silence is no fault by itself."""
    if not done:
        yield unknown("last run", "no run of this host has done anything that the perflog knows", "tw-status shows what runs")
        return
    event, at = max(done, key=lambda one: one[1])
    hours = (datetime.now(UTC).timestamp() - at / 1000) / 3600
    said = f"{_told(hours)} ago: {event if len(event) <= 80 else f'{event[:79]}…'}"
    if hours > QUIET_HOURS:
        yield unknown("last run", said, "see whether cron or supervisord runs, unless there was nothing to do (tw-status)")
    else:
        yield well("last run", said)


def host(name: str, lost: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """Runs that fell silent under another name than this host's: pairs of that name and the run. Where the host was renamed, no
    run of the new name makes good what befell those of the old one."""
    others = dict(one for one in lost if one[0] != name)
    for other, run in sorted(others.items()):
        said = f"runs of {other} fell silent, such as {run}; this host is {name}"
        mend = f"see to {other}; if this host was called so: tw-status --forget (what they held comes free within ten minutes)"
        yield wrong("host", said, mend)
    if not others:
        yield well("host", f"{name}, and no run of another name fell silent")


def _sources(patterns: Sequence[str]) -> Iterator[tuple[str, str]]:
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(["crontab", "-l"], capture_output=True, text=True, timeout=10, errors="replace")
        if done.returncode == 0:
            yield "crontab", done.stdout
    for pattern in patterns:
        for path in sorted(Path("/").glob(pattern.lstrip("/"))):
            with suppress(OSError):
                yield str(path), path.read_text(errors="replace")


def _faults(line: str) -> Iterator[str]:
    for program in PROGRAM.findall(line):
        if shutil.which(program) is None:
            yield f"{program} is not on PATH"
    for config in CONFIG.findall(line):
        if not os.path.isfile(os.path.expanduser(config)):  # pathlib's raise for a user whom nobody knows, and for long names
            yield f"{config} is not there"
