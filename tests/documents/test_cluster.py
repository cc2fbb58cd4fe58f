"""docs/hosts.md: nodes with its settings keep copies on different hosts, outlive one of them, and are asked by its commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.base import Tally
from netwar.archive.elastic.store import ElasticArchive
from netwar.config import Settings
from netwar.connections.elastic import connect
from tests import clusters
from tests.archive.elastic.conftest import tweet
from tests.desk import Desk
from tests.documents.blocks import DOCS, blocks, follow, run
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import one_of

NODES = {"a1": "a", "b1": "b", "c1": "b"}  # two machines of one host, and one of another


@pytest.mark.long
@pytest.mark.parametrize("kind", one_of(["es71729", "es953"], "hosts"))
def test_machines_of_hosts(kind: str, new_server: Callable[..., ElasticServer], desk: Desk, tmp_path: Path) -> None:
    nodes = started(kind, new_server)
    url = " ".join(node.url for node in nodes)
    archive = ElasticArchive(connect(Settings(elksg=url)), tmp_path / "dead-letters", clusters.API)
    first = nodes[0]
    (desk.home / ".twitter").touch(mode=0o600)
    desk.configure(elksg=url)
    desk.run("tw-elkinit", "--shards", "4", "--replicas", "1", check=0)
    assert archive.write([tweet(id) for id in range(1, 9)]) == Tally(created=8)
    healthy(first, "green")
    for shard, there in places(first).items():
        assert sorted(NODES[node] for node in there) == ["a", "b"], f"both copies of {shard} are on one host"
    follow("hosts.md", {}, lambda block: run(desk, block, {"drain c1": "drain c1 --yes"}))
    assert "c1" in desk.run("tw-elk", "nodes", check=0).stdout
    healthy(first, "green")
    nodes[1].kill()  # two of three votes are left
    healthy(first, "yellow")
    assert archive.write([tweet(9)]) == Tally(created=1)
    assert archive.count("twbrexit") == 9
    archive.close()


def started(kind: str, new_server: Callable[..., ElasticServer]) -> list[ElasticServer]:
    """The nodes of the page; the first one votes alone until the others have come."""
    settings = next(block for block in blocks(DOCS / "hosts.md") if "node.roles" in block.text).settings
    settings |= {"cluster.initial_master_nodes": ["a1"], "index.store.type": "niofs"}
    nodes: list[ElasticServer] = []
    for name, host in NODES.items():
        mine: dict[str, Any] = settings | {"node.name": name, "node.attr.host": host}
        mine["discovery.seed_hosts"] = [f"127.0.0.1:{node.transport_port}" for node in nodes]
        nodes.append(new_server(kind, heap="256m", beside=nodes[0] if nodes else None, **mine))
    return nodes


def healthy(node: ElasticServer, colour: str) -> None:
    told = node.ask("GET", f"/_cluster/health?wait_for_status={colour}&wait_for_no_relocating_shards=true&timeout=25s")
    assert not told["timed_out"], told


def places(node: ElasticServer) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for shard in node.ask("GET", "/_cat/shards/tw*?format=json"):
        found.setdefault(f"{shard['index']} {shard['shard']}", []).append(shard["node"])
    return found
