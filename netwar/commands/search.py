"""What tw-search prints: into a pipe all that is found; for a person the newest, through a pager, two lines each."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netwar.cli.output import as_json, echo
from netwar.cli.pager import paged, reader_is_there
from netwar.cli.screen import columns_of, shortened
from netwar.records.text import plural

if TYPE_CHECKING:
    from netwar.archive.base import Archive
    from netwar.reports.search import Within

MAX_LATEST, MAX_FOUND = 20, 200  # shown to a person: of an index alone, and of what a search finds
LINES_EACH = 2  # of the terminal, for a document


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for: words in an index (`twbrexit`, `tubrexit`), within a user's tweets or a time."""

    index: str
    words: str
    within: Within

    @property
    def is_everything(self) -> bool:
        """Is nothing said but the index?"""
        return not self.words and self.within == type(self.within)()

    @property
    def noun(self) -> str:
        """What is found there."""
        return "user" if self.index.startswith("tu") else "tweet"


@dataclass(frozen=True, slots=True)
class View:
    """How it is shown: how many at most (None as fits the reader, 0 all), texts in full, as JSON."""

    limit: int | None = None
    full: bool = False
    json: bool = False


def show_found(archive: Archive, query: Query, view: View) -> str | None:
    """Print what is found, newest first; the outcome, or None if the reader left before the end."""
    limit, columns, outcome = _limit(query, view), _columns(view), None
    with paged():
        found, more = _print(archive, query, view, limit, columns)
        outcome = f"{plural(found, query.noun)} found in {query.index}"
        if more and view.limit is not None:
            outcome = f"{outcome}; there are more: --limit 0 shows all"
        elif more:
            outcome = f"showing the newest {plural(found, query.noun)} in {query.index}: --limit 0 shows all"
    return outcome


def _print(archive: Archive, query: Query, view: View, limit: int | None, columns: int | None) -> tuple[int, bool]:
    """How many documents were printed, and whether there are more."""
    from netwar.cli.show import tweet, user
    from netwar.profiles.identity import Authors
    from netwar.reports.search import find

    authors, found = Authors(archive, query.index), 0
    for document in find(archive, query.index, query.words, query.within, limit and limit + 1):
        if found == limit:
            return found, True
        if view.json:
            echo(as_json(document))
        else:
            row = user(document) if query.noun == "user" else tweet(document, authors.name(document))
            echo(shortened(row, columns) if columns else row)
        found += 1
    return found, False


def _limit(query: Query, view: View) -> int | None:
    if view.limit is not None:
        return view.limit or None
    if not reader_is_there():
        return None
    return MAX_LATEST if query.is_everything else MAX_FOUND


def _columns(view: View) -> int | None:
    """How long a row may be; None for as long as it is."""
    return LINES_EACH * columns_of(sys.stdout) if reader_is_there() and not view.full else None
