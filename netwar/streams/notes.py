"""What the holder notes of captures with the archive: when their lines were valid, and why nothing is covered for a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from netwar.archive.base import Archive
from netwar.captures.base import Captures
from netwar.records.documents import tweets_index
from netwar.streams import gaps
from netwar.streams.keeper import Order, expressions

KILLED = "the recorder was killed, or its host was away"
OWN_SPENT = "its own budget is spent"
REFUSED = "X refuses its lines"
NOT_AT_X = "its rules were not at X"

Chore = Callable[[str, str, Callable[[Archive], None]], None]  # has something small noted of a capture, by a key


class Notes:
    """For the router's thread, and for what ends a connection. `chore` is the writer's."""

    def __init__(self, captures: Captures, chore: Chore) -> None:
        self._captures, self._chore = captures, chore
        self._hindered: dict[str, str] = {}  # what keeps the lines of captures from X, as it was noted

    def valid(self) -> list[str]:
        """Note when the lines of every capture were valid; the captures that are off. Raises ServiceDown."""
        registered = self._captures.captures()
        for capture in registered:
            for one in (*self._captures.earlier(capture.index), capture):
                index, terms = tweets_index(one.index), one.terms
                do = partial(gaps.valid, index=index, terms=terms, since=one.since, until=one.until)
                self._chore(one.index, f"valid {terms} {one.since}", do)
        return [capture.index for capture in registered if not capture.on]

    def caused(self, indexes: Iterable[str], at: int, words: str) -> None:
        """Note why nothing is covered around a time, of each of these captures."""
        for index in indexes:
            self._chore(index, f"cause {at}", partial(gaps.caused, index=tweets_index(index), at=at, words=words))

    def all_caused(self, indexes: Iterable[str], causes: dict[str, int]) -> None:
        """Note all of these, words and times, and clear them."""
        for words, at in causes.items():
            self.caused(indexes, at, words)
        causes.clear()

    def took_over(self, now: int) -> None:
        """Whoever ends well says before that nothing is connected any more. The gap is until `now`, or until other lines were
        registered meanwhile; when the former holder was heard of last may be long before, if the registry was away then."""
        if (before := self._captures.live()).connected:
            there = {capture.index for capture in self._captures.captures()}
            on = [index for index, state in before.captures.items() if state.state != "stopped" and index in there]
            for at in (before.at, now):
                self.caused(on, at, KILLED)

    def moved(self, before: Order, after: Order, paused: Collection[str], at: int) -> None:
        """What stands at X is another by now: why lines of captures do not, since the time `at`, or did not for a while."""
        for index, capture in after.captures.items():
            was, now = before.standing.get(index), after.standing.get(index)
            same = index in before.captures and before.captures[index].terms == capture.terms
            why = ""
            if now is None:
                refused = all(line in after.refused for line in expressions(capture))
                why = OWN_SPENT if index in paused else REFUSED if refused else NOT_AT_X if was and same else ""
            elif was and same and was.since != now.since:
                self.caused([index], now.since, NOT_AT_X)
            if why and why != self._hindered.get(index):
                self.caused([index], at, why)
            self._hindered[index] = why
