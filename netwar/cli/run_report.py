"""What becomes of a run, told in one place to all who listen: the bar on a terminal, the line with the outcome, whoever else.

A run begins work, makes progress and is over with it, perhaps several times; it tells what it did, in numbers and in a line, or
what stopped it; and its program ends with a status.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from netwar.errors import NetwarError
from netwar.records.text import plural

if TYPE_CHECKING:
    from netwar.cli.progress import Bar

log = logging.getLogger("netwar")


class Listener:
    """Who is told of a run, as it goes on. What is not overridden is not listened to; what is raised stops the run."""

    def subject(self, what: str) -> None:
        """What the run works on, the only one at it; its work begins later."""

    def begin(self, what: str, total: int) -> None:
        """Work begins, on so many of something as far as is known: users, ids, bytes."""

    def progress(self, done: int, note: str) -> None:
        """So many more are done, perhaps none; `note` says in a few words where the work is."""

    def waiting(self, seconds: float) -> None:
        """The run waits, so long at the most, for something that comes by itself; 0 when that is over."""

    def over(self) -> None:
        """The work that began last is over, whether or not it came to its end."""

    def counting(self, numbers: Any) -> None:
        """By these a worker counts what it does, as it goes on; `counted` follows."""

    def counted(self, numbers: Any) -> None:
        """What a worker did until it ended or was stopped: its own Summary, EnumerationProgress or Outcome."""

    def summary(self, text: str) -> None:
        """The run came to its end, with this outcome."""

    def error(self, error: BaseException) -> None:
        """This ended the run; the error's notes tell what was done before. Services are open still.

        Its words may hold secrets: what is shown of them goes through cli.logs.blanked.
        """

    def end(self, status: int) -> None:
        """The program ends, with this exit status; its services are closed."""


class RunReport:
    """The report of one run of a program: each step is told to every listener, in the order in which they came."""

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = [*listeners]

    def attach(self, listener: Listener) -> None:
        """Tell this one, too, from now on."""
        self._listeners.append(listener)

    def subject(self, what: str) -> None:
        """What the run works on."""
        for listener in self._listeners:
            listener.subject(what)

    @contextmanager
    def work(self, what: str, total: int) -> Iterator[RunReport]:
        """Work on `total` things, which `update` counts, to the end of the block."""
        begun: list[Listener] = []
        try:
            for listener in self._listeners:
                listener.begin(what, total)
                begun.append(listener)
            yield self
        finally:
            for listener in begun:
                listener.over()

    def update(self, n: int, note: str = "") -> None:
        """`n` more are done; `note` says where the work is."""
        for listener in self._listeners:
            listener.progress(n, note)

    def sleep(self, seconds: float) -> None:
        """Wait for what comes by itself, such as the next rate window."""
        for listener in self._listeners:
            listener.waiting(seconds)
        time.sleep(seconds)
        for listener in self._listeners:
            listener.waiting(0)

    def counting(self, numbers: Any) -> None:
        """By what a worker counts."""
        for listener in self._listeners:
            listener.counting(numbers)

    def counted(self, numbers: Any) -> None:
        """What a worker did, also when it was stopped."""
        for listener in self._listeners:
            listener.counted(numbers)

    def summary(self, text: str) -> None:
        """The outcome, in one line."""
        for listener in self._listeners:
            listener.summary(text)

    def error(self, error: BaseException) -> None:
        """What ended the run."""
        for listener in self._listeners:
            listener.error(error)

    def end(self, status: int) -> None:
        """How the program ends."""
        for listener in self._listeners:
            listener.end(status)


class ProgressBar(Listener):
    """A bar for each stretch of work, where somebody watches."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._drawn = ExitStack()
        self._bar: Bar | None = None

    def begin(self, what: str, total: int) -> None:
        """Draw a bar."""
        from netwar.cli.progress import progress

        self._bar = self._drawn.enter_context(progress(total, what, self._quiet))

    def progress(self, done: int, note: str) -> None:
        """Fill it."""
        if self._bar:
            self._bar.update(done, note)

    def over(self) -> None:
        """Leave it as it is, and its line."""
        self._bar = None
        self._drawn.close()


class OutcomeLine(Listener):
    """The log on standard error: the outcome, or what was done before an error or a signal came. Who is told of neither, for -q,
    is told all the same what could not be kept, as it was paid for."""

    def __init__(self) -> None:
        self._rejected = 0

    def counted(self, numbers: Any) -> None:
        """How many documents were rejected."""
        from netwar.cli.run_figures import figures

        self._rejected += figures(numbers).get("rejected", 0)

    def summary(self, text: str) -> None:
        """One line."""
        log.info("%s", text)
        self._tell_rejected()

    def error(self, error: BaseException) -> None:
        """The notes that were put on it. A bug's stand in its traceback."""
        from netwar.cli.signals import Stopped

        if isinstance(error, NetwarError | Stopped):
            for done in getattr(error, "__notes__", ()):
                log.info("%s", done)
        self._tell_rejected()

    def _tell_rejected(self) -> None:
        if self._rejected and not log.isEnabledFor(logging.INFO):
            log.warning("%s rejected (see dead-letters)", plural(self._rejected, "document"))
