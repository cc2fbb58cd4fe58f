"""The log on standard error: how much is told, how it looks, and what is never shown."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Set
from typing import TextIO

from netwar.cli.output import control
from netwar.records.text import line

# What could be a word or a number is blanked out only where a setting, an address or Python shows it: else it would take
# words out of every sentence.
SHORTEST_SECRET, LONGEST_WORD, LONGEST_NUMBER = 4, 11, 5
BEFORE, BEHIND = r"([:='\"]|= )", r"(?=[@'\"&,;)\]}\s]|$)"


def begin(hidden: Set[str], *, quiet: bool, verbose: bool) -> None:
    """Log to standard error: warnings only (`quiet`), outcomes too, or every step (`verbose`).

    `hidden` may grow later: what is in it when a line is written is blanked out. Other libraries
    are heard from warnings on, since their details show the headers of requests.
    """
    terminal = sys.stderr.isatty()
    handler = Wiping() if terminal and os.environ.get("TERM", "dumb") != "dumb" else logging.StreamHandler()
    handler.setFormatter(Blanking(hidden, terminal))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)  # of odd headers; what ends a request is raised as well
    logging.getLogger("netwar").setLevel(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO)


class Wiping(logging.StreamHandler[TextIO]):
    """Wipes what a progress bar may have left on the line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record on a line of its own."""
        control("\r\x1b[K")
        super().emit(record)


class Blanking(logging.Formatter):
    """Plain lines for people; with the time where nobody watches. Secrets are three stars."""

    def __init__(self, hidden: Set[str], terminal: bool) -> None:
        super().__init__("%(message)s" if terminal else "%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
        self._hidden = hidden

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The message on one line; a traceback that follows has lines of its own."""
        return line(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        """The record without secrets; of another library without its traceback, in which a server's answer may stand."""
        if record.name.partition(".")[0] != "netwar":
            record.exc_info = record.exc_text = record.stack_info = None
        return blanked(super().format(record), self._hidden)


def blanked(text: str, hidden: Set[str]) -> str:
    """The text with every hidden word in it made ***, the longest first."""
    for secret in sorted(filter(None, hidden), key=len, reverse=True):
        if _is_common(secret):
            text = re.sub(f"{BEFORE}{re.escape(secret)}{BEHIND}", r"\1***", text)
        else:
            text = text.replace(secret, "***")
    return text


def _is_common(secret: str) -> bool:
    """Whether a secret may well stand in a text by chance."""
    word = secret.isalpha() and len(secret) <= LONGEST_WORD
    return word or len(secret) < SHORTEST_SECRET or (secret.isdigit() and len(secret) <= LONGEST_NUMBER)
