"""The steps of a soak, its faults, and what was counted."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

SHOWN = 40  # steps that are printed with a fault; the file has all of them


class Journal:
    """Each step has a line in a file, as it happens. A fault ends the soak; several may be found at once."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self.seed = seed
        self.faults: list[str] = []
        self.counts: Counter[str] = Counter()
        self._began = time.monotonic()
        self._file = path.open("w", buffering=1)
        self._last: list[str] = []

    def step(self, text: str, *counted: str) -> None:
        """Note a step; `counted` are the figures that it adds one to."""
        self.counts.update(counted)
        line = f"{time.monotonic() - self._began:8.2f} s  {text}"
        self._file.write(line + "\n")
        self._last = [*self._last[1 - SHOWN :], line]

    def fault(self, text: str) -> None:
        """Something that must not be."""
        self.step(f"FAULT: {text}")
        self.faults.append(text)

    def told(self) -> str:
        """The end of the story: the faults with the steps that led there, or the figures alone."""
        figures = self._figures()
        if not self.faults:
            return f"{figures}\nsoak: no fault (seed {self.seed})"
        steps, faults = "\n".join(self._last), "\n".join(f"  - {fault}" for fault in self.faults[:20])
        more = f"\n  … and {len(self.faults) - 20} more" if len(self.faults) > 20 else ""
        said = f"the last steps (all of them, and what the programs said: {self.path.parent}):\n{steps}\n\n"
        return f"{said}{figures}\nsoak: {len(self.faults)} fault(s), seed {self.seed}:\n{faults}{more}"

    def _figures(self) -> str:
        """Three lines: what there was, which programs ran, how they ended."""
        programs = sorted(name for name in self.counts if name.startswith("tw-"))
        ends = sorted(name for name in self.counts if name.startswith(("ended ", "SIG")))
        others = sorted(self.counts.keys() - set(programs) - set(ends))
        lines = [", ".join(f"{self.counts[name]:,} {name}" for name in others)]
        lines += [", ".join(f"{name} {self.counts[name]:,}" for name in names) for names in (programs, ends)]
        return "\n".join(lines)

    def close(self) -> None:
        self._file.close()
