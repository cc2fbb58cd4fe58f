"""The operator's desk: a home folder of its own, the programs of bin/ as real processes, a sandbox to ask."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TextIO

from netwar.config import SECTIONS
from tests import forked

ROOT = Path(__file__).parent.parent
BIN = ROOT / "bin"

# What Python before 3.13 leaves open itself, of a connection that was reset before TLS began: ssl.SSLSocket has no peer then.
# Why it was reset is not always said (by a program that is to be quiet), so the missing peer alone tells it.
OF_PYTHON = re.compile(r"ResourceWarning: (unclosed <ssl\.SSLSocket [^>]*laddr=\([^)]*\)>|Enable tracemalloc)")
SANDBOX_APP = {"consumer_key": "sandbox-key", "consumer_secret": "sandbox-secret"}


def left_open(said: str) -> bool:
    """Does a program say that it left something open?"""
    lines = [line for line in said.splitlines() if "ResourceWarning" in line]
    if sys.version_info < (3, 13):
        lines = [line for line in lines if not OF_PYTHON.search(line)]
    return bool(lines)


@dataclass(frozen=True)
class Ended:
    """How a program ended and what it said."""

    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Desk:
    """An operator's home folder and environment, with nothing of the tester's own in it."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": f"{Path(sys.executable).parent}:{BIN}:/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "NETWAR_SYSTEM_CONF": str(self.home / "netwar.conf"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONWARNINGS": "always::ResourceWarning",  # what a program leaves open it says, and `run` fails
        }

    def start(self, name: str, *args: str | Path) -> subprocess.Popen[str]:
        """Start bin/NAME and hand over the process; the test ends it."""
        return opened([str(program(name)), *map(str, args)], self.environment, self.home, anew=not forked.is_fit({}))

    def start_anew(self, name: str, *args: str | Path) -> subprocess.Popen[str]:
        """The same in an interpreter of its own, where its beginning and its end are part of what is tested."""
        return opened([str(program(name)), *map(str, args)], self.environment, self.home, anew=True)

    def begin(self, name: str, *args: str | Path) -> Begun:
        """Begin bin/NAME, as `run` does, without waiting for its end."""
        return Begun([str(program(name)), *map(str, args)], self.environment, self.home)

    def run(
        self,
        name: str,
        *args: str | Path,
        input: str | bytes | None = None,
        env: Mapping[str, str] | None = None,
        check: int | None = None,
        timeout: float = 240,
    ) -> Ended:
        """Run bin/NAME to its end. `check` is the exit status that it must have."""
        given = input.encode() if isinstance(input, str) else input or b""
        command, environment = [str(program(name)), *map(str, args)], self.environment | dict(env or {})
        run = _forked if forked.is_fit(env or {}) else _anew
        ended = run(command, environment, self.home, given, timeout)
        assert not left_open(ended.stderr), f"{name} left something open:\n{ended.stderr}"
        assert check is None or ended.status == check, f"{name} ended {ended.status}, not {check}:\n{ended.stderr}{ended.stdout}"
        return ended

    def configure(self, api: str | None = None, path: Path | None = None, **settings: object) -> Path:
        """Write ~/.twitter (or another file): what is given, and for the sandbox at `api` the keys that are not given."""
        keys: dict[str, object] = {"api": api} if api else {}
        if api and "access_token_key" not in settings:
            keys |= sign_in(api)
        keys |= settings
        path = path or self.home / ".twitter"
        sections = {
            "API": {key: value for key, value in keys.items() if key not in SECTIONS["STREAM"]},
            "STREAM": {key: value for key, value in keys.items() if key in SECTIONS["STREAM"]},
        }
        text = "".join(f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in section.items()) for name, section in sections.items())
        path.touch(mode=0o600)
        path.write_text(text)
        return path


def opened(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, file: int = subprocess.PIPE, *, anew: bool
) -> subprocess.Popen[str]:
    """Start a Python file with its arguments, in a fork or an interpreter of its own; with pipes, or one file for all three."""
    if not anew:
        return forked.Popen(command, environment, folder, file)
    return subprocess.Popen(
        [sys.executable, *command], env=environment, cwd=folder, stdin=file, stdout=file, stderr=file, text=True
    )


def _anew(command: list[str], environment: dict[str, str], home: Path, given: bytes, timeout: float) -> Ended:
    command = [sys.executable, *command]
    done = subprocess.run(command, env=environment, cwd=home, input=given, capture_output=True, timeout=timeout)
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


class Begun:
    """A program that runs in a fork (tests/forked.py): quick to begin, to be killed, or to be left to its end."""

    def __init__(self, command: list[str], environment: dict[str, str], home: Path, given: bytes | int = b"") -> None:
        """`given` is what stands in its standard input, or the number of a file, such as a terminal."""
        self._said = TemporaryFile(), TemporaryFile()  # noqa: SIM115
        with TemporaryFile() as stdin:
            if isinstance(given, bytes):
                stdin.write(given)
                stdin.seek(0)
            files = [stdin.fileno() if isinstance(given, bytes) else given, *(file.fileno() for file in self._said)]
            self._process = forked.start(command, environment, home, files)

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def kill_after(self, seconds: float) -> bool:
        """kill -9, unless it ends before; whether it was killed."""
        self._process.join(seconds)
        if killed := self._process.is_alive():
            self._process.kill()
        return killed

    @contextmanager
    def held(self) -> Iterator[None]:
        """It stands still meanwhile."""
        assert self._process.pid
        os.kill(self._process.pid, signal.SIGSTOP)
        yield
        os.kill(self._process.pid, signal.SIGCONT)

    def end(self, timeout: float = 240) -> Ended:
        """Wait for its end."""
        status = forked.status(self._process, timeout)
        stdout, stderr = (_read(file) for file in self._said)
        return Ended(status, stdout, stderr)


def _read(file: IO[bytes]) -> str:
    """What was written there; closes it."""
    with file:
        file.seek(0)
        return file.read().decode()


def _forked(command: list[str], environment: dict[str, str], home: Path, given: bytes, timeout: float) -> Ended:
    return Begun(command, environment, home, given).end(timeout)


def sign_in(api: str, screen_name: str | None = None) -> dict[str, str]:
    """The keys of a user of a sandbox's world (the first one, if none is named), got the way a browser and an app do."""
    import re

    import requests
    from requests_oauthlib import OAuth1Session

    def app(**more: str) -> OAuth1Session:
        return OAuth1Session(SANDBOX_APP["consumer_key"], SANDBOX_APP["consumer_secret"], **more)

    with app(callback_uri="oob") as asking, requests.Session() as browser:
        token = asking.fetch_request_token(f"{api}/oauth/request_token")
        page = browser.get(f"{api}/oauth/authorize", params={"oauth_token": token["oauth_token"]}, timeout=30).text
        offered = re.search('name="screen_name" value="([^"]+)"', page)
        assert offered, page
        form = {"oauth_token": token["oauth_token"], "screen_name": screen_name or offered[1]}
        pin = re.search('id="pin">([0-9]+)<', browser.post(f"{api}/oauth/authorize", data=form, timeout=30).text)
        assert pin
        bearer = browser.post(
            f"{api}/oauth2/token",
            auth=(SANDBOX_APP["consumer_key"], SANDBOX_APP["consumer_secret"]),
            data={"grant_type": "client_credentials"},
            timeout=30,
        ).json()
    with app(
        resource_owner_key=token["oauth_token"], resource_owner_secret=token["oauth_token_secret"], verifier=pin[1]
    ) as asking:
        keys = asking.fetch_access_token(f"{api}/oauth/access_token")
    return {
        **SANDBOX_APP,
        "access_token_key": keys["oauth_token"],
        "access_token_secret": keys["oauth_token_secret"],
        "account": keys["screen_name"],
        "bearer_token": bearer["access_token"],
    }


def program(name: str) -> Path:
    """A program by name, or a test's own by its path."""
    return BIN / name


@dataclass(frozen=True)
class Sandbox:
    """A running tw-sandbox."""

    url: str


@contextmanager
def running_sandbox(desk: Desk, *args: str | Path) -> Iterator[Sandbox]:
    """A tw-sandbox on a free port; ended with the block, and well."""
    command = [str(BIN / "tw-sandbox"), "--port", "0", *map(str, args)]
    read, write = os.pipe()
    with open(desk.home / "sandbox.log", "ab") as log, open(os.devnull) as nothing, open(read) as said:
        process = forked.start(command, desk.environment, desk.home, [nothing.fileno(), write, log.fileno()])
        os.close(write)
        try:
            yield Sandbox(_first_line(said, desk.home / "sandbox.log"))
        finally:
            process.terminate()
            status = forked.status(process, 20)
    assert status == 0, (desk.home / "sandbox.log").read_text()


def _first_line(said: TextIO, log: Path) -> str:
    readable, _, _ = select.select([said], [], [], 30)
    line = said.readline().strip() if readable else ""
    assert line.startswith("http://"), f"tw-sandbox did not start, it said {line!r} and: {log.read_text()}"
    return line
