"""Sixteen workers on two hosts, each with a network, a name and a folder of its own, at one Redis and one Elasticsearch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import forked
from tests.desk import BIN, Desk
from tests.servers.fixtures import on
from tests.servers.starting import free_port
from tests.team.conftest import Team

ON_HOST = Path(__file__).with_name("on_host.py")
RELAY = Path(__file__).with_name("relay.py")
WORLD = """
[world]
users = 32
suspended = 0
protected = 0
gone = 0
renamed = 0
taken = 0
prolific = 0
most_posts = 120
"""


@dataclass(frozen=True)
class Host:
    """A host of its own: how to run a command there; `address` is where it reaches ours."""

    name: str
    address: str

    @property
    def command(self) -> list[str]:
        return ["ip", "netns", "exec", self.name, "unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name]

    def start(self, desk: Desk, name: str, *args: str | Path, anew: bool) -> subprocess.Popen[str]:
        """Start bin/NAME there, in a fork or an interpreter of its own."""
        program = [str(BIN / name), *map(str, args)]
        if anew or not forked.is_fit({}):
            pipe, command = subprocess.PIPE, [*self.command, sys.executable, *program]
            return subprocess.Popen(command, env=desk.environment, stdout=pipe, stderr=pipe, text=True)
        return forked.Popen([str(ON_HOST), self.name, *program], desk.environment, desk.home)


@pytest.fixture
def two_hosts() -> Iterator[list[Host]]:
    with wired(1) as first, wired(2) as second:
        yield [first, second]


@contextmanager
def wired(number: int) -> Iterator[Host]:
    """A network of its own with a wire to ours."""
    name, net = f"tw{os.getpid()}-{number}", f"10.213.{77 + number}"
    steps = [
        f"ip netns add {name}",
        f"ip link add {name} type veth peer name eth0 netns {name}",
        f"ip addr add {net}.1/24 dev {name}",
        f"ip link set {name} up",
        f"ip -n {name} addr add {net}.2/24 dev eth0",
        f"ip -n {name} link set eth0 up",
        f"ip -n {name} link set lo up",
    ]
    try:
        for step in steps:
            if not shutil.which("ip") or subprocess.run(step.split(), capture_output=True).returncode:
                pytest.skip("no hosts can be made here (ip netns, as root)")
        yield Host(name, f"{net}.1")
    finally:
        if shutil.which("ip"):
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


def relayed(stack: ExitStack[None], command: list[str], *ways: str) -> None:
    process = subprocess.Popen([*command, sys.executable, str(RELAY), *ways], stdout=subprocess.PIPE, text=True)
    stack.callback(process.wait)
    stack.callback(process.kill)
    assert process.stdout
    stack.callback(process.stdout.close)
    assert process.stdout.readline() == "ready\n"


@on("es953-sec")
def test_sixteen_workers_on_two_hosts(team: Callable[..., Team], two_hosts: list[Host]) -> None:
    one = team(WORLD)
    users = one.users()
    one.queue(name for user in users for name in (user["id"], user["name"]))
    ports = [urlsplit(url).port for url in (one.sandbox.url, one.server.url)] + [one.redis.server.port]
    folders = []
    with ExitStack() as stack:
        workers = []
        for host in two_hosts:
            doors = [free_port() for _ in ports]
            relayed(stack, [], *(f"{host.address}:{door}=127.0.0.1:{port}" for door, port in zip(doors, ports, strict=True)))
            ways = (f"127.0.0.1:{port}={host.address}:{door}" for door, port in zip(doors, ports, strict=True))
            relayed(stack, host.command, *ways)
            folders.append(folder := one.desk.home / host.name)
            folder.mkdir()
            for number in range(8):
                config = one.account(folder / f"account{number}", data=folder / "data")
                anew = number == 0  # so that one of each host reads its name as it begins
                workers.append(host.start(one.desk, "tw-idu3elk", "hosts", "--config", config, anew=anew))
        told = [worker.communicate(timeout=240) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 16, told
    one.has_recorded_what_is_true("hosts")
    one.has_spooled_nothing(*(folder / "data" for folder in folders))
    asked = [line for line in one.log() if line["path"].endswith("/tweets")]
    first = [line["path"] for line in asked if "pagination_token" not in line["parameters"]]
    assert sorted(set(first)) == sorted(first), "nobody was asked about twice"
    assert len(first) == len(users)
    assert one.spent() == one.bill()["micro"]
