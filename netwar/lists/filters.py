"""Queries for Elasticsearch that find the tweets of, or about, very many users.

They are `terms` queries, whose limit is 65,536 values (index.max_terms_count, from 6.2 on). *Instead*, a clause for each
name, as the recorder of 2019 wrote them, fails with more than 1,024 (indices.query.bool.max_clause_count in 6.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_TERMS = 65_536
NAME = re.compile(r"[A-Za-z_@][\w.@-]{0,255}", re.ASCII)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """What a FIELD of the command line means: the fields of documents that hold ids, and those that hold screen names.

    Of a user whom a file names by what neither holds, the other is looked up in the collection. With both kinds of fields,
    or none that is known (`plain`), a user is searched for as they are given.
    """

    ids: Sequence[str] = ()
    names: Sequence[str] = ()
    plain: str = ""


AUTHORS = Field(ids=("author_id",))
MENTIONS = Field(ids=("entities.mentions.id",), names=("entities.mentions.username",))
# As netwar/data/elastic.json lays indices out.
FIELDS: Mapping[str, Field] = {
    "author": AUTHORS,
    "mentions": MENTIONS,
    "author_id": AUTHORS,
    "in_reply_to_user_id": Field(ids=("in_reply_to_user_id",)),
    "entities.mentions.id": Field(ids=("entities.mentions.id",)),
    "entities.mentions.username": Field(names=("entities.mentions.username",)),
    "username": Field(names=("username",)),
}


def field_of(given: str) -> Field:
    """What is meant by a FIELD; any other field of an index is searched as it is. Raises ValueError for what can be none."""
    if not NAME.fullmatch(given):
        raise ValueError(f"{given[:40]!r} is no field: {', '.join(FIELDS)}, or another that an index has")
    return FIELDS.get(given, Field(plain=given))


def query(terms: Mapping[str, Iterable[str]]) -> Json:
    """Documents that have any of the values in its field: {field: values}, names in lower case as indices have them.

    Raises ValueError where no field has a value, or one has more than Elasticsearch takes.
    """
    wanted = {field: list(dict.fromkeys(values)) for field, values in terms.items()}
    found = [{"terms": {field: values}} for field, values in wanted.items() if values]
    most = max(map(len, wanted.values()), default=0)
    if not found:
        raise ValueError("a query needs a user")
    if most > MAX_TERMS:
        raise ValueError(f"a query takes {MAX_TERMS:,} users, and these are {most:,}")
    any_of = found[0] if len(found) == 1 else {"bool": {"should": found, "minimum_should_match": 1}}
    return {"query": {"bool": {"filter": [any_of]}}}
