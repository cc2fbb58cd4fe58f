"""An export from beginning to end, with its lines in the log: into a file that appears whole, or onto a stream."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from netwar.archive.base import Documents
from netwar.connections import drafts
from netwar.exports import files, packing
from netwar.exports.export import Export, Report, go_on, write
from netwar.exports.files import Hashed
from netwar.exports.forms import Form, shape
from netwar.exports.lines import Shape
from netwar.exports.log import Entry, ExportLog
from netwar.exports.selection import Chosen
from netwar.exports.versions import Changes
from netwar.records.parsing import written


@dataclass(frozen=True, slots=True)
class Order:
    """What is to go out, and how: the documents `chosen`, in a `form`, with `versions` of profiles, to somebody's name (`to`, or
    empty). `identity` names the archive, wherever it is asked from."""

    chosen: Chosen
    form: Form
    to: str = ""
    versions: bool = False
    identity: str = ""

    @property
    def asked(self) -> str:
        """All that decides which bytes a file has."""
        selection, form = self.chosen.selection.said, (self.form.name, self.form.columns, self.form.spreadsheet, self.versions)
        return written([self.identity, self.chosen.index, selection, form]).decode()


class Exporter:
    """Makes the exports of an archive, and logs them. `report` is told how many more documents were looked at."""

    def __init__(self, archive: Documents, log: ExportLog, report: Report, now: Callable[[], float] = time.time) -> None:
        self._archive, self._log, self._report, self._now = archive, log, report, now

    def to_stream(self, order: Order, out: files.Write, flush: Callable[[], object]) -> Entry:
        """Write an export to `out`; its entry in the log, which of one that is cut off has how many went out at the most."""
        with ExitStack() as stack:
            entry, made, export = self._begun(order, None, stack)
            self._log.add(entry)
            hashed = Hashed(out, flush)
            try:
                write(export, made, packing.packer(""), hashed)
            except BaseException:
                gone = export.count + export.under_way if hashed.bytes else 0  # it may have come to whoever reads
                self._log.add(replace(entry, count=gone, bytes=hashed.bytes))
                raise
            return self._ended(entry, export, hashed)

    def to_file(self, order: Order, path: Path, *, resume: bool) -> Entry:
        """Write an export into a file, or go on in one that was cut off; its entry in the log.

        Raises as `drafts.replacing` and `files.going_on` do.
        """
        with ExitStack() as stack:
            entry, made, export = self._begun(order, path, stack)
            ending, told = packing.ending(path), [entry]

            def log() -> None:
                told[0] = self._ended(entry, export, out)

            way = files.going_on(path, order.asked, log) if resume else drafts.replacing(path, log)
            with way as file:
                self._log.add(entry)
                out = Hashed(file.write, file.flush)
                if resume:
                    go_on(export, file, ending, out)
                write(export, made, packing.packer(ending), out)
            return told[0]

    def _begun(self, order: Order, path: Path | None, stack: ExitStack) -> tuple[Entry, Shape, Export]:
        index, form = order.chosen.index, order.form
        changes = stack.enter_context(Changes(self._archive, index)) if order.versions else None
        made = shape(form, self._archive, index, changes)
        place = files.place(path) if path else ""
        entry = Entry(uuid.uuid4().hex, self._ms(), index, form.name, order.chosen.selection.said, place, order.to)
        return entry, made, Export(self._archive, order.chosen, self._report)

    def _ended(self, entry: Entry, export: Export, out: Hashed) -> Entry:
        done = replace(entry, ended=self._ms(), count=export.count, bytes=out.bytes, sha256=out.digest)
        self._log.add(done)
        return done

    def _ms(self) -> int:
        return int(self._now() * 1000)
