"""Searching in indices of this version and of the one before, by our programs and by Kibana."""

from __future__ import annotations

from typing import Any

import pytest

from netwar.archive.elastic.store import ElasticArchive
from netwar.connections.elastic import Cluster, connect
from netwar.errors import NetwarError
from tests import clusters
from tests.archive.elastic.conftest import tweet
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on

# What the version before said of the words of a tweet.
EARLIER = {
    "id": {"type": "keyword", "fields": {"number": {"type": "long"}}},
    "text": {"type": "text", "index": False, "copy_to": "words"},
    "words": {"type": "text"},
    "author_id": {"type": "keyword"},
    "created_at": {"type": "date"},
}
TEXTS = ("NASAが発表", "東京オリンピックは楽しい", "customs union now", "the union of customs", "emoji 🚀 here")


def found(archive: ElasticArchive, words: str) -> list[int]:
    return sorted(int(body["id"]) for body in archive.search("twbrexit", words))


@pytest.fixture
def earlier(cluster: Cluster, archive: ElasticArchive) -> ElasticArchive:
    """An index that the version before laid out, with TEXTS from 1 on."""
    mapping: Any = {"_meta": {"netwar": {"schema": 1, "kind": "tweets"}}, "dynamic": False, "properties": EARLIER}
    cluster.ask("PUT", "/twbrexit", {"mappings": {"_doc": mapping} if cluster.typed else mapping})
    archive.write([tweet(id, text) for id, text in enumerate(TEXTS, 1)])
    return archive


@on("es654-sg", "es953-sec")
def test_an_index_of_the_version_before_is_searched_and_says_so(
    cluster: Cluster, earlier: ElasticArchive, caplog: pytest.LogCaptureFixture
) -> None:
    assert found(earlier, "customs union") == [3, 4]
    assert "twbrexit was laid out by an earlier version: emoji" in caplog.text
    assert found(earlier, '"customs union"') == [3]
    assert found(earlier, "union -now") == [4]
    assert found(earlier, "now OR (union of)") == [3, 4]
    assert found(earlier, "cust*") == [3, 4]
    assert found(earlier, "オリンピック") == [2]
    assert found(earlier, "東京") == [2]
    assert found(earlier, "emoji -🚀") == []
    assert earlier.get("twbrexit", ["3"])["3"] == tweet(3, TEXTS[2]).body
    kept = cluster.ask("GET", "/twbrexit/_doc/3")["_source"]
    assert "netwar" not in kept, "it has no field for the words"


@on("es654-sg", "es953-sec", "os2194-sec")
def test_kibana_finds_words(cluster: Cluster, archive: ElasticArchive, caplog: pytest.LogCaptureFixture) -> None:
    archive.write([tweet(id, text) for id, text in enumerate(TEXTS, 1)])
    assert found(archive, "🚀") == [5]
    assert caplog.text == ""
    for query, ids in (("words:Customs AND words:now", {"3"}), ("words:nasa", {"1"}), ('words:"customs union"', {"3"})):
        hits = cluster.ask("GET", "/twbrexit/_search", params={"q": query})["hits"]["hits"]
        assert {hit["_id"] for hit in hits} == ids, query


@on("es654-sg", "es953-sec")
def test_an_index_that_vanishes_is_told(server: ElasticServer, archive: ElasticArchive) -> None:
    archive.write([tweet(id, "here") for id in range(1, 1200)])
    reading = archive.search("twbrexit", "here")
    next(reading)
    admin = connect(clusters.settings(server, "admin"))
    admin.ask("DELETE", "/twbrexit")
    admin.close()
    with pytest.raises(NetwarError, match=r"twbrexit vanished from .* while it was read"):
        list(reading)
