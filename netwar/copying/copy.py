"""One copy: its steps, and how it goes on where it was cut off.

FROM may be recorded into meanwhile. So its coverage, that of users, searches and streams, is put by first, as notes in TO, and
merged into TO's own last: whatever it speaks of was in FROM before the documents were walked, and is in TO before TO says so.
Documents are walked in the order of ids; after each batch the place is noted in TO. What is done twice changes nothing. Where
FROM no longer says what was put by, as after it was restored or recorded anew, the copy begins anew.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from netwar.archive.base import Archive, Ledger, Tally
from netwar.copying import history, ledger, notes, periods
from netwar.copying.state import CopyState, Holder
from netwar.records import migrate
from netwar.records.documents import USERTEST, IndexName, has_content
from netwar.records.ids import number
from netwar.records.parsing import written

BATCH = 1_000
BATCH_BYTES = 5 << 20

log = logging.getLogger("netwar.copying")


@dataclass(frozen=True, slots=True)
class Place:
    """An index by its name (`brexit`, `usertest`) in an archive. `identity` names it wherever it is asked from."""

    archive: Archive
    name: str
    identity: str

    @property
    def users(self) -> str:
        return IndexName(self.name).users

    @property
    def indices(self) -> list[str]:
        """The full names: users first, so that tweets find their authors."""
        return IndexName(self.name).indices


@dataclass(slots=True)
class Outcome:
    """What a copy did. `counts` has the documents of FROM, when it was begun, and of TO at its end, by TO's index; `diverged`
    are the notes that both have, and differently."""

    tally: Tally = field(default_factory=Tally)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    records: int = 0
    resumed: bool = False
    diverged: list[str] = field(default_factory=list)

    @property
    def lacking(self) -> list[str]:
        """The indices that have fewer documents in TO than they had in FROM."""
        return [index for index, (theirs, ours) in self.counts.items() if ours < theirs]


class Copy:
    """FROM into TO, by one run at a time, the `holder`. `report` is told of each batch: how many documents were walked (those
    without content are none), and of which index."""

    def __init__(
        self, source: Place, target: Place, holder: Holder, report: Callable[[int, str], None] = lambda count, index: None
    ) -> None:
        if len(source.indices) != len(target.indices):
            raise ValueError(f"{USERTEST} can be copied only to {USERTEST}")
        self._source = source
        self._target = target
        self._holder = holder
        self._report = report
        self._key = f"{notes.OURS}{hashlib.sha256(source.identity.encode()).hexdigest()[:16]}"
        self._pairs = list(zip(source.indices, target.indices, strict=True))

    def total(self) -> int:
        """How many documents FROM has."""
        return sum(self._source.archive.count(index) for index in self._source.indices)

    def run(self) -> Outcome:
        """Copy, or go on with a copy that was cut off. Raises Busy while another run makes the same copy, and LeaseLost when one
        has taken this one over."""
        done = Outcome()
        theirs = {index: self._source.archive.count(index) for index in self._source.indices}
        self._target.archive.touch(self._target.indices)
        state = CopyState(self._target.archive, self._target.users, self._key, self._source.identity, self._holder)
        try:
            self._copy(state, done)
        except BaseException:
            state.release()
            raise
        done.counts = {target: (theirs[source], self._target.archive.count(target)) for source, target in self._pairs}
        return done

    def _copy(self, state: CopyState, done: Outcome) -> None:
        archive, indices = self._source.archive, self._source.indices
        done.resumed = state.is_begun and all(_is_said(archive, part) for part in state.parts())
        if state.is_begun and not done.resumed:
            log.warning("%s has lost what it had complete when this copy was begun: it begins anew", self._source.name)
        if not done.resumed:
            state.begin(chain(ledger.parts(archive, indices), periods.parts(archive, indices)))
        if not state.progress.past:
            history.carry(self._source.archive, self._source.users, self._target.archive, self._target.users, state.renew)
            state.progress.past = True
            state.note()
        for source, target in self._pairs:
            done.tally += self._documents(source, target, state)
        done.records = ledger.merge_in(self._target.archive, state.parts(), dict(self._pairs))
        done.diverged = periods.merge_in(self._target.archive, state.parts(), dict(self._pairs))
        for source, target in self._pairs:
            done.diverged += notes.carry(self._source.archive, source, self._target.archive, target, state.renew)
        state.end()

    def _documents(self, source: str, target: str, state: CopyState) -> Tally:
        tally, after = Tally(), state.progress.after
        for batch in batches(self._source.archive.scan(source, after.get(target), gone=True)):
            made = [one for body in batch for one in migrate.documents(target, self._target.users, body)]
            tally += self._target.archive.write(made)
            if ids := [id for body in batch if number(id := str(body.get("id"))) is not None]:
                after[target] = ids[-1]
            state.note()
            self._report(sum(map(has_content, batch)), target)
        return tally


def _is_said(source: Ledger, part: Any) -> bool:
    """Whether FROM still says all that was put by of it."""
    return ledger.is_said(source, part) and periods.is_said(source, part)


def batches(bodies: Iterable[Any]) -> Iterator[list[Any]]:
    """Documents in batches of at most BATCH, and of about BATCH_BYTES as JSON."""
    batch: list[Any] = []
    size = 0
    for body in bodies:
        batch.append(body)
        size += len(written(body))
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
