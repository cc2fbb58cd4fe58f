"""A question as a person types it: words, "phrases", beginnings*, -unwanted ones, OR, brackets. Whether a text answers it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from netwar.records.dialects import Object, text
from netwar.records.words import spelled

TERMS = re.compile(r'(?P<end>\))|(?P<no>-?)(?:(?P<begin>\()|"(?P<phrase>[^"]*)"?(?P<more>\*?)|(?P<word>[^\s"()]+))')
BRACKETS = 50
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"') | {"（": "(", "）": ")"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words, spelled as in netwar.records.words, one after the other; `beginning` if the last one may go on. `typed` is
    what the person wrote."""

    words: tuple[str, ...]
    beginning: bool = False
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Every:
    """All of `wanted`, and none of `unwanted`."""

    wanted: tuple[Question, ...]
    unwanted: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these."""

    parts: tuple[Question, ...]


Question = Phrase | Every | Either


def question(words: str) -> Question | None:
    """What is asked for; None if there is no word in it, which finds nothing.

    Words side by side must all be there, with or without AND; OR parts alternatives, each of them all the words on its side, as
    at X. Signs between words do not count. Raises ValueError where only unwanted words stand, which asks for everything else,
    and for brackets without end.
    """
    clean = words.replace("\0", " ").encode(errors="replace").decode().translate(QUOTES)
    terms = list(TERMS.finditer(clean))[::-1]
    if sum(term["begin"] is not None for term in terms) > BRACKETS:
        raise ValueError(f"a search has at most {BRACKETS} brackets")
    found: list[Question] = []
    while terms:  # a closing bracket too many ends nothing
        part = _either(terms)
        found += [part] if part else []
    return _joined(found, [])


def spoken(body: Object, users: bool) -> str:
    """The text of a document that is searched."""
    if users:
        return "\n".join(str(body.get(name) or "") for name in ("username", "name", "description"))
    return text(body)


def matches(asked: Question, words: str) -> bool:
    """Whether a text answers the question."""
    return _holds(asked, f" {spelled(words)} ")


def _holds(asked: Question, words: str) -> bool:
    if isinstance(asked, Phrase):
        return f" {' '.join(asked.words)}{'' if asked.beginning else ' '}" in words
    if isinstance(asked, Either):
        return any(_holds(part, words) for part in asked.parts)
    return all(_holds(part, words) for part in asked.wanted) and not any(_holds(part, words) for part in asked.unwanted)


def _either(terms: list[re.Match[str]]) -> Question | None:
    """Alternatives, up to a closing bracket or the end; `terms` are in reverse, and taken off."""
    parts = [part for part in _alternatives(terms) if part]
    return parts[0] if len(parts) == 1 else Either(tuple(parts)) if parts else None


def _alternatives(terms: list[re.Match[str]]) -> Iterator[Question | None]:
    wanted: list[Question] = []
    unwanted: list[Question] = []
    while terms:
        term = terms.pop()
        if term["end"]:
            break
        if term["word"] == "OR":
            yield _joined(wanted, unwanted)
            wanted, unwanted = [], []
        elif term["word"] == "AND" and not term["no"]:
            continue
        elif part := _either(terms) if term["begin"] else _phrase(term):
            (unwanted if term["no"] else wanted).append(part)
    yield _joined(wanted, unwanted)


def _phrase(term: re.Match[str]) -> Phrase | None:
    typed = term["word"] if term["word"] is not None else term["phrase"]
    words = tuple(spelled(typed).split())
    beginning = bool(term["more"]) or (term["word"] is not None and typed.endswith("*"))
    return Phrase(words, beginning, typed) if words else None


def _joined(wanted: list[Question], unwanted: list[Question]) -> Question | None:
    if unwanted and not wanted:
        raise ValueError("a search needs a word that must be there beside those that must not")
    if len(wanted) == 1 and not unwanted:
        return wanted[0]
    return Every(tuple(wanted), tuple(unwanted)) if wanted else None
