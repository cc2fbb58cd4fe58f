"""The file of a budget is read anew, and who may write to the meter may name any file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netwar.meter.base import Budget, present
from tests.rows import rows


@rows("named", ["PIPE", "/dev/full", "/dev/stdin", "a\0b", "x" * 5000, "/"])
def test_what_is_no_file_is_not_opened(tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe of one's own, such as standard input, would be waited for; some devices do what they do when they are opened."""
    if named == "PIPE":
        os.mkfifo(named := str(tmp_path / "pipe"))
    opened: list[object] = []
    with monkeypatch.context() as watched:
        watched.setattr(os, "open", lambda *given, **more: opened.append(given))
        assert present(Budget(1, named, "here"), "here") is None
    assert opened == []
