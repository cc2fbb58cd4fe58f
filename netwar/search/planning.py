"""What is left to search for: each line of a file has its own coverage, and lines that lack the same are asked for together.

A line's note in the ledger of tw<INDEX>, periods/search/LINE, has {"spans": [[low, high, posts], …]}, newest first, in ids of
posts: (low, high] is complete. So a line that is changed buys nothing of the others anew.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netwar.archive.base import Ledger
from netwar.coverage import Span, Stretch, join, uncovered
from netwar.records.expressions import JOINT, joined, wrapped

PREFIX = "search/"
NOTES = f"periods/{PREFIX}"
RECENT, FULL = 512, 1_024  # characters of a query (docs.x.com, search posts, pay-per-use)
LONGEST_KEY = 300  # bytes; what is longer is told apart by its digest
_UNLESS = re.compile(r'(?:^|(?<=[\s(]))-(?:\((?:[^()"]|"[^"]*")*\)|"[^"]*"|[^\s()]+)')
_OPERATOR = re.compile(r'\b[A-Za-z_]+:(?:"[^"]*"|[^\s()]+)|@\w+|\bOR\b|[()]')


@dataclass(frozen=True, slots=True)
class Task:
    """One query for lines that all lack the same stretch of ids."""

    query: str
    stretch: Stretch
    lines: tuple[str, ...]


def of(line: str) -> str:
    """What the line is called in a Period, and its note after periods/."""
    named = line.encode()
    if len(named) <= LONGEST_KEY:
        return PREFIX + line
    return f"{PREFIX}{named[:200].decode(errors='ignore')}…{hashlib.sha256(named).hexdigest()[:16]}"


def known(ledger: Ledger, tweets: str, lines: Sequence[str]) -> dict[str, tuple[Span, ...]]:
    """What is complete of each line in an index (its full name), as far as anything is."""
    if len(lines) < 100:
        notes = {of(line): ledger.note(tweets, f"periods/{of(line)}") for line in lines}
    else:
        notes = {key.removeprefix("periods/"): note for key, note in ledger.notes(tweets, NOTES)}
    return {line: spans for line in lines if (spans := spans_of(notes.get(of(line))))}


def spans_of(note: Any) -> tuple[Span, ...]:
    """What a line's note says is complete, newest first."""
    return tuple(Span(*span) for span in (note or {}).get("spans", ()))


def take_back(ledger: Ledger, tweets: str, line: str, back: Span) -> None:
    """A stretch is not complete after all."""

    def change(before: Any) -> Any:
        kept = [(span, uncovered(Stretch(span.low, span.high), [back])) for span in spans_of(before)]
        spans = join(Span(part.low, part.high, span.posts) for span, parts in kept for part in parts)
        return {**(before or {}), "spans": [[span.low, span.high, span.posts] for span in spans]}

    ledger.change_note(tweets, f"periods/{of(line)}", change)


def planned(lines: Iterable[str], spans: Mapping[str, Sequence[Span]], within: Stretch, limit: int) -> list[Task]:
    """What is to be asked for so that each of the lines is complete `within` a stretch, newest first, in queries of at most
    `limit` characters. Words and tags stand apart from users and ids: beside a keyword these would bring no retweets."""
    lacking: dict[tuple[Stretch, bool], list[str]] = {}
    for line in lines:
        for stretch in uncovered(within, spans.get(line, ())):
            lacking.setdefault((stretch, is_keyword(line)), []).append(line)
    newest = sorted(lacking.items(), key=lambda item: (-item[0][0].high, -item[0][0].low, item[0][1]))
    return [Task(joined(some), stretch, tuple(some)) for (stretch, _), those in newest for some in packs(those, limit)]


def packs(lines: Iterable[str], limit: int) -> Iterator[list[str]]:
    """Lines together, in their order, as many as fit into a query; one that is too long by itself is left out."""
    some: list[str] = []
    length = 0
    for line in lines:
        more = len(wrapped(line)) + (len(JOINT) if some else 0)
        if len(wrapped(line)) > limit:
            continue
        if length + more > limit:
            yield some
            some, length, more = [], 0, len(wrapped(line))
        some.append(line)
        length += more
    if some:
        yield some


def halves(lines: Sequence[str]) -> list[tuple[str, ...]]:
    """Lines that X refuses together, in two parts, to find out which of them it is; nothing for a single one."""
    middle = len(lines) // 2
    return [tuple(lines[:middle]), tuple(lines[middle:])] if middle else []


def is_keyword(expression: str) -> bool:
    """Whether an expression asks for words or tags: then X's searches bring no retweets (changelog, 2026-05-04)."""
    return bool(_OPERATOR.sub(" ", _UNLESS.sub(" ", expression)).strip())
