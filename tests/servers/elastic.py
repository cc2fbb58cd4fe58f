"""Servers of the Elasticsearch family: how they are started, asked and wiped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.servers import assembling, guards, javas
from tests.servers.certificates import certificates
from tests.servers.kinds import Guard, Kind
from tests.servers.processes import Launch
from tests.servers.recipes import RECIPES
from tests.servers.server import Server
from tests.servers.server_arguments import Setting, server_arguments
from tests.servers.users import ADMIN, new_users

if TYPE_CHECKING:
    import requests

SETTINGS: dict[str, Setting] = {
    "cluster.name": "lab",
    "node.name": "n1",
    "network.host": "127.0.0.1",
    "cluster.routing.allocation.disk.threshold_enabled": "false",
}

ALONE: dict[str, Setting] = {"discovery.type": "single-node"}

TEMPLATES = ("_template/", "_index_template/")
"""Where templates of indices are, on older and on newer servers. To make and delete ours takes as long as to make an index."""


@dataclass
class ElasticServer(Server):
    """`snapshots` is a folder where repositories of type fs may be; `at_start` is what was in it when it first ran."""

    transport_port: int = 0
    at_start: dict[str, set[str]] = field(default_factory=dict, init=False)
    _kept: requests.Session | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"{'https' if self.of.secured else 'http'}://127.0.0.1:{self.port}"

    @property
    def snapshots(self) -> Path:
        return self.folder / "snapshots"

    def ask(self, method: str, path: str, body: Any = None, user: str = ADMIN) -> Any:
        """What it answers to a request; raises requests.HTTPError for a refusal. Bytes are sent as lines of JSON."""
        import requests

        self._kept = self._kept or requests.Session()  # a new connection with TLS costs the server more than most requests
        known = self.users.get(user)
        answer = self._kept.request(
            method,
            self.url + path,
            json=None if isinstance(body, bytes) else body,
            data=body if isinstance(body, bytes) else None,
            headers={"Content-Type": "application/x-ndjson"} if isinstance(body, bytes) else None,
            auth=(known.name, known.password) if known else None,
            verify=str(self.ca) if self.ca else True,
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def answer(self) -> str | None:
        import requests

        try:
            self.ask("GET", "/_cluster/health?wait_for_status=yellow&timeout=1s")
            return str(self.ask("GET", "/")["version"]["number"])
        except requests.RequestException:
            return None

    def stop(self) -> None:
        self._let_go()
        super().stop()

    def kill(self) -> None:
        super().kill()
        self._let_go()

    def _let_go(self) -> None:
        if self._kept:
            self._kept.close()
        self._kept = None

    def start(self, takes_place: bool = True) -> None:
        super().start(takes_place)
        self.at_start = self.at_start or self.contents()

    def wipe(self, but: Collection[str] = ()) -> None:
        """Reset the cluster's settings; delete indices, templates and the like that came since it was first started.

        What is left: the paths in `but`, such as TEMPLATES for a test that would have the same ones made again.
        """
        kept = self.ask("GET", "/_cluster/settings?flat_settings=true")
        forgotten = {scope: dict.fromkeys(kept[scope]) for scope in ("persistent", "transient")}
        if any(forgotten.values()):
            self.ask("PUT", "/_cluster/settings", forgotten)
        for path, names in self.contents().items():
            if path in but:
                continue
            gone = sorted(names - self.at_start.get(path, set()))
            together = 1 if path else 20  # indices: each change of the cluster takes its time
            for start in range(0, len(gone), together):
                self.ask("DELETE", f"/{path}{','.join(gone[start : start + together])}")

    def contents(self) -> dict[str, set[str]]:
        """The names of what is in it, under the path where each can be deleted; what begins with a dot is the server's own."""
        state = self.ask("GET", "/_cluster/state/metadata")["metadata"]
        found = {
            "_data_stream/": set(state.get("data_stream", {}).get("data_stream", {})),
            "": set(state["indices"]) - {"searchguard"},
            TEMPLATES[0]: set(state["templates"]),
            TEMPLATES[1]: set(state.get("index_template", {}).get("index_template", {})),
            "_component_template/": set(state.get("component_template", {}).get("component_template", {})),
            "_ingest/pipeline/": {one["id"] for one in state.get("ingest", {}).get("pipeline", [])},
            "_scripts/": set(state.get("stored_scripts", {})),
            "_snapshot/": set(state.get("repositories", {})),
            "_ilm/policy/": set(state.get("index_lifecycle", {}).get("policies", {})),
        }
        return {path: {name for name in names if not name.startswith(".")} for path, names in found.items()}


def prepare(
    kind: Kind, folder: Path, ports: tuple[int, int], heap: str = "512m", quick: bool = True, **more: Setting
) -> ElasticServer:
    """A server that can be started: its folders made, its configuration written. `more` are settings of its own."""
    server, java = assembling.find(RECIPES[kind.recipe]), javas.find(*kind.java)
    assert server
    assert java
    for name in ("data", "logs", "snapshots", "tmp"):
        (folder / name).mkdir()
    settings = _settings(kind, server, folder, ports) | more
    config = _configured(kind, server, folder, settings)
    users = new_users() if kind.secured else {}
    signed = certificates() if kind.secured else None
    if signed:
        guards.write(kind.guard, config, server, users, signed)
    flags = [f"-Xms{heap}", f"-Xmx{heap}", *(javas.QUICK if quick else ()), *guards.properties(kind.guard, config)]
    launch = Launch(
        (java / "bin/java", *flags, *_java(kind, server, folder)),
        folder,
        {"LIBFFI_TMPDIR": str(folder / "tmp")},
        server_arguments(settings, config, folder / "logs") if _is_told(kind) else b"",
    )
    return ElasticServer(kind, ports[0], folder, launch, users, signed, transport_port=ports[1])


def _is_told(kind: Kind) -> bool:
    """Whether it is told its settings, rather than reading its file."""
    return not kind.is_opensearch and kind.major >= 8


def _settings(kind: Kind, server: Path, folder: Path, ports: tuple[int, int]) -> dict[str, Setting]:
    transport = "transport.tcp.port" if kind.major == 6 else "transport.port"
    settings = SETTINGS | {
        "path.home": str(server),
        "path.data": str(folder / "data"),
        "path.logs": str(folder / "logs"),
        "path.repo": [str(folder / "snapshots")],
        "http.port": str(ports[0]),
        transport: str(ports[1]),
        **guards.settings(kind.guard),
    }
    if _is_told(kind) and kind.guard is Guard.NONE:
        settings["xpack.security.enabled"] = "false"
    return settings | (ALONE if kind.secured else _may_be_joined(kind))


def _may_be_joined(kind: Kind) -> dict[str, Setting]:
    """It leads a cluster of itself, which other nodes can join for the time of a test."""
    if kind.major == 6 and not kind.is_opensearch:
        return {"discovery.type": "zen", "discovery.zen.ping_timeout": "100ms"}
    named = "multi-node" if kind.major >= 8 and not kind.is_opensearch else "zen"
    return {"discovery.type": named, "cluster.initial_master_nodes": ["n1"]}


def _configured(kind: Kind, server: Path, folder: Path, settings: dict[str, Setting]) -> Path:
    """Its configuration folder; JSON is YAML."""
    config = folder / "config"
    shutil.copytree(server / "config", config)
    name = "opensearch.yml" if kind.is_opensearch else "elasticsearch.yml"
    lines = (f"{key}: {json.dumps(value)}\n" for key, value in settings.items() if key != "path.home")
    (config / name).write_text("".join(lines))
    return config


def _java(kind: Kind, server: Path, folder: Path) -> list[str]:
    """What Java is told after its heap: as the scripts in bin/ do, less what a test has no use for."""
    common = [
        f"-Djava.io.tmpdir={folder / 'tmp'}",
        f"-XX:ErrorFile={folder / 'logs/hs_err.log'}",
        "-XX:-UsePerfData",
        "-Dfile.encoding=UTF-8",
        "-Djna.nosys=true",
        "-Dio.netty.noUnsafe=true",
        "-Dlog4j.shutdownHookEnabled=false",
        "-Dlog4j2.disable.jmx=true",
    ]
    if _is_told(kind):
        return common + _modular(kind, server)
    prefix, main = ("opensearch", "OpenSearch") if kind.is_opensearch else ("es", "Elasticsearch")
    flavor = "oss" if server.name in _OPEN_SOURCE else "default"
    agent = f"-javaagent:{server}/agent/opensearch-agent.jar"
    return [
        *common,
        *([agent] if kind.is_opensearch and kind.major >= 3 else []),
        f"-D{prefix}.path.home={server}",
        f"-D{prefix}.path.conf={folder / 'config'}",
        f"-D{prefix}.distribution.flavor={flavor}",
        f"-D{prefix}.distribution.type=zip",
        f"-D{prefix}.bundled_jdk=false",
        "-cp",
        f"{server}/lib/*",
        f"org.{main.lower()}.bootstrap.{main}",
    ]


_OPEN_SOURCE = {"elasticsearch-6.5.4", "elasticsearch-6.5.4-searchguard", "elasticsearch-7.10.2"}


def _modular(kind: Kind, server: Path) -> list[str]:
    """Elasticsearch 8 and 9 are Java modules, of which some may reach into others."""
    (bridge,) = server.glob("lib/entitlement-bridge/*.jar")
    natives = "org.elasticsearch.nativeaccess,org.elasticsearch.foreign,org.apache.lucene.core"
    reached = ("codecs.lucene99", "codecs.hnsw", "internal.vectorization")
    opened = [f"--add-opens=org.apache.lucene.core/org.apache.lucene.{package}=org.elasticsearch.server" for package in reached]
    return [
        f"-Des.path.home={server}",
        "-Des.distribution.type=zip",
        "-Des.java.type=ES_JAVA_HOME",
        "-XX:+EnableDynamicAgentLoading",
        "-Djdk.attach.allowAttachSelf=true",
        "-Djava.locale.providers=CLDR",
        f"--patch-module=java.base={bridge}",
        "--add-exports=java.base/org.elasticsearch.entitlement.bridge="
        "org.elasticsearch.entitlement,java.logging,java.net.http,java.naming,jdk.net,jdk.zipfs,jdk.management.agent",
        *([f"--enable-native-access={natives}", *opened] if kind.major >= 9 else ["--enable-native-access=ALL-UNNAMED"]),
        f"--module-path={server / 'lib'}",
        "--add-modules=jdk.net,jdk.management.agent,ALL-MODULE-PATH",
        "-m",
        "org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch",
    ]
