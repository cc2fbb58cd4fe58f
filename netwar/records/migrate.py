"""Documents out of an archive, made ready for another one: with the version that they were kept under."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netwar.records import v1
from netwar.records.dialects import Object
from netwar.records.documents import LOWEST, Document, has_content, parted
from netwar.records.times import seen, shown

V1 = "v1.1"  # how what the recorder of 2019 left says that it came


def documents(index: str, users: str, body: Object) -> Iterator[Document]:
    """The documents for `index` (a full name) that a body out of another archive makes, and for `users` those that lay in it.

    Users and what was asked for are direct, as `records.pages` has it. What the recorder of 2019 left holds whole tweets
    and users within tweets; when it came is not known, so it counts as come when it was made: every later copy wins.
    """
    ours = _object(body.get("netwar"))
    if not has_content(body):  # known to be gone, and never instead of a copy that somebody has kept
        yield Document(index, str(body.get("id")), body, False, LOWEST)
        return
    if ours.get("via") == V1 and "retrieved" not in ours:
        yield from _left(index, users, body, _object(ours.get("v1")))
        return
    yield _document(index, body, ours.get("via") != "reference", seen(ours.get("retrieved")))


def _left(index: str, users: str, body: Object, original: Object) -> Iterator[Document]:
    """A tweet or user of v1.1, the tweets within it, and the users of them all."""
    if parted(index)[1]:
        yield _dated(index, body, True, _written(_object(original.get("status"))) or _written(original))
        return
    yield _dated(index, body, True, _written(original))
    for inner in v1.within(original):
        if inner.get("id"):
            made = v1.tweet(inner)
            yield _dated(index, {**made, "netwar": {**made["netwar"], "via": "reference"}}, False, _written(inner))
    for status in (original, *v1.within(original)):
        if _object(status.get("user")).get("screen_name"):
            yield _dated(users, v1.user(status["user"]), True, _written(original))


def _dated(index: str, body: Object, direct: bool, at: int) -> Document:
    return _document(index, {**body, "netwar": {"retrieved": shown(at // 1000 * 1000), **body["netwar"]}}, direct, at)


def _document(index: str, body: Object, direct: bool, at: int) -> Document:
    return Document(index, str(body.get("id")), body, direct or parted(index)[1], at)


def _written(original: Object) -> int:
    """When an object of v1.1 was made."""
    return seen(original.get("created_at"))


def _object(value: Any) -> Object:
    return value if isinstance(value, dict) else {}
