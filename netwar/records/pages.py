"""One answer of X, taken apart: posts, what came along with them, problems, and the way on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from netwar.records.dialects import Object, count, objects
from netwar.records.documents import Document
from netwar.records.ids import identity, number
from netwar.records.problems import Problem, problem
from netwar.records.repairs import OURS, Nameless, repaired
from netwar.records.times import shown

LISTED = "listed"  # the kind of the users that were asked for: X bills them as what their list is of
Data = Literal["posts", "users", "lists"]
DATA: dict[str, Data] = {"post": "posts", "list": "lists"}  # what the data of an endpoint are, by what X bills; else users
KINDS = {"posts": "post", "users": LISTED, "lists": "list"}
# What X includes and does not bill, with the key that posts name it by.
THINGS = {"media": "media_key", "polls": "id", "places": "id"}


@dataclass(frozen=True, slots=True)
class Odd:
    """What cannot be kept as a document, and why. `kind` is as what X may have billed it, empty if it bought nothing."""

    item: Any
    reason: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer's objects as X gave them, odd ones repaired (`records.repairs`). `posts`, `users` and `lists` were asked for (by
    their endpoint), the rest came along: `referenced` posts, `authors` (users by id), and what else X includes, by kind and key.

    `loose` are included things that no post names, by kind. `odd` is what cannot be kept as a document. `unread` when `data`
    itself is in a shape that cannot be read; `untold` when X did not say whether there is a next page; `failed` when errors came
    in place of all that, whatever they speak of. `counted` is how many things X says that it lists here (`meta.result_count`),
    None where it does not say: an answer without it is no empty page. `nameless` is how many of `data` have no id: nobody can
    tell which they are. `earlier` is what was odd in an answer before this one, which was asked for once more for its sake.
    """

    posts: Sequence[Object] = ()
    users: Sequence[Object] = ()
    lists: Sequence[Object] = ()
    referenced: Sequence[Object] = ()
    authors: dict[str, Object] = field(default_factory=dict)
    media: dict[str, Object] = field(default_factory=dict)
    polls: dict[str, Object] = field(default_factory=dict)
    places: dict[str, Object] = field(default_factory=dict)
    loose: dict[str, list[Any]] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    next_token: str | None = None
    odd: Sequence[Odd] = ()
    unread: bool = False
    untold: bool = False
    failed: bool = False
    counted: int | None = None
    nameless: int = 0
    earlier: Sequence[Odd] = ()

    @property
    def ends(self) -> bool:
        """Whether X said that nothing follows."""
        return self.next_token is None and not (self.untold or self.unread or self.failed)

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
        for one in self.lists:
            yield "list", str(one["id"])

    def unnamed(self, listed: str = "user") -> Counter[str]:
        """How many objects came that X may have billed under ids that it did not send, by kind."""
        return Counter(listed if odd.kind == LISTED else odd.kind for odd in self.odd if odd.kind)


def read(body: Object, what: Data = "posts") -> Page:
    """Take an answer apart, in either dialect; `what` its `data` are. Never fails: see `Page.odd`."""
    odd: list[Odd] = []
    includes = _included(body, odd)
    data = _all(body.get("data"), KINDS[what], odd)
    unread = not isinstance(body.get("data"), list | dict | None)
    nameless = sum(bool(one.kind) for one in odd) + sum(number(one["id"]) is None for one in data)
    posts, listed, lists = (data if what == kind else [] for kind in KINDS)
    referenced = [post for kind in ("tweets", "posts") for post in _all(includes.pop(kind, None), "post", odd)]
    authors = {user["id"]: user for user in _all(includes.pop("users", None), "user", odd)}
    things = {kind: _by(key, includes.get(kind)) for kind, key in THINGS.items()}
    problems = [problem(item) for item in objects(body.get("errors"))]
    token, told = next_page(body)
    return Page(
        posts=posts,
        users=listed,
        lists=lists,
        referenced=referenced,
        authors=authors,
        media=things["media"],
        polls=things["polls"],
        places=things["places"],
        loose=_loose(includes, things, [*posts, *referenced]),
        problems=problems,
        next_token=token,
        odd=odd,
        unread=unread,
        untold=bool(data) and not told,
        failed=bool(problems) and not data and not told,
        counted=_counted(body),
        nameless=0 if unread else nameless,
    )


def _included(body: Object, odd: list[Odd]) -> Object:
    """What came along, by kind; so has what stands in the answer under a name that we do not know."""
    found = body.get("includes")
    if found not in (None, []) and not isinstance(found, dict):
        odd.append(Odd({"includes": found}, "what came along is in a shape that cannot be read"))
    unknown = {name: value for name, value in body.items() if name not in ("data", "includes", "errors", "meta")}
    included = dict(found) if isinstance(found, dict) else {}
    both = {name: _listed(unknown[name]) + _listed(included[name]) for name in unknown.keys() & included.keys()}
    return unknown | included | both


def _listed(value: Any) -> list[Any]:
    """The items of a list, or the one that stands in its place."""
    return value if isinstance(value, list) else [] if value in (None, {}) else [value]


def _all(value: Any, kind: str, odd: list[Odd]) -> list[Object]:
    """The posts or users of a list (or the one that stands in its place), repaired; those that cannot be kept go to `odd`."""
    found = []
    for item in _listed(value):
        try:
            found.append(repaired(item))
        except Nameless as error:
            what = {"post": "post", "list": "list"}.get(kind, "user")
            odd.append(Odd(item, f"X sent this in place of a {what}: {error}", kind if item else ""))
    return found


def _counted(body: Object) -> int | None:
    meta = body.get("meta")
    return count(meta.get("result_count")) if isinstance(meta, dict) else None


def next_page(body: Object) -> tuple[str | None, bool]:
    """The token of the page behind an answer, and whether X said if there is one."""
    meta = body.get("meta")
    token = meta.get("next_token") if isinstance(meta, dict) else None
    text = identity(token)
    return text, isinstance(meta, dict) and (token in (None, "") or text is not None)


def _loose(includes: Object, things: dict[str, dict[str, Object]], posts: Sequence[Object]) -> dict[str, list[Any]]:
    """What came along and will be put to no post, by kind, whatever kind and shape it has."""
    named: dict[str, set[str]] = {kind: set() for kind in THINGS}
    for post in posts if includes else ():
        for kind, keys in _names(post).items():
            named[kind].update(keys)
    loose = {}
    for kind, value in includes.items():
        items = value if isinstance(value, list) else [value]
        put = [things[kind][key] for key in named[kind] if key in things[kind]] if kind in THINGS else []
        mine = [one for one in items if not any(one is other for other in put)]
        if mine and value not in (None, [], {}):
            loose[kind] = mine
    return loose


def documents(
    page: Page, origin: Object | None = None, /, *, tweets: str | None, users: str, retrieved: int, account: str | None, via: str
) -> list[Document]:
    """Everything on a page as documents for the indices `tweets` and `users` (full names).

    `via` says how the posts and users that were asked for came (timeline, lookup, …); what came along with them is
    `via: reference`. `retrieved` is the time of the answer in ms, `account` who asked, None where that is not known, `origin`
    what else is noted of each document. `tweets` may be None for pages of users. What no post names stands in the first
    document, under `netwar.loose`; what is no document has `why` set, and goes to the dead letters.
    """
    common = {"retrieved": shown(retrieved)} | ({} if account is None else {"account": account})
    common |= origin or {}

    def document(index: str, item: Object, via: str, extra: Object, direct: bool) -> Document:
        note = common | {"via": via, **extra, **_object(item.get(OURS))}
        return Document(index, item["id"], {**item, OURS: note}, direct, retrieved)

    # A profile that came along is as whole as one that was asked for, so it may replace it.
    made = [document(users, user, "reference", {}, True) for user in page.authors.values()]
    made += [document(users, user, via, {}, True) for user in page.users]
    loose = dict(page.loose)
    if tweets:
        some = [document(tweets, post, via, _belongings(post, page), True) for post in page.posts]
        some += [document(tweets, post, "reference", _belongings(post, page), False) for post in page.referenced]
        made += some
    elif page.referenced:
        some, loose["tweets"] = [], list(page.referenced)
    else:
        some = []
    odd = [*page.earlier, *page.odd]
    if loose and made:
        (some or made)[0].body[OURS]["loose"] = loose
    elif loose:
        odd.append(Odd(loose, "X sent this along with nothing that it could be put to"))
    made += [_letter(one, tweets or users, common | {"via": via}, retrieved) for one in odd]
    return made


def _letter(odd: Odd, index: str, note: Object, retrieved: int) -> Document:
    """What cannot be kept, as a document that no archive takes."""
    body = odd.item if isinstance(odd.item, dict) and OURS not in odd.item else {"sent": odd.item}
    return Document(index, "", {**body, OURS: note}, True, retrieved, why=odd.reason)


def _belongings(post: Object, page: Page) -> Object:
    """The media, polls and places of a post, put where it is: X sends them once a page."""
    kinds = {"media": page.media, "polls": page.polls, "places": page.places}
    found = {kind: [kinds[kind][key] for key in keys if key in kinds[kind]] for kind, keys in _names(post).items()}
    return {kind: items for kind, items in found.items() if items}


def _names(post: Object) -> dict[str, list[str]]:
    """The keys of what belongs to a post, by kind."""
    attachments, geo = post.get("attachments"), post.get("geo")
    if not attachments and not geo:
        return {}
    attachments = _object(attachments)
    return {
        "media": _keys(attachments.get("media_keys")),
        "polls": _keys(attachments.get("poll_ids")),
        "places": _keys([_object(geo).get("place_id")]),
    }


def _keys(values: Any) -> list[str]:
    return [key for key in map(identity, values) if key] if isinstance(values, list) else []


def _by(key: str, items: Any) -> dict[str, Object]:
    """Included things by their keys."""
    return {id: item for item in objects(items) if (id := identity(item.get(key)))}


def _object(value: Any) -> Object:
    return value if isinstance(value, dict) else {}
