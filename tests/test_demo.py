"""`make demo` from beginning to end: the first thing that a newcomer runs."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import time
from pathlib import Path

from tests.desk import ROOT, Desk


def test_it_works_twice_in_two_minutes_and_touches_nothing_else(desk: Desk, tmp_path: Path) -> None:
    home = tmp_path / "a demo"
    began = time.monotonic()
    for _ in range(2):
        done = subprocess.run(
            ["sh", "conf/demo.sh"],
            cwd=ROOT,
            env=desk.environment | {"DEMO_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
        told = done.stdout.decode()
        assert done.returncode == 0, told
        assert "(status 77)" in told
        assert "Traceback" not in told
        covered, searched = told.partition("$ tw-coverage")[2].split("$ tw-search demo ")
        assert all(re.search(rf"\t{outcome}\t", covered) for outcome in ("complete", "empty", "suspended", "protected", "gone"))
        assert re.search(rf"(?<!\S){searched.split()[0]} ", searched.partition("\n")[2]), "a word, not a piece of one"
    assert time.monotonic() - began < 120
    assert (home / ".local/share/netwar/archive/demo.sqlite").exists()
    assert not (home / ".local/share/netwar/dead-letters").exists()
    assert list(desk.home.iterdir()) == []


def test_a_terminal_shows_a_progress_bar(desk: Desk, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    seen = bytearray()
    process = subprocess.Popen(
        ["sh", "conf/demo.sh"],
        cwd=ROOT,
        env=desk.environment | {"DEMO_HOME": str(tmp_path / "demo"), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        while block := os.read(ours, 65_536):
            seen += block
    except OSError:
        pass  # so Linux tells that the other end is closed
    assert process.wait(120) == 0, seen.decode()
    os.close(ours)
    assert "20/20" in seen.decode()
