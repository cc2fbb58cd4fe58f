"""`make demo` from beginning to end: the first thing that a newcomer runs."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from tests.desk import ROOT, Desk


@pytest.mark.long
def test_it_works_and_touches_nothing_else(desk: Desk, tmp_path: Path) -> None:
    """After an earlier one that was cut off, at a terminal, where a bar shows how far it is."""
    home = tmp_path / "a demo"
    os.mkfifo(left(home / "address"))
    left(home / ".twitter").write_text("[API]\nbudget = much\n")
    left(home / ".local/share/netwar/archive/demo.sqlite").write_bytes(b"torn")
    told = at_a_terminal(desk.environment | {"DEMO_HOME": str(home), "TERM": "xterm"})
    covered, searched = told.partition("$ tw-coverage")[2].split("$ tw-search demo ")
    assert all(re.search(rf" {outcome} ", covered) for outcome in ("complete", "empty", "suspended", "protected", "gone"))
    assert re.search(rf"(?<!\S){searched.split()[0]} ", searched.partition("\n")[2]), "a word, not a piece of one"
    assert "(status 77)" in told
    assert re.search(r"twfound: \d+ posts found for \$1\.", told), "a search"
    assert re.search(r"live was stopped; live: \d+ posts, ", told), "a stream"
    assert "Traceback" not in told
    assert "20/20" in told
    assert (home / ".local/share/netwar/archive/demo.sqlite").exists()
    assert not (home / ".local/share/netwar/dead-letters").exists()
    assert list(desk.home.iterdir()) == []


def left(path: Path) -> Path:
    """A place of a file that an earlier one has left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


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
