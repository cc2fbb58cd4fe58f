"""What is wrong, each thing in a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netwar.board.base import Host, Run
from netwar.operations.status import Status, name_of
from netwar.records.text import plural

FINE = (0, 75, 129, 130, 141, 143)  # exit statuses: done; another run does it later; somebody ended it
DAY = 86_400.0
SPOOLED = 600.0  # seconds for which pages may wait: the next run writes them
LITTLE = 1 << 30  # bytes that should be free
MAX_ERROR = 500  # characters, which is all that a run tells


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is wrong. `key` stands for it: the same thing has the same one tomorrow."""

    key: str
    text: str


def alarms(status: Status) -> list[Alarm]:
    """All that is wrong, the worst first."""
    found = [*_runs(status), *_captures(status), *_hosts(status), *_queues(status)]
    return [*found, *(Alarm(f"unknown/{what.partition(':')[0]}", what) for what in status.unknown)]


def failed(run: Run) -> bool:
    """Whether a run ended badly today, where nobody sat at its terminal."""
    state = run.state
    return state.status is not None and state.status not in FINE and not state.watched and run.silent < DAY


def ago(seconds: float) -> str:
    """A length of time in a few letters: 45 s, 12 min, 5 h, 3 d."""
    for unit, size, most in (("s", 1, 120), ("min", 60, 7_200), ("h", 3_600, 172_800)):
        if seconds < most:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / DAY:,.0f} d"


def _runs(status: Status) -> Iterator[Alarm]:
    for run in status.lost:
        told = f"{run.state.host}: {name_of(run)} has said nothing for {ago(run.silent)}: process {run.state.pid} was killed"
        yield Alarm(f"lost/{run.state.lineage}", f"{told}, hangs or gets no processor; begin it anew")
    for run in status.runs:
        state = run.state
        if run.stuck:
            told = f"{state.host}: {name_of(run)} has made no progress for {ago(state.still + run.silent)}"
            yield Alarm(f"stuck/{state.lineage}", f"{told}: see what process {state.pid} waits for")
        if failed(run):
            said = state.error[:MAX_ERROR] or "its log says why"
            told = f"{state.host}: {name_of(run)} ended {ago(run.silent)} ago with status {state.status}"
            yield Alarm(f"failed/{state.lineage}", f"{told}: {said}")


def _captures(status: Status) -> Iterator[Alarm]:
    for one in status.captures:
        if not one.well:
            told = f"the capture {one.index} is {one.word}{f': {one.detail}' if one.detail else ''}"
            yield Alarm(f"capture/{one.app}/{one.index}", f"{told}; tw-chkstreams {one.index} says more")


def _hosts(status: Status) -> Iterator[Alarm]:
    for one in status.hosts:
        yield from _host(one)


def _host(one: Host) -> Iterator[Alarm]:
    state, key = one.state, f"{one.state.host}/{one.state.folder}"
    if state.spool and state.spooled + one.silent > SPOOLED:
        told = (
            f"{state.host}: {state.spool:,} bytes of paid pages have waited for the archive for {ago(state.spooled + one.silent)}"
        )
        yield Alarm(f"spool/{key}", f"{told} in {state.folder}/spool: the next run writes them if the archive is there")
    if state.letters:
        told = f"{state.host}: the archive refused documents, which are in {state.folder}/dead-letters ({state.letters:,} bytes)"
        yield Alarm(f"letters/{key}", f"{told}: mend what they say and import them, then move the file away")
    if state.free is not None and state.free < LITTLE:
        yield Alarm(f"disk/{key}", f"{state.host}: {state.free / 1e6:,.0f} MB are free for {state.folder}: make room")


def _queues(status: Status) -> Iterator[Alarm]:
    for one in status.queues:
        if one.failed:
            told = f"{plural(one.failed, 'user')} of the queue {one.name} {'was' if one.failed == 1 else 'were'} set aside"
            yield Alarm(f"aside/{one.name}", f"{told}: tw-failed {one.name} shows why, tries them again or drops them")
