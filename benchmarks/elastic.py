#!/usr/bin/env python3
"""Measure the archive in a server of the Elasticsearch family: writing, bytes a tweet, looking up.

    python -m benchmarks.elastic [--kinds es654,es81921,es953] [--tweets 50000] PAGES.jsonl…
    python -m benchmarks.elastic --address http://127.0.0.1:9200 PAGES.jsonl…

PAGES are answers of X, a JSON object a line; each tweet is a new likeness of one of them: other words, names, ids, times and
counts. Three ways of writing the same lines of JSON take turns, each into an index of its own with the same template:

  raw       bodies of _bulk made beforehand, sent by urllib3 alone: what the server can take
  archive   from JSON lines in memory to documents with versions that are acknowledged
  helper    the client's own streaming_bulk, with the same lines taken apart

Without an address the laboratory's servers are started (`make servers`), one after the other.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import psutil

from benchmarks.archive import RETRIEVED, Maker, Tweet
from netwar.archive.elastic.store import ElasticArchive
from netwar.config import Settings
from netwar.connections.elastic import Cluster, connect
from netwar.records.documents import Document
from netwar.work.loop import gc_paused

BATCH = 1_000
PORTION = 2_000  # tweets that are made, then written by all in turns
API = "https://api.x.com"
WARM = 8  # turns that are not counted: Java compiles what it does often
LOOKED_UP = 1_000
WAYS = ("raw", "archive", "helper")


@dataclass
class Spent:
    """Seconds that each turn of each way took: on the wall, and of processor time, ours and the server's (where it is here).

    Medians are told: the server merges segments whenever it likes, for one way while another one is measured.
    """

    server: int | None
    wall: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in WAYS})
    cpu: dict[str, list[float]] = field(default_factory=lambda: {way: [] for way in WAYS})

    def on(self, way: str, work: Callable[[], None], *, counts: bool) -> None:
        wall, cpu = time.perf_counter(), self._processor()
        work()
        if counts:
            self.wall[way].append(time.perf_counter() - wall)
            self.cpu[way].append(self._processor() - cpu)

    def _processor(self) -> float:
        return time.process_time() + (sum(psutil.Process(self.server).cpu_times()[:2]) if self.server else 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--kinds", default="es654,es81921,es953", help="servers of the laboratory (default %(default)s)")
    parser.add_argument("--address", help="measure a server that is there, which asks nobody for a password")
    parser.add_argument("--tweets", type=int, default=50_000, help="how many to write (default %(default)s)")
    given = parser.parse_args()
    heads = ["raw/s", "archive/s", "helper/s", "ratio", "of CPU", "to helper", "of CPU"]
    heads += ["B/tweet", "1,000 ids", "searched", "times", "got"]
    print(f"{'server':<20}" + "".join(f"{head:>10}" for head in heads), flush=True)
    there = [(given.address, None)] if given.address else _laboratory(given.kinds.split(","))
    for address, process in there:
        print(_measured(connect(Settings(elksg=address)), process, given.pages, given.tweets), flush=True)


def _laboratory(kinds: Sequence[str]) -> Iterator[tuple[str, int | None]]:
    """The address and process of servers that are started as they would run in earnest, but for a smaller heap."""
    from tests.servers import start

    for kind in kinds:
        with start(kind, quick=False, heap="1g") as server:
            yield server.url, server.pid


def _measured(cluster: Cluster, process: int | None, pages: Sequence[Path], count: int) -> str:
    names = {way: f"twbench{way}" for way in WAYS}
    _remove(cluster, names)
    maker, spent, sample = Maker(pages, 1), Spent(process), list[str]()
    with tempfile.TemporaryDirectory() as folder, closing(ElasticArchive(cluster, Path(folder) / "dead-letters", API)) as archive:
        for name in names.values():
            archive.ready(name)
        stream = maker.timelines()
        for turn in range(-WARM, count // PORTION):
            batches = _portion(stream)
            ways: dict[str, Callable[[], None]] = {
                "raw": _raw(cluster, names["raw"], batches),
                "archive": lambda batches=batches: _archive(archive, names["archive"], batches),  # type: ignore[misc]
                "helper": lambda batches=batches: _helper(cluster, names["helper"], batches),  # type: ignore[misc]
            }
            # In another order each time, and first only to warm up.
            gc.collect()
            for way in (*WAYS[turn % 3 :], *WAYS[: turn % 3]):
                spent.on(way, ways[way], counts=turn >= 0)
            sample += [one.id for batch in batches for one in batch[:: max(1, len(batch) // 50)]]
        size = _bytes(cluster, names["archive"])
        together, searched, got = _look_ups(cluster, archive, names["archive"], maker.chance.sample(sample, LOOKED_UP))
        _remove(cluster, names)
    told = [f"{PORTION / median(spent.wall[way]):,.0f}" for way in WAYS]
    for way in ("raw", "helper"):
        told += [f"{median(taken[way]) / median(taken['archive']):.2f}" for taken in (spent.wall, spent.cpu)]
    told += [f"{size:,.0f}", f"{together * 1000:,.1f} ms", f"{searched * 1000:,.0f} ms", f"{searched / together:.0f}"]
    told.append(f"{got / together:.0f}")
    return f"{cluster.product} {'.'.join(map(str, cluster.version))}".ljust(20) + "".join(f"{one:>10}" for one in told)


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
    url = f"{cluster.where}/{index}/{'_doc/' if cluster.typed else ''}_bulk"

    def write() -> None:
        with PoolManager() as http:
            for body in bodies:
                answer = http.request("POST", url, body=body, headers={"content-type": "application/x-ndjson"})
                assert b'"errors":false' in answer.data[:100], answer.data[:500]

    return write


def _archive(archive: ElasticArchive, index: str, batches: list[list[Tweet]]) -> None:
    with gc_paused():  # as captures do
        for batch in batches:
            made = [Document(index, one.id, orjson.loads(one.json), one.direct, RETRIEVED) for one in batch]
            tally = archive.write(made)
            assert tally.created == len(batch), tally


def _helper(cluster: Cluster, index: str, batches: list[list[Tweet]]) -> None:
    from elasticsearch import Elasticsearch, helpers

    kind = {"_type": "_doc"} if cluster.typed else {}
    actions = ({"_index": index, "_id": one.id, "_source": orjson.loads(one.json), **kind} for batch in batches for one in batch)
    with Elasticsearch([cluster.where]) as client:  # as it comes: ours has a quicker serializer
        for done, told in helpers.streaming_bulk(client, actions, chunk_size=BATCH):
            assert done, told


def _look_ups(cluster: Cluster, archive: ElasticArchive, index: str, ids: list[str]) -> tuple[float, float, float]:
    """Seconds for a thousand ids asked for together, searched one by one (as in 2019), and got one by one."""
    ask = cluster.client.transport.perform_request

    def searched() -> None:
        for id in ids:
            question = {"query": {"term": {"id": id}}, "_source": False}
            found: Any = ask("POST", f"/{index}/_search", body=question, headers={"content-type": "application/json"})
            assert len(found["hits"]["hits"]) == 1

    def got() -> None:
        for id in ids:
            told: Any = ask("GET", f"/{index}/_doc/{id}", params={"_source": "false"})
            assert told["found"]

    def together() -> None:
        assert archive.missing(index, "id", ids) == []

    for _ in range(WARM):
        together()
    return _median(together, 25), _median(searched), _median(got)


def _median(work: Callable[[], Any], rounds: int = 5) -> float:
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return median(spent)


def _bytes(cluster: Cluster, index: str) -> float:
    """Of a document on the disk, once its segments are one."""
    cluster.ask("POST", f"/{index}/_forcemerge", params={"max_num_segments": 1, "flush": "true"}, seconds=600)
    told = cluster.ask("GET", f"/{index}/_stats/store,docs")["indices"][index]["primaries"]
    return float(told["store"]["size_in_bytes"] / told["docs"]["count"])


def _remove(cluster: Cluster, names: dict[str, str]) -> None:
    for index in (*names.values(), *(name.replace("tw", "tc", 1) for name in names.values())):
        cluster.ask("DELETE", f"/{index}", ignore=(404,))


if __name__ == "__main__":
    main()
