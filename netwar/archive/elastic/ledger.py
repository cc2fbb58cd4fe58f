"""The ledger as slips: what people look for in Kibana has a field, the record itself stands beside it, whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from netwar.archive.elastic.atomic import AtomicDocuments, Change, slip_id
from netwar.archive.elastic.indices import Indices, ledger_index
from netwar.archive.elastic.reading import Place
from netwar.archive.lag import FOLLOWED, Lag
from netwar.archive.marks import Cover, Mark
from netwar.connections.elastic_templates import Json
from netwar.coverage import BOUNDED, Record

LAG: Json = {
    "followed": {
        "filter": {"bool": {"filter": [{"terms": {"outcome": FOLLOWED}}, {"exists": {"field": "asked"}}]}},
        "aggs": {"asked": {"percentiles": {"field": "asked", "percents": [5, 50]}}},
    },
    "open": {"filter": {"bool": {"filter": [{"range": {"gaps": {"gt": 0}}}], "must_not": [{"prefix": {"detail": BOUNDED}}]}}},
}


class ElasticLedger:
    """Fills the contract `netwar.archive.base.Ledger`. The ledger of twNAME and tuNAME is the index tcNAME."""

    def __init__(self, indices: Indices) -> None:
        self._indices = indices
        self._slips = AtomicDocuments(indices)

    def record(self, index: str, user: str) -> Record:
        return self.records_of(index, [user]).get(user, Record(user))

    def records_of(self, index: str, users: Sequence[str]) -> dict[str, Record]:
        ids = {slip_id("record", index, user): user for user in users}
        found = self._slips.read(ledger_index(index), list(ids))
        return {ids[id]: _record(slip.source) for id, slip in found.items()}

    def change(self, index: str, user: str, change: Callable[[Record], Record]) -> Record:
        after = Record(user)

        def noting(before: Record) -> Record:
            nonlocal after
            after = change(before)
            return after

        self._slips.change({_record_place(index, user): _record_change(index, user, noting)})
        return after

    def records(self, index: str) -> Iterator[Record]:
        return (_record(hit["_source"]) for hit in self._found("record", index, "user"))

    def lag(self, index: str) -> Lag:
        name, mine = ledger_index(index), [{"term": {"kind": "record"}}, {"term": {"index": index}}]
        if self._indices.there(name) is None:
            return Lag()
        told = self._slips.sums(name, mine, LAG)
        values = told["followed"]["asked"]["values"]
        half, most = (round(values.get(share) or 0) for share in ("50.0", "5.0"))
        return Lag(told["followed"]["doc_count"], half, most, told["open"]["doc_count"])

    def by_name(self, index: str, name: str) -> list[Record]:
        wanted = {"term": {"names": name.lower()}}
        return [_record(hit["_source"]) for hit in self._found("record", index, "user", wanted)]

    def note(self, index: str, key: str) -> Any:
        ledger, id = _note_place(index, key)
        slip = self._slips.read(ledger, [id]).get(id)
        return slip.source["value"]["is"] if slip else None

    def change_note(self, index: str, key: str, change: Callable[[Any], Any]) -> Any:
        after: Any = None

        def noting(before: Any) -> Any:
            nonlocal after
            after = change(before)
            return after

        self._slips.change({_note_place(index, key): _note_change(index, key, noting)})
        return after

    def apply(self, marks: Sequence[Mark]) -> None:
        """Change the ledger by marks, those of one slip in their order."""
        changes: dict[Place, Change] = {}
        for mark in marks:
            if isinstance(mark, Cover):
                place, change = _record_place(mark.index, mark.user), _record_change(mark.index, mark.user, mark.apply)
            else:
                place, change = _note_place(mark.index, mark.note), _note_change(mark.index, mark.note, mark.apply)
            changes[place] = _then(changes[place], change) if place in changes else change
        self._slips.change(changes)

    def notes(self, index: str, prefix: str) -> Iterator[tuple[str, Any]]:
        found = self._found("note", index, "key", {"prefix": {"key": prefix}})
        return ((hit["_source"]["key"], hit["_source"]["value"]["is"]) for hit in found)

    def _found(self, kind: str, index: str, sort: str, *conditions: Json) -> Iterator[Json]:
        return self._slips.find(ledger_index(index), [{"term": {"kind": kind}}, {"term": {"index": index}}, *conditions], sort)


def _record_place(index: str, user: str) -> Place:
    return ledger_index(index), slip_id("record", index, user)


def _note_place(index: str, key: str) -> Place:
    return ledger_index(index), slip_id("note", index, key)


def _record_change(index: str, user: str, change: Callable[[Record], Record]) -> Change:
    """The change of a user's slip by that of their record."""

    def changed(source: Json | None) -> Json | None:
        before = _record(source) if source else Record(user)
        after = change(before)
        return source if after == before else _source(index, after)

    return changed


def _note_change(index: str, key: str, change: Callable[[Any], Any]) -> Change:
    """The change of a slip by that of the note on it."""

    def changed(source: Json | None) -> Json | None:
        after = change(source["value"]["is"] if source else None)
        return None if after is None else {"kind": "note", "index": index, "key": key, "value": {"is": after}}

    return changed


def _then(first: Change, second: Change) -> Change:
    return lambda source: second(first(source))


def _record(source: Json) -> Record:
    return Record.from_json(source["record"])


def _source(index: str, new: Record) -> Json:
    return {
        "kind": "record",
        "index": index,
        "user": new.user,
        "names": new.names,
        "username": new.name,
        "outcome": new.outcome,
        "detail": new.detail,
        "asked": new.asked or None,
        "refreshed": new.refreshed or None,
        "posts": new.posts,
        "counted": new.counted,
        "newest_id": str(new.top) if new.spans else None,
        "spans": len(new.spans),
        "gaps": len(new.gaps),
        "lost": len(new.lost),
        "renamings": len(new.renamed),
        "record": new.to_json(),
    }
