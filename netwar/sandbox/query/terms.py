"""The parts of a parsed query. Each says whether a post has it, and by which keys a post that has it can be found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from netwar.sandbox.query.said import Said
from netwar.sandbox.world.prng import mix

# X, "PowerTrack rules and filtering": words that cannot stand alone.
_STOPWORDS = "a an and at but by com from http https if in is it its me my or rt the this to too via we www you"
STOPWORDS = frozenset(_STOPWORDS.split())


class Term(Protocol):
    """A condition. `position` is where it stands, from 1; `alone`: whether it may be all that a query says."""

    @property
    def position(self) -> int: ...

    @property
    def alone(self) -> bool: ...

    def holds(self, said: Said) -> bool: ...

    def keys(self) -> frozenset[str] | None:
        """Whoever has none of these keys is no match; None if nothing of that kind can be said."""


@dataclass(frozen=True)
class Key:
    """An operator, a hashtag, or a word of one token."""

    position: int
    key: str
    conjunction: bool = False

    @property
    def alone(self) -> bool:
        return not self.conjunction and self.key.removeprefix("word:") not in STOPWORDS

    @property
    def keyword(self) -> bool:
        return self.key.startswith(("word:", "#", "$"))

    def holds(self, said: Said) -> bool:
        return self.key in said.keys

    def keys(self) -> frozenset[str]:
        return frozenset((self.key,))


@dataclass(frozen=True)
class Phrase:
    """Several words in a row; `links`: of the addresses, not of the text."""

    position: int
    words: tuple[str, ...]
    links: bool = False
    alone: bool = True

    @property
    def keyword(self) -> bool:
        return not self.links

    def holds(self, said: Said) -> bool:
        return f" {' '.join(self.words)} " in (said.links if self.links else said.text)

    def keys(self) -> frozenset[str]:
        return frozenset((("url:" if self.links else "word:") + max(self.words, key=len),))


@dataclass(frozen=True)
class Sample:
    """A share of all posts, in percent: always the same ones."""

    position: int
    percent: int
    alone: bool = False

    def holds(self, said: Said) -> bool:
        return mix(said.id, 71) % 100 < self.percent

    def keys(self) -> None:
        return None


@dataclass(frozen=True)
class Not:
    position: int
    term: Term
    alone: bool = False

    def holds(self, said: Said) -> bool:
        return not self.term.holds(said)

    def keys(self) -> None:
        return None


@dataclass(frozen=True)
class All:
    position: int
    terms: tuple[Term, ...]

    @property
    def alone(self) -> bool:
        return any(term.alone for term in self.terms)

    def holds(self, said: Said) -> bool:
        return all(term.holds(said) for term in self.terms)

    def keys(self) -> frozenset[str] | None:
        """Those of the term that is the rarest, as far as one can guess."""
        found = [(not term.alone, len(keys), keys) for term in self.terms if (keys := term.keys()) is not None]
        return min(found, key=lambda one: one[:2])[2] if found else None


@dataclass(frozen=True)
class Any:
    """One of several. Those that are a key are looked up together: a rule has up to 36 users in it."""

    position: int
    terms: tuple[Term, ...]
    simple: frozenset[str] = frozenset()
    others: tuple[Term, ...] = ()

    @classmethod
    def of(cls, position: int, terms: tuple[Term, ...]) -> Any:
        simple = frozenset(term.key for term in terms if isinstance(term, Key))
        return cls(position, terms, simple, tuple(term for term in terms if not isinstance(term, Key)))

    @property
    def alone(self) -> bool:
        return all(term.alone for term in self.terms)

    def holds(self, said: Said) -> bool:
        return not self.simple.isdisjoint(said.keys) or any(term.holds(said) for term in self.others)

    def keys(self) -> frozenset[str] | None:
        found: frozenset[str] = self.simple
        for term in self.others:
            keys = term.keys()
            if keys is None:
                return None
            found |= keys
        return found
