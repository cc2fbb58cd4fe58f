"""A Netdata of a test's own, with nothing in it but a statsd and what conf/netdata has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.desk import ROOT
from tests.redis_server import free_port

CONF = ROOT / "conf" / "netdata"
PLUGINS = "proc diskspace cgroups tc idlejitter timex apps python.d charts.d go.d ebpf checks perf slabinfo ioping nfacct xenstat"
SETTINGS = """
[global]
    run as user = {user}
[db]
    mode = ram
    retention = 600
    update every = 1
[directories]
    config = {folder}/etc
    stock config = {folder}/stock
    cache = {folder}/cache
    lib = {folder}/lib
    lock = {folder}/lib
    log = {folder}/log
    plugins = {folder}/none
[logs]
    error = {folder}/log/error.log
    access = none
    debug = none
[health]
    enabled = yes
    run at least every seconds = 1
    script to execute on alarm = /bin/true
    health configuration directory = {folder}/etc/health.d
    stock health configuration directory = {folder}/stock/health.d
    enable stock health configuration = no
[web]
    bind to = 127.0.0.1:{web}
[statsd]
    bind to = udp:127.0.0.1:{statsd} tcp:127.0.0.1:{statsd}
    update every (flushInterval) = 1
    create private charts for metrics matching = none
[plugins]
    enable running new plugins = no
{plugins}
[ml]
    enabled = no
"""


class Netdata:
    """One that runs; `statsd` is its address for figures."""

    def __init__(self, web: int, statsd: int) -> None:
        self._web, self.statsd = web, f"127.0.0.1:{statsd}"

    def ask(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._web}/api/v1/{path}", timeout=5) as answer:
            return json.load(answer)

    def charts(self) -> set[str]:
        """The contexts of what is drawn."""
        return {chart["context"] for chart in self.ask("charts")["charts"].values() if chart["context"].startswith("netwar.")}

    def alarms(self) -> dict[str, str]:
        """How each of our alarms is; nothing before it answers."""
        with suppress(OSError):
            return {alarm["name"]: alarm["status"] for alarm in self.ask("alarms?all")["alarms"].values()}
        return {}

    def until(self, holds: Callable[[], bool], each: Callable[[], object]) -> None:
        """Do something each second until something holds."""
        deadline = time.monotonic() + 60
        while True:
            each()
            with suppress(OSError):
                if holds():
                    return
            assert time.monotonic() < deadline, self.alarms()
            time.sleep(1)


def program() -> str | None:
    """Where Netdata is, if it is here."""
    return shutil.which("netdata") or shutil.which("/usr/sbin/netdata")


@contextmanager
def running(folder: Path) -> Iterator[Netdata]:
    """Start it with the shipped charts and alarms, which are looked at each second and without delay."""
    from getpass import getuser

    for name in ("etc/statsd.d", "etc/health.d", "stock/statsd.d", "stock/health.d", "cache", "lib", "log", "none"):
        (folder / name).mkdir(parents=True)
    shutil.copy(CONF / "statsd.d/netwar.conf", folder / "etc/statsd.d")
    alarms = (CONF / "health.d/netwar.conf").read_text()
    alarms = re.sub(r"min -10m", "min -3s", re.sub(r" +delay: .*\n", "", alarms.replace("every: 10s", "every: 1s")))
    (folder / "etc/health.d/netwar.conf").write_text(alarms)
    web, statsd = free_port(), free_port()
    plugins = "\n".join(f"    {name} = no" for name in PLUGINS.split())
    told = {"folder": folder, "web": web, "statsd": statsd, "plugins": plugins, "user": getuser()}
    (folder / "netdata.conf").write_text(SETTINGS.format(**told))
    command = [str(program()), "-D", "-c", str(folder / "netdata.conf"), "-P", str(folder / "pid")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield Netdata(web, statsd)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
