"""Which documents go out: by words, time, author, language and kind. What is asked for is read off each document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from netwar.archive.base import Body, Documents
from netwar.records.dialects import kind
from netwar.records.edges import when
from netwar.records.ids import LARGEST, first_id, identity, number
from netwar.records.text_query import Question, matches, question, spoken

UNTOLD = (10**6 + 1) << 22  # ids below tell no time (`ids.posted`): they are from before November 2010


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted of an index; what is None or empty excludes nothing.

    `words` are a question as tw-search takes it. Tweets have the rest, too: posted from `since` up to before `until` (ms), by
    the ids `authors`, in one of the `languages` (as X names them: en, und), of one of the `kinds` (see `dialects.kind`).
    """

    words: str = ""
    since: int | None = None
    until: int | None = None
    authors: frozenset[str] | None = None
    languages: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    @property
    def said(self) -> dict[str, Any]:
        """The selection as the export log keeps it: what is not asked for is left out."""
        told = {"words": self.words, "since": self.since, "until": self.until, "languages": sorted(self.languages)}
        told |= {"authors": sorted(self.authors or ()), "kinds": sorted(self.kinds)}
        return {name: value for name, value in told.items() if value not in ("", None, [])}

    def ranges(self) -> list[tuple[int, int]]:
        """The ids that can be meant, as ranges from the first up to before the second: newer ids tell the time."""
        high = LARGEST + 1 if self.until is None else max(first_id(self.until), UNTOLD)
        if self.since is None:
            return [(0, high)]
        return [(0, UNTOLD), (max(first_id(self.since), UNTOLD), high)]


class Chosen:
    """The documents of an index (a full name) that a selection has. Raises ValueError for words that ask for nothing."""

    def __init__(self, index: str, selection: Selection) -> None:
        self.index, self.selection = index, selection
        self._users = not index.startswith("tw")
        self._asked: Question | None = question(selection.words) if selection.words else None
        if selection.words and self._asked is None:
            raise ValueError(f"there is no word to search for in {selection.words}")
        self._everything = selection == Selection()

    def scan(self, archive: Documents, after: int = -1) -> Iterator[tuple[Body, bool]]:
        """Documents with a higher id than `after`, in the order of ids, and whether each is chosen."""
        for low, high in self.selection.ranges():
            ends = high <= LARGEST
            for body in archive.scan(self.index, str(max(low - 1, after))):
                if ends and (number(body.get("id")) or 0) >= high:
                    break
                yield body, self._everything or self._has(body)

    def _has(self, body: Body) -> bool:
        wanted = self.selection
        if self._asked and not matches(self._asked, spoken(body, self._users)):
            return False
        if self._users:
            return True
        return (
            self._in_time(body)
            and (wanted.authors is None or identity(body.get("author_id")) in wanted.authors)
            and (not wanted.languages or body.get("lang") in wanted.languages)
            and (not wanted.kinds or kind(body) in wanted.kinds)
        )

    def _in_time(self, body: Body) -> bool:
        since, until = self.selection.since, self.selection.until
        if since is None and until is None:
            return True
        at = when(body)
        return at is not None and (since is None or at >= since) and (until is None or at < until)
