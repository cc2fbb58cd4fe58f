"""tw-elk run in this process, a hundred times a second, and clusters of two nodes."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import click
from click.testing import CliRunner

from tests.desk import Desk, Ended
from tests.servers import KINDS
from tests.servers.fixtures import Servers
from tests.test_crontab import load


class Here:
    """An operator whose programs run in this process. It is the same program; what a process of its own would be for is
    tested in tests/bin."""

    def __init__(self, desk: Desk, program: str = "tw-elk") -> None:
        self.desk = desk
        self._name = program
        self._program: click.Command = load(program)

    def __call__(self, *args: str | Path, input: str = "", check: int | None = 0) -> Ended:
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
        root = logging.getLogger()
        before = root.handlers[:], root.level
        try:
            with mock.patch.dict(os.environ, self.desk.environment):
                result = CliRunner().invoke(self._program, list(map(str, args)), input=input, prog_name=self._name)
        finally:
            root.handlers[:], level = before[0], before[1]
            root.setLevel(level)
            for number, handler in handlers.items():
                signal.signal(number, handler)
        ended = Ended(result.exit_code, result.stdout, result.stderr)
        assert check is None or ended.status == check, f"{args} ended {ended.status}:\n{ended.stderr}{ended.stdout}"
        return ended


def reach(desk: Desk, server: Any, user: str | None = "admin") -> Path:
    """A ~/.twitter for a server, as one of its users."""
    secret = server.users.get(user) if user else None
    settings: dict[str, Any] = {"elksg": server.url.removeprefix("http://")}
    if secret:
        settings |= {"elksguser": secret.name, "elksgpass": secret.password}
    if server.ca:
        settings["elksgca"] = server.ca
    return desk.configure(**settings)


def two_nodes(servers: Servers, new_server: Callable[..., Any], kind: str) -> Any:
    """A cluster of n1, who leads, the server that all tests share, and n2, which ends with the test; gives n1."""
    of = KINDS[kind]
    first: Any = servers(kind)
    seeds = "discovery.seed_hosts" if of.is_opensearch or of.major >= 7 else "discovery.zen.ping.unicast.hosts"
    joins = {"node.name": "n2", seeds: [f"127.0.0.1:{first.transport_port}"], "path.repo": [str(first.snapshots)]}
    if of.major == 6:  # its index of tasks, if there is one, would get a copy that has nowhere to go when n2 is drained
        first.ask("DELETE", "/.tasks?ignore_unavailable=true")
    new_server(kind, beside=first, heap="384m", **joins, **_data_only(kind))
    return first


def _data_only(kind: str) -> dict[str, Any]:
    of = KINDS[kind]
    if of.is_opensearch or of.major >= 8 or of.version == "7.17.29":
        return {"node.roles": ["data", "ingest"], "cluster.initial_master_nodes": []}
    return {"node.master": "false"}
