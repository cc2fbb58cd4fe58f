"""What comes down X's stream, line by line: posts, keep-alives, errors, and what can be none of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netwar.records.dialects import Object, objects
from netwar.records.ids import identity, number, posted
from netwar.records.parsing import parsed
from netwar.records.problems import problem

LONGEST = 1 << 23  # bytes of a line; a post with all that comes along has some ten thousand
RULES = "matching_rules"


class Splitter:
    """Puts the bytes of one connection together to lines, wherever they were cut."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that end in this chunk, without their ends; a keep-alive is an empty one."""
        if b"\n" not in chunk:
            self._keep(chunk)
            return []
        first, *others = chunk.split(b"\n")
        last = others.pop()
        lines = [bytes(self._rest + first), *others]
        self._rest = bytearray(last)
        return [line[:-1] if line.endswith(b"\r") else line for line in lines]

    @property
    def half(self) -> bytes:
        """What came of a line whose end did not."""
        return bytes(self._rest.rstrip(b"\r"))

    def _keep(self, chunk: bytes) -> None:
        """Of a line that never ends so much is kept that it can be told."""
        if len(self._rest) < LONGEST:
            self._rest += chunk


@dataclass(frozen=True, slots=True)
class Delivery:
    """A post as it came, with what came along (`body`, as pages have it), and the ids of the rules that it matched.

    `rules` is None where X did not say which. `posted` is when it was made by its id (ms), None where that does not tell.
    """

    body: Object
    id: str
    author: str
    rules: tuple[str, ...] | None
    posted: int | None


@dataclass(frozen=True, slots=True)
class Notice:
    """X says something of the connection itself, mostly why it ends it. `kind` as `disconnect_type` or `connection_issue` say,
    else the type of the error; `words` are X's."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that is neither: what is wrong with it."""

    reason: str


def parse(line: bytes) -> Delivery | Notice | Bad:
    """What a line says, whatever is in it; not of keep-alives."""
    try:
        body = parsed(line)
    except ValueError:
        return Bad("it is no JSON")
    if not isinstance(body, dict):
        return Bad("it is no object")
    if (post := body.get("data")) in (None, {}, []):
        return _notice(body)
    if not isinstance(post, dict):
        return Bad("its data is no post")
    id = identity(post.get("id"))
    if id is None or number(id) is None:
        return Bad("its post has no id" if post.get("id") in (None, "") else "the id of its post is none")
    rules = _rules(body.pop(RULES, None))
    return Delivery(body, id, _author(post, body), rules, posted(int(id)))


def _rules(told: Any) -> tuple[str, ...] | None:
    """The ids of rules that were told; None for none."""
    ids = dict.fromkeys(id for rule in objects(told) if (id := identity(rule.get("id"))))
    return tuple(ids) or None


def _author(post: Object, body: Object) -> str:
    """The author's id, "" if it is not told: in one dialect it stands in the post, in the other only who came along tells."""
    if told := identity(post.get("author_id")):
        return told
    includes = body.get("includes")
    users = objects(includes.get("users")) if isinstance(includes, dict) else []
    return (identity(users[0].get("id")) or "") if len(users) == 1 else ""


def _notice(body: Object) -> Notice | Bad:
    """X's errors stand in a list, or are the whole body."""
    said = objects(body.get("errors")) or ([body] if "title" in body or "detail" in body else [])
    if not said:
        return Bad("it has neither a post nor an error")
    first, told = said[0], problem(said[0])
    kind = first.get("disconnect_type") or first.get("connection_issue") or told.kind or told.title
    return Notice(str(kind)[:100], "; ".join(dict.fromkeys(filter(None, (told.title, told.detail))))[:300])
