"""How much the indices of a name hold."""

from __future__ import annotations

from netwar.archive.base import Extent
from netwar.archive.elastic.indices import SOME
from netwar.archive.elastic.reading import DocumentIndex
from netwar.connections.elastic import Cluster


def extent(cluster: Cluster, tweets: DocumentIndex | None, users: DocumentIndex | None, names: str) -> Extent:
    """See Documents.extent. `names` are all the indices that count, with commas between."""
    told = cluster.ask("GET", f"/{names}/_stats/store", params=SOME, index=names)
    return Extent(
        tweets.count() if tweets else 0,
        users.count() if users else 0,
        int(told["_all"]["primaries"].get("store", {}).get("size_in_bytes", 0)),
        tweets.posted() if tweets else None,
        tweets.posted(newest=True) if tweets else None,
    )
