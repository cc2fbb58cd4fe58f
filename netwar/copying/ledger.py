"""Coverage on its way from one ledger into another: put by in parts of bounded size, merged record by record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from netwar.archive.base import Ledger
from netwar.coverage import Record, Stretch, merge, uncovered

PART = 100  # records

Part = dict[str, Any]


def parts(source: Ledger, indices: Sequence[str]) -> Iterator[Part]:
    """All that is known to be complete, as JSON knows it."""
    for index in indices:
        records = source.records(index)
        while some := [record.to_json() for record in islice(records, PART)]:
            yield {"index": index, "records": some}


def is_said(source: Ledger, part: Part) -> bool:
    """Whether the ledger that a part was taken from still knows all of it to be complete."""
    put_by = [Record.from_json(record) for record in part.get("records", ())]
    known = source.records_of(part["index"], [record.user for record in put_by])
    return not any(
        uncovered(Stretch(span.low, span.high), known.get(record.user, Record(record.user)).spans)
        for record in put_by
        for span in record.spans
    )


def merge_in(target: Ledger, parts: Iterable[Part], names: Mapping[str, str]) -> int:
    """Merge parts into a ledger; `names` says what each index is called there. How many records were in them."""
    count = 0
    for part in parts:
        index = names[part["index"]]
        theirs = {record.user: record for record in map(Record.from_json, part.get("records", ()))}
        known = target.records_of(index, list(theirs))
        for user, record in theirs.items():
            if merge(known.get(user, Record(user)), record) != known.get(user):
                target.change(index, user, lambda before, record=record: merge(before, record))  # type: ignore[misc]
        count += len(theirs)
    return count
