"""The indices of the archive in one cluster: which there are, how each is laid out, and making new ones."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from netwar.archive.elastic.layout import Layout, layout
from netwar.config.loopback import loopback_address
from netwar.connections.elastic import Cluster
from netwar.connections.elastic_errors import Forbidden
from netwar.connections.elastic_templates import TYPE, UNKEPT, Json, Templates, source
from netwar.errors import ConfigError
from netwar.records.documents import USERTEST, IndexName, parted

log = logging.getLogger("netwar.archive")

# Of indices by a pattern: those that are there, also what is closed. Of one by its name everything is told.
SOME = {"ignore_unavailable": "true", "allow_no_indices": "true", "expand_wildcards": "open,closed"}
OURS = f"tw*,tu*,{USERTEST}"
# The server knows versions by index: what is written through such an alias would be kept in each that it ever led to.
SEVERAL = (
    "{index} at {where} is an alias of several indices ({several}), where one tweet would be kept more than once: "
    "record into an INDEX for each, and let the alias be tw_NAME (docs/growing.md)"
)


def ledger_index(index: str) -> str:
    """Where the ledger of an index is kept: `tcbrexit` for twbrexit and tubrexit. Raises ValueError for what names no index."""
    return IndexName.of(index).ledger


class Indices:
    """What is known of the indices is asked for once. `api` is where the documents come from that are written."""

    def __init__(self, cluster: Cluster, api: str) -> None:
        self.cluster = cluster
        self.templates = Templates(cluster)
        self._api = api
        self._known: dict[str, Layout] = {}
        self._made: set[str] = set()

    def there(self, index: str) -> Layout | None:
        """How an index is laid out; None if there is none. Raises ConfigError for one that no recorder made, and for an alias of
        several."""
        if index not in self._known:
            found = self._mappings(index)
            if not found:
                return None
            layout = self._understood(index, next(iter(found.values())))
            if layout.ours and len(found) > 1:
                raise ConfigError(SEVERAL.format(index=index, where=self.cluster.where, several=", ".join(sorted(found))))
            self._known[index] = layout
        return self._known[index]

    def made(self, index: str) -> Layout:
        """Make an index if it is not there, laid out by our template, which is put in if need be; how it is laid out.

        Raises ConfigError for one that cannot be written, saying why.
        """
        if index in self._made:
            return self._known[index]
        found = self.there(index) or self._make(index)
        if not found.ours:
            raise ConfigError(
                f"{index} at {self.cluster.where} was left by the recorder of 2019, and new documents do not fit into it: "
                "record into another INDEX, or bring it over with tw-copy"
            )
        if found.api and loopback_address(found.api) != loopback_address(self._api):
            raise ConfigError(
                f"{index} at {self.cluster.where} was recorded from {found.api}, and this configuration asks {self._api}: "
                "use another INDEX"
            )
        self._made.add(index)
        self._known[index] = found
        return found

    def listed(self) -> dict[str, Layout]:
        """All indices of tweets and of users that are there, by name."""
        found = {}
        for index, mapping in self._mappings(OURS, SOME).items():
            with suppress(ValueError):
                if known := layout(mapping, parted(index)[1]):
                    found[index] = known
        return found

    def ledgers(self) -> list[str]:
        """All ledgers that are there."""
        return sorted(self._mappings("tc*", SOME))

    def _make(self, index: str) -> Layout:
        """The template says how many shards and replicas; all else is said here, too, for where we may not put one in."""
        kind = _kind(index)
        try:
            self.templates.ensure(kind)
        except Forbidden as error:
            log.warning("%s; %s is made without a template: let somebody who may run tw-elkinit", error, index)
        body = self.templates.body(kind, api=self._api)
        made = self.cluster.ask("PUT", f"/{index}", body, ignore=(400,), index=index)
        if "error" in made and "already_exists" not in str(made["error"].get("type")):
            raise ConfigError(f"{index} cannot be made at {self.cluster.where}: {made['error'].get('reason')}")
        return self._understood(index, self._mapping(index) or {})

    def _understood(self, index: str, mapping: Json) -> Layout:
        found = layout(mapping, _kind(index) == "users")
        if found is None:
            raise ConfigError(
                f"{index} at {self.cluster.where} was made by another program, or before the templates were put in: "
                "use another INDEX"
            )
        if found.ours and found.schema and found.schema > source()["schema"]:
            raise ConfigError(f"{index} {UNKEPT.format(found=found.schema, known=source()['schema'])}")
        return found

    def _mapping(self, index: str) -> Json | None:
        return next(iter(self._mappings(index).values()), None)

    def _mappings(self, names: str, params: Json | None = None) -> dict[str, Json]:
        """The mappings of these indices, without the type that 6.x puts around them."""
        answer = self.cluster.ask("GET", f"/{names}/_mapping", params=params, ignore=(404,), index=names)
        return {} if "error" in answer else {index: self._bare(told["mappings"]) for index, told in answer.items()}

    def _bare(self, mappings: Any) -> Json:
        """2019 called its types `tweets` and `userid`."""
        if not self.cluster.typed:
            return mappings if isinstance(mappings, dict) else {}
        return next((mappings[name] for name in (TYPE, *mappings) if name in mappings), {})


def _kind(index: str) -> str:
    if index.startswith("tc"):
        return "ledger"
    return "users" if parted(index)[1] else "tweets"
