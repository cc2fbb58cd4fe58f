"""The shipped charts and alarms, in Netdata and Prometheus themselves: each chart is drawn, each alarm rises and falls."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from netwar.board.statsd import Statsd
from netwar.board.statsd_lines import gauge
from tests.conf.netdata import CONF, program, running
from tests.desk import ROOT

PROMETHEUS = ROOT / "conf" / "prometheus"
_GAUGES = """
    heartbeat status.at runs.live runs.lost runs.stuck runs.failed findings queue.waiting queue.claimed queue.failed queue.oldest
    windows.remaining windows.limit money.today money.budget money.doubt money.month coverage.lag coverage.gaps capture.gaps
    capture.unwell capture.silence spool.bytes spool.letters graph.due
"""
GAUGES = _GAUGES.split()
COUNTERS = "tweets.recorded profiles.recorded documents.new documents.updated documents.rejected".split()  # noqa: SIM905
BAD = {
    "runs.lost": 1,
    "runs.stuck": 1,
    "runs.failed": 1,
    "capture.unwell": 1,
    "queue.oldest": 90_000,
    "queue.failed": 2,
    "spool.bytes": 10,
    "spool.letters": 10,
    "money.today": 5,
    "money.budget": 5,
    "coverage.lag": 2_000_000,
}
GOOD = {"money.budget": 5.0}


def figures(values: dict[str, float], age: float) -> list[str]:
    told = {**dict.fromkeys(GAUGES, 0.0), **values, "heartbeat": time.time() - age, "status.at": time.time() - age}
    return [*(gauge(f"netwar.{name}", value) for name, value in told.items()), *(f"netwar.{name}:3|c" for name in COUNTERS)]


def test_what_is_sent_and_what_is_drawn_are_the_same() -> None:
    from netwar.board.statsd import COUNTED
    from netwar.operations.metrics import statsd
    from netwar.operations.status import Status

    drawn = set(re.findall(r"dimension = netwar\.(\S+)", (CONF / "statsd.d/netwar.conf").read_text()))
    sent = {line.partition(":")[0].removeprefix("netwar.") for line in statsd(Status(1.0))} | {*COUNTED.values(), "heartbeat"}
    assert drawn == {*GAUGES, *COUNTERS}
    assert drawn <= sent


@pytest.mark.skipif(not program(), reason="Netdata is not here: apt-get install netdata-core")
def test_each_chart_of_netdata_is_drawn_and_each_alarm_rises_and_falls(tmp_path: Path) -> None:
    names = set(re.findall(r"template: (\S+)", (CONF / "health.d/netwar.conf").read_text()))
    contexts = set(re.findall(r"context = (\S+)", (CONF / "statsd.d/netwar.conf").read_text()))
    with running(tmp_path) as netdata, closing(Statsd(netdata.statsd)) as way:
        netdata.until(lambda: netdata.alarms().keys() >= names, lambda: way.send(figures(GOOD, 0)))
        assert netdata.charts() == contexts
        netdata.until(lambda: set(netdata.alarms().values()) == {"CLEAR"}, lambda: way.send(figures(GOOD, 0)))
        netdata.until(lambda: set(netdata.alarms().values()) <= {"WARNING", "CRITICAL"}, lambda: way.send(figures(BAD, 1_000)))
        netdata.until(lambda: set(netdata.alarms().values()) == {"CLEAR"}, lambda: way.send(figures(GOOD, 0)))
        assert netdata.alarms().keys() == names


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not here: apt-get install prometheus")
def test_the_rules_of_prometheus_raise_their_alarms_and_end_them() -> None:
    for words in (["check", "rules", "netwar.rules.yml"], ["test", "rules", "netwar.test.yml"]):
        ended = subprocess.run(["promtool", *words], cwd=PROMETHEUS, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    alerts = re.findall(r"- alert: (\S+)", (PROMETHEUS / "netwar.rules.yml").read_text())
    tried = re.findall(r"alertname: (\w+)(, exp_alerts: \[\])?", (PROMETHEUS / "netwar.test.yml").read_text())
    assert {name for name, nothing in tried if not nothing} == set(alerts), "each is seen to rise"
    assert {name for name, nothing in tried if nothing} == set(alerts), "and not to"
