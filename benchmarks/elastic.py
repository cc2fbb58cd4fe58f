#!/usr/bin/env python3
"""Measure the archive in a server of the Elasticsearch family: writing, bytes a tweet, looking up.

    python -m benchmarks.elastic [--kinds es654,es81921,es953] [--tweets 50000] PAGES.jsonl…
    python -m benchmarks.elastic --address http://127.0.0.1:9200 PAGES.jsonl…

PAGES are answers of X, a JSON object a line; each tweet is a new likeness of one of them: other words, names, ids, times and
counts. Three ways of writing the same lines of JSON take turns, each into an index of its own with the same template:

  raw       bodies of _bulk made beforehand, sent by urllib3 alone: what the server can take
  archive   from JSON lines in memory to documents, versions and coverage that are acknowledged
  helper    the client's own streaming_bulk, with the same lines taken apart

Without an address the laboratory's servers are started (`make servers`), one after the other.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from benchmarks.archive import RETRIEVED, Maker, Tweet
from netwar.archive.base import Cover
from netwar.archive.elastic.store import ElasticArchive
from netwar.config import Settings
from netwar.connections.elastic import Cluster, connect
from netwar.coverage import Span
from netwar.records.documents import Document

BATCH = 1_000
PORTION = 10_000  # tweets that are made, then written by all in turns
API = "https://api.x.com"
LOOKED_UP = 1_000
WAYS = ("raw", "archive", "helper")


@dataclass
class Rates:
    """Seconds that each way has taken, and how many tweets each has written."""

    tweets: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(WAYS, 0.0))

    def of(self, way: str) -> float:
        return self.tweets / self.seconds[way]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--kinds", default="es654,es81921,es953", help="servers of the laboratory (default %(default)s)")
    parser.add_argument("--address", help="measure a server that is there, which asks nobody for a password")
    parser.add_argument("--tweets", type=int, default=50_000, help="how many to write (default %(default)s)")
    given = parser.parse_args()
    heads = ("raw/s", "archive/s", "helper/s", "ratio", "to helper", "B/tweet", "1,000 ids", "one by one", "times")
    print(f"{'server':<28}" + "".join(f"{head:>11}" for head in heads), flush=True)
    for settings in [Settings(elksg=given.address)] if given.address else _laboratory(given.kinds.split(",")):
        cluster = connect(settings)
        print(_measured(cluster, given.pages, given.tweets), flush=True)
        cluster.close()


def _laboratory(kinds: Sequence[str]) -> Iterator[Settings]:
    """Servers started as they would run in earnest, but for a smaller heap."""
    from tests.servers import start

    for kind in kinds:
        with start(kind, quick=False, heap="1g") as server:
            yield Settings(elksg=server.url)


def _measured(cluster: Cluster, pages: Sequence[Path], count: int) -> str:
    names = {way: f"twbench{way}" for way in WAYS}
    _remove(cluster, names)
    maker, rates, sample = Maker(pages, 1), Rates(), list[str]()
    with tempfile.TemporaryDirectory() as folder, closing(ElasticArchive(cluster, Path(folder) / "dead-letters", API)) as archive:
        for name in names.values():
            archive.ready(name)
        stream = maker.timelines()
        for turn in range(-1, count // PORTION):
            batches = _portion(stream)
            ways: dict[str, Callable[[], None]] = {
                "raw": _raw(cluster, names["raw"], batches),
                "archive": lambda batches=batches: _archive(archive, names["archive"], batches),  # type: ignore[misc]
                "helper": lambda batches=batches: _helper(cluster, names["helper"], batches),  # type: ignore[misc]
            }
            # In another order each time, and the first time only to warm up.
            with _undisturbed():
                for way in (*WAYS[turn % 3 :], *WAYS[: turn % 3]):
                    began = time.perf_counter()
                    ways[way]()
                    rates.seconds[way] += (time.perf_counter() - began) if turn >= 0 else 0
            rates.tweets += sum(map(len, batches)) if turn >= 0 else 0
            sample += [one.id for batch in batches for one in batch[:: max(1, len(batch) // 50)]]
        size = _bytes(cluster, names["archive"])
        together, alone = _look_ups(cluster, archive, names["archive"], maker.chance.sample(sample, LOOKED_UP))
    _remove(cluster, names)
    told = [f"{rates.of(way):,.0f}" for way in WAYS]
    told += [f"{rates.of('archive') / rates.of(way):.2f}" for way in ("raw", "helper")]
    told += [f"{size:,.0f}", f"{together * 1000:,.1f} ms", f"{alone * 1000:,.0f} ms", f"{alone / together:.0f}"]
    return f"{cluster.product} {'.'.join(map(str, cluster.version))}".ljust(28) + "".join(f"{one:>11}" for one in told)


def _portion(stream: Iterator[list[Tweet]]) -> list[list[Tweet]]:
    """Batches as a capture of many users would write them; ids that come twice are left out."""
    made: dict[str, Tweet] = {}
    while len(made) < PORTION:
        made.update({one.id: one for one in next(stream)})
    tweets = list(made.values())[:PORTION]
    return [tweets[start : start + BATCH] for start in range(0, PORTION, BATCH)]


def _raw(cluster: Cluster, index: str, batches: list[list[Tweet]]) -> Callable[[], None]:
    from urllib3 import PoolManager

    bodies = [b"".join(b'{"index":{"_id":"%b"}}\n%b\n' % (one.id.encode(), one.json) for one in batch) for batch in batches]
    url = f"{cluster.where}/{index}/{'_doc/' if cluster.typed else ''}_bulk?filter_path=errors"

    def write() -> None:
        with PoolManager() as http:
            for body in bodies:
                answer = http.request("POST", url, body=body, headers={"content-type": "application/x-ndjson"})
                assert answer.data == b'{"errors":false}', answer.data[:500]

    return write


def _archive(archive: ElasticArchive, index: str, batches: list[list[Tweet]]) -> None:
    for batch in batches:
        made = [Document(index, one.id, orjson.loads(one.json), one.direct, RETRIEVED) for one in batch]
        high = int(batch[0].id)
        tally = archive.write(made, Cover(index, batch[0].user, Span(high - 1, high, 1), RETRIEVED))
        assert tally.created == len(batch), tally


def _helper(cluster: Cluster, index: str, batches: list[list[Tweet]]) -> None:
    from elasticsearch import Elasticsearch, helpers

    kind = {"_type": "_doc"} if cluster.typed else {}
    actions = ({"_index": index, "_id": one.id, "_source": orjson.loads(one.json), **kind} for batch in batches for one in batch)
    with Elasticsearch([cluster.where]) as client:  # as it comes: ours has a quicker serializer
        for done, told in helpers.streaming_bulk(client, actions, chunk_size=BATCH):
            assert done, told


def _look_ups(cluster: Cluster, archive: ElasticArchive, index: str, ids: list[str]) -> tuple[float, float]:
    """Seconds for a thousand ids asked for together, and one by one over a connection that stays open."""

    def one_by_one() -> None:
        for id in ids:
            told: Any = cluster.client.transport.perform_request("GET", f"/{index}/_doc/{id}", params={"_source": "false"})
            assert told["found"]

    assert archive.missing(index, "id", ids) == []
    return _median(lambda: archive.missing(index, "id", ids)), _median(one_by_one)


def _median(work: Callable[[], Any]) -> float:
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return sorted(spent)[2]


def _bytes(cluster: Cluster, index: str) -> float:
    """Of a document on the disk, once its segments are one."""
    cluster.ask("POST", f"/{index}/_forcemerge", params={"max_num_segments": 1, "flush": "true"}, seconds=600)
    told = cluster.ask("GET", f"/{index}/_stats/store,docs")["indices"][index]["primaries"]
    return float(told["store"]["size_in_bytes"] / told["docs"]["count"])


def _remove(cluster: Cluster, names: dict[str, str]) -> None:
    for index in (*names.values(), *(name.replace("tw", "tc", 1) for name in names.values())):
        cluster.ask("DELETE", f"/{index}", ignore=(404,))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """What the measurement itself holds is not looked through by the collector."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


if __name__ == "__main__":
    main()
