"""The listener that puts a run onto the board while it works, and into the perflog when it has done something.

Who only looks is not seen there. Nothing that goes wrong here reaches the run.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from typing import TYPE_CHECKING, Any

from netwar.cli.progress import watched
from netwar.cli.run_report import Listener
from netwar.errors import NetwarError, ServiceDown

if TYPE_CHECKING:
    from netwar.board.base import RunState
    from netwar.cli.services import Services
    from netwar.cli.teller import Teller

log = logging.getLogger("netwar.board")

LONGEST = 500  # characters of an error
GRAVE = (69, 77, 78)  # exit statuses that are told even of a run that did not come to its work


class OnBoard(Listener):
    """Listens to the run of these services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._teller: Teller | None = None
        self._numbers: Any = None
        self._off, self._well = False, True
        self._began = time.monotonic()

    def subject(self, what: str) -> None:
        """What the run works on, before it begins."""
        self._tell(subject=what)

    def begin(self, what: str, total: int) -> None:
        """Work begins."""
        self._tell(what=what, total=total, done=0, note="")

    def progress(self, done: int, note: str) -> None:
        """It goes on."""
        if self._teller:
            self._teller.moved(done, note)

    def waiting(self, seconds: float) -> None:
        """It waits."""
        if self._teller:
            self._teller.waits(seconds)

    def counting(self, numbers: Any) -> None:
        """So it counts."""
        if self._teller:
            self._teller.counting(numbers)

    def counted(self, numbers: Any) -> None:
        """What it did."""
        self.counting(numbers)

    def summary(self, text: str) -> None:
        """The run came to its end."""
        self._log(text, 0)

    def error(self, error: BaseException) -> None:
        """This ended it."""
        from netwar.cli.logs import blanked

        self._well = False  # who says no ends with 0, and has done nothing
        status = int(getattr(error, "exit_status", 1))
        said = error.on_a_line if isinstance(error, NetwarError) else str(error)
        told = blanked(said, self._services.hidden)
        told = told if len(told) <= LONGEST else f"{told[: LONGEST - 3]}..."
        grave = status in GRAVE and isinstance(error, NetwarError) and not watched()
        if grave and os.path.exists(self._services.settings.data):  # Path.exists raises below a folder that one may not enter
            self._tell()
        if self._teller:
            self._teller.change(error=told)
            away = isinstance(error, ServiceDown) and self._services.settings.elksg  # it may be the cluster that is away
            done = "; ".join([*map(str, getattr(error, "__notes__", ())), told])
            self._log("" if away else blanked(done, self._services.hidden), status)

    def end(self, status: int) -> None:
        """The program ends."""
        if self._teller:
            self._teller.end(status)
            self._teller = None
        elif status == 0 and self._well and not (self._off or self._services.looks):
            self._make_good()

    @property
    def _age(self) -> float:
        """Seconds since the program began."""
        return time.monotonic() - self._began

    def _tell(self, **what: Any) -> None:
        if self._off or self._services.looks:
            return
        try:
            if self._teller is None:
                subject = str(what.get("subject") or what.get("what") or "")
                self._teller = _teller(self._services, _state(self._services, subject, self._age))
            self._teller.change(**{key: value for key, value in what.items() if key != "subject"})
        except Exception as error:  # where no board can be found there is none
            self._off = True
            log.debug("this run is not on the board", exc_info=error)

    def _make_good(self) -> None:
        """Take down what befell runs before this one, where there is a board: none is made for that, nor is a configuration
        read."""
        if (settings := vars(self._services).get("settings")) is None:
            return
        if settings.redis is not None or os.path.exists(settings.data / "board.sqlite"):
            from netwar.cli.boarding import own_board
            from netwar.cli.teller import make_good

            make_good(_state(self._services, "", self._age), own_board(settings, settings.data))

    def _log(self, event: str, status: int) -> None:
        """Write a summary into the perflog, if anything was done."""
        if not event or self._teller is None or not (counts := self._teller.counts):
            return
        try:
            self._services.perflog.append(_entry(self._services, self._teller, event, counts, status))
        except Exception as error:
            log.info("what this run did is not in the perflog: %s", error)


def _state(services: Services, subject: str, age: float) -> RunState:
    from netwar.board.base import RunState
    from netwar.connections.runs import HOST

    settings, run = services.settings, uuid.uuid4().hex
    name, path, account = services.command, str(settings.path), settings.account or ""
    named = (run, HOST, name, settings.instance, os.getpid(), path, account, settings.app, settings.tokens)
    return RunState(*named, subject, age, watched=watched())


def _teller(services: Services, state: RunState) -> Teller:
    from netwar.cli import boarding
    from netwar.cli.teller import Teller

    settings, data = services.settings, services.data
    return Teller(state, boarding.own_board(settings, data), lambda: boarding.host_state(data), boarding.statsd(settings))


def _entry(services: Services, teller: Teller, event: str, counts: dict[str, int], status: int) -> Any:
    from netwar.cli.perf_entry import entry

    state = teller.state
    counted = {name: number for name, number in counts.items() if name != "micro"}
    run = {"program": state.program, "subject": state.subject, "counts": counted, "dollars": counts.get("micro", 0) / 1e6}
    return entry(services.settings.account or "", event, {**run, "seconds": state.age, "status": status})
