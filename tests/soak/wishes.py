"""What captures by stream were told to record, and since when they certainly do; who of them reads a file that changes."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.soak.runs import Run

# They share terms, so that many posts belong to several. What the sandbox's voices say is of these now and then.
CAPTURES = ("words", "tags", "people")
TERMS = ("harbour", "brexit", "train -is:retweet", '"climate change"', "#news", "#election OR #climate", "market lang:en")
TOLD = r"(?m){index}: [\d,]+ (?:users?|terms?) of |the lines stay as they were"


@dataclass(eq=False)
class Version:
    """Lines of a capture: registered from `sure` on, until `until`, when somebody set about to change that (ms at X)."""

    lines: tuple[str, ...]
    sure: int | None = None
    until: int | None = None


@dataclass(eq=False)
class Wishes:
    """Those of one registry of captures; `now` tells X's time (ms), `folder` is where the files of lines are."""

    now: Callable[[], int]
    folder: Path
    versions: dict[str, list[Version]] = field(default_factory=lambda: {index: [] for index in CAPTURES})
    on: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)  # something is about to change there
    _readers: dict[Run, tuple[str, int]] = field(default_factory=dict)  # who reads a file: its index, and how often so far
    _asked: dict[Run, Version] = field(default_factory=dict)

    def file(self, index: str) -> Path:
        return self.folder / f"{index}.txt"

    def changing(self, index: str, lines: tuple[str, ...] = ()) -> Version:
        """Somebody sets about to change a capture; the version that comes, if it has lines."""
        for version in self.versions[index][-1:]:
            version.until = version.until or self.now()
        version = Version(lines)
        if lines:
            self.versions[index].append(version)
            self.file(index).write_text("".join(f"{line}\n" for line in lines))
        self.busy.add(index)
        return version

    def changed(self, index: str, version: Version, well: bool) -> None:
        """It was tried."""
        self.busy.discard(index)
        if well:
            (self.on.add if version.lines else self.on.discard)(index)
            version.sure = self.now() if version.lines else None

    def reads(self, run: Run, index: str) -> None:
        """A run that stays reads the file when it begins, and at each HUP."""
        self._readers[run] = index, 1

    def reader(self, index: str) -> Run | None:
        """A run that could be sent HUP."""
        self._look()
        return next((run for run, (of, _) in self._readers.items() if of == index), None)

    def quiet(self, index: str) -> bool:
        """Whether nobody is about to register what the file says now: else the older lines might come later."""
        self._look()
        readers = [(run, times) for run, (of, times) in self._readers.items() if of == index]
        return index not in self.busy and all(_times(run, index) >= times for run, times in readers)

    def hang_up(self, run: Run, version: Version) -> None:
        index, times = self._readers[run]
        self._readers[run] = index, times + 1
        self._asked[run] = version
        run.signal(signal.SIGHUP)

    def _look(self) -> None:
        """Who has ended, and who has read its file anew."""
        for run, (index, times) in list(self._readers.items()):
            read = _times(run, index) >= times
            if run in self._asked and (read or run.ended):
                well = read and run.ended is None and "the lines stay as they were" not in run.stderr
                self.changed(index, self._asked.pop(run), well)
            if run.ended:
                del self._readers[run]


def _times(run: Run, index: str) -> int:
    return len(re.findall(TOLD.format(index=index), run.stderr))
