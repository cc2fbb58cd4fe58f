"""What a recipe takes: each argument checked by its kind, so that it stays where the recipe puts it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

Value = str | int
Read = Callable[[str], Value]

FORM = re.compile(r"(?P<name>[a-z][a-z_]*)(?:: *(?P<kind>[a-z-]+(?:\|[a-z-]+)*))?(?P<default> *= *(?P<value>.*))?")
# What Elasticsearch forbids in the name of an index (docs: create index API), and what would end a part of a path.
FORBIDDEN = re.compile(r'[\s\\/?"<>|#%]')


def _named(given: str, extra: str = "") -> str:
    """A name that leads nowhere else when it stands in a path."""
    if not given or FORBIDDEN.search(given) or given in (".", "..") or any(sign in given for sign in extra):
        raise ValueError('a name without blanks or any of \\ / ? " < > | # %' + "".join(f" {sign}" for sign in extra))
    return given


def _index(given: str) -> str:
    if given.startswith(("_", "-", "+")):
        raise ValueError("the name of an index, which begins with none of _ - +")
    return _named(given, "*,:")


def _indices(given: str) -> str:
    for part in given.split(","):
        if part.startswith("_") and part != "_all":
            raise ValueError("names of indices, with * for any characters and commas between them, or _all")
        _named(part)
    return given


def _name(given: str) -> str:
    if given.startswith("_"):
        raise ValueError("a name that does not begin with _")
    return _named(given, "*,")


def _names(given: str) -> str:
    if given.startswith("_"):
        raise ValueError("names, with * for any characters and commas between them")
    for part in given.split(","):
        _named(part)
    return given


def _number(given: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", given):
        raise ValueError("a whole number")
    return int(given)


def _matching(pattern: str, what: str) -> Read:
    def read(given: str) -> str:
        if not re.fullmatch(pattern, given):
            raise ValueError(what)
        return given

    return read


def _time(given: str) -> str:
    if given == "never":
        return "-1"
    if not re.fullmatch(r"[0-9]+(ms|s|m|h|d)", given):
        raise ValueError("a time such as 30s, 5m, 1h or 7d, or never")
    return given


def _text(given: str) -> str:
    if not given:
        raise ValueError("some text")
    return given


KINDS: dict[str, Read] = {
    "index": _index,
    "indices": _indices,
    "name": _name,
    "names": _names,
    "node": _name,
    "nodes": _names,
    "number": _number,
    "time": _time,
    "size": _matching(r"[0-9]+(\.[0-9]+)?(b|kb|mb|gb|tb|pb)", "a size such as 500mb or 50gb"),
    "level": _matching(r"[0-9]+(\.[0-9]+)?(%|b|kb|mb|gb|tb|pb)", "a share such as 85%, or a size such as 50gb"),
    "task": _matching(r"[A-Za-z0-9_-]+:[0-9]+", "the id of a task such as oTUltX4IQMOUUVeiohTt8A:123"),
    "setting": _matching(r"[A-Za-z0-9_*-]+(\.[A-Za-z0-9_*-]+)*", "the name of a setting such as index.number_of_replicas"),
    "text": _text,
}


# What each kind is, and one of them as it is typed; some arguments have a better one by their name.
ABOUT: dict[str, tuple[str, str]] = {
    "index": ("the name of an index", "twbrexit"),
    "indices": ("names of indices, with * for any letters and commas between them", "'tw*'"),
    "name": ("a name", "nightly"),
    "names": ("names, with * for any letters and commas between them", "'*'"),
    "node": ("the name of a node", "node3"),
    "nodes": ("names of nodes, with * for any letters and commas between them", "node3"),
    "number": ("a whole number", "1"),
    "time": ("a time such as 30s, 5m, 1h or 7d, or never", "5m"),
    "size": ("a size such as 500mb or 50gb", "50gb"),
    "level": ("a share such as 85%, or a size such as 50gb", "85%"),
    "task": ("the id of a task, as tw-elk tasks shows it", "oTUltX4IQMOUUVeiohTt8A:123"),
    "setting": ("the name of a setting", "index.refresh_interval"),
    "text": ("some text", "text"),
}
EXAMPLES = {
    "alias": "tweets",
    "field": "lang",
    "from": "twold",
    "high": "90%",
    "flood": "95%",
    "id": "1439800001232728069",
    "location": "/srv/backups",
    "query": "'words:moon AND lang:en'",
    "repository": "backups",
    "text": "'to the moon'",
    "to": "twnew",
    "value": "30s",
}


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a recipe, in the table `name: kind = default`.

    The kind may be left out where it is the name, and may be a choice: `yes|no`. With a default, or an `=` and
    nothing after it, the argument may be left out; in the second case, what it would be part of is, too.
    """

    name: str
    kind: str
    default: str | None = None
    optional: bool = False

    @classmethod
    def of(cls, text: str) -> Argument:
        """Read one. Raises ValueError."""
        found = FORM.fullmatch(text)
        kind = found and (found["kind"] or found["name"])
        if not found or not kind or (kind not in KINDS and "|" not in kind):
            raise ValueError(f"{text!r} is no argument such as 'indices', 'n: number' or 'after: time = 30s'")
        made = cls(found["name"], kind, found["value"] or None, found["default"] is not None)
        if made.default is not None:
            made.read(made.default)
        return made

    @property
    def usage(self) -> str:
        """As it stands in a usage line."""
        shown = self.kind if "|" in self.kind else self.name.upper()
        return f"[{shown}]" if self.optional else shown

    @property
    def about(self) -> str:
        """What it must be, and what stands for it where it is left out."""
        what = f"one of {', '.join(self.kind.split('|'))}" if "|" in self.kind else ABOUT[self.kind][0]
        return f"{what}; {self.default} if left out" if self.default else f"{what}; may be left out" if self.optional else what

    @property
    def example(self) -> str:
        """One as it is typed."""
        if "|" in self.kind:
            return self.kind.partition("|")[0]
        return EXAMPLES[self.name] if self.name in EXAMPLES and self.kind not in ("node", "names") else ABOUT[self.kind][1]

    def read(self, given: str) -> Value:
        """The value. Raises ValueError, which says what it should be."""
        if "|" in self.kind:
            if given not in self.kind.split("|"):
                raise ValueError(f"{_shown(given)} is not one of {', '.join(self.kind.split('|'))}")
            return given
        try:
            return KINDS[self.kind](given)
        except ValueError as error:
            raise ValueError(f"{self.name.upper()} must be {error}, not {_shown(given)}") from None


def in_path(value: Value) -> str:
    """A value as a part of a path or of a query, which it cannot leave."""
    return quote(str(value), safe=",*:")


def _shown(given: str) -> str:
    return repr(given if len(given) <= 60 else given[:60] + "…")
