"""The log on standard error: how much is told, how it looks, and what is never shown."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Set

# Shorter ones would blank out half of every text, and protect nothing.
SHORTEST_SECRET = 4


def begin(hidden: Set[str], *, quiet: bool, verbose: bool) -> None:
    """Log to standard error: warnings only (`quiet`), outcomes too, or every step (`verbose`).

    `hidden` may grow later: what is in it when a line is written is blanked out. Other libraries
    are heard from warnings on, since their details show the headers of requests.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(Blanking(hidden, sys.stderr.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("netwar").setLevel(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO)


class Blanking(logging.Formatter):
    """Plain lines for people; with the time where nobody watches. Secrets are three stars."""

    def __init__(self, hidden: Set[str], terminal: bool) -> None:
        super().__init__("%(message)s" if terminal else "%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self._hidden = hidden
        # Wipes what a progress bar may have left on the line.
        self._begin = "\r\x1b[K" if terminal and os.environ.get("TERM", "dumb") != "dumb" else ""

    def format(self, record: logging.LogRecord) -> str:
        return self._begin + blanked(super().format(record), self._hidden)


def blanked(text: str, hidden: Set[str]) -> str:
    """The text with every hidden word in it made ***, the longest first."""
    for secret in sorted(hidden, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return text
