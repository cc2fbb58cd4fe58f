"""What is on a captured page: posts, users, what is included, and which of it belongs to which post."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from netwar.sandbox.includes import belongings, related
from netwar.sandbox.problems import Body

_KEYS = {"users": "id", "tweets": "id", "media": "media_key", "places": "id", "polls": "id"}


@dataclass
class Captured:
    """One page: its included objects by kind and key, and what belongs to no post in particular."""

    included: dict[str, dict[str, Body]]
    first: int = 0
    loose: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Kept:
    """A post, the page it came with, and the errors that speak of it."""

    body: Body
    page: Captured
    errors: list[Body] = field(default_factory=list)
    references: set[str] = field(default_factory=set)


@dataclass
class Parts:
    """What a page holds: posts of `data`, users and included posts by id, users by screen name."""

    posts: dict[int, Kept]
    users: dict[int, Body]
    quoted: dict[int, Kept]
    names: dict[str, int] = field(default_factory=dict)


def parts(given: Any) -> Parts:
    """Take a page apart; a post or user that stands alone is a page of its own. Raises ValueError, saying what is wrong."""
    page = _page(given)
    with _shape():
        posts, users = _objects(page)
        included = {
            kind: {str(one[_KEYS.get(kind, "id")]): one for one in several} for kind, several in page.get("includes", {}).items()
        }
        captured = Captured(included)
        found = Parts(
            {int(post["id"]): Kept(post, captured) for post in posts},
            {int(user["id"]): user for user in (*users, *included.get("users", {}).values())},
            {int(post["id"]): Kept(post, captured) for post in included.get("tweets", {}).values()},
        )
        for kept in (*found.posts.values(), *found.quoted.values()):
            kept.references = {reference["type"] for reference in kept.body.get("referenced_tweets", ())}
            list(belongings(kept.body, included))
        found.names = {user["username"].lower(): user_id for user_id, user in found.users.items()}
        _settle(captured, found.posts, page.get("errors", []))
    return found


def _page(given: Any) -> Body:
    if isinstance(given, ValueError):
        raise given
    if not isinstance(given, dict):
        raise ValueError(f"a page is an object, not {type(given).__name__}")
    return {"data": given} if "data" not in given and "id" in given else given


def _objects(page: Body) -> tuple[list[Body], list[Body]]:
    """Posts and users of `data`."""
    data = page.get("data") or []
    objects: list[Body] = data if isinstance(data, list) else [data]
    users = [one for one in objects if "username" in one and "author_id" not in one]
    posts = [one for one in objects if one not in users]
    for post in posts:
        if "author_id" not in post:
            raise ValueError(f"post {post['id']} has no author_id: capture it with that field")
        int(post["author_id"])
    return posts, users


def _settle(page: Captured, kept: dict[int, Kept], errors: list[Body]) -> None:
    """Give what belongs to no post, and each error, to a post of the page."""
    if not kept:
        return
    page.first = next(iter(kept))
    belonging = {(kind, key) for one in kept.values() for kind, key, _ in belongings(one.body, page.included)}
    page.loose = [(kind, key) for kind, objects in page.included.items() for key in objects if (kind, key) not in belonging]
    names_of = [(post_id, set(related(one.body))) for post_id, one in kept.items()]
    for error in errors:
        owners = [post_id for post_id, names in names_of if str(error.get("value", "")).lower() in names] or [page.first]
        kept[owners[0]].errors.append(error)


@contextmanager
def _shape() -> Iterator[None]:
    """What is not of X's shape ends in a ValueError that says so."""
    try:
        yield
    except KeyError as error:
        raise ValueError(f"an object without {error}") from None
    except (TypeError, AttributeError) as error:
        raise ValueError(f"an object that is not of X's shape ({error})") from None
