"""Recorders that are killed, hang, or get no processor: told of on screen, in JSON, and by Netdata and Prometheus themselves."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.conf import netdata, prometheus
from tests.operations.test_status import later
from tests.operator import ALL_OPEN, Operator

pytestmark = pytest.mark.long

WORLD = f"[world]\nusers = 4\n{ALL_OPEN}"
HOW = ("well", "killed", "hung", "starved")
ALERT, ALARM = "NetwarRunIsLost", "netwar_runs_lost"


@pytest.mark.skipif(not (netdata.program() and shutil.which("prometheus")), reason="Netdata or Prometheus is not here")
def test_the_alarm_of_a_recorder_rises_and_falls(operator: Callable[..., Operator], tmp_path: Path) -> None:
    """Starved means here: stopped, and let go on later. One who is well beside them is not told of."""
    one, figures = operator(WORLD), tmp_path / "netwar.prom"
    with ExitStack() as stack:
        drawn = stack.enter_context(netdata.running(tmp_path))
        rules = stack.enter_context(prometheus.running(tmp_path, figures))
        known: dict[str, Any] = {"budget": 10_000, "maxcpu": 100, "maxmem": 100, "statsd": drawn.statsd}
        one.desk.configure(one.sandbox.url, **known)
        configs = {how: one.desk.configure(one.sandbox.url, path=one.desk.home / f"{how}.conf", **known) for how in HOW}
        one.queue([user["id"] for user in one.users()])
        one.post("faults", {"kind": "slow", "seconds": 55, "times": 0})
        runs = {how: stack.enter_context(one.desk.start("tw-idu3elk", "three", "-q", "--config", configs[how])) for how in HOW}
        for run in runs.values():
            stack.callback(run.kill)

        def lost() -> set[str]:
            """Who is told of, if all ways to be told agree; else what disagrees."""
            shown = one.run("tw-status", "--prometheus", figures, check=None).stdout
            screen = {how for how in HOW if f"({how}.conf) has said nothing for" in shown}
            alert = {Path(labels["config"]).stem for labels in rules.firing(ALERT)}
            alarm = drawn.alarms().get(ALARM)
            names = None
            if screen == alert and alarm == ("CRITICAL" if alert else "CLEAR"):
                told = json.loads(one.run("tw-status", "--json", check=None).stdout)
                names = {Path(run["config"]).stem for run in told["runs"] if run["lost"]}
                if names == screen:
                    return names
            return {f"screen: {sorted(screen)}, JSON: {names}, Netdata: {alarm}, Prometheus: {sorted(alert)}"}

        until(lambda: len(json.loads(one.run("tw-status", "--json", check=None).stdout)["runs"]), 4)
        until(lost, set())
        runs["killed"].kill()
        for how in ("hung", "starved"):
            os.kill(runs[how].pid, signal.SIGSTOP)
        later(one, 95)  # whoever lives speaks within 20 seconds
        until(lost, {"killed", "hung", "starved"})
        os.kill(runs["starved"].pid, signal.SIGCONT)
        until(lost, {"killed", "hung"})
        for run in runs.values():
            run.kill()
        one.post("faults", [], method="DELETE")
        for how in HOW:
            one.run("tw-idu3elk", "three", "-q", "--config", configs[how])
        until(lost, set())


def until(look: Callable[[], Any], wanted: object) -> None:
    """Look until it is so."""
    deadline = time.monotonic() + 60
    while (found := look()) != wanted:
        assert time.monotonic() < deadline, f"{found}, not {wanted}"
        time.sleep(2.5)  # Netdata looks each ten seconds, and each look of ours costs a tenth of a second
