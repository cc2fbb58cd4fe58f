"""Lines of files that are repeated, on standard error and in files of their own: without the secrets of the configuration.

A list that was mixed up with ~/.twitter, or that a link leads there, would else show its keys to whoever may read what was
rejected.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from netwar.cli.logs import blanked
from netwar.errors import NetwarError

if TYPE_CHECKING:
    from collections.abc import Set

    from netwar.cli.services import Services
    from netwar.records.entries import Fault

CUT = "…"
SHORTEST_PART = 6  # characters of a secret that was cut off


class Repeated:
    """What may be repeated of a line. The configuration is read for it, if there is one that can be read."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @cached_property
    def _hidden(self) -> Set[str]:
        with suppress(NetwarError):  # whatever is wrong with it is told by who needs it
            self._services.settings  # noqa: B018
        return self._services.hidden

    def fault(self, fault: Fault) -> Fault:
        """A bad line, of which the end may be cut off within a secret."""
        text = self.text(fault.text)
        if text.endswith(CUT):
            text = f"{self._whole(text.removesuffix(CUT))}{CUT}"
        return replace(fault, text=text, reason=self.text(fault.reason))

    def text(self, text: str) -> str:
        """What stands in a sentence."""
        return blanked(text, self._hidden)

    def content(self, text: bytes) -> bytes:
        """A line as it is."""
        return self.text(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def _whole(self, text: str) -> str:
        for secret in self._hidden:
            for length in range(min(len(secret), len(text)), SHORTEST_PART - 1, -1):
                if text.endswith(secret[:length]):
                    return f"{text[:-length]}***"
        return text
