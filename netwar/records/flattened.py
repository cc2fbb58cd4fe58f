"""One line of an export: a document of the archive with all that it speaks of put into its place, and back again.

The form is that of twarc's `flatten` (twarc 2.14, expansions.py), which the tools around twarc read; docs/exports.md says key by
key what a line carries. `flattened` adds, `restored` takes away by the same rules; where these rules alone would not bring
back exactly what was there, the line holds that part as it was under `netwar.kept`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from netwar.records import migrate
from netwar.records.dialects import Object, objects, username
from netwar.records.ids import identity
from netwar.records.times import seen, shown

TIME_BITS = 44  # of a version, see `documents.Document`
OURS, TWARC = "netwar", "__twarc"
INDEX, VERSION, FLAT, KEPT, ALONE, CHANGES = "index", "version", "flattened", "kept", "alone", "changes"
RESERVED = (INDEX, VERSION, FLAT, KEPT, ALONE, CHANGES)
REFERENCES, POSTS = "referenced_tweets", "referenced_posts"  # the latter is the post dialect's name
ADDED = ("author", "in_reply_to_user", TWARC)
MENTION, REFERENCE, GEO, ATTACHED = (
    ("start", "end", "username", "id"),
    ("type", "id"),
    ("place_id", "coordinates"),
    ("media", "poll"),
)


TOUCHED = (*ADDED, REFERENCES, "attachments", "geo", "entities")


@dataclass(frozen=True, slots=True)
class Known:
    """What documents speak of, as the archive has it: users and tweets by id, and the ids of mentioned names in lower case."""

    users: Mapping[str, Object] = field(default_factory=dict)
    tweets: Mapping[str, Object] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def version(index: str, body: Object) -> int:
    """The version that the archive keeps a document under, as far as the document tells: see `migrate.documents`."""
    ours = body.get(OURS)
    if isinstance(ours, dict) and isinstance(retrieved := ours.get("retrieved"), str):
        direct = not index.startswith("tw") or ours.get("via") != "reference"
        return direct << TIME_BITS | _seen(retrieved)
    return next(migrate.documents(index, index, body)).version


@lru_cache(maxsize=256)
def _seen(retrieved: str) -> int:
    """When X showed what came with a page (ms): hundreds came with it."""
    return seen(retrieved)


def whole(index: str, body: Object) -> Object:
    """The line of a document as it is, with its index and version."""
    ours = body.get(OURS)
    marks = {INDEX: index, VERSION: version(index, body)}
    if OURS not in body:
        return {**body, OURS: {**marks, ALONE: True}}
    if not isinstance(ours, dict) or not ours.keys().isdisjoint(RESERVED):
        return {**body, OURS: {**marks, KEPT: {OURS: ours}}}
    return {**body, OURS: {**ours, **marks}}


def flattened(index: str, body: Object, known: Known, twarc: Object) -> Object:
    """The line of a tweet with its author, references, media, place and mentioned users; `twarc` is its `__twarc`."""
    line = whole(index, body)
    line |= {name: made for name, made in expanded(body, known).items() if made != body.get(name)}
    if references := _references(body, known):
        line[REFERENCES] = references
    line[TWARC] = twarc
    kept = {name: body[name] for name in TOUCHED if name in body and _is_lost(name, body, line)}
    line[OURS] = {**line[OURS], FLAT: True}
    if kept:
        line[OURS][KEPT] = {**line[OURS].get(KEPT, {}), **kept}
    return line


def restored(line: Object) -> Object:
    """The document of a line of either form, as it is in the archive."""
    marks = line[OURS]
    kept = marks.get(KEPT, {})
    body = _undone(line) if marks.get(FLAT) else {**line}
    if marks.get(ALONE):
        del body[OURS]
    else:
        body[OURS] = {name: value for name, value in marks.items() if name not in RESERVED}
    return {**body, **kept}


def expanded(body: Object, known: Known) -> Object:
    """The parts of a tweet to which something is added, by key, but for its references."""
    made: Object = {}
    for name, key in (("author", "author_id"), ("in_reply_to_user", "in_reply_to_user_id")):
        if (id := identity(body.get(key))) is not None:
            made[name] = known.users.get(id) or _stub(id, body, own=name == "author")
    ours = body.get(OURS)
    things = ours if isinstance(ours, dict) else {}
    if isinstance(attachments := body.get("attachments"), dict):
        made["attachments"] = attachments | _attached(attachments, things)
    if isinstance(geo := body.get("geo"), dict) and (place := _by("id", things.get("places")).get(str(geo.get("place_id")))):
        made["geo"] = geo | place
    entities = body.get("entities")
    if isinstance(entities, dict) and isinstance(mentions := entities.get("mentions"), list):
        made["entities"] = {**entities, "mentions": [_mention(one, known) for one in mentions]}
    return made


def _stub(id: str, body: Object, *, own: bool) -> Object:
    """A user of whom no profile is recorded. Tools want a name: the one that the tweet tells, else the id once more."""
    name = username(body) if own else ""
    entities = body.get("entities")
    mentions = objects(entities.get("mentions")) if isinstance(entities, dict) else []
    told = (one["username"] for one in mentions if one.get("id") == id and isinstance(one.get("username"), str))
    return {"id": id, "username": name or next(told, None) or id}


def _attached(attachments: Object, things: Object) -> Object:
    made: Object = {}
    if isinstance(keys := attachments.get("media_keys"), list):
        media = _by("media_key", things.get("media"))
        made["media"] = [media.get(str(key), {}) for key in keys]
    if isinstance(polls := attachments.get("poll_ids"), list) and polls:
        made["poll"] = _by("id", things.get("polls")).get(str(polls[-1]), {})
    return made


def _by(key: str, things: Any) -> dict[str, Object]:
    found = things if isinstance(things, list) else ()
    return {thing[key]: thing for thing in found if isinstance(thing, dict) and isinstance(thing.get(key), str)}


def _mention(mention: Any, known: Known) -> Any:
    if not isinstance(mention, dict):
        return mention
    id = mention.get("id") or known.names.get(str(mention.get("username")).lower())
    user = known.users.get(str(id)) or ({"id": id} if id else None)
    return {**mention, **user} if user else mention


def _references(body: Object, known: Known) -> list[Any]:
    named = body.get(REFERENCES) or body.get(POSTS)
    return [_reference(one, known) for one in named] if isinstance(named, list) else []


def _reference(reference: Any, known: Known) -> Any:
    tweet = known.tweets.get(str(reference.get("id"))) if isinstance(reference, dict) else None
    if tweet is None:
        return reference
    made = {**reference, **tweet, **expanded(tweet, known)}
    made.pop(OURS, None)
    return made


def _undone(line: Object) -> Object:
    """A flattened line without what was added, key by key."""
    gone = (*ADDED, REFERENCES) if POSTS in line else ADDED
    return {name: _taken_away(name, value) for name, value in line.items() if name not in gone}


def _taken_away(name: str, value: Any) -> Any:
    if name == REFERENCES and isinstance(value, list):
        return [_only(REFERENCE, one) for one in value]
    if name == "geo":
        return _only(GEO, value)
    if name == "attachments" and isinstance(value, dict):
        return {key: part for key, part in value.items() if key not in ATTACHED}
    if name == "entities" and isinstance(value, dict) and isinstance(mentions := value.get("mentions"), list):
        return {**value, "mentions": [_only(MENTION, one) for one in mentions]}
    return value


def _only(names: tuple[str, ...], value: Any) -> Any:
    return {name: value[name] for name in value if name in names} if isinstance(value, dict) else value


def _is_lost(name: str, body: Object, line: Object) -> bool:
    """Whether taking away what was added would not leave what the document has."""
    if name in ADDED or (name == REFERENCES and POSTS in body):
        return True
    return bool(_taken_away(name, line[name]) != body[name])


def provenance(index: str, body: Object, program: str) -> Object:
    """What twarc calls `__twarc`. What was asked for is not kept, so the address is the document's own."""
    ours = body.get(OURS)
    kind = "tweets" if index.startswith("tw") else "users"
    told = {"url": f"https://api.x.com/2/{kind}/{body.get('id')}", "version": program}
    if isinstance(ours, dict) and isinstance(ours.get("retrieved"), str) and (at := _seen(ours["retrieved"])):
        told["retrieved_at"] = _shown(at)
    return told


@lru_cache(maxsize=256)
def _shown(ms: int) -> str:
    return shown(ms)
