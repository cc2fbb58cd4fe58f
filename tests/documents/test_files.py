"""docs/x-rules.md and docs/from-2019.md: their commands are run, on a server that the recorder of 2019 could have left."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.archive.elastic.test_old_indices import STATUSES, bulk
from tests.documents.blocks import Block, follow, run
from tests.operator import THREE, Operator
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on
from tests.servers.server import Server


@on("es654")
def test_every_command(operator: Callable[..., Operator], server: Server) -> None:
    assert isinstance(server, ElasticServer)
    left = [
        line
        for status in STATUSES[:3]
        for line in ({"index": {"_index": "twbrexit2019", "_type": "tweets", "_id": status["id_str"]}}, status)
    ]
    assert not bulk(server, left)["errors"]
    server.ask("POST", "/twbrexit2019/_refresh")
    one = operator(THREE, elksg=server.url)
    said: list[str] = []

    def do(block: Block) -> None:
        if "tw-doctor" not in block.text:  # which tells what this machine lacks
            said.extend(run(one.desk, block))

    follow("from-2019.md", {}, do)
    assert "twbrexit2019" in "".join(said[:2])
    count = server.ask("GET", "/twbrexit/_count?q=_exists_:netwar.v1")
    assert server.ask("POST", "/twbrexit/_refresh")
    assert count
    before = ids(server)
    assert {"20", STATUSES[0]["id_str"]} <= before
    follow("x-rules.md", {}, do)
    gone = (one.desk.home / "gone.txt").read_text()
    assert "gone" in gone
    server.ask("POST", "/_refresh")
    assert ids(server) == before - {"20"}
    assert json.loads(one.run("tw-exports", "--json").stdout.splitlines()[0])


def ids(server: ElasticServer) -> set[str]:
    return {hit["_id"] for hit in server.ask("GET", "/twbrexit/_search?size=100")["hits"]["hits"]}
