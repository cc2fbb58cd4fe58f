"""What a cluster refuses, and when: nothing is lost, the run goes on where it can, and is told what to do where it cannot."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from requests import HTTPError

from netwar.archive.base import Store, Tally, Within
from netwar.archive.elastic import bulk
from netwar.archive.elastic.reading import by_ids
from netwar.archive.elastic.store import ElasticArchive
from netwar.archive.marks import Cover, Period
from netwar.archive.spool import Replayed, Spool
from netwar.cli.signals import Stopped
from netwar.config import Settings
from netwar.connections.elastic import Cluster, connect
from netwar.coverage import Span
from netwar.errors import ConfigError, ServiceDown, StoreDown
from netwar.records.documents import Document
from tests import clusters
from tests.archive.elastic.conftest import NOW, tweet
from tests.rows import rows
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on, one_of
from tests.serving import Answering, serving

ALL_AGES = ("es654-sg", "es7102", "es953-sec", "os2194-sec")


@on(*ALL_AGES)
def test_a_shape_that_the_mapping_has_no_place_for_is_kept_whole(archive: ElasticArchive, server: ElasticServer) -> None:
    odd = tweet(5, "a shape of tomorrow", public_metrics=["none"], entities="none", author_id="7", username="Some_One")
    assert archive.write([tweet(4), odd, tweet(6)]) == Tally(created=3)
    assert archive.get("twbrexit", ["5"])["5"] == odd.body
    assert [body["id"] for body in archive.search("twbrexit", "tomorrow")] == ["5"]
    assert [body["id"] for body in archive.find("twbrexit", Within(user="7"))] == ["6", "5", "4"]
    assert [body["id"] for body in archive.find("twbrexit", Within(name="SOME_one"))] == ["5"]
    kept = server.ask("POST", "/twbrexit/_search", {"query": {"exists": {"field": "kept_because"}}})["hits"]["hits"]
    assert [hit["_id"] for hit in kept] == ["5"]
    newer = Document("twbrexit", "5", {"id": "5", "text": "as it should be"}, True, NOW + 1)
    assert archive.write([newer]) == Tally(updated=1)
    assert archive.get("twbrexit", ["5"])["5"] == newer.body


@on(*ALL_AGES)
def test_a_closed_index_is_told_as_such(
    archive: ElasticArchive, opened: Callable[..., ElasticArchive], server: ElasticServer, tmp_path: Path
) -> None:
    archive.write([tweet(1)], [Cover("twbrexit", "7", Span(0, 1, 1), NOW)])
    server.ask("POST", "/twbrexit/_close")
    assert opened().indices() == ["twbrexit"]
    for use in (
        lambda one: one.count("twbrexit"),
        lambda one: one.get("twbrexit", ["1"]),
        lambda one: list(one.search("twbrexit", "hello")),
        lambda one: one.write([tweet(2)]),
    ):
        with pytest.raises(ServiceDown, match=r"twbrexit at .* is closed: open it with  tw-elk open twbrexit"):
            use(opened())
    assert not (tmp_path / "dead-letters").exists()
    server.ask("POST", "/twbrexit/_open")
    assert [body["id"] for body in archive.search("twbrexit", "hello")] == ["1"]


@on("es654-sg", "es953-sec")
def test_an_index_that_was_deleted_without_its_ledger_is_not_begun_anew(
    archive: ElasticArchive, opened: Callable[..., ElasticArchive], server: ElasticServer
) -> None:
    archive.write([tweet(1)], [Cover("twbrexit", "7", Span(0, 1, 1), NOW)])
    server.ask("DELETE", "/twbrexit")
    with pytest.raises(ConfigError, match=r"twbrexit .* is gone, and tcbrexit .* restore twbrexit, .* tw-elk delete tcbrexit"):
        opened().ready("twbrexit")
    server.ask("DELETE", "/tcbrexit")
    opened().ready("twbrexit")
    assert opened().record("twbrexit", "7").spans == ()


@on("es654-sg", "os360")
def test_an_alias_of_several_indices_is_not_recorded_into(opened: Callable[..., ElasticArchive], server: ElasticServer) -> None:
    """One of a single index is that index; the next one behind it would take each tweet once more."""
    opened().ready("twbrexit-1")
    server.ask("POST", "/_aliases", {"actions": [{"add": {"index": "twbrexit-1", "alias": "twbrexit", "is_write_index": True}}]})
    assert opened().write([tweet(1)]) == Tally(created=1)
    assert opened().write([tweet(1)]) == Tally(unchanged=1)
    assert list(opened().get("twbrexit", ["1"])) == ["1"]
    server.ask("POST", "/twbrexit/_rollover/twbrexit-2")
    for use in (lambda one: one.write([tweet(1)]), lambda one: one.get("twbrexit", ["1"]), lambda one: one.count("twbrexit")):
        with pytest.raises(ConfigError, match=r"twbrexit .* is an alias of several indices \(twbrexit-1, twbrexit-2\)"):
            use(opened())
    assert [opened().count(index) for index in ("twbrexit-1", "twbrexit-2")] == [1, 0]


@on("es654-sg", "es953-sec", "os2194-sec")
def test_an_index_that_has_lost_a_shard_is_not_taken_for_whole_and_holds_up_no_other(
    archive: ElasticArchive,
    opened: Callable[..., ElasticArchive],
    server: ElasticServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive.write([tweet(1)])
    crowded = {"number_of_shards": 2, "number_of_replicas": 0, "routing.allocation.total_shards_per_node": 1}
    server.ask("PUT", "/twlost?wait_for_active_shards=0", {"settings": {"index": crowded}})
    server.ask("GET", "/_cluster/health/twlost?wait_for_active_shards=1&timeout=30s")
    for id in range(10, 20):
        with suppress(HTTPError):  # those of the shard that has no place
            server.ask("PUT", f"/twlost/_doc/{id}?refresh=true&timeout=10ms", tweet(id).body)
    monkeypatch.setattr("netwar.connections.elastic_errors.BUSY_SECONDS", 1)  # shards that come back are waited for
    reader = opened("reader")  # who cannot have it made visible what was just written, which would not come to an end
    for use in (lambda: reader.count("twlost"), lambda: list(reader.scan("twlost"))):
        with pytest.raises(ServiceDown, match=r"lacks shards on twlost .*: tw-elk unassigned shows which, and why"):
            use()
    assert archive.indices() == ["twbrexit", "twlost"]
    assert [body["id"] for body in archive.scan("twbrexit")] == ["1"]


@on("es654-sg", "es953-sec")
def test_what_an_index_refuses_for_good_goes_to_the_dead_letters(
    archive: ElasticArchive, server: ElasticServer, tmp_path: Path
) -> None:
    archive.ready("twbrexit")
    strict = {"dynamic": "strict"}
    path = "/twbrexit/_mapping/_doc" if archive.cluster.typed else "/twbrexit/_mapping"
    server.ask("PUT", path, strict)
    bad = tweet(5, "bad", author_id={"not": "text"}, name="whose place is missing")
    bad.body["lang"] = {"en": 1}
    given = [tweet(4), bad, tweet(6)]
    assert archive.write(given, [Cover("twbrexit", "7", Span(3, 6, 3), NOW)]) == Tally(created=2, rejected=1)
    assert archive.record("twbrexit", "7").spans == (Span(3, 6, 3),)
    [letter] = [orjson.loads(line) for line in (tmp_path / "dead-letters").read_bytes().splitlines()]
    assert letter["document"] == bad.body
    assert "author_id" in letter["reason"] or "name" in letter["reason"]


@on(*ALL_AGES)
def test_a_full_disk_of_the_cluster_is_told_as_such(archive: ElasticArchive, server: ElasticServer, tmp_path: Path) -> None:
    archive.write([tweet(1)])
    blocked = {"index.blocks.read_only_allow_delete": True}
    server.ask("PUT", "/twbrexit/_settings", blocked)
    store, spool = Store(archive, Spool(tmp_path / "spool")), Spool(tmp_path / "spool")
    cover = Cover("twbrexit", "7", Span(0, 2, 1), NOW)
    with pytest.raises(StoreDown, match=r"takes no more into twbrexit: a disk .*flood-stage watermark.*tw-elk read-only-off"):
        store.write("timeline 7", [tweet(2)], [cover])
    assert spool.waiting() == 1
    server.ask("PUT", "/twbrexit/_settings", {"index.blocks.read_only_allow_delete": None})
    assert spool.replay(archive) == Replayed(1, 1, 0)
    assert list(archive.get("twbrexit", ["2"])) == ["2"]
    assert archive.record("twbrexit", "7").spans == (Span(0, 2, 1),)


@pytest.mark.parametrize("kind", one_of(["es654", "es953"], "busy"))
def test_what_a_busy_cluster_rejects_is_sent_again(kind: str, new_server: Callable[..., ElasticServer], tmp_path: Path) -> None:
    """A server with one thread for writing and room for one more write is written to by eight at once."""
    server = new_server(kind, **{"thread_pool.write.size": "1", "thread_pool.write.queue_size": "1"})
    archives = [ElasticArchive(connect(clusters.settings(server)), tmp_path / "dead-letters", clusters.API) for _ in range(8)]
    archives[0].ready("twbrexit")

    def write(number: int) -> Tally:
        pages = range(number * 10_000, number * 10_000 + 1_000, 250)
        return sum((archives[number].write([tweet(page + n, "word " * 50) for n in range(250)]) for page in pages), Tally())

    with ThreadPoolExecutor(8) as threads:
        tallies = list(threads.map(write, range(8)))
    rejected = server.ask("GET", "/_nodes/stats/thread_pool")["nodes"].values()
    assert sum(node["thread_pool"]["write"]["rejected"] for node in rejected) > 0, "it was not busy enough to tell"
    assert sum(tallies, Tally()).rejected == 0
    assert archives[0].count("twbrexit") == 8_000
    for archive in archives:
        archive.close()


@contextmanager
def saying(answer: Callable[[bytes], Any]) -> Iterator[Cluster]:
    """A server that answers what is posted to it by this."""

    class Handler(Answering):
        def do_GET(self) -> None:
            self._say({"version": {"number": "8.19.21"}})

        def do_POST(self) -> None:
            self._say(answer(self.rfile.read(int(self.headers["content-length"]))))

        def _say(self, answer: Any) -> None:
            self.answer(200, orjson.dumps(answer))

    with serving(Handler) as address, closing(connect(Settings(elksg=address))) as cluster:
        yield cluster


def test_single_items_that_are_rejected_are_sent_again_and_no_others() -> None:
    """A server that says what Elasticsearch does when the queue of its thread pool is full for some items."""
    heard: list[bytes] = []

    def full(body: bytes) -> Any:
        heard.append(body)
        rejected = {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "rejected execution of ..."}}
        busy = len(heard) < 3
        heads = body.splitlines()[::2]
        return {"errors": busy, "items": [{"index": rejected if busy and b'"2"' in head else {"status": 201}} for head in heads]}

    with saying(full) as cluster:
        items = [bulk.put(str(id), 1, b"{}") for id in (1, 2, 3)]
        results = bulk.send(cluster, "twx", items)
    assert [result.status for result in results] == [201, 201, 201]
    assert heard == [b"".join(items), items[1], items[1]]


def test_a_shard_that_is_just_being_made_is_waited_for() -> None:
    """A server that says what Elasticsearch does of documents in an index that another worker makes at this moment."""
    heard: list[bytes] = []
    said = {"type": "illegal_index_shard_state_exception", "reason": "CurrentState[RECOVERING] operations only allowed when ..."}

    def recovering(body: bytes) -> Any:
        heard.append(body)
        told = {"found": True, "_source": {}} if len(heard) == 3 else {"error": said}
        return {"docs": [{"_id": "1", **told}, {"_id": "2", "found": False}]}

    with saying(recovering) as cluster:
        found = list(by_ids(cluster, "twx", ["1", "2"]))
    assert [one["_id"] for one in found] == ["1"]
    assert len(heard) == 3


@on("es953-sec", "es654-sg")
def test_writing_where_we_may_not_is_told_and_put_by(archive: ElasticArchive, server: ElasticServer, tmp_path: Path) -> None:
    """The index is closed to the recorder by taking the block for all writes, as an administrator's freeze does."""
    archive.write([tweet(1)], [Cover("twbrexit", "7", Span(0, 10, 5), NOW)])
    server.ask("PUT", "/twbrexit/_settings", {"index.blocks.write": True})
    page = Cover("twbrexit", "7", Span(0, 20, 9), NOW, back=Span(4, 10, 1))
    with pytest.raises(ServiceDown, match="takes nothing into twbrexit now: the index or the cluster is blocked"):
        Store(archive, Spool(tmp_path / "spool")).write("timeline 7", [tweet(2)], [page])
    assert Spool(tmp_path / "spool").waiting() == 1
    assert archive.record("twbrexit", "7").spans == (Span(0, 4, 4),), "what it contradicts goes before it, its span comes after"


@rows("error", [ConfigError("no right"), Stopped(signal.SIGTERM)])
def test_what_cannot_be_written_for_want_of_a_right_is_put_by(tmp_path: Path, error: BaseException) -> None:
    """Nor is it lost where somebody stops the program while an archive takes a minute for it."""

    class Refusing:
        def write(self, *_: object) -> Tally:
            raise error

    spool = Spool(tmp_path / "spool")
    with pytest.raises(type(error)):
        Store(Refusing(), spool).write("timeline 7", [tweet(2)])  # type: ignore[arg-type]
    assert spool.waiting() == 1


@on("es953-sec")
def test_a_change_whose_answer_was_lost_is_not_made_twice(archive: ElasticArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    from netwar.connections.elastic_errors import TransientError

    archive.change_note("usertest", "count", lambda before: 1)
    genuine, lost = archive.cluster._ask, []

    def losing(method: str, path: str, *given: Any) -> Any:
        answer = genuine(method, path, *given)
        if path.endswith("_bulk") and not lost:
            lost.append(path)
            raise TransientError("the connection is lost", 3)
        return answer

    monkeypatch.setattr(archive.cluster, "_ask", losing)
    assert archive.change_note("usertest", "count", lambda before: before + 1) == 2
    assert lost
    assert archive.note("usertest", "count") == 2


@on("es953-sec", "es654-sg", "os2194-sec")
def test_what_is_of_many_names_takes_as_few_requests_as_what_is_of_one(
    archive: ElasticArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, asked = ["brexit", "leave", "remain", "wales"], list[str]()
    genuine = archive.cluster._ask

    def counting(method: str, path: str, *given: Any) -> Any:
        asked.append(path)
        return genuine(method, path, *given)

    for name in names:
        archive.ready(f"tw{name}")
        archive.ready(f"tu{name}")
    monkeypatch.setattr(archive.cluster, "_ask", counting)
    for some in (names[:1], names):
        asked.clear()
        for at in (1, 2):
            made = [replace(tweet(at), index=f"tw{name}") for name in some]
            made += [Document(f"tu{name}", "7", {"id": "7", "username": f"n{at}"}, True, NOW + at) for name in some]
            archive.write(made, [Period(f"tw{name}", "stream/1", Span(at, at + 1, 1)) for name in some])
        assert len(asked) == 4 + 5, "profiles, changes of them (once), documents, coverage twice"
    assert [archive.note(f"tw{name}", "periods/stream/1") for name in names] == [{"spans": [[1, 3, 2]]}] * 4


@on("es953-sec", "es654-sg")
def test_pages_are_sent_in_portions(archive: ElasticArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    genuine = archive.cluster._ask

    def counting(method: str, path: str, body: Any, *given: Any) -> Any:
        if path.endswith("_bulk"):
            sizes.append(len(body))
        return genuine(method, path, body, *given)

    monkeypatch.setattr(archive.cluster, "_ask", counting)
    assert archive.write([tweet(id) for id in range(1, 2502)]).created == 2501
    assert len(sizes) == 3
    sizes.clear()
    assert archive.write([tweet(id, "x " * 500_000) for id in range(5000, 5012)]).created == 12
    assert len(sizes) == 6, "each a megabyte, and its words another one"
    assert max(sizes) <= bulk.MAX_BYTES
