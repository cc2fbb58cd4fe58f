"""A supervisord of one's own, in a folder, with the units that are given."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.desk import ROOT

TOOLS = ROOT / "build" / "tools" / "bin"  # of `make tools`
SERVER = """\
[supervisord]
logfile={folder}/supervisord.log
pidfile={folder}/pid
[unix_http_server]
file={folder}/s
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{folder}/s
"""


def found() -> Path | None:
    """The folder of supervisord and supervisorctl, if they are here."""
    where = TOOLS if (TOOLS / "supervisord").exists() else Path(shutil.which("supervisord") or "/none").parent
    return where if (where / "supervisord").exists() else None


@dataclass(frozen=True)
class Supervisord:
    """One that runs."""

    process: subprocess.Popen[bytes]
    config: Path

    def control(self, *words: str) -> str:
        """What supervisorctl answers to its arguments."""
        command = [str(self.config.parent / "supervisorctl"), "-c", str(self.config), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@contextmanager
def running(folder: Path, units: str, environment: Mapping[str, str] | None = None) -> Iterator[Supervisord]:
    """Start one, and end it with the block, when it has asked all of its programs to end and they have. Folder: short, for a
    socket is in it."""
    where = found()
    assert where, "supervisord is not there: make tools"
    (config := folder / "supervisord.conf").write_text(SERVER.format(folder=folder) + units)
    (folder / "supervisorctl").symlink_to(where / "supervisorctl")
    command = [str(where / "supervisord"), "-n", "-c", str(config)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=environment) as process:
        running = Supervisord(process, config)
        try:
            yield running
        finally:
            running.control("stop", "all")  # at once; supervisord itself would end one program after the other
            process.terminate()
            process.wait(150)
