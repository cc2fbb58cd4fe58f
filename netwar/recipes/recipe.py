"""A recipe: one request to Elasticsearch by a plain name, with what must be known around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netwar.recipes import filling
from netwar.recipes.arguments import Argument, Value
from netwar.recipes.generations import Generation, Server, among


@dataclass(frozen=True, slots=True)
class Wait:
    """How the end of a long operation is seen.

    With a `path`, by asking there (a list in JSON): it goes on while rows have the values of `rows` (see `matches`),
    and `left` says what those rows are. With `task`, by the task that the answer names. With neither, by the answer
    itself, which comes at the end. `always`: the recipe is about the waiting.
    """

    task: bool = False
    path: str | None = None
    rows: Mapping[str, str] = field(default_factory=dict)
    left: str = ""
    always: bool = False

    @property
    def by_answer(self) -> bool:
        """Is there nothing to ask, since the answer itself comes at the end?"""
        return not self.task and self.path is None


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is sent, and the recipe's words about it, all filled in.

    `asks` is the question to put first; `shows` a path whose answer helps to decide it; `says` what to tell afterwards.
    `only` are the rows of a list that are meant. `nothing` is a pair: what is found (a regular expression) in the
    server's reason when there is nothing to show, '' for an empty list, and how to say it. `nodes` must be names of
    nodes.
    """

    method: str
    path: str
    body: Any = None
    asks: str | None = None
    shows: str | None = None
    says: str | None = None
    only: Mapping[str, str] = field(default_factory=dict)
    nothing: tuple[str, str] | None = None
    wait: Wait | None = None
    nodes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """What is sent to servers of these generations."""

    on: Sequence[Generation]
    method: str
    path: str
    body: Any
    wait: Wait | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """One row of the table; `shapes` are tried in their order. The rest is as in `Request`, with placeholders."""

    name: str
    group: str
    help: str
    arguments: Sequence[Argument]
    shapes: Sequence[Shape]
    asks: str | None = None
    shows: str | None = None
    says: str | None = None
    only: Mapping[str, str] = field(default_factory=dict)
    nothing: tuple[str, str] | None = None
    own: bool = False
    about: str = ""  # its group
    typed: str = ""  # an example of the table's own

    @property
    def usage(self) -> str:
        """The name and what it takes, as a person types it."""
        return " ".join([self.name, *(one.usage for one in self.arguments)])

    @property
    def example(self) -> str:
        """What somebody might type after tw-elk."""
        return self.typed or " ".join([self.name, *(one.example for one in self.arguments)])

    @property
    def generations(self) -> tuple[Generation, ...]:
        """The servers that it is for."""
        return tuple(one for shape in self.shapes for one in shape.on)

    def fill(self, given: Sequence[str], server: Server) -> Request:
        """The request with these arguments. Raises ValueError for wrong ones, and for a server that it is not for."""
        values = self.read(given)
        shape = next((one for one in self.shapes if among(server, one.on)), None)
        if shape is None:
            whom = ", ".join(one.text for one in self.generations)
            raise ValueError(f"{self.name} is for {whom}; {server} is not among them")
        return Request(
            shape.method,
            filling.path(shape.path, values),
            filling.body(shape.body, values),
            asks=self.asks and filling.sentence(self.asks, values),
            shows=self.shows and filling.path(self.shows, values),
            says=self.says and filling.sentence(self.says, values),
            only={key: filling.sentence(text, values) for key, text in self.only.items()},
            nothing=self.nothing,
            wait=shape.wait and _filled(shape.wait, values),
            nodes=[name for one in self.arguments for name in _nodes(one, values[one.name])],
        )

    def read(self, given: Sequence[str]) -> dict[str, Value | None]:
        """The arguments by name. Raises ValueError, which says how the recipe is used."""
        least = sum(not one.optional for one in self.arguments)
        if not least <= len(given) <= len(self.arguments):
            raise ValueError(f"usage:  tw-elk {self.usage}")
        told = [*given, *(one.default for one in self.arguments[len(given) :])]
        pairs = zip(self.arguments, told, strict=True)
        return {one.name: None if text is None else one.read(text) for one, text in pairs}


def matches(row: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """Has the row these values? `!x` is any other than x, `a|b` either, `a*` what begins so, `!` alone any but an empty one."""
    return all(_is(str(row.get(key) or ""), text) for key, text in wanted.items())


def _is(value: str, wanted: str) -> bool:
    one_of = wanted.removeprefix("!").split("|")
    found = any(value.startswith(one[:-1]) if one.endswith("*") else value == one for one in one_of)
    return found != wanted.startswith("!")


def _filled(wait: Wait, values: Mapping[str, Value | None]) -> Wait:
    rows = {key: filling.sentence(text, values) for key, text in wait.rows.items()}
    return Wait(wait.task, wait.path and filling.path(wait.path, values), rows, wait.left, wait.always)


def _nodes(argument: Argument, value: Value | None) -> list[str]:
    named = str(value).split(",") if argument.kind in ("node", "nodes") and value is not None else []
    return [one for one in named if "*" not in one and one not in ("_all", "_local", "_master")]
