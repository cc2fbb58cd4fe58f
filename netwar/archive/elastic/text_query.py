"""A question, as Elasticsearch is asked it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from netwar.records.text_query import Either, Phrase, Question

# In indices of old: to their tokenizer each Han and hiragana sign is a word, and other unspaced scripts are one word a run.
SINGLE = re.compile("[\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")
RUN = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u30a0-\u30ff]+")
ENDINGS = 1_000  # of a phrase whose last word is cut off, so many words that it may be

Query = dict[str, Any]


def exact(asked: Question, field: str) -> Query:
    """What holds for just the documents that answer the question; `field` has their words as we spell them."""
    if isinstance(asked, Phrase):
        return _spelled(asked, field)
    if isinstance(asked, Either):
        return _any([exact(part, field) for part in asked.parts])
    wanted, unwanted = ([exact(part, field) for part in parts] for parts in (asked.wanted, asked.unwanted))
    return {"bool": {"filter": wanted, "must_not": unwanted}}


def about(asked: Question, fields: Sequence[str]) -> Query:
    """What holds for the documents that answer the question and for some others; the server takes `fields` apart its way."""
    if isinstance(asked, Phrase):
        return _typed(asked, fields)
    if isinstance(asked, Either):
        return _any([about(part, fields) for part in asked.parts])
    return {"bool": {"filter": [about(part, fields) for part in asked.wanted]}}


def _spelled(phrase: Phrase, field: str) -> Query:
    if not phrase.beginning:
        return {"match_phrase": {field: {"query": " ".join(phrase.words), "analyzer": "whitespace"}}}
    if len(phrase.words) == 1:
        return {"prefix": {field: phrase.words[0]}}
    ending = {"query": " ".join(phrase.words), "analyzer": "whitespace", "max_expansions": ENDINGS}
    return {"match_phrase_prefix": {field: ending}}


def _typed(phrase: Phrase, fields: Sequence[str]) -> Query:
    signs, runs = SINGLE.findall(phrase.typed), RUN.findall(phrase.typed)
    if signs or runs:
        parts = [_phrase(one, fields) for one in signs]
        parts += [_any([{"wildcard": {field: f"*{run}*"}} for field in fields]) for run in runs]
        return {"bool": {"filter": parts}}
    if not any(sign.isalnum() for sign in phrase.typed):
        return {"match_none": {}}  # emoji, which are no words there
    if phrase.beginning and len(phrase.words) == 1:
        # As many words as begin so. The other way has a limit, which common beginnings exceed.
        return {"simple_query_string": {"query": f"{phrase.words[0]}*", "fields": list(fields), "flags": "PREFIX"}}
    return _phrase(phrase.typed.rstrip("*"), fields, "phrase_prefix" if phrase.beginning else "phrase")


def _phrase(text: str, fields: Sequence[str], kind: str = "phrase") -> Query:
    most = {"max_expansions": ENDINGS} if kind == "phrase_prefix" else {}
    return {"multi_match": {"query": text, "type": kind, "fields": list(fields), **most}}


def _any(queries: Sequence[Query]) -> Query:
    return {"bool": {"should": list(queries), "minimum_should_match": 1}}
