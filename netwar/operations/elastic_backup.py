"""Indices of Elasticsearch and OpenSearch as part of a backup: two snapshots in a repository of the server, coverage first.

A snapshot takes its indices one after another. Out of one with all of them, coverage may come back that claims tweets which are
not in it, and nobody would ever ask for these again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from netwar.errors import ConfigError, NetwarError

LEDGERS = "tc*"
LOG = "perflog"  # any run writes there that has said something: one that exists stays as it is
DOCUMENTS = "tw*,tu*,usertest*,perflog*"
PAUSE, LONGEST_PAUSE = 0.2, 5.0
ALONE = {"include_global_state": False}


class Cluster(Protocol):
    """What answers; `netwar.connections.elastic.Cluster` fills it."""

    def ask(
        self, method: str, path: str, body: Any = None, *, ignore: Collection[int] = (), seconds: float = ..., once: bool = ...
    ) -> Any:
        """The answer to one request. Raises NetwarError."""


class Snapshots:
    """The indices of one cluster. `taken` are the snapshots of a backup, the oldest first."""

    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __init__(self, cluster: Cluster, repository: str | None, taken: Sequence[Mapping[str, Any]] = ()) -> None:
        self._cluster, self._repository = cluster, repository
        self._taken = list(taken)

    def before(self, folder: Path, name: str) -> None:
        """Find the repository, before anything is copied in vain. Raises ConfigError where none is meant clearly."""
        found = sorted(self._cluster.ask("GET", "/_snapshot"))
        if self._repository is None and len(found) == 1:
            self._repository = found[0]
        if self._repository not in found:
            known = f"there are {', '.join(found)}: name one by --repository" if found else "tw-elk repository-add  makes one"
            raise ConfigError(
                f"{self._cluster} has no repository {self._repository or ''} for snapshots: {known}".replace("  ", " ")
            )

    def archive(self, folder: Path, name: str) -> None:
        """Take both. Raises NetwarError if one is not whole.

        Their name is like no other: hosts whose crontabs agree begin in the same second, and who was killed has left half.
        """
        name = f"{name}-{secrets.token_hex(3)}"
        self._take(f"{name}-tc", LEDGERS)
        self._take(name, DOCUMENTS)

    def after(self, folder: Path, name: str) -> None:
        """Nothing."""

    def told(self) -> dict[str, Any]:
        """Where they are, and which indices are in them."""
        return {"snapshots": tuple(self._taken)}

    def faults(self) -> Iterator[str]:
        """What is wrong with the snapshots of the backup, by what the server says."""
        for one in self._taken:
            said = self._said(one["repository"], one["snapshot"])
            if said is None:
                yield f"snapshot {one['snapshot']} is not in the repository {one['repository']} of {self._cluster}"
            elif said["state"] != "SUCCESS" or sorted(said["indices"]) != sorted(one["indices"]):
                yield f"snapshot {one['snapshot']} is not what was taken: {said['state']}"

    def check(self, *, resumed: bool) -> None:
        """Raise NetwarError for a snapshot that is not there or not whole, and for indices that exist already."""
        for fault in self.faults():
            raise NetwarError(fault)
        wanted = {index for one in self._taken for index in one["indices"]} - {LOG}
        if (there := self._there() & wanted) and not resumed:
            raise NetwarError(f"{self._cluster} has {', '.join(sorted(there)[:5])} already: remove them, or restore elsewhere")

    def restore(self) -> None:
        """Documents first: whatever coverage says is there, then, at any moment."""
        for one in reversed(self._taken):
            if wanted := sorted(set(one["indices"]) - self._there()):
                path = f"/_snapshot/{one['repository']}/{one['snapshot']}/_restore?wait_for_completion=false"
                body = {**ALONE, "include_aliases": False, "indices": ",".join(wanted)}
                self._cluster.ask("POST", path, body, once=True)
            for index in one["indices"]:
                while self._cluster.ask("GET", f"/_cluster/health/{index}?wait_for_status=yellow&timeout=10s", ignore=(408,)).get(
                    "timed_out", True
                ):
                    pass

    def _take(self, name: str, indices: str) -> None:
        body = {**ALONE, "indices": indices, "ignore_unavailable": True}
        self._cluster.ask("PUT", f"/_snapshot/{self._repository}/{name}?wait_for_completion=false", body, once=True)
        pause = PAUSE
        while (said := self._said(str(self._repository), name)) is None or said["state"] == "IN_PROGRESS":
            time.sleep(pause)
            pause = min(1.5 * pause, LONGEST_PAUSE)
        if said["state"] != "SUCCESS":
            raise NetwarError(f"the snapshot {name} is not whole ({said['state']}): tw-elk unassigned  shows what is missing")
        one = {"repository": self._repository, "snapshot": name, "indices": sorted(said["indices"])}
        self._taken.append({**one, "server": str(self._cluster)})

    def _said(self, repository: str, name: str) -> Mapping[str, Any] | None:
        answer = self._cluster.ask("GET", f"/_snapshot/{repository}/{name}", ignore=(404,))
        found: list[Mapping[str, Any]] = answer.get("snapshots") or []
        return found[0] if found else None

    def _there(self) -> set[str]:
        return {row["index"] for row in self._cluster.ask("GET", "/_cat/indices?format=json&h=index")}
