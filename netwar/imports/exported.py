"""Documents of an archive like this one: lines of its exports (docs/exports.md), or documents as another program copied them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netwar.archive.base import ProfileChange
from netwar.imports.found import USERS_ALONE, Found, Into, Kind
from netwar.records import migrate
from netwar.records.dialects import Object, objects
from netwar.records.documents import Document, has_content, parted
from netwar.records.flattened import CHANGES, INDEX, VERSION, restored
from netwar.records.times import LATEST

OURS = "netwar"
DIRECT = 44  # the bit of a version that is set where a document was asked for
AS_WRITTEN = "its netwar is not as this program writes it"


def is_such(line: Object) -> bool:
    """Whether a line carries what this program knows of a document."""
    ours = line.get(OURS)
    return isinstance(ours, dict) and (VERSION in ours or "via" in ours)


def read(line: Object, into: Into, found: Found) -> None:
    """The document with the version that it had, and of a user with all that the profile said before."""
    try:
        body, users, version, changes = _told(line)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        found.reject(AS_WRITTEN)
        return
    index = into.users if users else into.tweets
    if index is None:
        found.reject(USERS_ALONE)
    elif not has_content(body):
        found.reject("it says nothing but that something was there")
    else:
        found.kinds[Kind.EXPORTED] += 1
        kept = len(found.documents)
        for document in _documents(index, into, body, users, version):
            found.keep(document, converted=True)
        if len(found.documents) > kept:
            found.changes += changes


def _documents(index: str, into: Into, body: Object, users: bool, version: int | None) -> Iterable[Document]:
    if version is None:
        return migrate.documents(index, into.users, body)
    return [Document(index, str(body.get("id")), body, users or bool(version >> DIRECT), version & LATEST)]


def _told(line: Object) -> tuple[Object, bool, int | None, list[ProfileChange]]:
    """The document, whether it is a user, its version if it is to be kept under that, and the changes of a profile."""
    ours = line[OURS]
    if VERSION not in ours:
        return line, "username" in line and line.keys().isdisjoint(("text", "author_id")), None, []
    users, version = parted(ours[INDEX])[1], ours[VERSION]
    if type(version) is not int or not 0 <= version <= 1 << DIRECT | LATEST:
        raise ValueError("no version")
    body = restored(line)
    changes = [_change(str(body.get("id")), one) for one in objects(ours.get(CHANGES))] if users else []
    kept: Any = body.get(OURS)
    is_left = isinstance(kept, dict) and kept.get("via") == migrate.V1 and "retrieved" not in kept
    return body, users, None if is_left else version, changes


def _change(user: str, told: Object) -> ProfileChange:
    until, seen, fields = told["until"], told["seen"], told["fields"]
    if not (_is_time(until) and _is_time(seen) and isinstance(fields, dict)):
        raise ValueError("no change of a profile")
    return ProfileChange(user, until, seen, fields)


def _is_time(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LATEST
