"""A question, as Elasticsearch is asked it, and what it cannot be asked: whether a text holds a string letter by letter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from netwar.archive.base import Body
from netwar.archive.queries import UNSPACED, Phrase, Question
from netwar.records.dialects import text

# Each of these signs is a word of its own to the standard tokenizer; other unspaced scripts are one word a run.
SINGLE = re.compile("[\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")
RUN = re.compile(f"(?:(?!{SINGLE.pattern[:-1]}){UNSPACED.pattern})+")
ONE_WORD = re.compile(r"[^\W_]+")
ENDINGS = 1_000  # of a phrase whose last word is cut off, so many words that it may be

Query = dict[str, Any]


def filters(asked: Question, fields: Sequence[str]) -> list[Query]:
    """Conditions that hold for all documents that answer the question, and for few others: see `fits`."""
    found = [_phrase(one, fields) for one in asked.phrases]
    for string in asked.within:
        found += [_phrase(Phrase(signs), fields) for signs in SINGLE.findall(string)]
        found += [_part(run, fields) for run in RUN.findall(string)]
    return found


def fits(asked: Question, body: Body, users: bool) -> bool:
    """Are the strings that a question asks for within the text?"""
    if not asked.within:
        return True
    spoken = "\n".join(str(body.get(name) or "") for name in ("username", "name", "description")) if users else text(body)
    return all(string in spoken for string in asked.within)


def _phrase(phrase: Phrase, fields: Sequence[str]) -> Query:
    if not phrase.beginning:
        return {"multi_match": {"query": phrase.text, "type": "phrase", "fields": list(fields)}}
    words = re.findall(r"\w+", phrase.text)
    if len(words) == 1 and ONE_WORD.fullmatch(words[0]):
        # As many words as begin so. The other way has a limit, which common beginnings exceed.
        return {"simple_query_string": {"query": f"{words[0]}*", "fields": list(fields), "flags": "PREFIX"}}
    ending = {"query": phrase.text, "type": "phrase_prefix", "fields": list(fields), "max_expansions": ENDINGS}
    return {"multi_match": ending}


def _part(run: str, fields: Sequence[str]) -> Query:
    return {"bool": {"should": [{"wildcard": {field: f"*{run}*"}} for field in fields], "minimum_should_match": 1}}
