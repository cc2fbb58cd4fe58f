"""One answer of X, taken apart: posts, what came along with them, problems, and the way on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from netwar.records.dialects import Object, included_posts, objects
from netwar.records.documents import Document


@dataclass(frozen=True, slots=True)
class Problem:
    """One item of `errors[]`. `kind` is the last segment of its type: the host before it varies."""

    kind: str
    title: str
    detail: str
    value: str
    parameter: str
    section: str

    @property
    def outcome(self) -> str | None:
        """What it says of a user: suspended, gone or protected.

        The type alone merges suspended and gone: only the title tells them apart (seen in X's answers).
        """
        if self.kind == "not-authorized-for-resource":
            return "protected"
        if self.kind == "resource-not-found":
            return "suspended" if self.title == "Forbidden" or "suspended" in self.detail else "gone"
        return None


@dataclass(frozen=True, slots=True)
class Page:
    """An answer's objects as X gave them. `posts` and `users` were asked for (by their endpoint), the
    rest came along: `referenced` posts, `authors` (users by id), media by key, polls and places by id."""

    posts: Sequence[Object] = ()
    users: Sequence[Object] = ()
    referenced: Sequence[Object] = ()
    authors: dict[str, Object] = field(default_factory=dict)
    media: dict[str, Object] = field(default_factory=dict)
    polls: dict[str, Object] = field(default_factory=dict)
    places: dict[str, Object] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    next_token: str | None = None

    def bought(self, listed: str = "user", owner: str = "") -> Iterator[tuple[str, str]]:
        """Every object that X bills, as (kind, id). `listed` is the kind of the users that were asked for.

        Entries of the list of an `owner` are called OWNER/ID: X does not say that the same user in two lists is paid
        for once.
        """
        for post in (*self.posts, *self.referenced):
            yield "post", str(post["id"])
        for user in self.authors.values():
            yield "user", str(user["id"])
        for user in self.users:
            yield listed, f"{owner}/{user['id']}" if owner else str(user["id"])


def read(body: Object, *, users: bool = False) -> Page:
    """Take an answer apart, in either dialect. `users` for endpoints whose `data` are users.

    Objects without an id are left out: nothing could be kept under their name.
    """
    data = _identified(objects(body.get("data")))
    includes = _object(body.get("includes"))
    return Page(
        posts=() if users else data,
        users=data if users else (),
        referenced=_identified(included_posts(includes)),
        authors=_by("id", includes.get("users")),
        media=_by("media_key", includes.get("media")),
        polls=_by("id", includes.get("polls")),
        places=_by("id", includes.get("places")),
        problems=[problem(item) for item in objects(body.get("errors"))],
        next_token=str(_object(body.get("meta")).get("next_token") or "") or None,
    )


def problem(item: Object) -> Problem:
    """An item of `errors[]`, or the body of a refusal, which has the same keys."""
    return Problem(
        kind=str(item.get("type") or "").rstrip("/").rpartition("/")[2],
        title=str(item.get("title") or ""),
        detail=str(item.get("detail") or item.get("message") or ""),
        value=str(item.get("value") or item.get("resource_id") or ""),
        parameter=str(item.get("parameter") or ""),
        section=str(item.get("section") or ""),
    )


def documents(page: Page, *, tweets: str | None, users: str, retrieved: int, account: str, via: str) -> list[Document]:
    """Everything on a page as documents for the indices `tweets` and `users` (full names).

    `via` says how the posts and users that were asked for came (timeline, lookup, …); what came
    along with them is `via: reference`. `retrieved` is the time of the answer in ms. `tweets` may be
    None for pages of users.
    """
    when = datetime.fromtimestamp(retrieved / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def document(index: str, item: Object, direct: bool, extra: Object) -> Document:
        note = {"retrieved": when, "account": account, "via": via if direct else "reference", **extra}
        return Document(index, str(item["id"]), {**item, "netwar": note}, direct, retrieved)

    def profile(user: Object, via: str) -> Document:
        # A profile that came along is as whole as one that was asked for, so it may replace it.
        note = {"retrieved": when, "account": account, "via": via}
        return Document(users, str(user["id"]), {**user, "netwar": note}, True, retrieved)

    made = [profile(user, "reference") for user in page.authors.values()]
    made += [profile(user, via) for user in page.users]
    if tweets:
        made += [document(tweets, post, True, _belongings(post, page)) for post in page.posts]
        made += [document(tweets, post, False, _belongings(post, page)) for post in page.referenced]
    return made


def _belongings(post: Object, page: Page) -> Object:
    """The media, polls and places of a post, put where it is: X sends them once a page."""
    attachments = _object(post.get("attachments"))
    place = _object(post.get("geo")).get("place_id")
    found = {
        "media": _pick(page.media, attachments.get("media_keys")),
        "polls": _pick(page.polls, attachments.get("poll_ids")),
        "places": _pick(page.places, [place] if place else ()),
    }
    return {kind: items for kind, items in found.items() if items}


def _pick(items: dict[str, Object], keys: Any) -> list[Object]:
    return [items[key] for key in keys if isinstance(key, str) and key in items] if isinstance(keys, list | tuple) else []


def _by(key: str, items: Any) -> dict[str, Object]:
    return {str(item[key]): item for item in objects(items) if item.get(key)}


def _identified(items: list[Object]) -> list[Object]:
    return [item for item in items if item.get("id")]


def _object(value: Any) -> Object:
    return value if isinstance(value, dict) else {}
