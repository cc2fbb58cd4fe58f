"""What searches and streams have complete (the notes `periods/…`) on its way from one ledger into another: put by and merged as
the coverage of users is.

A search is named by its line, so spans of the same line are united. A stream is named by the number of its terms, which says
nothing by itself: terms are the same where they became valid in the same millisecond. Of a capture with other terms TO keeps its
own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from netwar.archive.base import Ledger
from netwar.coverage import Span, Stretch, join, uncovered

PREFIX = "periods/"
SEARCHES = f"{PREFIX}search/"
PART = 20  # notes, of which a stream's can have thousands of spans

Part = dict[str, Any]
Note = Mapping[str, Any]


def parts(source: Ledger, indices: Sequence[str]) -> Iterator[Part]:
    """All notes that say what is complete."""
    for index in indices:
        notes = source.notes(index, PREFIX)
        while some := dict(islice(notes, PART)):
            yield {"index": index, "periods": some}


def is_said(source: Ledger, part: Part) -> bool:
    """Whether the ledger that a part was taken from still has all of it complete; what was damaged is no word of it."""
    for key, note in part.get("periods", {}).items():
        known = _spans(source.note(part["index"], key))
        if any(uncovered(Stretch(span.low, span.high), known) for span in _spans(note)):
            return False
    return True


def _spans(note: Any) -> list[Span]:
    """What a note says is complete, which is nothing where it is damaged."""
    try:
        return [Span(*span) for span in note.get("spans", ())]
    except (AttributeError, TypeError, ValueError):
        return []


def merge_in(target: Ledger, parts: Iterable[Part], names: Mapping[str, str]) -> list[str]:
    """Merge parts into a ledger; `names` says what each index is called there. What was left as it is there: a capture with other
    terms, and what is damaged on either side."""
    left = set()
    captures: dict[str, dict[str, Note]] = {}
    for part in parts:
        index = names[part["index"]]
        for key, theirs in part.get("periods", {}).items():
            if not key.startswith(SEARCHES):
                captures.setdefault(index, {})[key] = theirs
            elif not _merged(target, index, key, theirs):
                left.add(key)
    for index, notes in captures.items():
        is_same = _is_same(dict(target.notes(index, PREFIX)), notes)
        for key, theirs in notes.items():
            if not (is_same and _merged(target, index, key, theirs)):
                left.add("/".join(key.split("/")[:2]))
    return sorted(left)


def _is_same(ours: Mapping[str, Note], theirs: Mapping[str, Note]) -> bool:
    """Are both of one capture, or is there none in TO?"""
    ours = {key: note for key, note in ours.items() if not key.startswith(SEARCHES)}
    both = ours.keys() & theirs.keys()
    return not ours or (bool(both) and all(ours[key] == theirs[key] or _began(ours[key]) & _began(theirs[key]) for key in both))


def _began(note: Note) -> set[int]:
    """When terms became valid (ms)."""
    try:
        return {low for low, _ in note.get("valid", ())}
    except (AttributeError, TypeError, ValueError):
        return set()


def _merged(target: Ledger, index: str, key: str, theirs: Note) -> bool:
    """Unite a note of TO with what FROM has of the same; False where one of them is damaged."""
    try:
        if (known := target.note(index, key)) is None or _united(known, theirs) != known:
            target.change_note(index, key, lambda before: _united(before, theirs))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return False
    return True


def _united(ours: Note | None, theirs: Note) -> Note:
    """Both notes as one. Raises what Python does about damaged ones."""
    if ours is None or ours == theirs:
        return theirs
    spans = join(Span(*span) for note in (ours, theirs) for span in note.get("spans", ()))
    united: dict[str, Any] = {**theirs, **ours, "spans": [[span.low, span.high, span.posts] for span in spans]}
    for name in {"refilled", "lost"} & united.keys():
        mine = ours.get(name, [])
        united[name] = [*mine, *(one for one in theirs.get(name, ()) if one not in mine)]
    if "valid" in united:
        united["valid"] = _valid([*ours.get("valid", ()), *theirs.get("valid", ())])
    return united


def _valid(stretches: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """From when to when terms were valid: an end that has come counts, and the later one."""
    ends: dict[int, int | None] = {}
    for low, high in stretches:
        known = ends.get(low)
        ends[low] = high if known is None else known if high is None else max(high, known)
    return [[low, ends[low]] for low in sorted(ends)]
