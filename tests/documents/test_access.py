"""docs/access.md: a guarded server is made from nothing by its lines, and the public is let in, on each family."""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from tests.desk import ROOT, Desk
from tests.documents.blocks import DOCS, Block, blocks, run, shell
from tests.recipes.here import reach
from tests.servers import assembling, javas
from tests.servers.certificates import Certificates
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import Servers
from tests.servers.recipes import RECIPES
from tests.servers.users import ADMIN, READER, RECORDER, User

PAGE = [block for block in blocks(DOCS / "access.md") if not block.needs]
TOOLS = {"es654-sg": "search-guard-6", "os2194-sec": "opensearch-security"}


def block(word: str, among: list[Block] = PAGE) -> Block:
    """The first block with this word."""
    return next(one for one in among if word in one.text)


@dataclass(frozen=True)
class Place:
    """The folder of a server as an operator has it: tools of the guard, and the configuration."""

    server: ElasticServer
    folder: Path
    home: Path

    @classmethod
    def of(cls, server: ElasticServer, home: Path, folder: Path) -> Place:
        plugin = folder / "plugins" / TOOLS[server.kind]
        plugin.mkdir(parents=True)
        there = assembling.find(RECIPES[server.of.recipe])
        assert there
        (plugin / "tools").symlink_to(there / "plugins" / plugin.name / "tools")
        (folder / "config").symlink_to(server.folder / "config")
        (home / "netwar").symlink_to(ROOT)
        return cls(server, folder, home)

    def type(self, text: str, input: str = "") -> str:
        """In a shell of that folder; the tools are told that the server's ports are others, and Java to start quickly."""
        java = javas.find(*self.server.of.java)
        assert java
        port = self.server.port if self.server.of.is_opensearch else self.server.transport_port
        text = text.replace(".sh -cd ", f".sh -h 127.0.0.1 -p {port} -cd ")
        known = {"HOME": str(self.home), "JAVA_HOME": str(java), "JAVA_OPTS": " ".join(javas.QUICK)}
        return shell(text, self.folder, os.environ | known, input)

    def listens(self) -> bool:
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", self.server.transport_port)) == 0

    def load(self, block: Block) -> None:
        """Type a block that loads the configuration, as soon as the server listens."""
        first, _, rest = block.text.rpartition("\n")
        self.type(first)
        patiently(self.listens, self.server.patience)
        patiently(lambda: "Done with success" in self.type(f"{rest} || true"), self.server.patience)


def patiently(done: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until
        time.sleep(0.5)


def from_nothing(server: ElasticServer, desk: Desk, folder: Path) -> Place:
    """Put what the page makes in the place of the lab's certificates, users and roles, and load it when the server runs."""
    config = server.folder / "config"
    place = Place.of(server, desk.home, folder)
    shell("rm config/*.pem", server.folder, os.environ)
    place.type(block("openssl").text)
    kept = [line for line in (config / "elasticsearch.yml").read_text().splitlines() if not line.startswith("searchguard.")]
    (config / "elasticsearch.yml").write_text("\n".join([*kept, block("searchguard.authcz.admin_dn").text]))
    there = assembling.find(RECIPES[server.of.recipe])
    shell(f"cp -r {there}/plugins/search-guard-6/sgconfig plugins/search-guard-6/", place.folder, os.environ)
    users = {name: User(name, f"secret of {name} /@:%?#") for name in (ADMIN, RECORDER, "anna")}
    place.type(block("someone()").text, "".join(f"{user.password}\n" for user in users.values()))
    server.users = users | {READER: users["anna"]}
    for name in ("ca.pem", "admin.pem", "admin-key.pem"):
        shutil.copy(config / name, place.home)  # what the server's user owns is not trusted
    server.certificates = Certificates(place.home)
    Thread(target=place.load, args=[block("sgadmin.sh")], daemon=True).start()
    return place


def public(server: ElasticServer, path: str, **more: Any) -> int:
    """The status that somebody gets who shows no password, unless one is given."""
    return requests.get(f"{server.url}{path}", verify=str(server.ca), timeout=30, **more).status_code


def is_open_for_ids_alone(server: ElasticServer) -> None:
    assert public(server, "/public-brexit/_search") == 200
    for path in ("/twbrexit/_search", "/twbrexit/_doc/1", "/_cat/indices", "/_cluster/settings", "/usertest/_search", "/_search"):
        assert public(server, path) in (401, 403) or not found(server, path), path
    assert public(server, "/public-brexit/_search", auth=(RECORDER, "guessed")) == 401
    answer = requests.put(f"{server.url}/public-brexit/_doc/2", json={"id": "2"}, verify=str(server.ca), timeout=30)
    assert answer.status_code in (401, 403)


def found(server: ElasticServer, path: str) -> list[str]:
    """Of what indices something is shown to the public that is not public."""
    answer = requests.get(f"{server.url}{path}", verify=str(server.ca), timeout=30).json()
    return [hit["_index"] for hit in answer["hits"]["hits"] if not hit["_index"].startswith("public-")]


@pytest.mark.long
@pytest.mark.parametrize("kind", ["es654-sg"])
def test_search_guard_from_nothing(kind: str, new_server: Callable[..., ElasticServer], desk: Desk, tmp_path: Path) -> None:
    made: list[Place] = []

    def before(server: ElasticServer) -> None:
        made.append(from_nothing(server, desk, tmp_path / "elasticsearch-6.5.4"))

    server = new_server(kind, before=before, **{"index.store.type": "niofs"})
    [place] = made
    reach(desk, server, RECORDER)
    said = run(desk, block("tw-elkinit"))
    assert "netwar-tweets: new" in said[0]
    assert "netwar_recorder" in said[1]
    desk.run("tw-touchindex", "brexit", check=0)
    server.ask("PUT", "/twbrexit/_doc/1?refresh=true", {"id": "1", "text": "not for everybody"}, user=RECORDER)
    assert server.ask("GET", "/twbrexit/_search", user=READER)["hits"]["hits"]
    assert public(server, "/twbrexit/_search") == 401
    reach(desk, server, ADMIN)
    (desk.home / "public.json").write_text(block('"dest"').text)
    for one in PAGE[PAGE.index(block('"dest"')) + 1 :]:
        if one.text.startswith("tw-"):
            run(desk, one, {" 10s": " 10s --yes", " 10000": " 10000 --yes"})
    place.load(block("sg_config.yml", [one for one in PAGE if "sgadmin.sh" in one.text]))
    server.ask("POST", "/_refresh")
    is_open_for_ids_alone(server)
    shown = requests.get(f"{server.url}/public-brexit/_search", verify=str(server.ca), timeout=30).json()
    assert [hit["_source"] for hit in shown["hits"]["hits"]] == [{"id": "1"}]


@pytest.mark.parametrize("kind", ["es953-sec"])
def test_the_public_on_newer_servers(kind: str, new_server: Callable[..., ElasticServer]) -> None:
    server = new_server(kind, **block("anonymous.roles").settings)
    fill(server)
    is_open_for_ids_alone(server)


@pytest.mark.last
@pytest.mark.parametrize("kind", ["os2194-sec"])
def test_the_public_on_opensearch(kind: str, servers: Servers, desk: Desk, tmp_path: Path) -> None:
    server: Any = servers(kind)
    try:
        fill(server)
        assert public(server, "/public-brexit/_search") == 401
        Place.of(server, desk.home, tmp_path / "opensearch").load(block("securityadmin.sh"))
        is_open_for_ids_alone(server)
    finally:
        servers.drop(kind)


def fill(server: ElasticServer) -> None:
    for index, body in (("twbrexit", {"id": "1", "text": "not for everybody"}), ("public-brexit", {"id": "1"})):
        server.ask("PUT", f"/{index}/_doc/1?refresh=true", body)
