"""The perflog in Elasticsearch or OpenSearch: an index of its own, which Kibana shows.

The recorder of 2019 wrote the index `perflog`, with a type of its own and dates that are texts. Nothing new fits into that one,
so where it is there new entries go into `perflog-netwar`, and both are read.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import Any

import orjson

from netwar.board.base import Entry
from netwar.board.perflog_sqlite import oldest
from netwar.connections.elastic import Cluster
from netwar.connections.elastic_errors import Forbidden
from netwar.connections.elastic_templates import PERFLOG, Templates, schema
from netwar.errors import ConfigError
from netwar.records.times import iso, milliseconds

INDEX, BESIDE = "perflog", "perflog-netwar"
SECONDS = 5.0  # a run does not wait for its summary
FORGOTTEN = 500  # entries at a time
MAX_OLD = 10_000  # old entries that cannot be sorted there are sorted here
SOME = {"ignore_unavailable": "true", "allow_no_indices": "true"}
FOUND = ("host", "shell", "screen_name", "event", "date")


class ElasticPerfLog:
    """Fills the contract `netwar.board.base.PerfLog`. Raises what `Cluster.ask` raises."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._templates = Templates(cluster, seconds=SECONDS, once=True)
        self._index = ""

    def append(self, entry: Entry) -> None:
        first, index = not self._index, self._writable()
        self._ask("POST", f"/{index}/_doc", asdict(entry), index)
        if first:
            self._forget(index, oldest(entry.date))

    def last(self, number: int) -> list[Entry]:
        mappings = self._mappings()
        found = [one for index in mappings for one in self._newest(index, mappings[index], number)]
        return [entry for _, entry in sorted(found, key=lambda pair: pair[0])[-number:]] if number else []

    def close(self) -> None:
        """Nothing is open but the cluster's connections, which are not the perflog's."""

    def _writable(self) -> str:
        """The index that entries go into, made if need be."""
        if not self._index:
            there = self._mappings()
            ours = [index for index in (INDEX, BESIDE) if _is_ours(there.get(index))]
            self._index = ours[0] if ours else BESIDE if INDEX in there else INDEX
            if not ours:
                self._make(self._index)
        return self._index

    def _make(self, index: str) -> None:
        """The template is for whoever makes the next one; all that counts is said here, too, for where we may not put one in."""
        with suppress(Forbidden):
            self._templates.ensure(PERFLOG)
        body = self._templates.body(PERFLOG)
        made = self._cluster.ask("PUT", f"/{index}", body, ignore=(400,), index=index, seconds=SECONDS, once=True)
        if "error" in made and "already_exists" not in str(made["error"].get("type")):
            raise ConfigError(f"{index} cannot be made at {self._cluster.where}: {made['error'].get('reason')}")

    def _forget(self, index: str, before: str) -> None:
        """Remove entries that are too old, some at a time: each run that did something removes more than it writes."""
        query = {"size": FORGOTTEN, "_source": False, "query": {"range": {"date": {"lt": before}}}}
        old = [hit["_id"] for hit in self._ask("POST", f"/{index}/_search", query, index)["hits"]["hits"]]
        if old:
            kind = {"_type": "_doc"} if self._cluster.typed else {}
            items = b"".join(orjson.dumps({"delete": {"_index": index, "_id": id, **kind}}) + b"\n" for id in old)
            self._ask("POST", "/_bulk", items, index)

    def _newest(self, index: str, mapping: dict[str, Any], number: int) -> list[tuple[int, Entry]]:
        field = _sorting((mapping.get("properties") or {}).get("date") or {})
        body: dict[str, Any] = {"size": min(number if field else MAX_OLD, MAX_OLD), "query": {"match_all": {}}}
        if field:
            body["sort"] = [{field: {"order": "desc", "unmapped_type": "date"}}]
        told = self._ask("POST", f"/{index}/_search", body, index)
        read = [_entry(hit["_source"]) for hit in told["hits"]["hits"]]
        return sorted(read, key=lambda pair: pair[0])[-number:]

    def _mappings(self) -> dict[str, dict[str, Any]]:
        """The mappings of the indices that are there, without the type that 6.x puts around them."""
        names = f"{INDEX},{BESIDE}"
        answer = self._cluster.ask(
            "GET", f"/{names}/_mapping", params=SOME, ignore=(404,), index=names, seconds=SECONDS, once=True
        )
        if "error" in answer:
            return {}
        return {index: _bare(told["mappings"], typed=self._cluster.typed) for index, told in answer.items()}

    def _ask(self, method: str, path: str, body: Any, index: str) -> Any:
        return self._cluster.ask(method, path, body, index=index, seconds=SECONDS, once=True)


def _bare(mappings: dict[str, Any], *, typed: bool) -> dict[str, Any]:
    return next(iter(mappings.values()), {}) if typed else mappings


def _is_ours(mapping: dict[str, Any] | None) -> bool:
    return schema(mapping or {}) is not None


def _sorting(date: dict[str, Any]) -> str | None:
    """The field to sort by; None where dates are texts alone, in whatever form."""
    return "date" if date.get("type") == "date" else None


def _entry(source: dict[str, Any]) -> tuple[int, Entry]:
    """An entry, and its time (ms); what 2019 wrote may be anything."""
    host, shell, name, event, date = (str(source.get(field) or "") for field in FOUND)
    at, run = milliseconds(source.get("date")) or 0, source.get("run")
    return at, Entry(host, shell, name, event, iso(at) or date, run if isinstance(run, dict) else {})
