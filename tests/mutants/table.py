"""The table of mutants: a file of each room, beside this one.

A row says what stands in a file of the program (once), what is put in its place, what that breaks, and which tests notice it,
the quickest first. Where the change makes no difference it says why (`same`), and is not tried.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file of the program. `tests` are ids as pytest takes them."""

    room: str
    file: str
    stands: str
    put: str
    breaks: str = ""
    tests: tuple[str, ...] = ()
    same: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.breaks or self.same} ({self.stands.strip().splitlines()[0]} -> {_short(self.put)})"

    def changed(self, text: str) -> str:
        """The file's text with the change made. Raises ValueError unless what stands is there exactly once."""
        if (times := text.count(self.stands)) != 1:
            raise ValueError(f"{self.file} has {times} times what should stand there once: {self.stands!r}")
        return text.replace(self.stands, self.put)


def rooms() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.toml"))


def mutants(wanted: Iterable[str] = ()) -> Iterator[Mutant]:
    """The rows of these rooms; of all, if none is named. Raises TypeError for a row with other words than ours."""
    for room in wanted or rooms():
        for row in tomllib.loads((HERE / f"{room}.toml").read_text())["mutant"]:
            yield Mutant(room, **{**row, "tests": tuple(row.get("tests", ()))})


def faults(mutant: Mutant, root: Path = ROOT) -> Iterator[str]:
    """What is wrong with a row as the tree is now."""
    try:
        if mutant.changed((root / mutant.file).read_text()) == (root / mutant.file).read_text():
            yield f"{mutant.file} is not changed by {mutant.put!r}"
    except (OSError, ValueError) as error:
        yield str(error)
    if bool(mutant.same) == bool(mutant.tests and mutant.breaks):
        yield f"a row says what it breaks and which tests notice, or why it makes no difference: {mutant}"
    for test in mutant.tests:
        file, _, name = test.partition("::")
        name = name.partition("[")[0]
        if not (root / file).exists() or (name and f"def {name}(" not in (root / file).read_text()):
            yield f"there is no test {test}: {mutant}"


def _short(put: str) -> str:
    first, *more = put.strip().splitlines() or ["nothing"]
    return f"{first} ..." if more else first
