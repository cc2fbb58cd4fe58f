"""Small documents that are read, changed and written as one step, whoever else writes them."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from netwar.archive.elastic import bulk
from netwar.archive.elastic.indices import Indices
from netwar.archive.elastic.reading import PAGE, Place, by_places, refresh, search
from netwar.connections.elastic_templates import Json
from netwar.errors import NetwarError, ServiceDown

TOKEN = "change"  # names the change that wrote a slip, so that a write whose answer was lost is known for ours
MAX_ID_BYTES = 400
PATIENCE_SECONDS = 60

Change = Callable[[Json | None], Json | None]  # what a slip says before and after; None is one that is not there


@dataclass(frozen=True, slots=True)
class AtomicDocument:
    """A document as it was read, and what its write has to hold to be one step with the reading."""

    source: Json
    unchanged: Json


def slip_id(kind: str, *parts: str) -> str:
    """The id of a slip of this kind. Elasticsearch takes 512 bytes; what is longer is told by its digest."""
    name = " ".join((kind, *parts))
    return name if len(name.encode()) <= MAX_ID_BYTES else f"{kind} {blake2b(name.encode(), digest_size=32).hexdigest()}"


class AtomicDocuments:
    """The slips of the ledger indices."""

    def __init__(self, indices: Indices) -> None:
        self._indices = indices
        self._cluster = indices.cluster

    def read(self, index: str, ids: Sequence[str]) -> dict[str, AtomicDocument]:
        """Those that are there, by id, as they are now."""
        return {id: slip for (_, id), slip in self._read([(index, id) for id in ids]).items()}

    def change(self, changes: Mapping[Place, Change]) -> None:
        """Read, change and write each slip as one step of its own, all in as few requests as there can be. What is not changed
        is not written."""
        token, until = uuid.uuid4().hex, time.monotonic() + PATIENCE_SECONDS
        left = dict(changes)
        while left := self._tried(left, token):
            if time.monotonic() > until:
                index, id = next(iter(left))
                raise ServiceDown(f"{id!r} in {index} is being changed by others all the time")
            time.sleep(random.random() / 20)

    def add(self, slips: Mapping[Place, Json]) -> None:
        """Write new slips; one whose id is there already stays as it is."""
        self._send({place: _item("create", place[1], {}, source) for place, source in slips.items()})

    def remove(self, index: str, ids: Sequence[str]) -> None:
        """Remove these, whatever they say now."""
        bulk.send(self._cluster, index, [_item("delete", id, {}, None) for id in ids])

    def find(self, index: str, conditions: Sequence[Json], sort: str) -> Iterator[Json]:
        """The sources of all slips that meet the conditions, in the order of a keyword field in which they differ."""
        if self._indices.there(index) is None:
            return
        refresh(self._cluster, index)
        asked: Json = {"size": PAGE, "query": {"bool": {"filter": list(conditions)}}, "sort": [{sort: "asc"}]}
        while hits := search(self._cluster, index, asked)["hits"]["hits"]:
            yield from hits
            if len(hits) < PAGE:
                return
            asked["search_after"] = hits[-1]["sort"]

    def sums(self, index: str, conditions: Sequence[Json], wanted: Json) -> Json:
        """Aggregations over all slips that meet the conditions."""
        refresh(self._cluster, index)
        asked: Json = {"size": 0, "query": {"bool": {"filter": list(conditions)}}, "aggs": wanted}
        found: Json = search(self._cluster, index, asked)["aggregations"]
        return found

    def _read(self, places: Sequence[Place]) -> dict[Place, AtomicDocument]:
        found = by_places(self._cluster, places)
        return {place: AtomicDocument(told["_source"], bulk.unchanged(self._cluster, told)) for place, told in found}

    def _tried(self, changes: Mapping[Place, Change], token: str) -> dict[Place, Change]:
        """Try to make changes, once; those before which somebody else made another."""
        slips, items = self._read([*changes]), dict[Place, bytes]()
        for place, change in changes.items():
            slip = slips.get(place)
            if slip and slip.source.get(TOKEN) == token:
                continue
            before = {name: value for name, value in slip.source.items() if name != TOKEN} if slip else None
            if (after := change(before)) != before:
                items[place] = _changed(place[1], slip, after and {**after, TOKEN: token})
        return {place: changes[place] for place, status in self._send(items).items() if status == bulk.CONFLICT}

    def _send(self, items: Mapping[Place, bytes]) -> dict[Place, int]:
        """Write slips; the status of each. Makes their indices."""
        for index in dict.fromkeys(index for index, _ in items):
            self._indices.made(index)
        results = bulk.send_all(self._cluster, [(index, item) for (index, _), item in items.items()])
        for (index, _), result in zip(items, results, strict=True):
            if result.refused:
                raise NetwarError(f"{index} refuses a record of the ledger: {result.refused}")
        return {place: result.status for place, result in zip(items, results, strict=True)}


def _changed(id: str, before: AtomicDocument | None, after: Json | None) -> bytes:
    unchanged = before.unchanged if before else {}
    return _item("delete" if after is None else "index" if before else "create", id, unchanged, after)


def _item(kind: str, id: str, more: Json, source: Any) -> bytes:
    head = orjson.dumps({kind: {"_id": id, **more}}) + b"\n"
    return head if source is None else head + orjson.dumps(source) + b"\n"
