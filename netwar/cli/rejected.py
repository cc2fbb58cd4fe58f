"""The bad lines of a file: told one by one while they are few, and in a file of their own when they are many."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from netwar.cli.files import is_file, replaced
from netwar.cli.output import echo
from netwar.cli.repeated import Repeated
from netwar.errors import NetwarError
from netwar.records.text import amount

if TYPE_CHECKING:
    from netwar.cli.services import Services
    from netwar.records.entries import Fault

FEW = 10
MOST = 1 << 30  # bytes of a file of bad lines: a list that unpacks to nothing else must not fill the disk


class Telling:
    """Bad lines of the file `name` told on standard error: the first ten one by one, and what most of the others are."""

    def __init__(self, name: str, repeated: Repeated) -> None:
        self.count = 0
        self._name, self._repeated = name, repeated
        self._untold: Counter[str] = Counter()

    def tell(self, fault: Fault) -> bool:
        """One more; whether it was told."""
        self.count += 1
        if self.count <= FEW:
            echo(f"{self._name}: {self._repeated.fault(fault)}", err=True)
        else:
            self._untold[fault.reason] += 1
        return self.count <= FEW

    def end(self) -> None:
        """There are no more."""
        if self._untold:
            reason, many = self._untold.most_common(1)[0]
            share = "all" if many == self._untold.total() else f"{many:,}"
            echo(f"{self._name}: and {self._untold.total():,} more, {share} of them: {self._repeated.text(reason)}", err=True)


class Rejected:
    """The faults of the file `name`, without secrets; a context manager, at whose end FILE-rejected.txt is in its place.

    The first ten are told on standard error. Where there are more, all of them are written into `base`-rejected.txt, `base` being
    the file itself where it is not given, and `stdin` in the current folder for what is no file; and it is told what most of
    those are that were not told. Whoever cannot read the file cannot read that one either.
    """

    def __init__(self, services: Services, name: str, base: str | None = None) -> None:
        self.path = Path(f"{base or (name if is_file(name) else 'stdin')}-rejected.txt")
        self._repeated = Repeated(services)
        self._name, self._telling = name, Telling(name, self._repeated)
        self._first: list[str] = []
        self._out: TextIO | None = None
        self._why_not = ""
        self._size = self._beyond = 0  # bytes in the file, and lines for which it had no room
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._telling.end()
        self._closing.__exit__(kind, error, trace)

    @property
    def count(self) -> int:
        """How many there are."""
        return self._telling.count

    def add(self, fault: Fault) -> None:
        """One more."""
        if self._telling.tell(fault):
            self._first.append(str(self._repeated.fault(fault)))
            return
        if self.count == FEW + 1:
            self._open()
        if self._out and self._size >= MOST:
            self._beyond += 1
        elif self._out:
            line = f"{self._repeated.fault(fault)}\n"
            self._out.write(line)
            self._size += len(line.encode(errors="replace"))

    @property
    def where(self) -> str:
        """Where they are listed, for the end of a sentence."""
        if self.count <= FEW:
            return "listed above"
        if self._why_not:
            return f"the first {FEW} listed above, the others not: {self._why_not}"
        if self._beyond:
            return f"all but the last {self._beyond:,} in {self.path}, which is full at {amount(MOST)}"
        return f"all of them in {self.path}"

    def _open(self) -> None:
        try:
            self._out = self._closing.enter_context(replaced(self.path, self._name))
            self._out.writelines(f"{line}\n" for line in self._first)
        except NetwarError as error:
            self._out, self._why_not = None, str(error)
