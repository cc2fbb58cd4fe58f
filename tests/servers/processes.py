"""A server's process: started as a plain user, stopped, killed, held still, and gone when we are."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

STOPS_WITHIN = 60.0


@dataclass(frozen=True)
class Launch:
    """How to start it. `told` is what it reads from its input first; the folder is where it runs, and its to write."""

    command: tuple[str | Path, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    told: bytes = b""


class Process:
    """A running server."""

    def __init__(self, launch: Launch) -> None:
        self._output = launch.folder / "output.log"
        with open(self._output, "ab") as output:
            self._popen = subprocess.Popen(
                [*_ends_with_us(), *map(str, launch.command)],
                cwd=launch.folder,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", **launch.environment},
                stdin=subprocess.PIPE,
                bufsize=0,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C is ours
                **_plain_user(),
            )
        with suppress(BrokenPipeError):  # who waits for its answer will see that it has ended
            self._input.write(launch.told)  # and stays open: Elasticsearch 8 and 9 end with it

    @property
    def _input(self) -> IO[bytes]:
        assert self._popen.stdin
        return self._popen.stdin

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    def stop(self) -> None:
        """End it the way systemd would, and by force if that takes a minute."""
        self.resume()
        self._popen.terminate()
        try:
            self._popen.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self._popen.kill()
        self._ended()

    def kill(self) -> None:
        """kill -9"""
        self._popen.kill()
        self._ended()

    def pause(self) -> None:
        """Let it hang: connections are accepted by the kernel, and nothing answers. When this returns, it does."""
        self._popen.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        self._popen.send_signal(signal.SIGCONT)

    def last_words(self) -> str:
        """The end of what it printed, without Java's stack traces."""
        lines = self._output.read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if not line.startswith("\tat "))[-3000:]

    def _ended(self) -> None:
        self._popen.wait()
        self._input.close()


def give(folder: Path) -> None:
    """Let the user whom servers run as write a folder and all that is in it."""
    user = _plain_user()
    for path in (folder, *folder.rglob("*")) if user else ():
        os.chown(path, user["user"], user["group"])


def _plain_user() -> dict[str, Any]:
    """Whom to run as: servers of the Elasticsearch family refuse root, who therefore runs them as nobody."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _ends_with_us() -> list[str]:
    """Have the kernel kill it when we die, even by kill -9: no test run leaves a server behind."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
