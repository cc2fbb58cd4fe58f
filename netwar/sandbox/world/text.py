"""What posts say: text in several scripts, with the places of what X calls entities.

Positions are counted in code points of the text as X sends it, where & < > are written as &amp; &lt; &gt;.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from netwar.sandbox.world.phrases import PHRASES, SYLLABLES
from netwar.sandbox.world.prng import mix

Entities = dict[str, list[dict[str, Any]]]
SHORT = 280
CUT_RETWEET = 140

_LANGUAGE = [0] * 8 + [1, 2, 3, 4, 5, 6, 7, 1]


class Wording(NamedTuple):
    """A text and what stands where in it."""

    text: str
    entities: Entities


class Writer:
    """Puts a text together piece by piece and notes where the entities stand."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.entities: Entities = {}

    def say(self, words: str) -> None:
        self.text = f"{self.text} {words}" if self.text else words

    def mark(self, kind: str, shown: str, **details: Any) -> None:
        self.say(shown)
        end = len(self.text)
        self.entities.setdefault(kind, []).append({"start": end - len(shown), "end": end, **details})

    def done(self) -> Wording:
        return Wording(self.text, self.entities)


def language(chance: int) -> str:
    return PHRASES[_LANGUAGE[chance >> 8 & 15]][0]


def phrases(chance: int, count: int) -> list[str]:
    """So many phrases in one language, each with a word that no other post is likely to have."""
    stock = PHRASES[_LANGUAGE[chance >> 8 & 15]][1]
    said = []
    for number in range(count):
        more = chance if number == 0 else mix(chance, number)
        said.append(f"{stock[(more >> 12) % len(stock)]} {invented(more >> 20)}")
    return said


def invented(chance: int) -> str:
    """A word that means nothing."""
    word = SYLLABLES[chance & 63] + SYLLABLES[chance >> 6 & 63]
    return word + SYLLABLES[chance >> 12 & 63] if chance >> 40 & 1 else word


def shortened(wording: Wording, link: str, target: str) -> Wording:
    """A long post as `text` has it: cut near 280 with a link to itself at the end."""
    room = SHORT - len(link) - 2
    cut = wording.text[:room].rstrip() + "…"
    writer = Writer(cut)
    writer.entities = _within(wording.entities, len(cut) - 1, 0)
    writer.mark("urls", link, url=link, expanded_url=target, display_url=target.removeprefix("https://")[:26] + "…")
    return writer.done()


def retweeted(wording: Wording, name: str, user_id: int) -> Wording:
    """`RT @name: …` as X cuts it, with what is left of the entities."""
    start = f"RT @{name}: "
    text = start + wording.text
    end = len(text)
    if end > CUT_RETWEET:
        end = CUT_RETWEET - 1
        text = text[:end] + "…"
    entities = _within(wording.entities, end - len(start), len(start))
    mention = {"start": 3, "end": 4 + len(name), "username": name, "id": str(user_id)}
    entities["mentions"] = [mention, *entities.get("mentions", [])]
    return Wording(text, entities)


def _within(entities: Entities, end: int, shift: int) -> Entities:
    """Those entities that are whole before `end`, moved to the right."""
    kept: Entities = {}
    for kind, found in entities.items():
        inside = [{**one, "start": one["start"] + shift, "end": one["end"] + shift} for one in found if one["end"] <= end]
        if inside:
            kept[kind] = inside
    return kept
