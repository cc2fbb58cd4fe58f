"""What a recipe's request does to a cluster: sent once, its answer looked through, the end of what takes long waited for."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from netwar.errors import NetwarError
from netwar.recipes.generations import Server
from netwar.recipes.recipe import Request, Wait, matches

CAT = "/_cat/"
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
DAY = 24 * 3600.0


class Cluster(Server, Protocol):
    """What answers; `netwar.connections.elastic.Cluster` fills it."""

    def ask(
        self, method: str, path: str, body: Any = None, *, ignore: Collection[int] = (), seconds: float = ..., once: bool = ...
    ) -> Any:
        """The answer to one request: text, or what JSON says. Raises NetwarError."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` as the server gave it, rows picked out where the recipe does so. `empty` says so where there is nothing in
    it, `failed` are the parts of the work that were not done though the server calls it an answer."""

    data: Any
    empty: str | None = None
    failed: Sequence[str] = ()


def send(cluster: Cluster, request: Request, seconds: float, *, rows: bool = False) -> Answer:
    """Send it, once. `rows` asks for tables as lists of rows. Raises what the cluster raises."""
    path = as_rows(request.path) if rows else request.path
    ignore = (400, 404) if request.nothing else ()
    data = cluster.ask(request.method, path, request.body, ignore=ignore, seconds=seconds, once=True)
    if request.nothing and _is_nothing(data, request.nothing[0]):
        return Answer(data, request.nothing[1])
    if ignore and isinstance(data, dict) and "error" in data:
        cluster.ask(request.method, path, request.body, seconds=seconds, once=True)  # raises it in words
    if request.only and isinstance(data, list):
        data = [row for row in data if matches(row, request.only)]
        return Answer(data, request.nothing[1] if request.nothing and not data else None)
    return Answer(data, failed=list(_failures(data)))


def as_rows(path: str) -> str:
    """The path of a table, so that it is answered in JSON."""
    if not path.startswith(CAT) or "format=json" in path:
        return path
    return path + ("&" if "?" in path else "?") + "format=json"


def unknown_nodes(cluster: Cluster, names: Collection[str]) -> tuple[list[str], list[str]]:
    """Those of the names that no node bears, and the names that there are."""
    there = sorted(row["name"] for row in cluster.ask("GET", "/_cat/nodes?format=json&h=name"))
    return [name for name in names if name not in there], there


def left(cluster: Cluster, wait: Wait, answer: Any) -> Iterator[tuple[int, str]]:
    """Ask until it is over: how much is left each time, and what. Raises NetwarError if it has failed."""
    pause = FIRST_PAUSE
    while True:
        number, what = _task(cluster, str(answer["task"])) if wait.task else _rows(cluster, wait)
        yield number, what
        if not number:
            return
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def response(cluster: Cluster, answer: Any) -> Any:
    """What a task that has ended has left; None where it has left nothing."""
    told = cluster.ask("GET", f"/_tasks/{answer['task']}", ignore=(404,))
    return told.get("response")


def _rows(cluster: Cluster, wait: Wait) -> tuple[int, str]:
    rows = cluster.ask("GET", wait.path or "")
    return sum(matches(row, wait.rows) for row in rows), wait.left


def _task(cluster: Cluster, task: str) -> tuple[int, str]:
    """How many documents a task has before it (1 where it does not say), 0 at its end."""
    told = cluster.ask("GET", f"/_tasks/{task}", ignore=(404,))
    if told.get("error") and "task" not in told:
        return 0, ""  # it has ended, and has left nothing
    if told.get("completed"):
        _raise_failed(task, told)
        return 0, ""
    status = told["task"].get("status") or {}
    done = sum(int(status.get(part) or 0) for part in ("created", "updated", "deleted", "version_conflicts", "noops"))
    return max(1, int(status.get("total") or 0) - done), "documents" if status.get("total") else "task"


def _raise_failed(task: str, told: Mapping[str, Any]) -> None:
    reasons = [str(told["error"].get("reason"))] if isinstance(told.get("error"), dict) else []
    reasons += list(_failures(told.get("response") or {}))
    if reasons:
        raise NetwarError(f"the task {task} has failed: {reasons[0]}")


def _is_nothing(data: Any, reason: str) -> bool:
    if isinstance(data, dict) and "error" in data:
        return bool(reason) and re.search(reason, str(data["error"])) is not None
    if isinstance(data, str):
        return not reason and len(data.splitlines()) <= 1  # the heading of a table
    if isinstance(data, dict):
        return not reason and not any(data.values())
    return not reason and not data


def _failures(data: Any) -> Iterator[str]:
    """What an answer says was not done."""
    if not isinstance(data, dict):
        return
    for part in ("failures", "node_failures", "task_failures"):
        yield from (_reason(one) for one in data.get(part) or ())
    shards = data.get("_shards")
    if isinstance(shards, dict) and shards.get("failed"):
        reasons = [_reason(one) for one in shards.get("failures") or ()]
        yield f"{shards['failed']} of {shards.get('total')} shards: {reasons[0] if reasons else 'no reason given'}"
    if data.get("errors") is True:
        items = data.get("action_results") or [part for item in data.get("items") or () for part in item.values()]
        yield from (_reason(one) for one in items if one.get("error"))
    if data.get("timed_out") is True:
        yield "not all answered in time"
    if data.get("acknowledged") is False and "rolled_over" not in data:
        yield "not every node has confirmed it in time"


def _reason(failure: Any) -> str:
    """The words of a failure, which lie at different depths."""
    while isinstance(failure, dict):
        inner = failure.get("reason") or failure.get("error") or failure.get("caused_by")
        if inner is None:
            return str(failure.get("type") or failure)
        failure = inner
    return str(failure)
