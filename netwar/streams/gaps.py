"""Gaps of a capture: when it was valid and is not covered. All of it stands with the archive.

The note periods/stream/N of tw<INDEX> is of the N-th terms of the capture: {"spans": [[low, high, posts], …], newest first,
"valid": [[from, until or null], …], "refilled": [[low, high, "whole" or "no retweets"], …], "lost": [[low, high], …]},
times in ms.
The note causes/stream has what the holder knows of why nothing is covered for a time: [[at, words], …], oldest first. That a
capture began, was stopped, or had other lines is told by when its terms were valid, and stands in no note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from netwar.archive.base import Ledger
from netwar.coverage import Span, Stretch, uncovered

PREFIX, CAUSES = "periods/stream/", "causes/stream"
CAUSES_KEPT = 1000
BEGAN, BEGUN_ANEW, STOPPED = "the capture began", "the capture was begun anew", "the capture was stopped"
CHANGED = "the lines changed"

State = Literal["open", "refilled", "refilled without retweets", "lost"]
WHOLE, NO_RETWEETS = "whole", "no retweets"
STATES: dict[str, State] = {WHOLE: "refilled", NO_RETWEETS: "refilled without retweets"}


@dataclass(frozen=True, slots=True)
class Gap:
    """From `since` to `until` (ms) the capture, with its `terms`, is not covered by the stream; `cause` where it is known."""

    terms: int
    since: int
    until: int
    state: State
    cause: str = ""

    @property
    def seconds(self) -> float:
        return (self.until - self.since) / 1000


@dataclass(frozen=True, slots=True)
class Terms:
    """What is known of the times of one set of terms. `valid` has None for an end that has not come."""

    number: int
    valid: tuple[tuple[int, int | None], ...]
    spans: tuple[Span, ...]
    refilled: tuple[tuple[int, int, str], ...] = ()
    lost: tuple[Stretch, ...] = ()

    @classmethod
    def read(cls, key: str, note: Any) -> Terms:
        """Out of a note. Raises TypeError, KeyError or ValueError for what is none."""
        return cls(
            int(key.removeprefix(PREFIX)),
            tuple((low, high) for low, high in note.get("valid", ())),
            tuple(Span(*span) for span in note.get("spans", ())),
            tuple((low, high, how) for low, high, how in note.get("refilled", ())),
            tuple(Stretch(*one) for one in note.get("lost", ())),
        )

    def gaps(self, now: int) -> Iterator[tuple[Stretch, State]]:
        """What is not covered up to `now`, oldest first, with what became of it."""
        for whole in self.missing(now):
            yield from self.parts(whole)

    def missing(self, now: int) -> Iterator[Stretch]:
        """The same, each in one piece, whatever became of its parts."""
        for low, high in sorted(self.valid, key=lambda one: one[0]):
            upto = now if high is None else min(high, now)
            if low < upto:
                yield from uncovered(Stretch(low, upto), self.spans)

    def parts(self, gap: Stretch) -> Iterator[tuple[Stretch, State]]:
        """A gap by what became of it."""
        known = [(low, high, STATES.get(how, "refilled")) for low, high, how in self.refilled]
        known += [(one.low, one.high, "lost") for one in self.lost]
        at = gap.low
        for low, high, state in sorted(known):
            low, high = max(low, at), min(high, gap.high)
            if low < high:
                if at < low:
                    yield Stretch(at, low), "open"
                yield Stretch(low, high), state
                at = high
        if at < gap.high:
            yield Stretch(at, gap.high), "open"


def terms_of(ledger: Ledger, index: str) -> list[Terms]:
    """What is known of the terms of a capture, by their numbers; `index` is the full name, tw<INDEX>."""
    return sorted((Terms.read(*note) for note in ledger.notes(index, PREFIX)), key=lambda one: one.number)


def gaps(ledger: Ledger, index: str, now: int) -> list[Gap]:
    """Every gap of a capture up to `now`, oldest first."""
    causes = [(int(at), str(words)) for at, words in ledger.note(index, CAUSES) or ()]
    known = terms_of(ledger, index)
    found = [
        Gap(terms.number, part.low, part.high, state, cause)
        for terms in known
        for whole in terms.missing(now)
        for cause in [_cause(known, terms, causes, whole)]  # of all its parts: each hour of a gap is searched by itself
        for part, state in terms.parts(whole)
    ]
    return sorted(found, key=lambda gap: (gap.since, gap.until))


def _cause(known: Sequence[Terms], terms: Terms, causes: Sequence[tuple[int, str]], gap: Stretch) -> str:
    """How it began, what was noted within it, and how it ended, each of it once; "" where nothing is known."""
    within = [words for at, words in causes if gap.low <= at <= gap.high]
    if len(within) > 3:
        within = [f"{within[0]}; and {len(within) - 1} more"]
    valid = [period for one in known for period in one.valid]
    begin = [_begun(valid, low) for low, _ in terms.valid if low == gap.low]
    end = [CHANGED if any(low == high for low, _ in valid) else STOPPED for _, high in terms.valid if high == gap.high]
    return "; ".join(dict.fromkeys([*begin, *within, *end]))


def _begun(valid: Sequence[tuple[int, int | None]], at: int) -> str:
    """Why lines of a capture became valid."""
    if any(high == at for _, high in valid):
        return CHANGED
    return BEGUN_ANEW if any(low < at for low, _ in valid) else BEGAN


def valid(ledger: Ledger, index: str, terms: int, since: int, until: int | None) -> None:
    """Say when terms of a capture were valid; saying it again changes nothing but an end that had not come."""

    def change(before: Any) -> Any:
        said = before or {}
        periods = [[low, high] for low, high in said.get("valid", ()) if low != since]
        return {**said, "valid": sorted([*periods, [since, until]], key=lambda one: int(one[0]))}

    key = f"{PREFIX}{terms}"
    known = (ledger.note(index, key) or {}).get("valid", ())
    if [since, until] not in known:
        ledger.change_note(index, key, change)


def caused(ledger: Ledger, index: str, at: int, words: str) -> None:
    """Note why nothing is covered around a time."""
    change: Callable[[Any], Any] = lambda before: [*(before or ()), [at, words[:200]]][-CAUSES_KEPT:]  # noqa: E731
    ledger.change_note(index, CAUSES, change)


def refilled(ledger: Ledger, index: str, terms: int, gap: Stretch, how: str) -> None:
    """Note that a gap was read by a search: WHOLE, or NO_RETWEETS."""
    _add(ledger, index, terms, "refilled", [gap.low, gap.high, how])


def given_up(ledger: Ledger, index: str, terms: int, gap: Stretch) -> None:
    """Note that no search reaches a gap any more."""
    _add(ledger, index, terms, "lost", [gap.low, gap.high])


def _add(ledger: Ledger, index: str, terms: int, what: str, entry: list[Any]) -> None:
    def change(before: Any) -> Any:
        said = before or {}
        known = said.get(what, [])
        return said if entry in known else {**said, what: [*known, entry]}

    ledger.change_note(index, f"{PREFIX}{terms}", change)
