"""How new indices are laid out: index templates from one source, in the form that each generation wants."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from netwar.connections.elastic import Cluster
from netwar.errors import ConfigError

SOURCE = Path(__file__).parents[1] / "data" / "elastic.json"
PERFLOG = "perflog"
KINDS = ("tweets", "users", "ledger", PERFLOG)
PARTS = ("number_of_shards", "number_of_replicas", "auto_expand_replicas")
PRIORITY = 300  # over catch-all templates that others may have
TYPE = "_doc"  # 6.x names one for each document
PLAIN_WORDS = {"type": "custom", "tokenizer": "standard", "filter": ["lowercase"]}
UNKEPT = "was made by a newer version of this program (schema {found}, known here {known}): update the program"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """What became of one template: `details` are the settings and fields that differ, as `what: before -> after`."""

    name: str
    new: bool
    details: tuple[str, ...]

    def __str__(self) -> str:
        if self.new:
            return f"{self.name}: new"
        return f"{self.name}: {'changed: ' + ', '.join(self.details) if self.details else 'as it was'}"


@dataclass(frozen=True, slots=True)
class Template:
    """Which indices it is for, and their settings and mapping, in a form that is the same for all generations."""

    patterns: tuple[str, ...]
    settings: Json
    mapping: Json

    @property
    def schema(self) -> int:
        return schema(self.mapping) or 0


class Templates:
    """The templates of one cluster, asked in this `way` (how long, how often: see Cluster.ask).

    Raises what `Cluster.ask` raises, and ConfigError for those of a newer program.
    """

    def __init__(self, cluster: Cluster, **way: Any) -> None:
        self._cluster = cluster
        self._way = way

    def put(self, shards: int | None = None, replicas: int | None = None) -> Iterator[TemplateChange]:
        """Put all templates in. Shards and replicas stay what they are where none are given; the perflog fits into one shard."""
        for kind in KINDS:
            there = self._read(kind)
            wanted = self._wanted(kind, there, None if kind == PERFLOG else shards, replicas)
            details = _differences(there, wanted) if there else ()
            if there is None or details:
                self._write(kind, wanted)
            yield TemplateChange(_name(kind), there is None, details)

    def changes(self) -> Iterator[TemplateChange]:
        """What `put` would change."""
        for kind in KINDS:
            there = self._read(kind)
            yield TemplateChange(
                _name(kind), there is None, _differences(there, self._wanted(kind, there, None, None)) if there else ()
            )

    def ensure(self, kind: str) -> None:
        """Put a template in if it is missing, or of an older version of this program."""
        there = self._read(kind)
        if there is None or there.schema < source()["schema"]:
            self._write(kind, self._wanted(kind, there, None, None))

    def body(self, kind: str, **known: str) -> Json:
        """What one index of this kind is made with, and remembers: `api`, for one, is where its documents come from."""
        wanted = self._wanted(kind, None, None, None)
        settings = {name: value for name, value in wanted.settings["index"].items() if name not in PARTS}
        mapping = wanted.mapping | {"_meta": wanted.mapping["_meta"] | known}
        return {"settings": {"index": settings}, "mappings": self._mappings(mapping)}

    def _wanted(self, kind: str, there: Template | None, shards: int | None, replicas: int | None) -> Template:
        made = source()["templates"][kind]
        settings = deepcopy(made.get("settings", source()["settings"])["index"])
        if "analysis" in settings and not self._cluster.folds:
            del settings["analysis"]["char_filter"]
            settings["analysis"]["analyzer"]["netwar_words"] = PLAIN_WORDS
        kept = _index_settings(there.settings) if there else {}
        if shards or "number_of_shards" in kept:
            settings["number_of_shards"] = shards or kept["number_of_shards"]
        if replicas is not None or "number_of_replicas" in kept:
            del settings["auto_expand_replicas"]
            settings["number_of_replicas"] = kept.get("number_of_replicas") if replicas is None else replicas
        mapping = {"_meta": meta(kind), "dynamic": False, "properties": made["properties"]}
        return Template(tuple(made["index_patterns"]), {"index": settings}, mapping)

    def _mappings(self, mapping: Json) -> Json:
        return {TYPE: mapping} if self._cluster.typed else mapping

    def _read(self, kind: str) -> Template | None:
        name = _name(kind)
        if self._cluster.composable:
            answer = self._ask("GET", f"/_index_template/{name}", ignore=(404,))
            if "error" in answer or not answer.get("index_templates"):
                return None
            told = answer["index_templates"][0]["index_template"]
            inner = told.get("template") or {}
        else:
            told = self._ask("GET", f"/_template/{name}", ignore=(404,)).get(name)
            if told is None:
                return None
            inner = told
        mapping = inner.get("mappings") or {}
        found = Template(tuple(told.get("index_patterns") or ()), inner.get("settings") or {}, mapping.get(TYPE, mapping))
        if found.schema > source()["schema"]:
            raise ConfigError(f"the template {name} {UNKEPT.format(found=found.schema, known=source()['schema'])}")
        return found

    def _write(self, kind: str, wanted: Template) -> None:
        mapping = self._mappings(wanted.mapping)
        patterns: Json = {"index_patterns": list(wanted.patterns)}
        if self._cluster.composable:
            body = patterns | {"priority": PRIORITY, "template": {"settings": wanted.settings, "mappings": mapping}}
            self._ask("PUT", f"/_index_template/{_name(kind)}", body)
        else:
            body = patterns | {"order": PRIORITY, "settings": wanted.settings, "mappings": mapping}
            self._ask("PUT", f"/_template/{_name(kind)}", body)

    def _ask(self, method: str, path: str, body: Json | None = None, **more: Any) -> Json:
        answer: Json = self._cluster.ask(method, path, body, **more, **self._way)
        return answer


@cache
def source() -> Json:
    """The file that all is rendered from."""
    read: Json = orjson.loads(SOURCE.read_bytes())
    return read


def schema(mapping: Json) -> int | None:
    """The version of the program's layout that a mapping says it has; None for one that this program did not make."""
    ours = (mapping.get("_meta") or {}).get("netwar")
    return ours.get("schema") if isinstance(ours, dict) and isinstance(ours.get("schema"), int) else None


def meta(kind: str) -> Json:
    return {"netwar": {"schema": source()["schema"], "kind": kind}}


def _name(kind: str) -> str:
    return f"netwar-{kind}"


def _index_settings(settings: Json) -> Json:
    """Settings by their last names, however the cluster writes `index.`"""
    return {name.removeprefix("index."): value for name, value in _flat(settings).items()}


def _differences(there: Template, wanted: Template) -> tuple[str, ...]:
    before, after = _listed(there), _listed(wanted)
    return tuple(
        f"{what}: {before.get(what, 'none')} -> {after.get(what, 'none')}"
        for what in sorted(before | after)
        if before.get(what) != after.get(what)
    )


def _listed(template: Template) -> dict[str, str]:
    return {"patterns": " ".join(template.patterns)} | _index_settings(template.settings) | _flat(template.mapping)


def _flat(nested: Json, before: str = "") -> dict[str, str]:
    """Every leaf by its path: clusters give back `1` as "1", and nest `index.x` or not."""
    found: dict[str, str] = {}
    for name, value in nested.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[before + name] = value if isinstance(value, str) else orjson.dumps(value).decode()
    return found
