"""Answers of X's API v2 as tools keep them, whole or taken apart, in either dialect."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from netwar.imports import unflattened
from netwar.imports.found import USERS_ALONE, Found, Into, Kind
from netwar.records import pages, times
from netwar.records.dialects import Object, objects
from netwar.records.documents import Document
from netwar.records.ids import number, posted

TWARC = unflattened.TWARC
OURS = "netwar"
VIA = "import"
OF_LISTS = {"owner_id", "member_count", "follower_count"}
LISTS = "lists are not kept: tw-listmembers reads who is on one"


def page(answer: Object, into: Into, found: Found) -> None:
    """A whole answer. Of one that says nothing but what went wrong nothing is kept."""
    found.kinds[Kind.PAGE] += 1
    _documents(answer, into, found)


def post(line: Object, into: Into, found: Found) -> None:
    """A post, perhaps with all that it speaks of in its place."""
    found.kinds[Kind.POST] += 1
    _documents(unflattened.post(line), into, found)


def profile(line: Object, into: Into, found: Found) -> None:
    """A user."""
    found.kinds[Kind.PROFILE] += 1
    _documents(unflattened.user(line), into, found)


def stamped(document: Document, at: int) -> Document:
    """A document with another time of retrieval (ms), also in its own note."""
    ours = {**document.body[OURS], "retrieved": times.shown(at)}
    return replace(document, body={**document.body, OURS: ours}, retrieved=at)


def dated(document: Document, into: Into) -> Document:
    """A converted document with the operator's time; else with its own, unless that is ahead of this host's clock."""
    at = into.retrieved or into.believed(document.retrieved)
    return document if at == document.retrieved else stamped(document, at)


def made(item: Object, into: Into) -> int:
    """When a post, or a user's account, was made (ms); 0 where nothing tells it that can be believed."""
    if at := into.believed(times.seen(item.get("created_at"))):
        return at
    id = number(item.get("id"))
    return into.believed(posted(id) or 0) if id is not None and "username" not in item else 0


def _documents(answer: Object, into: Into, found: Found) -> None:
    told = answer.get(TWARC)
    what = _listed(answer)
    page = pages.read({name: value for name, value in answer.items() if name != TWARC}, what)
    if page.lists:
        found.reject(LISTS)
    if into.tweets is None and (page.posts or what == "posts"):
        found.reject(USERS_ALONE)
    if into.tweets is None:
        page = replace(page, referenced=(), loose={})
    at = times.seen(told.get("retrieved_at")) if isinstance(told, dict) else 0
    at = into.believed(at) or into.retrieved or 0
    newest = 0 if at else max((made(post, into) for post in page.posts), default=0)
    note: dict[str, Any] = {"retrieved": at, "account": None, "via": VIA}
    for document in pages.documents(page, _origin(told), tweets=into.tweets, users=into.users, **note):
        if not at and not document.why:
            found.keep(stamped(document, (document.index == into.users and newest) or made(document.body, into)))
        else:
            found.keep(document)


def _listed(answer: Object) -> pages.Data:
    """What the data of an answer are, by the first of them; without any, posts."""
    first = next(iter(objects(answer.get("data"))), {})
    if not OF_LISTS.isdisjoint(first):
        return "lists"
    return "users" if "username" in first and first.keys().isdisjoint(("text", "author_id")) else "posts"


def _origin(told: Any) -> Object:
    """What is kept of where it came from: twarc's version, what it asked, and for what, without the hundreds of letters that
    name the fields."""
    if not isinstance(told, dict):
        return {}
    url = str(told.get("url") or "")
    kept: Object = {"version": str(told.get("version") or ""), "url": url.partition("?")[0]}
    try:
        asked = parse_qs(urlsplit(url).query).get("query", [""])[0]
    except ValueError:
        asked = ""
    return {"twarc": {name: value for name, value in {**kept, "query": asked}.items() if value}}
