"""Captures of an X list: their lines change as its members do."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from netwar.captures.base import Capture
from netwar.cli.services import Services
from netwar.commands.capture_lines import of_list
from netwar.errors import NetwarError

log = logging.getLogger("netwar.streams")

EACH = 60.0  # seconds between two looks at a list; its members are paid for only where X counts others


def followed(services: Services) -> Callable[[], None]:
    """A chore that looks at the lists of all captures now and then, and registers who came and left."""
    due = 0.0
    said: dict[str, str] = {}

    def say(capture: Capture, what: str) -> None:
        """Warn of what is wrong with the list of a capture once, until it is something else."""
        if what and said.get(capture.index) != what:
            log.warning("%s", what)
        said[capture.index] = what

    def look() -> None:
        nonlocal due
        if time.monotonic() < due:
            return
        due = time.monotonic() + EACH
        for capture in services.captures.captures():
            if capture.on and capture.options.list_id:
                try:
                    found = of_list(services, capture.index, capture.options.list_id)
                except NetwarError as error:
                    say(capture, f"the members of list {capture.options.list_id} stay as they are known: {error}")
                    continue
                say(capture, found.odd)
                if {*found.lines} != {*capture.lines}:
                    _register(services, capture, found.lines)

    return look


def _register(services: Services, seen: Capture, lines: tuple[str, ...]) -> None:
    """Reading a list takes minutes where X makes us wait: whoever stopped the capture or changed it meanwhile is obeyed."""
    for capture in services.captures.captures():
        if (capture.index, capture.terms, capture.on, capture.options.list_id) == (
            seen.index,
            seen.terms,
            True,
            seen.options.list_id,
        ):
            services.captures.register(replace(capture, lines=lines, since=services.streaming.now()))
