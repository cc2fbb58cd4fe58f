"""How a feed goes on: what it took stays due until the graph has it, and what comes later finds who waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.outbox import Pending
from netwar.archive.sqlite.store import SqliteArchive
from netwar.errors import ServiceDown
from netwar.graph.sqlite import SqliteGraph
from netwar.graphing.feeding import Fed, Feeder
from netwar.graphing.rebuilding import rebuild
from netwar.records.documents import Document
from tests.graph.world import BEGAN, INDEX

TW = f"tw{INDEX}"
Body = dict[str, Any]


class Away(SqliteGraph):
    """A graph that can be made to fail."""

    away = False
    meanwhile: Callable[[], None] | None = None

    def replace(self, *given: Any) -> None:
        if self.away:
            raise ServiceDown("it is away")
        if self.meanwhile:
            do, self.meanwhile = self.meanwhile, None
            do()
        super().replace(*given)


class Feeding:
    """An archive, a graph, and who feeds it."""

    def __init__(self, folder: Path) -> None:
        self.archive = SqliteArchive(folder / "archive", folder / "dead-letters", feeds=True)
        self.graph = Away(folder / "graph")
        assert self.archive.outbox
        self.outbox = self.archive.outbox
        self.feeder = Feeder(self.archive, self.outbox, self.graph, INDEX, Fed())

    def tweet(self, id: int, at: int = BEGAN, **more: Any) -> None:
        body = {"id": str(id), "author_id": str(id // 10), "text": "", "created_at": "2009-05-01T10:00:00.000Z", **more}
        self.archive.write([Document(TW, str(id), body, True, at)])

    def feed(self) -> None:
        while self.feeder.step():
            pass

    def edges(self) -> list[str]:
        return sorted(f"{one.source} {one.type} {one.target}" for one in self.graph.edges(INDEX))

    def close(self) -> None:
        self.archive.close()
        self.graph.close()


@pytest.fixture
def feeding(tmp_path: Path) -> Iterator[Feeding]:
    with closing(Feeding(tmp_path)) as one:
        yield one


def quotes(id: int) -> Body:
    return {"referenced_tweets": [{"type": "quoted", "id": str(id)}]}


def test_what_a_graph_did_not_take_stays_due(feeding: Feeding) -> None:
    feeding.tweet(11, in_reply_to_user_id="2")
    feeding.graph.away = True
    with pytest.raises(ServiceDown):
        feeding.feed()
    assert feeding.outbox.pending(TW) == Pending(1, 0)
    feeding.graph.away = False
    feeding.feed()
    assert feeding.edges() == ["1 REPLIES_TO 2"]


def test_nothing_odd_in_a_tweet_keeps_the_others_out(feeding: Feeding) -> None:
    feeding.tweet(11, entities={"hashtags": [{"tag": "a\0b"}], "urls": [{"expanded_url": "https://e.org/\0"}]})
    feeding.tweet(12, in_reply_to_user_id="2")
    feeding.feed()
    assert "1 REPLIES_TO 2" in feeding.edges()
    assert feeding.outbox.pending(TW) == Pending(0, 0)


def test_a_reference_that_comes_later_makes_the_edge(feeding: Feeding) -> None:
    feeding.tweet(11, **quotes(21))
    feeding.tweet(12, **quotes(21), in_reply_to_user_id="3")
    feeding.feed()
    assert feeding.edges() == ["1 REPLIES_TO 3"]
    assert feeding.outbox.pending(TW) == Pending(0, 2)
    feeding.tweet(21, **quotes(31))
    feeding.feed()
    assert feeding.edges() == ["1 QUOTES 2", "1 QUOTES 2", "1 REPLIES_TO 3"]
    assert feeding.outbox.pending(TW) == Pending(0, 1)
    feeding.tweet(21, BEGAN + 1, in_reply_to_user_id="5")  # edited: it quotes nobody any more
    feeding.feed()
    assert feeding.edges() == ["1 QUOTES 2", "1 QUOTES 2", "1 REPLIES_TO 3", "2 REPLIES_TO 5"]
    assert feeding.outbox.pending(TW) == Pending()


def test_what_other_hosts_recorded_is_looked_for(feeding: Feeding, tmp_path: Path) -> None:
    """They have outboxes of their own."""
    feeding.tweet(11, **quotes(21))
    feeding.feed()
    with closing(SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")) as other:
        other.write([Document(TW, "21", {"id": "21", "author_id": "2"}, True, BEGAN)])
    feeding.feed()
    assert feeding.edges() == []
    feeding.feeder.look_again()
    feeding.feed()
    assert feeding.edges() == ["1 QUOTES 2"]


def test_of_two_hosts_that_feed_one_tweet_the_newer_copy_stays(feeding: Feeding, tmp_path: Path) -> None:
    """Of an archive that hosts share, the other one feeds what it has recorded while we feed what was there before."""

    def other_host() -> None:
        with closing(SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")) as other:
            body = {"id": "11", "author_id": "1", "created_at": "2009-05-01T10:00:00.000Z", "in_reply_to_user_id": "3"}
            other.write([Document(TW, "11", body, True, BEGAN + 1)])

    feeding.feeder = Feeder(feeding.archive, feeding.outbox, feeding.graph, INDEX, Fed(), shared=True)
    feeding.tweet(11, in_reply_to_user_id="2")
    feeding.graph.meanwhile = other_host
    feeding.feed()
    assert feeding.edges() == ["1 REPLIES_TO 3"]


def test_what_is_written_during_a_rebuild_stays_due(feeding: Feeding) -> None:
    feeding.tweet(11, in_reply_to_user_id="2")
    for _ in rebuild(feeding.archive, feeding.graph, feeding.feeder):
        pass
    assert feeding.edges() == ["1 REPLIES_TO 2"]
    assert feeding.outbox.pending(TW) == Pending(1, 0)


def test_a_rebuild_that_is_cut_off_goes_on(feeding: Feeding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Away, "at_once", 2)
    for id in range(11, 18):
        feeding.tweet(id, in_reply_to_user_id="2")
    steps = rebuild(feeding.archive, feeding.graph, feeding.feeder)
    assert (next(steps), next(steps)) == (2, 2)
    feeding.graph.away = True
    with pytest.raises(ServiceDown):
        next(steps)
    feeding.graph.away = False
    assert feeding.graph.position(INDEX) == 14
    assert sum(rebuild(feeding.archive, feeding.graph, feeding.feeder)) == 3
    assert (len(feeding.edges()), feeding.graph.position(INDEX)) == (7, 0)


def test_what_is_forgotten_has_no_edges(feeding: Feeding) -> None:
    feeding.tweet(11, in_reply_to_user_id="2")
    feeding.tweet(12, in_reply_to_user_id="3")
    feeding.feed()
    feeding.archive.forget(TW, ["11"])
    feeding.feed()
    assert feeding.edges() == ["1 REPLIES_TO 3"]
