"""conf/kibana: what Kibana is given is made of its description, holds together, and speaks of fields that are there.

Kibana itself is not tried. What it asks a server before it draws anything, which fields can be searched and counted, is.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from installing import kibana
from netwar.connections.elastic import connect
from netwar.connections.elastic_templates import Templates, source
from tests import clusters
from tests.desk import ROOT
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on

FOLDER = ROOT / "conf" / "kibana"
NUMBERS = {"long", "integer", "double"}
COUNTED = NUMBERS | {"keyword", "date", "boolean"}
TYPES = {"date_histogram": {"date"}, "range": NUMBERS, "sum": NUMBERS, "avg": NUMBERS, "max": NUMBERS | {"date"}}
OF_KIBANA = {"_index"}
LATEST = {"index-pattern": "7.6.0", "search": "7.9.3", "visualization": "7.10.0", "dashboard": "7.9.3"}
MADE = {"tw*": "twx", "tu*,usertest": "tux", "tc*": "tcx", "perflog*": "perflog"}  # an index for each pattern
Object = dict[str, Any]


class Use(NamedTuple):
    """What an object does with a field: show it, find by it, or count by it, where it must have one of these types."""

    pattern: str
    field: str
    how: str
    types: frozenset[str] = frozenset()


def objects(text: str) -> list[Object]:
    told = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    assert told, "there is nothing in it"
    return list(told)


def source_of(one: Object) -> Object:
    read: Object = json.loads(one["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
    return read


def pattern_of(one: Object) -> str:
    """The id of the index pattern that a search or a chart looks into."""
    told = source_of(one)
    if "index" in told:
        return str(told["index"])
    return next(str(to["id"]) for to in one["references"] if to["name"] == told["indexRefName"])


def uses(one: Object) -> Iterator[Use]:
    """Every field that an object speaks of."""
    attributes, type = one["attributes"], one["type"]
    if type == "index-pattern":
        shown = json.loads(attributes["fieldFormatMap"])
        yield from (Use(one["id"], name, "show") for name in shown)
        if "timeFieldName" in attributes:
            yield Use(one["id"], attributes["timeFieldName"], "count", frozenset({"date"}))
    if type not in ("search", "visualization"):
        return
    pattern, queries = pattern_of(one), [source_of(one)["query"]["query"]]
    yield from (Use(pattern, name, "show") for name in attributes.get("columns", ()))
    for sort in attributes.get("sort", ()) if type == "search" else ():
        name = sort if isinstance(sort, str) else sort[0]
        if name not in ("asc", "desc"):
            yield Use(pattern, name, "count", frozenset(COUNTED))
    for agg in json.loads(attributes.get("visState", '{"aggs":[]}'))["aggs"]:
        queries += [each["input"]["query"] for each in agg["params"].get("filters", ())]
        if field := agg["params"].get("field"):
            yield Use(pattern, field, "count", frozenset(TYPES.get(agg["type"], COUNTED)))
    for query in queries:
        yield from (Use(pattern, name, "find") for name in re.findall(r"([a-z_][\w.]*)\s*(?::|[<>]=?)", query))


def fields(properties: Object, before: str = "") -> dict[str, Object]:
    """Every field of a mapping by its path, an alias as what it stands for."""
    found: dict[str, Object] = {}
    for name, told in properties.items():
        path = before + name
        found |= {path: told} if "type" in told else {}
        found |= fields(told.get("fields", {}), f"{path}.") | fields(told.get("properties", {}), f"{path}.")
    return found | {path: found[told["path"]] for path, told in found.items() if told.get("path") in found}


def problems(text: str, templates: dict[str, str]) -> list[str]:
    """What is wrong with a file; `templates` are those of the index patterns, by their titles."""
    told = objects(text)
    ids = [(one["type"], one["id"]) for one in told]
    known = {
        one["id"]: fields(source()["templates"][templates[one["attributes"]["title"]]]["properties"])
        for one in told
        if one["type"] == "index-pattern"
    }
    found = [f"{one} is there twice" for one in set(ids) if ids.count(one) > 1]
    for one in told:
        found += [f"{one['id']} has {key}" for key in one if key.startswith(("core", "typeM"))]
        for type, version in one.get("migrationVersion", {}).items():
            if [*map(int, version.split("."))] > [*map(int, LATEST[type].split("."))]:
                found.append(f"{one['id']} is of {version}")
        found += [f"{one['id']} refers to {to['id']}" for to in one.get("references", ()) if (to["type"], to["id"]) not in ids]
        found += [f"{one['id']}: {wrong}" for use in uses(one) if (wrong := _misused(use, known.get(use.pattern)))]
    return found + [f"{one['id']}: its panels" for one in told if one["type"] == "dashboard" and not _refers(one)]


def _misused(use: Use, known: dict[str, Object] | None) -> str | None:
    if known is None or (use.field not in known and use.field not in OF_KIBANA):
        return f"{use.field} is no field of {use.pattern}"
    told = known.get(use.field, {"type": "keyword"})
    if use.how == "find" and (told.get("index") is False or told["type"] not in COUNTED | {"text"}):
        return f"{use.field} cannot be searched"
    return f"{use.field} is {told['type']}" if use.how == "count" and told["type"] not in use.types else None


def _refers(one: Object) -> bool:
    """Whether the panels of a dashboard are its references."""
    panels = json.loads(one["attributes"]["panelsJSON"])
    return [panel["panelRefName"] for panel in panels] == [to["name"] for to in one["references"]] != []


@pytest.fixture(scope="module")
def templates() -> dict[str, str]:
    described = tomllib.loads((FOLDER / "dashboards.toml").read_text())
    return {one["title"]: one["template"] for one in described["patterns"].values()}


def test_they_are_as_described_and_a_checker_that_sees_mistakes_finds_none(templates: dict[str, str]) -> None:
    made = kibana.files(tomllib.loads((FOLDER / "dashboards.toml").read_text()))
    for name, text in made.items():
        assert (FOLDER / name).read_text() == text, "make format"
        assert problems(text, templates) == []
    text = made["netwar.ndjson"]
    assert {one["type"] for one in objects(text)} == {*LATEST}
    assert {use.how for one in objects(text) for use in uses(one)} == {"show", "find", "count"}
    mistakes = {
        r"entities.hashtags.tag\"": r"entities.hashtags.tga\"",
        r"field\":\"lang\"": r"field\":\"text\"",
        "outcome : (": "outcom : (",
        "kind : record": "record : record",
        '"netwar.via"': '"netwar.viae"',
        '["created_at","desc"]': '["text","desc"]',
        '"timeFieldName":"date"': '"timeFieldName":"host"',
        '"id":"netwar-languages","att': '"id":"netwar-language","att',
        '"type":"index-pattern","id":"netwar-ledger","att': '"type":"index-pattern","id":"netwar-hosts","att',
        '{"search":"7.9.3"}': '{"search":"7.10.1"}',
        '"type":"dashboard",': '"coreMigrationVersion":"8.0.0","type":"dashboard",',
        r"panelRefName\":\"panel_0\"": r"panelRefName\":\"panel_9\"",
        '"id":"netwar-runs","att': '"id":"netwar-closed","att',
    }
    for right, wrong in mistakes.items():
        assert problems(text.replace(right, wrong, 1), templates), f"{right} -> {wrong}"


@on("es654", "es953")
def test_the_server_can_do_with_the_fields_what_the_objects_want(server: ElasticServer, templates: dict[str, str]) -> None:
    """By the very request with which Kibana finds out."""
    assert {*MADE} == {*templates}
    with closing(connect(clusters.settings(server))) as cluster:
        assert len(list(Templates(cluster).put())) == len(MADE)
        text = (FOLDER / ("netwar-6.json" if cluster.typed else "netwar.ndjson")).read_text()
        told, can = objects(text), {}
        for one in (one for one in told if one["type"] == "index-pattern"):
            index = MADE[one["attributes"]["title"]]
            cluster.ask("PUT", f"/{index}")
            can[one["id"]] = cluster.ask("GET", f"/{index}/_field_caps", params={"fields": "*"})["fields"]
        for use in (use for one in told for use in uses(one)):
            for type, able in can[use.pattern][use.field].items():
                assert able["aggregatable"] or use.how != "count", use
                assert able["searchable"] or use.how != "find", use
                assert not use.types or type in use.types | {"_index"}, use


@contextmanager
def somebody_at_kibanas_place() -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """An address, and what is sent there."""
    sent: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", sent
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_commands_of_the_docs_send_the_files(templates: dict[str, str], tmp_path: Path) -> None:
    commands = re.findall(r"^ +((?:curl|sed) .*)$", (ROOT / "docs/kibana.md").read_text(), re.MULTILINE)
    with somebody_at_kibanas_place() as (address, sent):
        for command in (one for one in commands if one.startswith("curl")):
            line = re.sub(r"https://[a-z.]+:5601", address, command).replace("-u operator", "-s")
            subprocess.run(shlex.split(line), cwd=ROOT, check=True, timeout=60)
    (kibana, headers, body), (dashboards, others, same), (bulk, oldest, plain) = sent
    assert kibana == dashboards == "/api/saved_objects/_import?overwrite=true"
    assert ("kbn-xsrf" in headers, "osd-xsrf" in others, "kbn-xsrf" in oldest) == (True, True, True)
    for form in (body, same):
        assert b'name="file"; filename="netwar.ndjson"' in form
        assert (FOLDER / "netwar.ndjson").read_bytes() in form
    assert bulk == "/api/saved_objects/_bulk_create?overwrite=true"
    assert (json.loads(plain), oldest["content-type"]) == (objects((FOLDER / "netwar-6.json").read_text()), "application/json")
    [changed] = (one for one in commands if one.startswith("sed"))
    shell = changed.replace("ours.ndjson", shlex.quote(str(tmp_path / "ours.ndjson")))
    subprocess.run(shell, shell=True, cwd=ROOT, check=True, timeout=60)
    renamed = templates | {"twbrexit,twspace": "tweets", "perflog-netwar": "perflog"}
    text = (tmp_path / "ours.ndjson").read_text()
    assert problems(text, renamed) == []
    assert {one["attributes"]["title"] for one in objects(text)} >= {"twbrexit,twspace", "perflog-netwar"}
