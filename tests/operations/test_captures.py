"""Backups of captures by stream, taken while posts come: what was made is in what comes back, or in a gap that is told there."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.desk import Desk, Sandbox
from tests.streams.hurrying import Killed, in_ms
from tests.streams.killed import begin

AMPLE: dict[str, Any] = {"budget": 100_000, "maxcpu": 100, "maxmem": 100}
SPEED = 60


@pytest.mark.long
def test_a_restored_capture_tells_what_it_lacks(desk: Desk, sandbox: Sandbox, tmp_path: Path) -> None:
    desk.configure(sandbox.url, **AMPLE)
    story = Killed(desk, sandbox)
    story.hurry(SPEED)
    since = begin(story, 2)
    with story.held() as holder:
        wait_for_more(story)
        backup = story.run("tw-backup", tmp_path / "place").stdout.strip()
        holder.kill()
    until, data = story.now, desk.home / "restored"
    (config := tmp_path / "restored.conf").touch(0o600)
    config.write_text((desk.home / ".twitter").read_text().replace("[STREAM]\n", f"[STREAM]\ndata = {data}\n"))
    story.run("tw-restore", backup, "--config", config, "--spent", 0)
    recorded = 0
    for index in story.lines:
        made = story.made(index, since, until)
        kept = {row[0] for row in story.select(index, "SELECT id FROM tweets", data=data.name)}
        told = [json.loads(line) for line in gaps(story, index, config)]
        stretches = [(in_ms(one["since"]), in_ms(one["until"])) for one in told]
        lost = [id for id, at in made.items() if id not in kept and not any(low <= at <= high for low, high in stretches)]
        assert not lost, f"{index}: {len(lost)} of {len(made)} are neither recorded nor in a gap: {stretches}"
        recorded += len(kept & set(made))
    assert recorded


def wait_for_more(story: Killed) -> None:
    """Until the holder has recorded something."""
    before, end = all_kept(story), time.monotonic() + 60
    while len(all_kept(story)) < len(before) + 5:
        assert time.monotonic() < end, story.said()[-3000:]
        time.sleep(0.1)


def all_kept(story: Killed) -> set[int]:
    found: set[int] = set()
    for index in story.lines:
        with suppress(sqlite3.OperationalError):  # its file is not there yet
            found |= story.kept(index)
    return found


def gaps(story: Killed, index: str, config: Path) -> list[str]:
    return story.hurried("tw-gaps", index, "--json", "--config", config).stdout.splitlines()
