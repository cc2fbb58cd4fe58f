"""Each kind of server starts, answers, keeps its data, can be wiped, and leaves nothing behind."""

from __future__ import annotations

import socket
from pathlib import Path

import psutil
import pytest

from tests.servers import HEAVY_KINDS, REDIS_KINDS, Server
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on, one_of
from tests.servers.neo4j import Neo4jServer
from tests.servers.redis import RedisServer


def put(server: Server, text: str) -> None:
    """Keep a text in it."""
    match server:
        case ElasticServer():
            server.ask("PUT", "/twkept/_doc/1?refresh=true", {"text": text})
        case RedisServer():
            with server.connect() as client:
                client.set("kept", text)
        case Neo4jServer():
            server.ask("MERGE (k:Kept) SET k.text = $text", text=text)


def kept(server: Server) -> str:
    """The text that is in it."""
    match server:
        case ElasticServer():
            return str(server.ask("GET", "/twkept/_doc/1")["_source"]["text"])
        case RedisServer():
            with server.connect() as client:
                return bytes(client.get("kept") or b"").decode()
        case Neo4jServer():
            return str(server.ask("MATCH (k:Kept) RETURN k.text")[0][0])
    raise AssertionError(server)


def processes_in(folder: Path) -> list[int]:
    """The processes that run there."""
    folder = folder.resolve()
    return [one.pid for one in psutil.process_iter(["cwd"]) if one.info["cwd"] and Path(one.info["cwd"]).is_relative_to(folder)]


@on(*REDIS_KINDS, *HEAVY_KINDS)
def test_answers_and_can_be_wiped(server: Server, subtests: pytest.Subtests) -> None:
    for promise in (answers_with_its_version, listens_on_its_socket, is_wiped):
        with subtests.test(promise.__name__):
            promise(server)


def answers_with_its_version(server: Server) -> None:
    assert server.version == server.of.version or server.of.is_redis
    assert server.alive
    assert processes_in(server.folder) == [server.pid], "what we stop, kill and pause is the server, alone"
    assert server.of.is_redis or 0 not in psutil.Process(server.pid).uids(), "it runs as a plain user"


def listens_on_its_socket(server: Server) -> None:
    if not isinstance(server, RedisServer):
        return
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server.socket))
        connection.sendall(b"PING\r\n")
        assert connection.recv(7) in (b"+PONG\r\n", b"-NOAUTH")


def is_wiped(server: Server) -> None:
    match server:
        case RedisServer():
            put(server, "gone")
            server.wipe()
            with server.connect() as client:
                assert client.dbsize() == 0
        case ElasticServer():
            elasticsearch_is_wiped(server)


def elasticsearch_is_wiped(server: ElasticServer) -> None:
    put(server, "gone")
    server.ask("PUT", "/_template/ours", {"index_patterns": ["tw*"], "settings": {"number_of_replicas": 0}})
    server.ask("PUT", "/_ingest/pipeline/ours", {"processors": []})
    server.ask("PUT", "/_snapshot/ours", {"type": "fs", "settings": {"location": str(server.snapshots / "ours")}})
    if server.of.is_opensearch or server.of.major >= 7:
        server.ask("PUT", "/_component_template/ours", {"template": {}})
        server.ask("PUT", "/_index_template/ours", {"index_patterns": ["tu*"], "composed_of": ["ours"]})
    server.ask("PUT", "/_cluster/settings", {"persistent": {"cluster.blocks.read_only": "true"}})
    server.wipe()
    assert not {"ours", "twkept"} & set().union(*server.contents().values())
    put(server, "writable again")


# They are started, stopped and made by the same lines for all kinds. Each guard brings a way of its own to be ready, which every
# first start needs as well.
@on("redis", "redis-tls", *one_of(["es654-sg", "es953-sec", "os2194-sec"], "started again"))
def test_stopped_and_started_again(server: Server) -> None:
    put(server, "äöü 🐦")
    before = server.url
    server.stop()
    assert not processes_in(server.folder)
    server.restart()
    assert server.url == before
    assert kept(server) == "äöü 🐦"


# Those of the Elasticsearch family are killed, and start again, under recorders: tests/timelines/test_elastic.py and others.
@on("redis", "redis-tls")
def test_killed(server: Server) -> None:
    put(server, "acknowledged")
    server.kill()
    assert not processes_in(server.folder)
    server.start()
    assert kept(server) == "acknowledged"


@on("redis", "es953")
def test_hangs_and_goes_on(server: Server) -> None:
    server.pause()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n" if isinstance(server, ElasticServer) else b"PING\r\n")
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        server.resume()
        connection.settimeout(20)
        assert connection.recv(5) in (b"HTTP/", b"+PONG")


@on("es654-sg", "es953-sec", "os360")
def test_snapshots(server: ElasticServer) -> None:
    put(server, "saved")
    server.ask("PUT", "/_snapshot/here", {"type": "fs", "settings": {"location": str(server.snapshots)}})
    ours = {"indices": "twkept", "include_global_state": False}
    done = server.ask("PUT", "/_snapshot/here/one?wait_for_completion=true", ours)
    assert done["snapshot"]["state"] == "SUCCESS"
    server.ask("DELETE", "/twkept")
    server.ask("POST", "/_snapshot/here/one/_restore?wait_for_completion=true", ours)
    assert kept(server) == "saved"
