"""What is told while a server goes on with something."""

from __future__ import annotations

import logging

import pytest

from netwar.cli.progress import NoBar
from netwar.commands import recipe_progress


class Told(NoBar):
    """A bar that keeps what it is told."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, str]] = []

    def update(self, n: int, note: str = "") -> None:
        self.steps.append((n, note))


def test_the_bar_fills_as_less_is_left_and_never_empties() -> None:
    bar = Told()
    progress = recipe_progress.TaskProgress(bar, 5)
    for left in (5, 3, 4, 1, 0):
        progress.tell(left, "shards")
    assert bar.steps == [(2, "3 shards left"), (2, "1 shards left"), (1, "0 shards left")]


def test_what_does_not_move_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(recipe_progress, "STILL_SECONDS", -1)
    monkeypatch.setattr(recipe_progress, "TELL_SECONDS", -1)
    caplog.set_level(logging.INFO, "netwar.elk")
    recipe_progress.TaskProgress(NoBar(), 5).tell(5, "shards")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "nothing has moved for -1 s, 5 shards are left (tw-elk why explains a shard)"),
        ("INFO", "5 shards are left"),
    ]
