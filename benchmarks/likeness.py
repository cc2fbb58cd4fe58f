"""Objects that look like real ones and say nothing of them.

A likeness keeps an object's keys, their order, the values of closed vocabularies and X's own
addresses. Every other word, number-like id, time and address is replaced, the same one in the same
way within an object, by one of the same length: mentions still sit where the entities say.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

# Keys whose values come from X's closed vocabularies (`domain`: the context domains of X's documentation).
VOCABULARY = {
    "type",
    "lang",
    "reply_settings",
    "place_type",
    "country_code",
    "verified_type",
    "subscription_type",
    "via",
    "domain",
}
# What X itself writes into addresses and texts.
_FIXED = """http https www com org net co uk t pbs abs twimg twitter x pic profile images image banners media news img normal jpg
png format name orig status photo video i web sticky default html RT amp lt gt"""
FIXED = frozenset(_FIXED.split())
TOKEN = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?=\.\d{3}Z|Z))"
    r"|(?P<fixed>_normal|\.000Z|\d\d?(?=_\d))"
    r"|(?P<code>(?<=\bt\.co/)\w+|(?<=pic\.twitter\.com/)\w+|(?=[^\W\d]*\d)(?=[\d_]*[^\W\d_])(?:(?!_normal)[\w-])+)"
    r"|(?P<digits>\d+)|(?P<word>[^\W\d_]+)|(?P<rest>.)",
    re.DOTALL,
)
CODE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Words:
    """Words to choose from, by length."""

    def __init__(self, words: Iterable[str], invented: float) -> None:
        self.of_length: dict[int, list[str]] = defaultdict(list)
        for word in words:
            self.of_length[len(word)].append(word)
        self.invented = invented

    def choose(self, chance: random.Random, length: int) -> str:
        """A word of this length; now and then (`invented`) two halves that never met."""
        known = self.of_length.get(length)
        if known and not (length > 4 and chance.random() < self.invented):
            return chance.choice(known)
        half = length // 2
        return self._part(chance, half) + self._part(chance, length - half)

    def _part(self, chance: random.Random, length: int) -> str:
        known = self.of_length.get(length)
        return chance.choice(known) if known else "".join(chance.choices("etaoinshrdlu", k=length))


class Likeness:
    """Makes likenesses out of these words; `keep_signs` keeps emoji and the like."""

    def __init__(self, words: Words, seed: int, keep_signs: bool) -> None:
        self.words = words
        self.chance = random.Random(seed)
        self.keep_signs = keep_signs

    def of(self, thing: Any, known: dict[str, str] | None = None) -> Any:
        """The likeness of a decoded JSON value. `known` says what some tokens must become."""
        return self._of(thing, "", {} if known is None else dict(known))

    def _of(self, thing: Any, key: str, known: dict[str, str]) -> Any:
        if key in VOCABULARY:
            return thing
        if isinstance(thing, dict):
            return {name: self._of(value, name, known) for name, value in thing.items()}
        if isinstance(thing, list):
            return [self._of(value, key, known) for value in thing]
        if isinstance(thing, str):
            return TOKEN.sub(lambda found: self._token(found, known), thing)
        if isinstance(thing, float):
            return round(self.chance.random(), 4)
        if isinstance(thing, int) and not isinstance(thing, bool) and key.endswith("_count"):
            return self.chance.randrange(thing * 2 + 1)
        return thing

    def _token(self, found: re.Match[str], known: dict[str, str]) -> str:
        token, kind = found[0], found.lastgroup
        if token in FIXED or kind == "fixed" or (kind == "rest" and (self.keep_signs or token.isascii() or token == "…")):
            return token
        if token not in known:
            known[token] = self._new(token, kind)
        return known[token]

    def _new(self, token: str, kind: str | None) -> str:
        if kind == "time":
            return self._time()
        if kind == "code":
            return "".join(self.chance.choices(CODE, k=len(token)))
        if kind == "digits":
            return self._digits(len(token))
        return self.words.choose(self.chance, len(token)) if kind == "word" else "-"

    def _time(self) -> str:
        year, *rest = (self.chance.randrange(*bounds) for bounds in ((2009, 2027), (1, 13), (1, 29), (0, 24), (0, 60), (0, 60)))
        return f"{year}-{rest[0]:02}-{rest[1]:02}T{rest[2]:02}:{rest[3]:02}:{rest[4]:02}"

    def _digits(self, length: int) -> str:
        if length == 19:
            return str(self.chance.randrange(10**18, 2 * 10**18))
        return (
            str(self.chance.randrange(10 ** (length - 1), 10**length)) if length > 3 else str(self.chance.randrange(10**length))
        )


def pages(paths: Iterable[Path]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The decoded answers of X in files of JSON lines, each with its number in its file; what is no answer is left out."""
    for path in paths:
        for place, line in enumerate(path.read_bytes().splitlines()):
            try:
                answer = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if "data" in answer:
                yield place, answer


def held_out(place: int) -> bool:
    """Every second page is for measuring: the dictionary must not know it."""
    return place % 2 == 1
