"""Templates: put in by themselves, told what changed, and never those of a newer program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from netwar.archive.elastic.reading import by_ids
from netwar.archive.elastic.store import ElasticArchive
from netwar.archive.marks import Cover
from netwar.board.base import Entry
from netwar.board.perflog_elastic import ElasticPerfLog
from netwar.connections import elastic_templates as templates
from netwar.connections.elastic import Cluster
from netwar.connections.elastic_templates import Templates
from netwar.coverage import Span
from netwar.errors import ConfigError
from tests.archive.elastic.conftest import NOW, tweet
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on

GENERATIONS = ("es654-sg", "es7102", "es953-sec", "os2194-sec")


def told(cluster: Cluster, **more: Any) -> list[str]:
    return list(map(str, Templates(cluster).put(**more)))


@on(*GENERATIONS)
def test_what_is_put_in_is_told_and_only_what_differs(cluster: Cluster) -> None:
    for became in ("new", "as it was"):
        assert told(cluster) == [f"netwar-{kind}: {became}" for kind in ("tweets", "users", "ledger", "perflog")]
    replicas = "changed: auto_expand_replicas: 0-1 -> none, number_of_replicas: none -> 0"
    tweets, *_, perflog = told(cluster, shards=3, replicas=0)
    assert (tweets, perflog) == (f"netwar-tweets: {replicas}, number_of_shards: 1 -> 3", f"netwar-perflog: {replicas}")
    assert told(cluster)[0] == "netwar-tweets: as it was", "shards and replicas stay as they were set"
    assert told(cluster, replicas=2)[0] == "netwar-tweets: changed: number_of_replicas: 0 -> 2"


@on("es654-sg", "es953-sec")
def test_new_indices_are_laid_out_so(cluster: Cluster, archive: ElasticArchive) -> None:
    told(cluster, shards=2, replicas=0)
    archive.write([tweet(1)])
    settings = cluster.ask("GET", "/twbrexit")["twbrexit"]["settings"]["index"]
    assert (settings["number_of_shards"], settings["number_of_replicas"]) == ("2", "0")
    assert settings["codec"] == "best_compression"
    mapping = archive._indices._mapping("twbrexit")
    assert mapping
    assert str(mapping["dynamic"]).lower() == "false"
    assert mapping["properties"]["id"] == {"type": "keyword", "ignore_above": 256, "fields": {"number": {"type": "long"}}}


@on(*GENERATIONS)
def test_the_first_write_puts_in_what_is_missing(server: ElasticServer, archive: ElasticArchive, cluster: Cluster) -> None:
    archive.write([tweet(1)])
    ElasticPerfLog(cluster).append(Entry("alpha", "op", "nasa", "moved house", "2026-11-28T12:00:00.000+00:00"))
    expected = ["netwar-tweets: as it was", "netwar-users: new", "netwar-ledger: new", "netwar-perflog: as it was"]
    assert told(cluster) == expected


@on("es654-sg", "es953-sec", "os2194-sec")
def test_somebody_who_may_only_read(opened: Callable[..., ElasticArchive]) -> None:
    opened().write([tweet(1)], [Cover("twbrexit", "7", Span(0, 1, 1), NOW)])
    reader = opened("reader")
    assert list(reader.get("twbrexit", ["1"])) == ["1"]
    assert reader.record("twbrexit", "7").posts == 1, "it may see what is missing"
    assert reader.count("twbrexit") in (0, 1), "it may not ask for what was just written to be found"
    assert (reader.extent("brexit").tweets, reader.extent("brexit").bytes > 0) in ((0, True), (1, True))
    with pytest.raises(ConfigError, match=r"reader lacks a right on twbrexit at .*netwar_recorder.* conf/"):
        reader.write([tweet(2)])


@on("es654-sg", "es953-sec", "os2194-sec")
def test_documents_that_may_not_be_read_are_no_trouble_of_the_cluster(opened: Callable[..., ElasticArchive]) -> None:
    """The reader's role has no perflog. Servers tell of that document by document, without a status."""
    opened().cluster.ask("PUT", "/perflog")
    with pytest.raises(ConfigError, match=r"reader lacks a right on perflog at .*netwar_recorder.* conf/"):
        list(by_ids(opened("reader").cluster, "perflog", ["1"]))


@on("es7102", "es654-sg")
def test_a_newer_programs_layout_is_refused(
    archive: ElasticArchive, opened: Callable[..., ElasticArchive], cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.write([tweet(1)])
    known = templates.source()
    monkeypatch.setattr(templates, "source", lambda: {**known, "schema": 0})
    monkeypatch.setattr("netwar.archive.elastic.indices.source", lambda: {**known, "schema": 0})
    with pytest.raises(ConfigError, match=r"netwar-tweets was made by a newer version .*\(schema 2, known here 0\): update"):
        told(cluster)
    for use in (lambda one: one.write([tweet(2)]), lambda one: one.get("twbrexit", ["1"])):
        with pytest.raises(ConfigError, match="twbrexit was made by a newer version of this program"):
            use(opened())


@on("es654-sg", "es953-sec")
def test_a_rehearsal_does_not_end_up_among_what_was_recorded(opened: Callable[..., ElasticArchive]) -> None:
    opened().write([tweet(1)])
    rehearsing = opened(api="http://127.0.0.1:8000")
    for use in (lambda: rehearsing.ready("twbrexit"), lambda: rehearsing.write([tweet(2)])):
        with pytest.raises(ConfigError, match=r"was recorded from https://api\.x\.com, and this configuration asks http://127"):
            use()
    rehearsing.ready("twother")


@on("es7102")
def test_an_index_of_another_program_is_left_alone(server: ElasticServer, archive: ElasticArchive) -> None:
    server.ask("PUT", "/twbrexit", {"mappings": {"properties": {"id": {"type": "text"}}}})
    server.ask("PUT", "/twbrexit/_doc/1?refresh=true", {"id": "1"})
    assert archive.indices() == []
    for use in (lambda: archive.ready("twbrexit"), lambda: archive.get("twbrexit", ["1"])):
        with pytest.raises(ConfigError, match=r"twbrexit at .* was made by another program"):
            use()
