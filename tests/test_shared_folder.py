"""Several Unix users of one group work in one folder, whatever their umask."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import BIN, ROOT, Desk, Sandbox

GROUP = 4
LIBRARIES = [path for path in sys.path if path.endswith("site-packages")]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be several users")


@dataclass(frozen=True)
class Person:
    """A Unix user who belongs to the group, with a home folder that holds a configuration."""

    user: pwd.struct_passwd
    home: Path
    umask: int
    desk: Desk

    def run(self, python: str, *command: str, input: str = "") -> subprocess.CompletedProcess[str]:
        environment = self.desk.environment | {"HOME": str(self.home), "NETWAR_SYSTEM_CONF": os.devnull}
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *LIBRARIES])
        return subprocess.run(
            [python, *command],
            env=environment,
            cwd="/",
            input=input,
            text=True,
            capture_output=True,
            timeout=60,
            user=self.user.pw_uid,
            group=self.user.pw_gid,
            extra_groups=[GROUP],
            umask=self.umask,
        )

    def python(self) -> str:
        """A Python that this user may run, and that finds the libraries."""
        for python in (sys.executable, "/usr/bin/python3"):
            try:
                if self.run(python, "-c", "import netwar.cli, netwar.archive.sqlite.store").returncode == 0:
                    return python
            except OSError:
                continue
        pytest.skip("this Python, or the checkout, is in a folder that other users may not enter")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder of the group's, and room for homes beside it."""
    room = Path(tempfile.mkdtemp())
    room.chmod(0o755)
    folder = room / "shared"
    folder.mkdir()
    os.chown(folder, 0, GROUP)
    folder.chmod(0o2770)
    yield folder
    shutil.rmtree(room)


@pytest.fixture(params=[0o022, 0o077], ids=oct)
def people(request: pytest.FixtureRequest, shared: Path, desk: Desk, sandbox: Sandbox) -> list[Person]:
    others = [user for user in pwd.getpwall() if user.pw_uid != 0][:2]
    found = []
    for user in others:
        home = shared.parent / user.pw_name
        home.mkdir()
        config = desk.configure(sandbox.url, path=home / ".twitter", data=shared, budget=100, maxcpu=100, maxmem=100)
        for path in (home, config):
            os.chown(path, user.pw_uid, user.pw_gid)
        found.append(Person(user, home, request.param, desk))
    return found


def test_they_work_in_turns(people: list[Person], shared: Path, sandbox: Sandbox) -> None:
    first, second = people
    python = first.python()
    with urllib.request.urlopen(f"{sandbox.url}/sandbox/truth/users") as answer:
        users = [json.loads(line) for line in answer]
    waiting = "".join(f"{user['id']}\n" for user in users if user["posts"] < 100)
    steps = ["tw-quser2work -", "tw-idu3elk group", "tw-spend --no-ask", "tw-showwork", "tw-coverage group"]
    for person in (first, second, first):
        for name, *args in map(str.split, steps):
            ended = person.run(python, str(BIN / name), *args, input=waiting)
            assert ended.returncode == 0, (person.user.pw_name, name, ended.stderr)
    assert [path for path in shared.rglob("*") if path.stat().st_mode & 0o007] == []


SPOOL = """
import sys
from pathlib import Path
from netwar.archive.deadletters import Refused, keep
from netwar.archive.spool import Spool
from netwar.records.documents import Document

document = Document("twgroup", "1", {"id": "1"}, True, 0)
Spool(Path(sys.argv[1]) / "spool").keep("page", [document], None)
keep(Path(sys.argv[1]) / "dead-letters", [Refused(document, "no")])
"""


def test_pages_and_letters_that_one_keeps_are_the_others_too(people: list[Person], shared: Path) -> None:
    python = people[0].python()
    for person in (*people, people[0]):
        ended = person.run(python, "-c", SPOOL, str(shared))
        assert ended.returncode == 0, ended.stderr
    assert len((shared / "dead-letters").read_text().splitlines()) == 3
