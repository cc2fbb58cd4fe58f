"""`make demo` from beginning to end: the first thing that a newcomer runs."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from tests.desk import ROOT, Desk
from tests.test_every_program import seconds_of_children


@pytest.mark.long
def test_it_works_twice_in_two_minutes_and_touches_nothing_else(desk: Desk, tmp_path: Path) -> None:
    """The second time at a terminal, where a bar shows how far it is. Two minutes of processor time, since others may use
    the machine, too."""
    home = tmp_path / "a demo"
    environment = desk.environment | {"DEMO_HOME": str(home), "TERM": "xterm"}
    began = seconds_of_children()
    done = subprocess.run(
        ["sh", "conf/demo.sh"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=240,
    )
    told = done.stdout.decode()
    assert done.returncode == 0, told
    covered, searched = told.partition("$ tw-coverage")[2].split("$ tw-search demo ")
    assert all(re.search(rf"\t{outcome}\t", covered) for outcome in ("complete", "empty", "suspended", "protected", "gone"))
    assert re.search(rf"(?<!\S){searched.split()[0]} ", searched.partition("\n")[2]), "a word, not a piece of one"
    shown = at_a_terminal(environment)
    for said in (told, shown):
        assert "(status 77)" in said
        assert re.search(r"twfound: \d+ posts found for \$1\.", said), "a search"
        assert re.search(r"live was stopped; live: \d+ posts, ", said), "a stream"
        assert "Traceback" not in said
    assert "20/20" not in told
    assert "20/20" in shown
    assert seconds_of_children() - began < 120
    assert (home / ".local/share/netwar/archive/demo.sqlite").exists()
    assert not (home / ".local/share/netwar/dead-letters").exists()
    assert list(desk.home.iterdir()) == []


def at_a_terminal(environment: dict[str, str]) -> str:
    """What a terminal shows of a demo that ends well."""
    ours, theirs = pty.openpty()
    seen = bytearray()
    process = subprocess.Popen(
        ["sh", "conf/demo.sh"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    try:
        while block := os.read(ours, 65_536):
            seen += block
    except OSError:
        pass  # so Linux tells that the other end is closed
    assert process.wait(240) == 0, seen.decode()
    os.close(ours)
    return seen.decode()
