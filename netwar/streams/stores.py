"""What whoever holds the connection is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from netwar.archive.base import Archive
from netwar.captures.base import Captures, Live
from netwar.meter.base import Money
from netwar.streams.counters import Unfilled
from netwar.streams.portions import Aside, Newcomers
from netwar.twitter.streaming import Streaming


@dataclass(frozen=True, slots=True)
class Stores:
    """What a holder is handed. `folder` is for segments and the journal, `aside` keeps lines that cannot be read, `newcomers`
    takes authors who are not recorded, `account` is whose keys are used, `command` what the money is spent for;
    `refill` fills gaps, with stores of its own, and tells what is left open."""

    captures: Captures
    streaming: Streaming
    archive: Archive
    money: Money
    folder: Path
    aside: Aside
    newcomers: Newcomers
    account: str
    command: str
    refill: Callable[[Live], Mapping[str, Unfilled]] = lambda live: {}
