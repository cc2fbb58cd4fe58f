"""Waiting for the end of what a server goes on with: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from netwar.cli.services import Services

if TYPE_CHECKING:
    from netwar.cli.run_report import RunReport
    from netwar.recipes import Wait

log = logging.getLogger("netwar.elk")

STILL_SECONDS = 60  # without any progress, until it is told
TELL_SECONDS = 30  # between two lines where there is no bar


def wait_for_end(services: Services, wait: Wait, answer: Any) -> None:
    """Ask until nothing is left. What was left is told with whatever stops that."""
    from netwar.recipes import sending

    told = sending.left(services.cluster, wait, answer)
    number, what = next(told)
    try:
        with services.report.work(what or "done", number) as bar:
            progress = TaskProgress(bar, number)
            for number, what in told:
                progress.tell(number, what)
    except BaseException as error:
        error.add_note(f"{number:,} {what} were left; it continues there")
        raise


class TaskProgress:
    """How much is left, told to whoever watches."""

    def __init__(self, bar: RunReport, number: int) -> None:
        self._bar = bar
        self._least = number
        self._moved = self._told = time.monotonic()

    def tell(self, number: int, what: str) -> None:
        """So much is left now."""
        now = time.monotonic()
        if number < self._least:
            self._bar.update(self._least - number, f"{number:,} {what} left")
            self._least, self._moved = number, now
        elif now - self._moved > STILL_SECONDS:
            log.warning("nothing has moved for %.0f s, %d %s are left (tw-elk why explains a shard)", STILL_SECONDS, number, what)
            self._moved = now
        if now - self._told > TELL_SECONDS:
            log.info("%d %s are left", number, what)
            self._told = now
