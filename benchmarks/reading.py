#!/usr/bin/env python3
"""Measure what it takes to read profiles by their ids in servers of the Elasticsearch family: whole, or a part of each.

    python -m benchmarks.reading [--kinds es654,es953,os360] [--profiles 5000]

Before a profile is replaced, what it says now is read, for its changes are kept. A thousand at a time are asked for in one
request; both ways take turns, with other users each time. Servers are those of `make servers`, one after the other.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from statistics import median

from netwar.archive.elastic.reading import by_ids
from netwar.archive.elastic.store import ElasticArchive
from netwar.config import Settings
from netwar.connections.elastic import Cluster, connect
from netwar.records.documents import Document
from netwar.records.profile_fields import TRACKED
from tests.servers import start

API, INDEX = "https://api.x.com", "tubenchreading"
PAGE = 1_000
WARM, TURNS = 8, 25  # Java compiles what it does often
PART = ",".join((*TRACKED, "netwar.retrieved", "netwar.via"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", default="es654,es953,os360", help="servers of the laboratory (default %(default)s)")
    parser.add_argument("--profiles", type=int, default=5_000, help="how many there are (default %(default)s)")
    given = parser.parse_args()
    print(f"{'server':<20}{'whole, ms':>10}{'part, ms':>10}{'ratio':>8}")
    for kind in given.kinds.split(","):
        with start(kind, quick=False, heap="1g") as server:
            cluster = connect(Settings(elksg=server.url))
            whole, part = _measured(cluster, given.profiles)
            name = f"{cluster.product} {'.'.join(map(str, cluster.version))}"
            print(f"{name:<20}{whole * 1000:>10,.0f}{part * 1000:>10,.0f}{part / whole:>8.1f}", flush=True)


def _measured(cluster: Cluster, count: int) -> tuple[float, float]:
    """Seconds for a thousand whole profiles, and for parts of them: medians of many turns."""
    chance = Random(1)
    ids = [str(chance.getrandbits(60)) for _ in range(count)]
    spent: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder, closing(ElasticArchive(cluster, Path(folder), API)) as archive:
        for begin in range(0, count, PAGE):
            archive.write([_profile(id) for id in ids[begin : begin + PAGE]])
        for turn in range(WARM + TURNS):
            wanted = chance.sample(ids, PAGE)
            for whole in (turn % 2 == 0, turn % 2 == 1):
                began = time.perf_counter()
                assert (_whole if whole else _part)(cluster, wanted) == PAGE
                if turn >= WARM:
                    spent[whole].append(time.perf_counter() - began)
    return median(spent[True]), median(spent[False])


def _profile(id: str) -> Document:
    link = {"start": 0, "end": 23, "url": f"https://t.co/{id[:10]}", "expanded_url": f"https://example.org/{id}"}
    body = {
        "id": id,
        "username": f"u{id[:14]}",
        "name": f"Name of {id}",
        "description": "Walks, cooks, and writes about both. Opinions are my own. " * 2 + id,
        "location": "Tromsø",
        "created_at": "2015-03-01T12:00:00.000Z",
        "profile_image_url": f"https://pbs.twimg.com/profile_images/{id}/picture_normal.jpg",
        "entities": {"url": {"urls": [link]}, "description": {"urls": [link]}},
        "public_metrics": {"followers_count": int(id) % 9_999, "following_count": 80, "tweet_count": 900, "listed_count": 2},
        "protected": False,
        "verified": False,
    }
    return Document(INDEX, id, body, True, 1_700_000_000_000)


def _whole(cluster: Cluster, ids: Sequence[str]) -> int:
    return len(list(by_ids(cluster, INDEX, ids)))


def _part(cluster: Cluster, ids: Sequence[str]) -> int:
    told = cluster.ask("POST", f"/{INDEX}/_mget", {"ids": list(ids)}, params={"_source": PART})
    return len([one for one in told["docs"] if one["_source"]["name"]])


if __name__ == "__main__":
    main()
