"""How rate windows were used, by the log of a sandbox: its own account of who asked for what, when, and with which answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.desk import Desk

TIMELINE = "/tweets"


@dataclass
class Windows:
    """Windows of so many seconds in which an account may ask so many times for a timeline. A window begins with its first
    request, as at X."""

    desk: Desk
    seconds: int
    limit: int
    asked: dict[int, dict[str, Any]] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)

    def learn(self) -> None:
        """Keep what the log says of timelines, and of refusals (429) of whatever; it forgets the oldest."""
        for line in self.desk.ask("log?last=10000"):
            if line["status"] == 429:
                self.refused.add(line["number"])
            elif line["path"].endswith(TIMELINE):
                self.asked[line["number"]] = line

    def of_accounts(self) -> Iterator[list[list[float]]]:
        """The windows of each account: when it asked in each, in seconds since 1970."""
        times: dict[str, list[float]] = {}
        for line in self.asked.values():
            times.setdefault(line["caller"], []).append(datetime.fromisoformat(line["time"]).timestamp())
        for mine in times.values():
            windows: list[list[float]] = []
            for at in sorted(mine):
                if not windows or at >= windows[-1][0] + self.seconds:
                    windows.append([])
                windows[-1].append(at)
            yield windows
