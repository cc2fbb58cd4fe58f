"""docs/growing.md: its commands are run in their order, on a server that has policies for indices that grow old."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.desk import ROOT
from tests.documents.blocks import Block, follow, run
from tests.operator import THREE, Operator
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import Servers

NOVEMBER = "twbrexit-2026-11"
FEWER = {"--shards 25": "--shards 2"}  # the page's are for a billion


@pytest.mark.long
@pytest.mark.parametrize("kind", ["es6823"])
def test_every_command(kind: str, operator: Callable[..., Operator], servers: Servers) -> None:
    server = servers(kind)
    assert isinstance(server, ElasticServer)
    one = operator(THREE, elksg=server.url)
    who = [user["id"] for user in one.users()[:2]]
    (one.desk.home / "lists").mkdir()
    (one.desk.home / "lists/watched").write_text("\n".join(who))
    (one.desk.home / "conf").symlink_to(Path(ROOT, "conf"))
    said: dict[str, list[str]] = {}

    def queue() -> None:
        one.queue(who)

    def recorded() -> None:
        queue()
        one.run("tw-idu3elk", "brexit")

    def captured() -> None:
        (one.desk.home / "terms.txt").write_text("harbour\n")
        one.run("tw-stream", "brexit-2026-11", "terms.txt", "--detach")

    def months() -> None:
        one.run("tw-touchindex", "brexit-2026-11")
        one.run("tw-touchindex", "brexit-2026-12")

    def kept() -> None:
        one.run("tw-elk", "repository-add", "backup", server.snapshots)

    def do(block: Block) -> None:
        said[block.lines[0]] = run(one.desk, block, FEWER)

    steps = {
        "shards-by-size": recorded,
        'tw-idu3elk "brexit-$(date': queue,
        "--detach": captured,
        "alias-add": months,
        "force-merge": kept,
    }
    follow("growing.md", steps, do)

    def settings(index: str) -> dict[str, Any]:
        told: dict[str, Any] = server.ask("GET", f"/{index}/_settings?flat_settings=true")[index]["settings"]
        return told

    assert settings("twbrexit-wide")["index.number_of_shards"] == "2"
    assert [server.ask("GET", f"/{index}/_count")["count"] for index in ("twbrexit", "twbrexit-wide")]
    assert set(server.ask("GET", "/_alias/tw_brexit")) == {NOVEMBER, "twbrexit-2026-12"}
    assert settings(NOVEMBER)["index.blocks.write"] == "true"
    assert settings(NOVEMBER)["index.lifecycle.name"] == "netwar-month"
    assert {one["snapshot"] for one in server.ask("GET", "/_snapshot/backup/_all")["snapshots"]} == {
        "netwar-2026-11",
        "netwar-2026-11-tc",
    }
    assert "netwar-month" in json.dumps(server.ask("GET", f"/{NOVEMBER}/_ilm/explain"))
