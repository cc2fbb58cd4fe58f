"""Words as a person types them, turned into a question that SQLite's full text always understands."""

from __future__ import annotations

import re
from dataclasses import dataclass

PARTS = re.compile(r'"(?P<phrase>[^"]*)"?(?P<more>\*?)|(?P<word>[^\s"]+)')
# Scripts that put no spaces between words: the full text holds whole runs of them as one word, so parts
# of a run are looked for in the text itself. Thai to Myanmar, Khmer, kana, Han.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]"
)


@dataclass(frozen=True, slots=True)
class Question:
    """`match` is an FTS5 expression ('' when there is none), `within` are strings that the text must contain."""

    match: str
    within: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.match or self.within)


def question(words: str) -> Question:
    """All the words, "double quotes" kept together, a trailing * for beginnings. Signs between words do not count;
    words of signs alone are left out, and with nothing left the question is empty (and finds nothing)."""
    matches: list[str] = []
    within: list[str] = []
    for part in PARTS.finditer(words.replace("\0", " ").encode(errors="replace").decode()):
        text = part["word"] if part["word"] is not None else part["phrase"]
        beginning = bool(part["more"]) or (part["word"] is not None and text.endswith("*"))
        if UNSPACED.search(text):
            within.append(text.strip("*#@ "))
        elif any(sign.isalnum() for sign in text):
            matches.append(f'"{text.replace(chr(34), " ")}"' + ("*" if beginning else ""))
    return Question(" AND ".join(matches), tuple(within))
