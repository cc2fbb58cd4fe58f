"""Where a copy stands, noted in TO under `copy/KEY`, and held by one run at a time; it goes on wherever it was cut off.

FROM's coverage is put by in notes beside it, `copy/KEY/000000001` and so on. A copy of which not all of them are there yet,
or no longer, begins anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from netwar.archive.base import Ledger
from netwar.errors import Busy, LeaseLost, NetwarError
from netwar.queues.base import LEASE_SECONDS

RENEW_SECONDS = LEASE_SECONDS / 10


@dataclass(frozen=True, slots=True)
class Holder:
    """The run that copies, by `name`; `dead` tells of another one that it is known to be dead."""

    name: str
    dead: Callable[[str], bool] = lambda holder: False
    clock: Callable[[], float] = time.time


@dataclass(slots=True)
class Progress:
    """How far a copy is: how many `parts` of FROM's coverage are put by, whether what profiles said in the `past` is carried
    over, and `after` which id documents are to be read, by index of TO."""

    parts: int = 0
    past: bool = False
    after: dict[str, str] = field(default_factory=dict)


class CopyState:
    """The state of the copy `key` in an index of TO, held from now on. Raises Busy while another run has it."""

    def __init__(self, ledger: Ledger, index: str, key: str, source: str, holder: Holder) -> None:
        self._ledger = ledger
        self._index = index
        self._key = key
        self._source = source
        self._holder = holder
        self._renewed = 0.0
        kept = self._ledger.change_note(index, key, self._taken)
        self.is_begun = kept["parts"] is not None and not kept.get("over")
        self.progress = Progress(kept["parts"], kept["past"], dict(kept["after"])) if self.is_begun else Progress()

    def begin(self, parts: Iterable[Any]) -> None:
        """Put FROM's coverage by; from then on the copy can be resumed."""
        self._write(parts=None, over=False)
        count = 0
        for part in parts:
            count += 1
            self._ledger.change_note(self._index, self._part(count), lambda before, part=part: part)  # type: ignore[misc]
            self.renew()
        self.progress = Progress(count)
        self.note()

    def note(self) -> None:
        """Write down how far the copy is. Raises LeaseLost when another run has taken it over."""
        self._write(parts=self.progress.parts, past=self.progress.past, after=self.progress.after, over=False)

    def renew(self) -> None:
        """Say, now and then, that this run is alive. Raises LeaseLost."""
        if abs(self._holder.clock() - self._renewed) > RENEW_SECONDS:
            self._write()

    def parts(self) -> Iterator[Any]:
        """FROM's coverage as it was put by."""
        for number in range(1, self.progress.parts + 1):
            self.renew()
            yield self._ledger.note(self._index, self._part(number))

    def end(self) -> None:
        """The copy is done: remove all that was noted, last that this run holds it."""
        self._write(over=True)
        for key, _ in list(self._ledger.notes(self._index, f"{self._key}/")):
            self.renew()
            self._ledger.change_note(self._index, key, lambda before: None)
        self._ledger.change_note(self._index, self._key, lambda before: None if self._is_ours(before) else before)

    def release(self) -> None:
        """Let the next run go on at once, if the ledger can be told so."""
        with suppress(NetwarError):
            self._ledger.change_note(
                self._index, self._key, lambda before: {**before, "holder": ""} if self._is_ours(before) else before
            )

    def _taken(self, before: Any) -> Any:
        kept = before or {"from": self._source, "parts": None, "past": False, "after": {}}
        holder, now = kept.get("holder", ""), self._holder.clock()
        # A lease that was renewed in the future was renewed by a host whose clock was ahead.
        is_alive = holder not in ("", self._holder.name) and abs(now - kept["renewed"]) < LEASE_SECONDS
        if is_alive and not self._holder.dead(holder):
            raise Busy(f"another run makes this copy (on {holder.partition(':')[0]}): one at a time, run again when it is done")
        self._renewed = now
        return {**kept, "holder": self._holder.name, "renewed": now}

    def _write(self, **changes: Any) -> None:
        now = self._holder.clock()

        def change(before: Any) -> Any:
            if not self._is_ours(before):
                raise LeaseLost("another run has taken this copy over; what was copied stays")
            return {**before, **changes, "renewed": now}

        self._ledger.change_note(self._index, self._key, change)
        self._renewed = now

    def _is_ours(self, kept: Any) -> bool:
        return kept is not None and kept.get("holder") == self._holder.name

    def _part(self, number: int) -> str:
        return f"{self._key}/{number:09}"
