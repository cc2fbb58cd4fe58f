"""Which stretches of a timeline are known to be complete.

X pages a timeline newest first, so a run that is cut off leaves its gap at the *old* end of what
it read. Remembering only "the newest id seen" hides that gap for ever; spans do not.

A `Span` (low, high] says: every post that X served with low < id <= high is in the archive.
A `Stretch` (low, high] says nothing but its bounds: a gap to fill, or a part that X no longer serves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

T = TypeVar("T")

# X serves at most 3,200 posts of a timeline, and filtered posts shorten what is seen of them:
# a timeline that ends at this depth or below may have been cut off by that limit.
# Source: docs.x.com, X API, timelines, integration guide.
DEPTH_IN_DOUBT = 2_000
# So near to the limit the profile's count of posts rules nothing out: it comes late at times, and so do posts.
DEPTH_BEYOND_DOUBT = 3_100

BOUNDED = "bounded by "  # so begins the detail of a user who is partial because the operator wished no more


@dataclass(frozen=True, slots=True)
class Span:
    """(low, high] is complete and holds `posts` of the user's own posts."""

    low: int
    high: int
    posts: int

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high:
            raise ValueError(f"a span needs 0 <= low < high, not {self.low}..{self.high}")


@dataclass(frozen=True, slots=True)
class Stretch:
    """(low, high] of a timeline, without a word on what is in it."""

    low: int
    high: int


def join(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same coverage in as few spans as possible, newest first.

    Spans that touch or overlap become one. Where they overlap the posts are added up, which may
    count some twice: too many only makes a later end of the timeline be probed without need.
    """
    joined: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.high, -s.low, s.posts), reverse=True):
        above = joined[-1] if joined else None
        if above is None or span.high < above.low:
            joined.append(span)
        elif span.low < above.low or span.high == above.low:
            joined[-1] = Span(min(span.low, above.low), above.high, above.posts + span.posts)
    return tuple(joined)


def gaps(spans: Iterable[Span], lost: Iterable[Stretch] = ()) -> tuple[Stretch, ...]:
    """What lies between the newest span and the first post and is neither covered nor lost, newest first."""
    spans = tuple(spans)
    known = [(s.low, s.high) for s in spans] + [(s.low, s.high) for s in lost]
    found: list[Stretch] = []
    edge = max((s.high for s in spans), default=0)
    for low, high in sorted(known, key=lambda bounds: bounds[1], reverse=True):
        if high < edge:
            found.append(Stretch(high, edge))
        edge = min(edge, low)
    if edge > 0:
        found.append(Stretch(0, edge))
    return tuple(found)


def depth(spans: Iterable[Span], low: int) -> int:
    """How many of the user's posts are known from the newest down to `low`."""
    return sum(span.posts for span in spans if span.high > low)


def uncovered(stretch: Stretch, spans: Iterable[Span]) -> list[Stretch]:
    """The parts of `stretch` that no span covers."""
    parts = [stretch]
    for span in spans:
        pieces = []
        for part in parts:
            if span.high <= part.low or span.low >= part.high:
                pieces.append(part)
                continue
            if span.high < part.high:
                pieces.append(Stretch(span.high, part.high))
            if span.low > part.low:
                pieces.append(Stretch(part.low, span.low))
        parts = pieces
    return parts


@dataclass(frozen=True, slots=True)
class Renamed:
    """At time `at` (ms) it was seen that the user's screen name had changed."""

    old: str
    new: str
    at: int


@dataclass(frozen=True, slots=True)
class Record:
    """What the ledger knows of one user in one index.

    `user` is the numeric id, or `@name` for a screen name that X could not resolve. `asked` and
    `refreshed` are the times (ms) at which the last complete pass and the last re-reading ended.
    `counted` is the number of posts that X's own profile of the user claimed, where it came along.
    """

    user: str
    name: str | None = None
    outcome: str | None = None
    detail: str | None = None
    asked: int = 0
    refreshed: int = 0
    counted: int | None = None
    spans: tuple[Span, ...] = ()
    lost: tuple[Stretch, ...] = ()
    renamed: tuple[Renamed, ...] = field(default=())

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Record:
        """What to_json() gave; spans and the like may also be lists of their fields.

        Raises KeyError, TypeError or ValueError for what is no record.
        """
        lists = {name: _each(kind, told[name]) for name, kind in (("spans", Span), ("lost", Stretch), ("renamed", Renamed))}
        return cls(**{**told, **lists})

    def to_json(self) -> dict[str, Any]:
        """The record as JSON knows it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @property
    def names(self) -> list[str]:
        """All screen names that the user bears or bore, in lower case, sorted."""
        return sorted({name.lower() for name in (self.name, *(change.old for change in self.renamed)) if name})

    @property
    def top(self) -> int:
        """The newest id that is covered; 0 when nothing is."""
        return max((span.high for span in self.spans), default=0)

    @property
    def posts(self) -> int:
        return sum(span.posts for span in self.spans)

    @property
    def gaps(self) -> tuple[Stretch, ...]:
        return gaps(self.spans, self.lost)

    @property
    def is_whole(self) -> bool:
        """Whether the last pass left nothing out."""
        return self.outcome in ("complete", "empty")

    @property
    def bounded(self) -> str | None:
        """By what the last pass was bounded, in words: what lies below was not asked for. None if it was not."""
        return self.detail if self.outcome == "partial" and (self.detail or "").startswith(BOUNDED) else None

    def covering(self, span: Span) -> Record:
        """Merge a span in; what it covers is no longer lost."""
        spans = join((*self.spans, span))
        lost = tuple(part for stretch in self.lost for part in uncovered(stretch, spans))
        return replace(self, spans=spans, lost=lost)

    def uncovering(self, stretch: Stretch, posts: int) -> Record:
        """Take back that a stretch is complete; `posts` of those that were counted lie in it."""
        spans: list[Span] = []
        for span in self.spans:
            parts = uncovered(Stretch(span.low, span.high), [Span(stretch.low, stretch.high, 0)])
            left = span.posts if parts == [Stretch(span.low, span.high)] else max(span.posts - posts, 0)
            # Which part the others lie in is not known: they are counted in the newest.
            spans += [Span(part.low, part.high, left if part is parts[0] else 0) for part in parts]
        return replace(self, spans=join(spans))

    def losing(self, stretch: Stretch) -> Record:
        """Write down that X no longer serves a stretch (only what is not covered of it)."""
        parts = uncovered(stretch, self.spans)
        known = [part for part in parts if part not in self.lost]
        return replace(self, lost=(*self.lost, *known))

    def named(self, name: str, at: int) -> Record:
        """Note the screen name that came with the user's posts; a change is kept as Renamed."""
        if self.name is None or self.name.lower() == name.lower():
            return replace(self, name=name)
        return replace(self, name=name, renamed=(*self.renamed, Renamed(self.name, name, at)))


def _each(kind: type[T], told: Iterable[Any]) -> tuple[T, ...]:
    return tuple(kind(**one) if isinstance(one, Mapping) else kind(*one) for one in told)


def merge(one: Record, other: Record) -> Record:
    """What two ledgers know of one user, together; the same in either order, but for the order of lost stretches.

    Spans are joined, what either has covered is not lost, the later outcome wins, all renamings stay. A name that only the
    earlier record has becomes a renaming, so that the user is found by it.
    """
    early, late = sorted((one, other), key=_moment)
    if early in (late, Record(one.user)):
        return late
    spans = join((*one.spans, *other.spans))
    lost = tuple(part for stretch in _united(one.lost, other.lost) for part in uncovered(stretch, spans))
    told = late if late.outcome else early
    name = late.name or early.name
    changes = {*one.renamed, *other.renamed}
    names = {known.lower() for known in (name, *(change.old for change in changes)) if known}
    if early.name and name and early.name.lower() not in names:
        changes.add(Renamed(early.name, name, max(one.asked, other.asked)))
    return Record(
        one.user,
        name=name,
        outcome=told.outcome,
        detail=told.detail,
        asked=max(one.asked, other.asked),
        refreshed=max(one.refreshed, other.refreshed),
        counted=early.counted if late.counted is None else late.counted,
        spans=spans,
        lost=lost,
        renamed=tuple(sorted(changes, key=lambda change: (change.at, change.old, change.new))),
    )


def _moment(record: Record) -> tuple[object, ...]:
    """What makes a record the later one: its passes, then whatever tells two apart."""
    words = (record.outcome or "", record.name or "", record.detail or "", record.counted or 0)
    return (record.asked, record.refreshed, record.top, record != Record(record.user), *words)


def _united(some: tuple[Stretch, ...], more: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """`some`, and what of `more` lies in none of them."""
    known = [Span(part.low, part.high, 0) for part in some]
    return (*some, *(part for stretch in more for part in uncovered(stretch, known)))
