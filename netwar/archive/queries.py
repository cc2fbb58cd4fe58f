"""Words as a person types them, taken apart for a full text of any kind."""

from __future__ import annotations

import re
from dataclasses import dataclass

PARTS = re.compile(r'"(?P<phrase>[^"]*)"?(?P<more>\*?)|(?P<word>[^\s"]+)')
# Scripts that put no spaces between words: a full text holds whole runs of them as one word, or each sign as one, so
# parts of a run are looked for in the text itself. Thai to Myanmar, Khmer, kana, Han.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]"
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in this order, with any signs between them; `beginning` if the last one may go on."""

    text: str
    beginning: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """All the `phrases` must be there, and the text must contain all the strings `within`, letter by letter."""

    phrases: tuple[Phrase, ...]
    within: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.phrases or self.within)


def question(words: str) -> Question:
    """All the words, "double quotes" kept together, a trailing * for beginnings. Signs between words do not count;
    words of signs alone are left out, and with nothing left the question is empty (and finds nothing)."""
    phrases: list[Phrase] = []
    within: list[str] = []
    for part in PARTS.finditer(words.replace("\0", " ").encode(errors="replace").decode()):
        text = part["word"] if part["word"] is not None else part["phrase"]
        beginning = bool(part["more"]) or (part["word"] is not None and text.endswith("*"))
        if UNSPACED.search(text):
            within.append(text.strip("*#@ "))
        elif any(sign.isalnum() for sign in text):
            phrases.append(Phrase(text, beginning))
    return Question(tuple(phrases), tuple(within))
