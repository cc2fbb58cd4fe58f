"""How the reading of a whole list of followers meets the operator: price, progress, outcome, the file of ids."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netwar.cli.services import Services
from netwar.commands.follow_target import Listed, agree_on, listed, recorded
from netwar.commands.recording import fresh_since, replayed
from netwar.errors import NetwarError

if TYPE_CHECKING:
    from netwar.follows.enumeration import Enumeration, EnumerationProgress, Mode
    from netwar.follows.snapshot_writer import SnapshotWriter
    from netwar.follows.snapshots import Snapshot, Snapshots

log = logging.getLogger("netwar.follows")


@dataclass(frozen=True, slots=True)
class FollowOptions:
    """What the operator asked for: what becomes of pages (see netwar.follows.enumeration),
    the queue for ids, since when (ms) a profile is
    fresh, whether to wait for rate windows, and whether the price is agreed to."""

    mode: Mode
    queue: str | None
    fresh: int
    wait: bool
    yes: bool


def to_usertest(services: Services, user: str, direction: str, wish: FollowOptions, *, every: float | None) -> str:
    """Record or queue everybody in a list, unless that was done in the last `every` days; the outcome."""
    before = replayed(services, "usertest")
    if every is not None and (young := _young(services, user, direction, fresh_since(services, every))):
        return f"{before}{young[0]}: snapshot {young[2].number} is not older than {every:g} day{'' if every == 1 else 's'}"
    what = listed(services, user, direction, wish.fresh)
    _, outcome = _read_through(services, what, _snapshots(services, what), wish)
    return f"{before}{outcome}"


def to_file(services: Services, user: str, direction: str, output: str | None, wish: FollowOptions) -> str:
    """Write the ids of a list into a file, one a line, in the order of ids; the outcome.

    A complete snapshot that is recent enough is written out and nothing is asked, so that a run that was killed while it
    wrote need not be paid for again.
    """
    from netwar.records.text import plural

    before = replayed(services, "usertest")
    if young := _young(services, user, direction, wish.fresh):
        what, snapshots, done = young
        outcome = f"{what}: snapshot {done.number} is recent enough"
    else:
        what = listed(services, user, direction, wish.fresh)
        snapshots = _snapshots(services, what)
        done, outcome = _read_through(services, what, snapshots, wish)
    to = output or f"{what.name or what.id}-{str(what).partition(' ')[0]}.txt"
    _write(snapshots, done, to)
    return f"{before}{outcome}" + ("" if to == "-" else f"; {plural(done.count, 'id')} written to {to}")


def _young(services: Services, user: str, direction: str, since: int) -> tuple[Listed, Snapshots, Snapshot] | None:
    """A list that was read to its end since a time (ms), out of the archive alone, unless a newer one is being read."""
    from netwar.follows.snapshot_writer import opened
    from netwar.records.documents import SLIP_MS

    what = recorded(services, user, direction)
    snapshots = _snapshots(services, what) if what else None
    last = next(reversed(snapshots.complete()), None) if snapshots else None
    until = services.twitter.now() + SLIP_MS
    if what and snapshots and last and since <= last.ended <= until and not opened(snapshots):
        return what, snapshots, last
    return None


def _write(snapshots: Snapshots, snapshot: Snapshot, to: str) -> None:
    from netwar.cli.files import replaced

    lines = (f"{id}\n" for id in snapshots.members(snapshot.number))
    if to == "-":
        sys.stdout.writelines(lines)
        return
    with replaced(Path(to)) as file:
        file.writelines(lines)


def _snapshots(services: Services, what: Listed) -> Snapshots:
    from netwar.follows.snapshots import Snapshots
    from netwar.records.documents import USERTEST

    return Snapshots(services.archive, USERTEST, what.direction, what.id)


def _read_through(services: Services, what: Listed, snapshots: Snapshots, wish: FollowOptions) -> tuple[Snapshot, str]:
    """Read a list to its end. A snapshot whose page token went stale ends as cut off, and is begun anew, once."""
    from netwar.twitter.base import StaleToken, TransientError

    try:
        return _read(services, what, snapshots, wish)
    except StaleToken as stale:
        log.warning("%s: %s; the snapshot ends as cut off, and a new one begins", what, stale)
    try:
        return _read(services, what, snapshots, wish)
    except StaleToken as again:
        raise TransientError(f"{again}, for the second time", "run again later, it begins again") from again


def _read(services: Services, what: Listed, snapshots: Snapshots, wish: FollowOptions) -> tuple[Snapshot, str]:
    """Go on with the open snapshot, or begin one, to the end of the list; the snapshot, and the outcome in words."""
    from netwar.archive.base import Store
    from netwar.follows.enumeration import Enumeration
    from netwar.follows.snapshot_writer import SnapshotWriter

    snapshot = SnapshotWriter(snapshots, services.run.begin(), lambda holder: _is_dead(services, holder), _clock(services))
    try:
        if not snapshot.ended:
            agree_on(services, what, snapshot.count, yes=wish.yes)
        with services.report.work(str(what), max((what.count or 0) - snapshot.count, 0)) as bar:
            run = Enumeration(
                services.twitter,
                Store(services.archive, services.spool),
                services.queue(wish.queue) if wish.queue else None,
                what.id,
                what.direction,
                snapshot,
                mode=wish.mode,
                fresh=wish.fresh,
                paged=lambda progress, ids: bar.update(ids, f"${progress.micro / 1e6:,.2f}"),
                sleep=services.report.sleep,
            )
            services.report.counting(run.progress)
            _run(services, what, snapshot, run, wish)
        unseen, done = snapshot.state.unseen, snapshot.finish(complete=True)
        if not done.complete:
            raise _lacking(what, done, run)
        if unseen and wish.queue:
            run.queue_unseen(snapshots, done)
        return done, f"{what}: {_of_snapshot(done, snapshots, what.count)}; {_of_run(run.progress)}"
    finally:
        with suppress(NetwarError):
            snapshot.release()


def _is_dead(services: Services, holder: str) -> bool:
    """Whether a run is known to be dead; what is left of it is removed."""
    dead = services.run.dead(holder)
    if dead:
        services.run.remove_stale(holder)
    return dead


def _run(services: Services, what: Listed, snapshot: SnapshotWriter, run: Enumeration, wish: FollowOptions) -> None:
    """Read; what was done before it was stopped goes with what stopped it. A stale token closes the snapshot as cut off."""
    from netwar.cli.signals import Stopped
    from netwar.profiles.status import conclude
    from netwar.records.documents import USERTEST
    from netwar.twitter.base import StaleToken, Unavailable

    try:
        run.run(wait=wish.wait)
    except StaleToken:
        snapshot.finish(complete=False)
        raise
    except Unavailable as no:
        conclude(services.archive, USERTEST, what.id, no.outcome, services.twitter.now(), no.detail)
        refused = NetwarError(f"X does not show the {what}: {no.outcome} ({no.detail})")
        if snapshot.count:
            refused.add_note(_so_far(what, snapshot, run))
        raise refused from no
    except (NetwarError, Stopped) as error:
        error.add_note(_so_far(what, snapshot, run))
        raise
    finally:
        services.report.counted(run.progress)


def _clock(services: Services) -> Callable[[], float]:
    """X's clock, in seconds: hosts that share an archive agree by it on whose lease has run out."""
    return lambda: services.twitter.now() / 1000


def _lacking(what: Listed, done: Snapshot, run: Enumeration) -> NetwarError:
    """A list was read to its end, but users came whom nobody can tell."""
    from netwar.errors import ItemsFailed

    sent = "X sent users without ids, kept in dead-letters"
    told = f"snapshot {done.number} ends as cut off, {done.count:,} in it, as {sent}: run again, it begins anew"
    return ItemsFailed(f"{what}: {told}; {_of_run(run.progress)}")


def _so_far(what: Listed, snapshot: SnapshotWriter, run: Enumeration) -> str:
    """What a run brought that did not come to the end."""
    return f"{what}: {_of_run(run.progress)}; snapshot {snapshot.state.number} continues after {snapshot.count:,}"


def _of_snapshot(done: Snapshot, snapshots: Snapshots, count: int | None) -> str:
    """A snapshot in words. X's profile counts suspended users, too, whom its list passes over."""
    before = [one.number for one in snapshots.complete() if one.number < done.number]
    changes = f": {done.came:,} came and {done.left:,} left since snapshot {before[-1]}" if before else ""
    counted = f" (X's profile counts {count:,})" if count is not None and count != done.count else ""
    return f"snapshot {done.number} is complete, {done.count:,} in it{counted}{changes}"


def _of_run(progress: EnumerationProgress) -> str:
    from netwar.work.summary import documents

    told = [f"{progress.read:,} read for ${progress.micro / 1e6:,.3f}"]
    told += [documents(progress.tally)] if progress.tally != type(progress.tally)() else []
    told += [f"{progress.queued:,} queued"] if progress.queued else []
    return "; ".join(told)
