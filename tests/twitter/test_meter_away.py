"""A meter that goes away while X answers: what was paid for is handed on, and stays reserved."""

from __future__ import annotations

import json
import threading
import urllib.request

import pytest

from netwar.cli.services import Services
from netwar.connections import redis as connections
from netwar.errors import ServiceDown
from tests.desk import Desk, Sandbox
from tests.redis_server import Redis, running_redis


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch):
    """A Redis that is not waited for long."""
    monkeypatch.setattr(connections, "PATIENCE", 0.3)
    with running_redis("appendonly yes", "appendfsync always") as redis:
        yield redis


def test_a_page_that_was_paid_for_is_handed_on_though_it_cannot_be_booked(
    desk: Desk, sandbox: Sandbox, own: Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HOME", str(desk.home))
    desk.configure(sandbox.url, budget=100, **own.settings())
    services = Services("tw-try")
    user = json.loads(urllib.request.urlopen(f"{sandbox.url}/sandbox/truth/users").readline())
    twitter, money = services.twitter, services.money
    slow = json.dumps([{"kind": "slow", "seconds": 1.0, "times": 1}]).encode()
    urllib.request.urlopen(urllib.request.Request(f"{sandbox.url}/sandbox/faults", slow)).close()
    death = threading.Timer(0.5, own.server.kill)  # while X takes its time to answer
    death.start()
    answer = twitter.timeline(user["id"], index="away")
    death.join()
    assert answer.page.posts
    bill = json.load(urllib.request.urlopen(f"{sandbox.url}/sandbox/bill"))
    [warning] = [said for record in caplog.records if "reserved" in (said := record.getMessage())]
    assert "could not be booked, $1.510 stay reserved: Redis at" in warning
    assert answer.micro == 1_510_000 >= bill["micro"]
    with pytest.raises(ServiceDown):
        twitter.timeline(user["id"], index="away")
    own.server.start()
    assert money.spent() == 0
    assert sum(open_.micro for open_ in money._open()) == 1_510_000
    services.close()
