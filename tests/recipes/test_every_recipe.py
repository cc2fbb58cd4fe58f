"""Every recipe, run on every generation that it claims: on a cluster of two nodes, on single ones, and on secured ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from netwar.config import load
from netwar.connections.elastic import connect
from netwar.recipes import recipes
from tests import clusters
from tests.desk import Desk
from tests.recipes.here import Here, reach, two_nodes
from tests.servers import ELASTIC_KINDS, KINDS
from tests.servers.fixtures import Servers, one_of

# The oldest, the newest or the other family, as drawn, is a cluster of two nodes. All others are the server that all tests share:
# what has to do with a second node they are sent as one of those is.
TWO_NODES = one_of(["es654", "es953", "os360"], "two nodes")
ALONE = [kind for kind in ELASTIC_KINDS if kind not in TWO_NODES and (kind in clusters.BETWEEN or not KINDS[kind].secured)]
SECURED = [kind for kind in ELASTIC_KINDS if KINDS[kind].secured and kind not in ALONE]
BY_TWO = {"exclude", "excluded", "include-all", "drain", "move-shard", "allocate-replica", "cancel-shard"}

# What the zips of the makers' integration tests lack, beside what is for download. A recipe that works after all is a
# failure here, so that this stays true.
NO_ILM = {"policies", "policy-state", "policy-retry", "policies-stop", "policies-start"}
NO_BY_QUERY = {"reindex", "update-all", "delete-by-query"}
LACKING = {
    "es654": {"licence"},  # the open source build has nothing of x-pack
    "es7102": NO_ILM | {"licence"},  # as does this one
    "es71729": NO_ILM,
    "es81921-sec": NO_ILM | NO_BY_QUERY,
    "es953": NO_ILM | NO_BY_QUERY,
}


class Kitchen:
    """Cooks recipes on one cluster, and keeps what went wrong instead of stopping at it."""

    def __init__(self, here: Here, server: Any, lacking: set[str], nodes: int = 1) -> None:
        self.here = here
        self.server = server
        self.lacking = lacking
        self.nodes = nodes
        self.last = f"n{nodes}"
        self.copies = nodes - 1  # of each shard: no node has two of them
        self.cooked: set[str] = set()
        self.wrong: list[str] = []
        cluster = connect(load(here.desk.home / ".twitter"))
        known = {name: recipe for name, recipe in recipes(here.desk.home).items() if not recipe.own}
        self.claimed = {name for name, one in known.items() if any(generation.has(cluster) for generation in one.generations)}
        self.left_out = BY_TWO if nodes == 1 else set()
        cluster.close()

    def cook(self, name: str, *args: str, says: str = "", reads: tuple[str, str] | None = None, status: int = 0) -> str:
        """Run a recipe, if it is for this server. It must end so and say that; `reads` is a path and what must be found there."""
        if name in self.left_out:
            return ""
        if name not in self.claimed:
            self.refused(name, *args)
            return ""
        self.cooked.add(name)
        ended = self.here("--yes", name, *args, check=None)
        told = ended.stdout + ended.stderr  # both, since an outcome is told on the second
        if name in self.lacking:
            if ended.status != 1:
                self.wrong.append(f"{name} is not lacking any more: {told[:300]}")
        elif ended.status != status or not re.search(says, told):
            self.wrong.append(f"{name} {args} ended {ended.status} without {says!r}: {told[:300]}")
        elif reads and not re.search(reads[1], found := json.dumps(self.server.ask("GET", reads[0]))):
            self.wrong.append(f"{name} {args} left {found[:300]}")
        return ended.stdout

    def refused(self, name: str, *args: str) -> None:
        ended = self.here("--yes", name, *args, check=None)
        if ended.status != 2 or f"{name} is for " not in ended.stderr:
            self.wrong.append(f"{name} is not for this server, and ended {ended.status}: {ended.stderr[:300]}")

    def put(self, path: str, body: Any = None) -> Any:
        return self.server.ask("PUT", path, body)

    def calm(self, index: str = "") -> None:
        """Wait until every shard (of an index) has its place, as far as there are places, and none is on its way."""
        still = "wait_for_no_initializing_shards=true&wait_for_no_relocating_shards=true"
        colour = "green" if self.copies else "yellow"
        self.server.ask("GET", f"/_cluster/health/{index}?wait_for_status={colour}&{still}&timeout=60s")

    def copied(self, index: str, copies: int | None = None) -> None:
        """Have so many copies of each shard; if nothing else is said as many as there are places for."""
        self.put(f"/{index}/_settings", {"index.number_of_replicas": self.copies if copies is None else copies})


@pytest.fixture(params=TWO_NODES)
def kitchen(request: pytest.FixtureRequest, desk: Desk, servers: Servers, new_server: Callable[..., Any]) -> Kitchen:
    first = two_nodes(servers, new_server, request.param)
    reach(desk, first)
    return Kitchen(Here(desk), first, LACKING.get(request.param, set()), 2)


@pytest.mark.beside
def test_every_recipe_on_clusters(kitchen: Kitchen) -> None:
    everything(kitchen)


@pytest.mark.parametrize("kind", ALONE)
def test_every_recipe_on_single_nodes(kind: str, desk: Desk, servers: Servers) -> None:
    server = servers(kind)
    reach(desk, server)
    everything(Kitchen(Here(desk), server, LACKING.get(kind, set())))


def everything(kitchen: Kitchen) -> None:
    kitchen.put("/lab-a", {"settings": {"number_of_shards": 1, "number_of_replicas": kitchen.copies}})
    for number, text in enumerate(("moon", "sun", "moon and sun")):
        kitchen.put(f"/lab-a/_doc/{number}?refresh=true", {"text": text, "lang": "en", "n": number})
    whole_cluster(kitchen)
    nodes(kitchen)
    indices(kitchen)
    names(kitchen)
    shards(kitchen)
    tasks(kitchen)
    snapshots(kitchen, str(kitchen.server.snapshots / "lab"))
    documents(kitchen)
    life(kitchen)
    (security if kitchen.server.users else security_without)(kitchen)
    assert not kitchen.wrong, "\n".join(kitchen.wrong)
    assert kitchen.cooked == kitchen.claimed - kitchen.left_out


def whole_cluster(kitchen: Kitchen) -> None:
    cook = kitchen.cook
    settings = "/_cluster/settings?flat_settings=true"
    cook("health", says=f'"number_of_nodes": {kitchen.nodes}')
    cook("health-by-index", says=rf"(green|yellow) +open +lab-a +1 +{kitchen.copies} +3 ")
    cook("version", says='"number"')
    cook("stats", says='"indices"')
    cook("state", says='"master_node"')
    cook("pending-tasks", says="insertOrder|no change waits")
    cook("setting-cluster", "cluster.max_shards_per_node", "2000", says="is 2000 now", reads=(settings, '"2000"'))
    cook("settings-cluster", says='"cluster.max_shards_per_node": "2000"')
    cook("settings-cluster-all", says='"cluster.routing.allocation.enable": "all"')
    cook("setting-cluster-reset", "cluster.max_shards_per_node", reads=(settings, '"persistent": {}'))
    cook("remotes")
    cook("breakers", says='"limit_size"')


def nodes(kitchen: Kitchen) -> None:
    cook, last = kitchen.cook, kitchen.last
    excluded = "/_cluster/settings?flat_settings=true"
    cook("nodes", says=rf"(?m)(?s:^n1 .*)^{last} " if kitchen.copies else r"(?m)^n1 ")
    cook("master", says="n1")
    cook("node-attributes", says="attr")
    cook("node-stats", last, says='"jvm"')
    cook("node-info", "n1", says='"os"')
    cook("plugins")
    cook("hot-threads", "n1", says="Hot threads|n1")
    cook("thread-pools", says=rf"{last} +write")
    cook("disks", says=r"(?s)n1.*n2" if kitchen.copies else "n1")
    cook("exclude", "nosuch", says="there is no node nosuch: there are n1, n2", status=1)
    cook("exclude", "n2", says="include-all undoes it", reads=(excluded, '"cluster.routing.allocation.exclude._name": "n2"'))
    cook("excluded", says='"_name": "n2"')
    cook("include-all", reads=(excluded, '"persistent": {}'))
    cook("excluded", says="no node is excluded")
    kitchen.put("/lab-moving", {"settings": {"number_of_shards": 4, "number_of_replicas": 0}})
    kitchen.calm()
    kitchen.copied("lab-a", 0)
    cook("drain", "n2", says="n2 is empty")
    if left := [shard for shard in kitchen.server.ask("GET", "/_cat/shards?format=json") if shard["node"] == "n2"]:
        kitchen.wrong.append(f"drain has left {left}")
    cook("include-all")
    kitchen.copied("lab-a")
    kitchen.calm()
    cook("reload-secure-settings", says='"n1"')


def indices(kitchen: Kitchen) -> None:
    cook = kitchen.cook
    settings = "/lab-a/_settings?flat_settings=true"
    on_one = {
        "number_of_shards": 2,
        "number_of_routing_shards": 4,
        "number_of_replicas": 0,
        "routing.allocation.require._name": "n1",
    }
    kitchen.put("/lab-b", {"settings": {"index": on_one}})
    cook("indices", "lab-*", says=r"(?s)lab-a.*lab-b")
    cook("indices-by-size", "lab-*", says=r"(?s)lab-a.*lab-b")
    cook("indices-by-documents", "lab-*", says=r"(?s)lab-a +3 .*lab-b +0 ")
    cook("indices-by-age", "lab-*", says=r"(?s)lab-a.*lab-b")
    cook("indices-closed", says="no index is closed")
    cook("close", "lab-b", says='"acknowledged": true')
    cook("indices-closed", says=r"lab-b +close")
    cook("open", "lab-b", says='"acknowledged": true')
    kitchen.calm("lab-b")
    cook("indices-empty", says="lab-b +0")
    cook("counts", "lab-*", says=r"lab-a +3\n")
    cook("count", "lab-*", says='"count": 3')
    cook("count", "lab-*", "text:sun", says='"count": 2')
    cook("settings", "lab-a", says='"index.number_of_shards": "1"')
    cook("settings-all", "lab-a", says='"index.refresh_interval": "1s"')
    cook("setting", "lab-a", "index.refresh_interval", "7s", reads=(settings, '"index.refresh_interval": "7s"'))
    cook("setting-reset", "lab-a", "index.refresh_interval", reads=(settings, "^(?!.*refresh_interval)"))
    cook("mappings", "lab-a", says='"lang"')
    cook("fields", "lab-a", "la*", says='"lang.keyword"')
    cook("index-stats", "lab-a", says='"primaries"')
    cook("segments", "lab-a", says=r"lab-a +0 +p +_")
    cook("fielddata")
    cook("disk-use", "lab-a", says='"lang"')
    cook("field-use", "lab-a", says='"shards"')
    cook("refresh", says='"failed": 0')
    cook("flush", says='"failed": 0')
    cook("flush-synced", "lab-a", says='"failed": 0')
    cook("force-merge", "lab-a", "--wait")
    kitchen.server.ask("POST", "/lab-a/_refresh")
    segments = kitchen.server.ask("GET", "/_cat/segments/lab-a?format=json")
    if len(searched := [one for one in segments if one["prirep"] == "p" and one["searchable"] == "true"]) > 1:
        kitchen.wrong.append(f"force-merge has left {searched}")
    cook("force-merge", "lab-a", "1")
    cook("expunge-deletes", "lab-a", "--wait")
    cook("clear-cache", says='"failed": 0')
    cook("read-only-on", "lab-a", reads=(settings, '"index.blocks.write": "true"'))
    cook("blocks", says='"lab-a"')
    cook("read-only-on", "lab-b")
    cook("shrink-to", "lab-b", "lab-shrunk", says='"index": "lab-shrunk"')
    cook("split-to", "lab-b", "lab-split", "4", says='"index": "lab-split"')
    cook("clone-to", "lab-a", "lab-cloned", says='"index": "lab-cloned"')
    cook("read-only-off", "lab-a", reads=(settings, "^(?!.*blocks)"))
    kitchen.copied("lab-s*", 0)
    kitchen.put("/twlab", {"settings": {"number_of_replicas": 0, "index.blocks.write": True}})
    cook("read-only-off", reads=("/twlab/_settings", "^(?!.*blocks)"))
    cook("replicas", "lab-a", "0", reads=(settings, '"index.number_of_replicas": "0"'))
    cook("replicas", "lab-a", "1", reads=(settings, '"index.number_of_replicas": "1"'))
    cook("refresh-interval", "lab-a", "never", reads=(settings, '"index.refresh_interval": "-1"'))
    cook("refresh-interval", "lab-a", "1s")
    cook("delayed-allocation", "lab-a", "7m", reads=(settings, '"index.unassigned.node_left.delayed_timeout": "7m"'))
    cook("slow-log-on", "lab-a", "2s", reads=(settings, '"index.search.slowlog.threshold.query.warn": "2s"'))
    cook("slow-log-off", "lab-a", reads=(settings, "^(?!.*slowlog)"))
    cook("reindex", "lab-a", "lab-copied", "--wait", says='"created": 3')
    if "reindex" not in kitchen.lacking:
        kitchen.cook("refresh", "lab-copied")
        kitchen.cook("count", "lab-copied", says='"count": 3')
    cook("update-all", "lab-a")
    cook("delete-by-query", "lab-copied", "text:sun", "--wait", says='"deleted": 2')
    if "delete-by-query" not in kitchen.lacking:
        kitchen.cook("refresh", "lab-copied")
        kitchen.cook("count", "lab-copied", says='"count": 1')
    kitchen.put("/lab-write-000001", {"aliases": {"lab-write": {}}, "settings": {"number_of_replicas": 0}})
    cook("rollover", "lab-write", "1000", says='"rolled_over": false')
    cook("rollover", "lab-write", says='"new_index": "lab-write-000002"')
    cook("delete", "lab-b", says='"acknowledged": true', reads=("/_cat/indices?format=json", "^(?!.*lab-b)"))


def names(kitchen: Kitchen) -> None:
    cook = kitchen.cook
    aliases = "/_alias"
    cook("alias-add", "lab-a", "lab-name", reads=(aliases, '"lab-a": {"aliases": {"lab-name"'))
    cook("aliases", says=r"lab-name +lab-a")
    cook("alias-move", "lab-name", "lab-a", "lab-moving", reads=(aliases, '"lab-moving": {"aliases": {"lab-name"'))
    cook("alias-remove", "lab-moving", "lab-name", reads=(aliases, "^(?!.*lab-name)"))
    cook("aliases", "lab-name*", says="there is no such alias")
    kitchen.put("/_template/lab-old", {"index_patterns": ["lab-old*"]})
    composable = kitchen.server.kind not in ("es654", "es6823")
    kitchen.put("/_index_template/lab-new" if composable else "/_template/lab-new", {"index_patterns": ["lab-new*"]})
    cook("templates", says=r"(?s)lab-new.*lab-old")
    cook("template", "lab-new", says="lab-new")
    cook("template-legacy", "lab-old", says="lab-old")
    cook("template-delete", "lab-new", says='"acknowledged": true')
    cook("template-legacy-delete", "lab-old", says='"acknowledged": true', reads=("/_cat/templates?format=json", "^(?!.*lab-)"))
    cook("pipelines", says="there is no pipeline|xpack_monitoring")


def shards(kitchen: Kitchen) -> None:
    cook, ask = kitchen.cook, kitchen.server.ask
    if not kitchen.copies:
        kitchen.copied("lab*,tw*")
    kitchen.calm()
    cook("shards", "lab-a", says=r"lab-a +0 +p +STARTED")
    cook("shards-by-size", "lab-*", says="lab-a +0 ")
    cook("why-unassigned", says="every shard has a place")
    cook("unassigned", says="every shard is where it should be")
    cook("why", "lab-a", says='"current_state"')
    kitchen.copied("lab-a", 1)
    cook("why-replica", "lab-a", "0", says='"primary": false')
    kitchen.copied("lab-a")
    kitchen.put(
        "/lab-lost?wait_for_active_shards=0",
        {"settings": {"number_of_shards": 1, "index.routing.allocation.require._name": "none"}},
    )
    cook("unassigned", says=r"lab-lost +0 +p +UNASSIGNED")
    cook("why-unassigned", says='"lab-lost"')
    cook("stores", "lab-a", says='"stores"')
    cook("recovery")
    cook("recoveries", "lab-a", says=r"lab-a +0 ")
    cook("reroute", says='"acknowledged": true')
    cook("allocation-off", says="allocation-on undoes it")
    cook("rebalance-off", says="rebalance-on undoes it")
    cook("allocation-on", says='"acknowledged": true')
    if kitchen.copies:
        moves(kitchen)
    cook("rebalance-on", says='"acknowledged": true')
    cook("allocate-stale", "lab-lost", "0", "n1", says="(?i)no data for shard|has ever been active", status=1)
    cook("allocate-empty", "lab-lost", "0", "n1", says='"acknowledged": true')
    ask("GET", "/_cluster/health/lab-lost?wait_for_status=yellow&timeout=30s")
    cook("watermarks", says='"watermark"')
    settings = "/_cluster/settings?flat_settings=true"
    cook("watermarks-set", "80%", "90%", "97%", reads=(settings, '"cluster.routing.allocation.disk.watermark.low": "80%"'))
    cook("watermarks-reset", reads=(settings, "^(?!.*watermark)"))


def moves(kitchen: Kitchen) -> None:
    cook, ask = kitchen.cook, kitchen.server.ask
    kitchen.put("/lab-single", {"settings": {"number_of_shards": 1, "number_of_replicas": 0}})
    here, there = where(kitchen, "lab-single", "p")
    cook("move-shard", "lab-single", "0", here, there, says='"acknowledged": true')
    ask("GET", "/_cluster/health?wait_for_no_relocating_shards=true&timeout=30s")
    if where(kitchen, "lab-single", "p") != (there, here):
        kitchen.wrong.append("move-shard has moved nothing")
    cook("move-shard", "lab-single", "0", there, "n3", says="there is no node n3", status=1)
    cook("allocation-off")
    kitchen.copied("lab-single", 1)
    cook("allocate-replica", "lab-single", "0", here, says='"acknowledged": true')
    kitchen.calm("lab-single")
    cook("cancel-shard", "lab-single", "0", here, says='"acknowledged": true')
    cook("allocation-on", says='"acknowledged": true')


def where(kitchen: Kitchen, index: str, which: str) -> tuple[str, str]:
    """The node that has the shard, and the other one."""
    rows = kitchen.server.ask("GET", f"/_cat/shards/{index}?format=json")
    node = next(row["node"] for row in rows if row["prirep"] == which)
    return node, "n2" if node == "n1" else "n1"


def tasks(kitchen: Kitchen) -> None:
    """The task of a merge where merges have one, of a copy where copies can be had: every server knows one of them."""
    merging = kitchen.cook("force-merge", "lab-a", "1")
    copying = kitchen.cook("reindex", "lab-a", "lab-copied")
    task = next(json.loads(said)["task"] for said in (merging, copying) if said.startswith("{") and "task" in said)
    kitchen.cook("tasks", says="cluster:monitor/tasks/lists")
    kitchen.cook("tasks", "*nothing*")
    kitchen.cook("task", "--", task, says='"completed"')
    kitchen.cook("cancel", "nosuch:1", says="not all was done|nosuch", status=1)


def snapshots(kitchen: Kitchen, folder: str) -> None:
    cook = kitchen.cook
    cook("repositories", says="there is no repository yet")
    cook("repository-add", "lab", "/elsewhere", says="path.repo", status=1)
    cook("repository-add", "lab", folder, says='"acknowledged": true')
    cook("repositories", says=r"lab +fs")
    cook("repository", "lab", says='"location"')
    cook("repository-verify", "lab", says='"n1"')
    cook("snapshots", "lab", says="there is no snapshot yet")
    cook("snapshot-take", "lab", "one", "lab-a", "--wait", says="accepted")
    cook("snapshots", "lab", says="one .*SUCCESS")
    cook("snapshot", "lab", "one", says='"lab-a"')
    cook("snapshot-status", "lab", "one", says='"SUCCESS"')
    cook("snapshots-running", says="no snapshot is being taken")
    cook("snapshot-restore", "lab", "one", "lab-a", says="because an open index|cannot restore index", status=1)
    cook("close", "lab-a")
    cook("snapshot-restore", "lab", "one", "lab-a", "--wait")
    cook("count", "lab-a", says='"count": 3')
    cook("snapshot-restore-as", "lab", "one", "lab-a", "lab-again", "--wait")
    cook("count", "lab-again", says='"count": 3')
    cook("snapshot-delete", "lab", "one", says='"acknowledged": true')
    cook("repository-remove", "lab", says='"acknowledged": true')


def documents(kitchen: Kitchen) -> None:
    cook = kitchen.cook
    cook("document", "lab-*", "1", says='"text": "sun"')
    cook("find", "lab-a", "text:moon AND lang:en", says='"text": "moon and sun"')
    cook("find", "lab-a", "text:moon AND (", says="(?i)parse", status=1)
    cook("values", "lab-a", "lang.keyword", says='"doc_count": 3')
    cook("analyze", "lab-a", "text", "The Moon", says='"token": "moon"')
    cook("validate", "lab-a", "text:moon", says='"valid": true')


def life(kitchen: Kitchen) -> None:
    cook = kitchen.cook
    cook("policies")
    cook("policy-state", "lab-a", says='"managed": false')
    cook("policy-retry", "lab-a", says="not managed|no policy|cannot retry|no ILM", status=1)
    cook("policies-stop", says='"acknowledged": true')
    cook("policies-start", says='"acknowledged": true')
    cook("licence", says='"type": "basic"')


def security_without(kitchen: Kitchen) -> None:
    for name in ("whoami", "users", "roles", "role-mappings", "api-keys", "certificates", "forget-logins"):
        kitchen.refused(name)


def security(kitchen: Kitchen) -> None:
    cook = kitchen.cook
    cook("whoami", says="admin")
    cook("users")
    cook("roles", says='"cluster')
    cook("role-mappings")
    cook("api-keys", says='"api_keys"')
    cook("certificates", says="(?i)expiry|cert")
    cook("forget-logins")


@pytest.mark.parametrize("kind", SECURED)
def test_security_where_it_is(kind: str, desk: Desk, servers: Servers) -> None:
    server = servers(kind)
    reach(desk, server)
    kitchen = Kitchen(Here(desk), server, set())
    security(kitchen)
    cook = kitchen.cook
    cook("health", says='"status"')
    cook("indices")
    kitchen.put("/twlab", {"settings": {"index.blocks.write": True}})
    cook("read-only-off", reads=("/twlab/_settings", "^(?!.*blocks)"))
    cook("replicas", "twlab", "0")
    cook("refresh")
    cook("flush")
    cook("clear-cache")
    all_of_it = {name for name, recipe in recipes().items() if recipe.group == "security"} & kitchen.claimed
    assert not kitchen.wrong, "\n".join(kitchen.wrong)
    assert kitchen.cooked >= all_of_it
