"""What is due for a graph, in every archive: put by in the same step as the documents, and never lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from netwar.archive.base import Archive
from netwar.archive.marks import Cover
from netwar.archive.outbox import Outbox, Pending
from netwar.archive.spool import Spool
from netwar.archive.sqlite.outbox import DueFile
from netwar.archive.sqlite.store import SqliteArchive
from netwar.config import load
from netwar.connections.elastic import connect
from netwar.coverage import Span
from tests import clusters
from tests.contract.conftest import emptied, opened_archive
from tests.contract.test_archive import NOW, profile, tweet
from tests.servers.fixtures import Servers

TW, TU = "twbrexit", "tubrexit"


def opened(kind: str, folder: Path) -> Archive:
    """An archive from which a graph is fed."""
    if kind == "sqlite":
        return SqliteArchive(folder / "archive", folder / "dead-letters", feeds=True)
    from netwar.archive.elastic.store import ElasticArchive

    cluster = connect(load(clusters.remembered(kind)))
    return ElasticArchive(cluster, folder / "dead-letters", clusters.API, due=DueFile(folder / "due.sqlite"))


@pytest.fixture
def fed(archive_kind: str, tmp_path: Path, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    if archive_kind != "sqlite":
        emptied(archive_kind, servers, tmp_path_factory.mktemp("cluster") / "conf")
    with closing(opened(archive_kind, tmp_path)) as archive:
        yield archive


def outbox_of(archive: Archive) -> Outbox:
    assert archive.outbox
    return archive.outbox


def due(archive: Archive, index: str = TW) -> dict[str, bool]:
    """What is due, and whether it is fresh."""
    return {one.id: one.fresh for one in outbox_of(archive).take(index, 1000)}


def test_what_is_new_or_changed_is_due_until_it_is_settled(fed: Archive, tmp_path: Path) -> None:
    outbox = outbox_of(fed)
    assert (due(fed), outbox.pending(TW)) == ({}, Pending())
    fed.write([tweet(11), tweet(12), profile(7, "nasa"), replace(profile(8, "x"), index="usertest")])
    assert (due(fed), due(fed, TU), due(fed, "usertest")) == ({"11": True, "12": True}, {"7": True}, {})
    taken = outbox.take(TW, 1)
    assert [one.id for one in taken] == ["11"]
    changed = [replace(one, retrieved=NOW + 1) for one in (tweet(11), tweet(12))]
    fed.write(changed)
    outbox.settle(TW, taken, {})  # it was written meanwhile
    assert due(fed) == {"11": False, "12": False}
    outbox.settle(TW, outbox.take(TW, 9), {})
    assert outbox.pending(TW) == Pending()
    assert due(fed, TU) == {"7": True}
    fed.forget(TW, ["11"])
    assert due(fed) == {"11": False}
    broken = replace(tweet(13), id="no number")
    fed.write([broken, tweet(14)])
    assert due(fed) == {"11": False, "14": True}


def test_who_waits_is_due_when_it_comes(fed: Archive) -> None:
    outbox = outbox_of(fed)
    fed.write([tweet(11), tweet(12)])
    outbox.settle(TW, outbox.take(TW, 9), {"11": ["20", "21"], "12": ["20"]})
    assert outbox.pending(TW) == Pending(0, 2)
    assert outbox.awaited(TW, "0", 9) == ["20", "21"]
    fed.write([tweet(20)])
    outbox.settle(TW, outbox.take(TW, 9), {})
    assert due(fed) == {"11": False, "12": False}
    outbox.settle(TW, outbox.take(TW, 9), {"11": ["21"]})
    assert outbox.awaited(TW, "20", 9) == ["21"]
    outbox.arrived(TW, ["21", "22"])
    assert due(fed) == {"11": False}
    outbox.add(TW, ["30", "no number"])
    assert due(fed) == {"11": False, "30": False}


def test_pages_of_the_spool_are_due(fed: Archive, archive_kind: str, tmp_path: Path) -> None:
    """Also where a server has the documents: who was killed before they were due writes the page again."""
    spool = Spool(tmp_path / "spool")
    spool.keep("GET /2/tweets", [tweet(11)], [Cover(TW, "7", Span(10, 11, 1), NOW)])
    if archive_kind != "sqlite":
        with closing(opened_archive(archive_kind, tmp_path)) as killed:
            killed.write([tweet(11)])
    spool.replay(fed)
    assert list(due(fed)) == ["11"]


def test_without_a_graph_nothing_is_put_by(tmp_path: Path) -> None:
    with closing(SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")) as archive:
        assert archive.outbox is None
        archive.write([tweet(11)])
    with closing(opened("sqlite", tmp_path)) as archive:
        assert due(archive) == {}
