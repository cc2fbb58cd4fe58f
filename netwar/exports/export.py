"""One export: documents out of the archive, chosen, shaped, packed and written, a batch at a time."""

from __future__ import annotations

import gc
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

    Raises NetwarError for a file whose last line has no id.
    """
    last = b""
    for packed, data in whole_frames(file, ending):
        out.seen(packed)
        export.count += data.count(b"\n")
        last = data
    file.seek(out.bytes)
    file.truncate()
    if last:
        export.last = _id(last.rstrip(b"\n").rpartition(b"\n")[2])


def _id(line: bytes) -> int:
    try:
        told = orjson.loads(line)
        found = number(str(told["id"] if isinstance(told, dict) else told))
    except (orjson.JSONDecodeError, KeyError):
        found = None
    if found is None:
        raise NetwarError("the file that was cut off is damaged: its last line has no id; remove it and run again")
    return found
