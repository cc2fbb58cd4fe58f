"""The contracts of the board and of the perflog.

A run says how it is every few seconds, on whatever host. That it says nothing any more is all that is known of one that was
killed, hangs or gets no processor: it is *lost*. How long ago something was said is told by the store's own clock, and everything
else that lasts is a length of time, so that no host's clock matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

EVERY = 5.0  # seconds at least between two writes of one run
BEAT = 20.0  # seconds after which a run says that it lives, though nothing is new
LOST = 90.0  # seconds of silence: with the minute of cron and the looks of Prometheus an alarm comes within three minutes
FORGOTTEN = 7 * 86_400.0  # seconds after which what was last said of a run, or a host, is removed
STUCK = 1_800.0  # seconds without progress, when nothing that is known is waited for


@dataclass(frozen=True, slots=True)
class RunState:
    """How a run is, by its own word.

    `id` is drawn; `subject` is what it works on, such as the queue "work". `config` is the file that it read, `instance` a short
    name of that, `account` the screen name in it; `app` and `tokens` (by whose they are) are hashes. `age` are the seconds that
    it has run, `still` those since it made progress, `waits` those that it will wait for what comes by itself. `what` is the
    work that began last: so much of a `total` is `done`, and `note` says where it is. `counts` are what it did, money in
    micro-dollars. `status` is its exit status, None while it runs; `error` what it said was wrong. `watched`: somebody sat at its
    terminal. `began` is when, by the store's clock: the board puts that there, and nobody else knows it.
    """

    id: str
    host: str
    program: str
    instance: str
    pid: int = 0
    config: str = ""
    account: str = ""
    app: str = ""
    tokens: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    age: float = 0.0
    still: float = 0.0
    waits: float = 0.0
    done: int = 0
    total: int = 0
    note: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    status: int | None = None
    error: str = ""
    what: str = ""
    watched: bool = False
    began: float = field(default=0.0, compare=False)

    @property
    def lineage(self) -> str:
        """What is the same of runs of which the next one makes good what befell the one before."""
        return "\t".join((self.host, self.program, self.instance, self.subject))

    @property
    def lineages(self) -> tuple[str, str]:
        """Its own, and that of runs which did not come so far as to know what they work on."""
        return self.lineage, "\t".join((self.host, self.program, self.instance, ""))


@dataclass(frozen=True, slots=True)
class Run:
    """What a run said last, `silent` seconds ago; since it ended, if it ended. It began `began` seconds ago."""

    state: RunState
    silent: float
    began: float

    @property
    def lost(self) -> bool:
        """Whether it should have said something, and did not."""
        return self.state.status is None and self.silent > LOST

    @property
    def stuck(self) -> bool:
        """Whether it lives and gets nowhere."""
        return self.state.status is None and not self.lost and self.state.still - self.state.waits + self.silent > STUCK


@dataclass(frozen=True, slots=True)
class HostState:
    """What a host's data folder holds: bytes that wait for the archive and since when (seconds), bytes of documents that the
    archive refused, documents that are due for the graph (None where nobody counted), and bytes that are free (None where the
    file system does not tell)."""

    host: str
    folder: str
    spool: int = 0
    spooled: float = 0.0
    letters: int = 0
    due: int | None = None
    free: int | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """What was last said of a host, `silent` seconds ago."""

    state: HostState
    silent: float


class Board(Protocol):
    """One board for all who share the store. Every step is atomic. Raises ServiceDown and ConfigError as the store does."""

    def say(self, state: RunState) -> None:
        """Put up how a run is, in place of what it said before. With its first and its last word, runs of the same lineage are
        taken down that have ended, or are lost and said their last word before it began: this one does their work."""

    def make_good(self, state: RunState) -> None:
        """Take down what the last word of a run would, for one that is not up and shall not be."""

    def runs(self) -> list[Run]:
        """All that is up, by host, program, configuration and subject, the newest of these first; but no run that is lost and for
        which another one stands in, of the same lineage and begun after its last word."""

    def forget(self) -> int:
        """Take down all runs that are lost or have ended, those for which one of these stands in, and all that cannot be read:
        somebody has seen to them. How many."""

    def say_host(self, state: HostState) -> None:
        """Put up what a host's folder holds."""

    def odd(self) -> list[str]:
        """What `runs` and `hosts` have left out, since none of our programs wrote it: a sentence each."""

    def hosts(self) -> list[Host]:
        """All hosts, by name and folder."""

    def add(self, counts: Mapping[str, int]) -> None:
        """Add to the totals of all runs that ever were."""

    def totals(self) -> dict[str, int]:
        """The totals, which never fall."""

    def once(self, what: str, day: str) -> bool:
        """Whether nobody was told of this on this day (2026-11-28). From now on somebody was."""

    def untold(self, what: str, day: str) -> None:
        """Say that nobody was told of this on this day after all."""

    def note(self, key: str, seconds: float) -> Any:
        """What was noted under a key within so many seconds, as JSON knows it; None if nothing was."""

    def put_note(self, key: str, value: Any) -> None:
        """Note something that can be worked out again."""

    def close(self) -> None:
        """Let go of files and connections."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the perflog. `date` is ISO 8601; `shell` is the Unix user, `screen_name` the account. `run` is what a run did,
    {program, subject, counts, dollars, seconds, status}; empty for what a person or a script wrote."""

    host: str
    shell: str
    screen_name: str
    event: str
    date: str
    run: Mapping[str, Any] = field(default_factory=dict)


class PerfLog(Protocol):
    """What happened, kept for 90 days. Raises ServiceDown, and ConfigError where a right is missing."""

    def append(self, entry: Entry) -> None:
        """Write an entry down, and forget what is too old."""

    def last(self, number: int) -> list[Entry]:
        """The newest entries, the newest last; also those that the recorder of 2019 left there."""

    def close(self) -> None:
        """Let go of files and connections."""


KEPT_DAYS = 90
