"""What an index holds and how it can be asked: this program's documents, or those that the recorder of 2019 left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from netwar.archive.base import Body
from netwar.archive.winning import TIME
from netwar.connections.elastic_templates import Json, schema
from netwar.records import v1
from netwar.records.sources import ADDED, OURS, WORDS, given

SHOWN = "username.shown"
SPELLED = 2  # the first schema with the words as we spell them


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields to ask by, and how a document is read. `schema` is None for what the recorder of 2019 left.

    `api` is where its documents come from; `created` is None where times are no dates but must be read off the ids.
    `shown` is a column of screen names as X writes them, None where there is none and documents must be read; `spelled` is the
    field of a document's words as netwar.records.words spells them, None where the server took them out of the `words` its way.
    """

    schema: int | None
    api: str | None
    number: str
    author: str
    username: str
    created: str | None
    words: tuple[str, ...]
    body: Callable[[Json], Body]
    shown: str | None = None
    spelled: str | None = None

    @property
    def ours(self) -> bool:
        return self.schema is not None

    def retrieved(self, version: int) -> int:
        """When X showed a document of this version (ms); 0 where that was not kept."""
        return version & TIME if self.ours else 0

    def shown_at(self, told: Json) -> int:
        """When X showed this copy (ms): by its own note, if that was read; 0 where it was not kept.

        A copy that took the place of one that was dated in the future has a version that is still in the future.
        """
        by_version = self.retrieved(told["_version"])
        note = self.body(told["_source"]).get("netwar")
        try:
            return min(by_version, round(datetime.fromisoformat(note["retrieved"]).timestamp() * 1000)) if note else by_version
        except (KeyError, TypeError, ValueError):
            return by_version

    def named(self, names: Sequence[str]) -> Json:
        """A query for these screen names, in lower case."""
        if self.ours:
            return {"terms": {self.username: list(names)}}
        # Dynamic mapping made it a text: a name is one word of it, in lower case.
        return {"bool": {"should": [{"match_phrase": {self.username: name}} for name in names], "minimum_should_match": 1}}


def with_words(body: Body, words: str) -> Body:
    """A document as it is kept where its words are asked for by our own spelling; given() takes them out again.

    Raises ValueError for one that has no place for them.
    """
    ours = body.get(OURS, {ADDED: True})
    if not isinstance(ours, dict) or WORDS in ours:
        raise ValueError(f"its {OURS} is not as we write it")
    return {**body, OURS: {**ours, WORDS: words}}


def layout(mapping: Json, users: bool) -> Layout | None:
    """How an index with this mapping can be asked; None for one that neither program made."""
    found, fields = schema(mapping), mapping.get("properties") or {}
    if found is not None:
        api, shown = mapping["_meta"].get("api"), SHOWN if "shown" in (fields.get("username") or {}).get("fields", {}) else None
        spelled = f"{OURS}.{WORDS}" if found >= SPELLED else None
        return Layout(found, api, "id.number", "author_id", "username", "created_at", ("words",), given, shown, spelled)
    if _type(fields, "id") != "long":
        return None
    return _v1_users(fields) if users else _v1_tweets(fields)


def _v1_users(fields: Json) -> Layout | None:
    if "screen_name" not in fields:
        return None
    created = "created_at" if _type(fields, "created_at") == "date" else None
    words = tuple(name for name in ("screen_name", "name", "description") if name in fields)
    return Layout(None, None, "id", "id", "screen_name", created, words, v1.user)


def _v1_tweets(fields: Json) -> Layout | None:
    user = (fields.get("user") or {}).get("properties") or {}
    if "screen_name" not in user:
        return None
    created = "created_at" if _type(fields, "created_at") == "date" else None
    texts = ("full_text", "text", "extended_tweet.full_text")
    words = tuple(name for name in texts if name.partition(".")[0] in fields)
    return Layout(None, None, "id", "user.id", "user.screen_name", created, words, v1.tweet)


def _type(fields: Json, name: str) -> Any:
    field = fields.get(name)
    return field.get("type") if isinstance(field, dict) else None
