"""One export: documents out of the archive, chosen, shaped, packed and written, a batch at a time."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import orjson

from netwar.archive.base import Body, Documents
from netwar.errors import NetwarError
from netwar.exports.files import Hashed
from netwar.exports.lines import Shape
from netwar.exports.packing import Pack, whole_frames
from netwar.exports.selection import Chosen
from netwar.records.idlists import portions
from netwar.records.ids import number
from netwar.work.loop import gc_paused

BATCH = 1_000  # documents of a frame
COLLECTED = 50  # frames between two looks for reference cycles: documents have none
TOLD = 1_000  # documents between two words about the progress

log = logging.getLogger("netwar.exports")

Report = Callable[[int], None]


@dataclass(slots=True)
class Export:
    """What goes out of an archive, and how far it is: `count` documents, the last with the id `last`; `under_way` more may have.

    `report` is told how many more documents were looked at.
    """

    archive: Documents
    chosen: Chosen
    report: Report
    count: int = 0
    last: int = -1
    under_way: int = 0

    def pieces(self, size: int) -> Iterator[list[Body]]:
        """The chosen documents behind `last`, some at a time; they count as gone out when the next ones are asked for."""
        piece: list[Body] = []
        looked_at = 0
        for body, is_chosen in self.chosen.scan(self.archive, self.last):
            looked_at += 1
            if looked_at == TOLD:
                self.report(looked_at)
                looked_at = 0
            if is_chosen:
                piece.append(body)
            if len(piece) == size:
                self.under_way = size
                yield piece
                self._gone_out(piece)
                piece = []
        if piece:
            self.under_way = len(piece)
            yield piece
            self._gone_out(piece)
        self.report(looked_at)

    def _gone_out(self, piece: list[Body]) -> None:
        self.under_way = 0
        self.count += len(piece)
        self.last = number(piece[-1].get("id")) or self.last


def write(export: Export, shape: Shape, pack: Pack, out: Hashed) -> None:
    """Write what is to come of an export; the heading first, if nothing is there yet."""
    if shape.header and not out.bytes:
        out.write(pack(shape.header))
    with gc_paused():
        shaped = (shape.batch(piece) for piece in export.pieces(shape.together))
        for count, some in enumerate(portions(shaped, BATCH // shape.together), 1):
            out.write(pack(b"".join(some)))
            out.flush()
            if count % COLLECTED == 0:
                gc.collect()
    if (last := shape.end()) or not out.bytes:
        out.write(pack(last))  # packed nothing is a frame, too: no reader takes an empty file for a packed one


def go_on(export: Export, file: BinaryIO, ending: str, out: Hashed) -> None:
    """Take up a file of JSON lines or ids where it was cut off: its whole frames stay, what is behind them is cut away.

    It begins anew where other documents have come into what it had passed, or have gone, as beside a recorder. Raises NetwarError
    for a file of which a line has no id.
    """
    total = 0
    for _, data in whole_frames(file, ending):
        ids = [*map(_id, data.splitlines())]
        export.count, total = export.count + len(ids), total + sum(ids)
        export.last = ids[-1] if ids else export.last
    if export.count and not _has_all(export, total):
        log.warning("other documents are recorded than were when it was cut off: it begins anew")
        export.count, export.last = 0, -1
    else:
        file.seek(0)
        for packed, _ in whole_frames(file, ending):
            out.seen(packed)
    file.seek(out.bytes)
    file.truncate()


def _has_all(export: Export, total: int) -> bool:
    """Whether a file that was cut off has all that is chosen up to its last id; `total` is the sum of the ids in it."""
    count = found = 0
    for looked_at, (body, is_chosen) in enumerate(export.chosen.scan(export.archive), 1):
        id = number(body.get("id")) or 0
        if id > export.last:
            break
        count, found = count + is_chosen, found + id * is_chosen
        if looked_at % TOLD == 0:
            export.report(TOLD)
    return (count, found) == (export.count, total)


def _id(line: bytes) -> int:
    try:
        told = orjson.loads(line)
        found = number(str(told["id"] if isinstance(told, dict) else told))
    except (orjson.JSONDecodeError, KeyError):
        found = None
    if found is None:
        raise NetwarError("the file that was cut off is damaged: a line of it has no id; remove it and run again")
    return found
