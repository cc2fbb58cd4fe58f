"""Small documents that are read, changed and written as one step, whoever else writes them."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from netwar.archive.elastic import bulk
from netwar.archive.elastic.indices import Indices
from netwar.archive.elastic.reading import PAGE, by_ids, refresh, search
from netwar.archive.elastic.templates import Json
from netwar.errors import NetwarError, ServiceDown

TOKEN = "change"  # names the change that wrote a slip, so that a write whose answer was lost is known for ours
MAX_ID_BYTES = 400
PATIENCE_SECONDS = 60


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
        found = by_ids(self._cluster, index, ids)
        return {told["_id"]: AtomicDocument(told["_source"], bulk.unchanged(self._cluster, told)) for told in found}

    def change(self, index: str, id: str, change: Callable[[Json | None], Json | None]) -> None:
        """Read, change and write as one step; None is a slip that is not there. What is not changed is not written."""
        token, until = uuid.uuid4().hex, time.monotonic() + PATIENCE_SECONDS
        while True:
            slip = self.read(index, [id]).get(id)
            before = {name: value for name, value in slip.source.items() if name != TOKEN} if slip else None
            if slip and slip.source.get(TOKEN) == token:
                return
            after = change(before)
            if after == before:
                return
            self._indices.made(index)
            if self._wrote(index, id, slip, after and {**after, TOKEN: token}):
                return
            if time.monotonic() > until:
                raise ServiceDown(f"{id!r} in {index} is being changed by others all the time")
            time.sleep(random.random() / 20)

    def add(self, index: str, slips: dict[str, Json]) -> None:
        """Write new slips; one whose id is there already stays as it is."""
        self._indices.made(index)
        items = [_item("create", id, {}, source) for id, source in slips.items()]
        for result in bulk.send(self._cluster, index, items):
            if result.refused:
                raise NetwarError(f"{index} refuses a record of the ledger: {result.refused}")

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

    def _wrote(self, index: str, id: str, before: AtomicDocument | None, after: Json | None) -> bool:
        unchanged = before.unchanged if before else {}
        kind = "delete" if after is None else "index" if before else "create"
        [result] = bulk.send(self._cluster, index, [_item(kind, id, unchanged, after)])
        if result.refused:
            raise NetwarError(f"{index} refuses a record of the ledger: {result.refused}")
        return result.status != bulk.CONFLICT


def _item(kind: str, id: str, more: Json, source: Any) -> bytes:
    head = orjson.dumps({kind: {"_id": id, **more}}) + b"\n"
    return head if source is None else head + orjson.dumps(source) + b"\n"
