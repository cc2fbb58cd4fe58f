"""conf/tmux: a window and a log for each capture; who has ended is started again by the same command."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.desk import ROOT

LOGS = "my 100% #{pid} logs"
SCRIPT = ROOT / "conf" / "tmux" / "captures.sh"
PROGRAM = "#!/bin/sh\necho first line of $1 with $4\n[ $1 = ends ] && exit 78\nwhile :; do sleep 0.2; done\n"


def test_a_window_and_a_log_for_each_capture(tmp_path: Path) -> None:
    if not (tmux := shutil.which("tmux")):
        pytest.skip("tmux is not installed")
    (program := tmp_path / "tw-stream").write_text(PROGRAM)
    program.chmod(0o755)
    (captures := tmp_path / "my captures").mkdir()
    for name in ("ends", "stays"):
        (captures / f"{name}.txt").touch()
    home = {"HOME": str(tmp_path), "TMUX_TMPDIR": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin", "SHELL": "/bin/sh"}

    def run(*words: str | Path) -> str:
        done = subprocess.run(words, env=home, capture_output=True, text=True, check=True, timeout=30)
        return done.stdout

    def windows() -> str:
        return run(tmux, "list-windows", "-t", "=captures", "-F", "#{window_name} #{pane_dead} #{pane_dead_status}")

    def until(true: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not true():
            assert time.monotonic() < end, windows()
            time.sleep(0.05)

    try:
        for name in ("#(touch ran)", "a.b", "--stop", "a\n"):  # tmux would run the first, and end at the second
            (captures / f"{name}.txt").touch()
        refused = subprocess.run([SCRIPT, captures, tmp_path / LOGS], env=home, cwd=tmp_path, capture_output=True, timeout=30)
        assert (refused.returncode, refused.stderr.count(b"cannot name an index")) == (1, 4)
        assert b"2 started" in refused.stdout
        run(tmux, "kill-server")
        assert not (tmp_path / "ran").exists()
        for name in captures.glob("*[!s].txt"):
            name.unlink()
        shutil.rmtree(tmp_path / LOGS)
        assert run(SCRIPT, captures, tmp_path / LOGS, "--config", "it's").startswith("2 started")
        until(lambda: "ends 1 78" in windows())
        assert "stays 0" in windows()
        for name in ("ends", "stays"):
            until(lambda name=name: f"first line of {name} with it's" in log(tmp_path, name))  # type: ignore[misc]
        assert run(SCRIPT, captures, tmp_path / LOGS, "--config", "it's").startswith("1 started")
        until(lambda: log(tmp_path, "ends").count("first line") == 2)
        assert log(tmp_path, "stays").count("first line") == 1
    finally:
        subprocess.run([tmux, "kill-server"], env=home, check=False, capture_output=True)


def log(folder: Path, name: str) -> str:
    path = folder / LOGS / f"{name}.log"
    return path.read_text() if path.exists() else ""
