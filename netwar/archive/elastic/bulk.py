"""Many small writes in one request, into one index or several, and what became of each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from netwar.connections.elastic import Cluster
from netwar.connections.elastic_errors import TransientError, reason

# Of one request. Larger ones hold the cluster's memory longer and are no faster; nor are two at a time (benchmarks/README.md).
MAX_ITEMS = 1_000
MAX_BYTES = 5 << 20
CREATED, UPDATED, CONFLICT = 201, 200, 409
KEPT = re.compile(r"current version \[(\d+)\]")  # so all generations say it

Item = tuple[str, bytes]  # the index that a write is of, and its lines


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an item: its HTTP status, why it was refused, and in a conflict the version that is kept, if it was told."""

    status: int
    refused: str | None = None
    kept: int | None = None


DONE = {status: Result(status) for status in (CREATED, UPDATED, 404)}  # 404: what was to be deleted is not there


def put(id: str, version: int, body: bytes) -> bytes:
    """An item: keep a document if its version is higher than the one kept. `id` is digits."""
    return b'{"index":{"_id":"%b","version":%d,"version_type":"external"}}\n%b\n' % (id.encode(), version, body)


def body_of(item: bytes) -> bytes:
    """The document in an item."""
    return item.split(b"\n", 2)[1]


def replace(id: str, unchanged: Mapping[str, int], body: bytes) -> bytes:
    """An item: put a document in the place of one, whatever its version, if that is `unchanged` since it was read."""
    return b'{"index":%b}\n%b\n' % (orjson.dumps({"_id": id, **unchanged}), body)


def unchanged(cluster: Cluster, told: Mapping[str, Any]) -> dict[str, int]:
    """What the write of a document has to hold to be one step with the reading of it."""
    if cluster.numbers_sequences:
        return {"if_seq_no": told["_seq_no"], "if_primary_term": told["_primary_term"]}
    return {"version": told["_version"]}


def delete(id: str) -> bytes:
    """An item: remove a document, whatever its version. `id` is digits."""
    return b'{"delete":{"_id":"%b"}}\n' % id.encode()


def send(cluster: Cluster, index: str, items: Sequence[bytes]) -> list[Result]:
    """Do the items of one index, as `send_all` does."""
    return send_all(cluster, [(index, item) for item in items])


def send_all(cluster: Cluster, items: Sequence[Item]) -> list[Result]:
    """Do the items, those of one index in their order.

    What a busy cluster rejects is sent again, later and later, for a minute. An item that is itself at fault has `refused`.
    Raises ServiceDown, and ConfigError if we may not write into one of the indices; any other item may have been done then.
    """
    results: dict[int, Result] = {}

    def attempt(left: list[int]) -> None:
        answer = _sent(cluster, [items[one] for one in left])
        if not answer["errors"]:
            statuses = (next(iter(told.values()))["status"] for told in answer["items"])
            results.update((one, DONE[status]) for one, status in zip(left, statuses, strict=True))
            return
        busy: TransientError | None = None
        rejected = []
        for one, told in zip(left, answer["items"], strict=True):
            found = next(iter(told.values()))
            try:
                results[one] = _result(cluster, items[one][0], found)
            except TransientError as error:
                busy = error
                rejected.append(one)
        if busy:
            left[:] = rejected
            raise busy

    for portion in _portions(items):
        cluster.patiently(attempt, portion)
    return [results[one] for one in range(len(items))]


def _sent(cluster: Cluster, items: Sequence[Item]) -> Any:
    """One request. Of several indices each item names its own; the path of 6.x has the type, and so an index before it."""
    first, *others = dict.fromkeys(index for index, _ in items)
    path = f"/{first}/_doc/_bulk" if cluster.typed else "/_bulk" if others else f"/{first}/_bulk"
    lines = (_addressed(*item) for item in items) if others else (line for _, line in items)
    return cluster.ask("POST", path, b"".join(lines), index=some((first, *others)))


def _addressed(index: str, item: bytes) -> bytes:
    return item.replace(b":{", b':{"_index":"%b",' % index.encode(), 1)


def some(indices: Collection[str]) -> str:
    """What a message calls these indices."""
    return next(iter(indices)) if len(indices) == 1 else f"{len(indices)} indices"


def _result(cluster: Cluster, index: str, told: dict[str, Any]) -> Result:
    status, error = told["status"], told.get("error")
    if status == CONFLICT or not error:
        told_kept = KEPT.search(str((error or {}).get("reason")))
        return Result(status, kept=int(told_kept[1]) if told_kept else None)
    if trouble := cluster.refusal(error, status, index):
        raise trouble
    return Result(status, reason(error))


def _portions(items: Sequence[Item]) -> Iterator[list[int]]:
    """The numbers of the items of each request."""
    portion: list[int] = []
    size = 0
    for number, (_, item) in enumerate(items):
        if portion and (len(portion) == MAX_ITEMS or size + len(item) > MAX_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(number)
        size += len(item)
    if portion:
        yield portion
