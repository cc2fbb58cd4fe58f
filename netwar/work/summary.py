"""What a run did, in one line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from netwar.archive.base import Tally
from netwar.records.text import plural


@dataclass(slots=True)
class Summary:
    """What a run did. `read` counts `what` X sent; `elsewhere` are users whom another run is recording; `limited` says why it
    ended before the queue was empty."""

    what: str = "tweet"
    users: int = 0
    read: int = 0
    micro: int = 0
    tally: Tally = field(default_factory=Tally)
    outcomes: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    elsewhere: list[str] = field(default_factory=list)
    limited: str = ""

    def __str__(self) -> str:
        told = ", ".join(f"{count:,} {outcome}" for outcome, count in self.outcomes.most_common())
        line = f"{plural(self.users, 'user')} done, {plural(self.read, self.what)} read for ${self.micro / 1e6:.3f}"
        return "; ".join(filter(None, [f"{line}; {documents(self.tally)}", told, self.limited]))


def documents(tally: Tally) -> str:
    """What became of the documents, in words."""
    rejected = f", {tally.rejected:,} rejected (see dead-letters)" if tally.rejected else ""
    return f"documents: {tally.created:,} new, {tally.updated:,} updated{rejected}"
