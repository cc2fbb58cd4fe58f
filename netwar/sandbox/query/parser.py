"""Reading a query: a space is AND, and binds more closely than OR; `-` negates; parentheses group.

What is wrong is said as X says it, with the place, counted from 1. Operators that pay-per-use has not (places, for one) are
refused. Sources: X, "Building queries for Search Posts"; the messages are those that users of X's API have published.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from netwar.sandbox.query.said import Said, tokens
from netwar.sandbox.query.terms import All, Any, Key, Not, Phrase, Sample, Term

_LEXEMES = re.compile(
    r"""(?P<space>\s+)|(?P<open>\()|(?P<close>\))|(?P<not>-)(?=\S)"""
    r"""|(?P<operator>[A-Za-z_]+:)(?P<value>"(?:[^"\\]|\\.)*"|[^\s()"]*)"""
    r"""|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<mark>[#$@]\w+)|(?P<word>[^\s()"\[\]{};!?*^~&|,<>=:\\]+)"""
)
_PERSON = re.compile(r"@?[A-Za-z0-9_]{1,19}")
_ID = re.compile(r"[0-9]{1,19}")
_PEOPLE = ("from", "to", "retweets_of")
_IDS = ("conversation_id", "in_reply_to_tweet_id", "retweets_of_tweet_id", "quotes_of_tweet_id")
_CHOICES = {
    "is": ("retweet", "reply", "quote", "verified", "nullcast"),
    "has": ("hashtags", "cashtags", "links", "mentions", "media", "images", "videos", "video_link", "geo"),
}
_NO_ALTERNATIVE = "no viable alternative at input '{}' (at position {})"
_AMBIGUOUS = {"and": "a space to logically join", "or": "OR to logically OR"}


class BadQuery(Exception):
    """A query that X refuses: `details` in X's words, each with its place."""

    def __init__(self, *details: str) -> None:
        super().__init__(", ".join(details))
        self.details = details


@dataclass(frozen=True)
class Query:
    """A query that X takes. `keyword`: it asks for words or tags, so that a search brings no retweets for it."""

    text: str
    term: Term
    keyword: bool

    def matches(self, said: Said) -> bool:
        """Whether a rule of the stream has this post."""
        return self.term.holds(said)

    def finds(self, said: Said) -> bool:
        """Whether a search brings this post: since 2026-05-04 no retweets for keywords (X, changelog)."""
        return not (self.keyword and said.retweet) and self.term.holds(said)


class _Lexeme(NamedTuple):
    kind: str
    text: str
    position: int
    value: str = ""


def parse(text: str) -> Query:
    """The query. Raises BadQuery."""
    parser = _Parser(_lexemes(text))
    term = parser.any()
    if parser.next is not None:
        raise BadQuery(f"missing EOF at '{parser.next.text}' (at position {parser.next.position})")
    _stands(term)
    return Query(text, term, parser.keyword)


def _lexemes(text: str) -> list[_Lexeme]:
    found, place = [], 0
    while place < len(text):
        match = _LEXEMES.match(text, place)
        if match is None:
            raise BadQuery(_NO_ALTERNATIVE.format(text[place], place + 1))
        kind = match.lastgroup or ""
        if kind == "value":
            found.append(_Lexeme("operator", match["operator"][:-1], place + 1, match["value"]))
        elif kind != "space":
            found.append(_Lexeme(kind, match[0], place + 1))
        place = match.end()
    return found


def _stands(term: Term) -> None:
    """Whether a query, or each part of an OR, says enough. Raises BadQuery."""
    if isinstance(term, Any):
        for one in term.terms:
            _stands(one)
    elif not term.alone:
        flat = term.terms if isinstance(term, All) else (term,)
        nothing = f"Rules must contain at least one positive, non-stopword clause (at position {term.position})"
        if all(isinstance(one, Not) for one in flat):
            raise BadQuery(f"Rules must contain a non-negation term (at position {term.position})", nothing)
        if any((isinstance(one, Key) and one.conjunction) or isinstance(one, Sample) for one in flat):
            raise BadQuery(f"is/has/lang cannot be used as a standalone operator (at position {term.position})", nothing)
        raise BadQuery(nothing)


class _Parser:
    """Down from OR to single terms."""

    def __init__(self, lexemes: list[_Lexeme]) -> None:
        self._left = lexemes[::-1]
        self._end = lexemes[-1].position + len(lexemes[-1].text) + len(lexemes[-1].value) if lexemes else 1
        self.keyword = False

    @property
    def next(self) -> _Lexeme | None:
        return self._left[-1] if self._left else None

    def any(self) -> Term:
        terms = [self._all()]
        while self.next is not None and self.next.text == "OR" and self.next.kind == "word":
            self._left.pop()
            terms.append(self._all())
        return terms[0] if len(terms) == 1 else Any.of(terms[0].position, tuple(terms))

    def _all(self) -> Term:
        terms = []
        while self.next is not None and self.next.kind != "close" and not (self.next.kind == "word" and self.next.text == "OR"):
            terms.append(self._one())
        if not terms:
            shown, position = (self.next.text, self.next.position) if self.next is not None else ("<EOF>", self._end)
            raise BadQuery(_NO_ALTERNATIVE.format(shown, position))
        return terms[0] if len(terms) == 1 else All(terms[0].position, tuple(terms))

    def _one(self) -> Term:
        lexeme = self._left.pop()
        if lexeme.kind == "not":
            if self.next is None or self.next.kind in ("not", "close"):
                raise BadQuery(_NO_ALTERNATIVE.format("-", lexeme.position))
            keyword = self.keyword
            negated = Not(lexeme.position, self._one())
            self.keyword = keyword  # what must not be there is no keyword that is searched for
            return negated
        if lexeme.kind == "open":
            term = self.any()
            if self.next is None:
                raise BadQuery(f"missing ')' at '<EOF>' (at position {self._end})")
            self._left.pop()
            return term
        term = _operator(lexeme) if lexeme.kind == "operator" else _text(lexeme)
        self.keyword |= isinstance(term, Phrase | Key) and term.keyword
        return term


def _text(lexeme: _Lexeme) -> Term:
    """A keyword, a phrase, or what begins with a sign."""
    position, text = lexeme.position, lexeme.text
    if lexeme.kind == "mark":
        return Key(position, text.lower())
    if lexeme.kind == "word" and text.lower() in _AMBIGUOUS:
        other = f'{_AMBIGUOUS[text.lower()]} two clauses, or "{text}" to find occurrences of {text} in text'
        raise BadQuery(f"Ambiguous use of {text} as a keyword. Use {other} (at position {position})")
    return _words(position, _bare(text) if lexeme.kind == "quoted" else text, "word:", text)


def _words(position: int, text: str, prefix: str, shown: str) -> Term:
    words = tokens(text)
    if not words:
        raise BadQuery(_NO_ALTERNATIVE.format(shown, position))
    return Key(position, prefix + words[0]) if len(words) == 1 else Phrase(position, tuple(words), prefix == "url:")


def _bare(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted[1:-1])


def _operator(lexeme: _Lexeme) -> Term:
    """Raises BadQuery for one that there is not, or a value that it does not take."""
    name, position = lexeme.text.lower(), lexeme.position
    value = _bare(lexeme.value) if lexeme.value.startswith('"') else lexeme.value
    if not value:
        raise BadQuery(_NO_ALTERNATIVE.format(":", position + len(name)))
    if name == "url":
        return _words(position, value, "url:", value)
    if name in _PEOPLE and _PERSON.fullmatch(value):
        return Key(position, f"{name}:{value.removeprefix('@').lower()}")
    if name in _IDS and _ID.fullmatch(value):
        return Key(position, f"{name}:{value}")
    if name == "lang" or value.lower() in _CHOICES.get(name, ()):
        return Key(position, f"{name}:{value.lower()}", conjunction=True)
    if name == "sample" and value.isascii() and value.isdigit() and 1 <= int(value) <= 100:
        return Sample(position, int(value))
    if name in (*_PEOPLE, *_IDS, "sample"):
        raise BadQuery(f"Invalid value '{value}' for operator '{name}' (at position {position})")
    raise BadQuery(
        f"Reference to invalid operator '{name}:{value}'. (at position {position})"
        if name in _CHOICES
        else f"Reference to invalid operator '{name}'. Operator is not available in current product or product packaging. "
        f"Please refer to complete available operator list at https://docs.x.com/. (at position {position})"
    )
