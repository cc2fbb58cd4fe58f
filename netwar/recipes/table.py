"""The tables of recipes: the one that comes with the program, and the operator's own, which wins."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from netwar.config import trusted
from netwar.errors import ConfigError
from netwar.recipes import filling
from netwar.recipes.arguments import Argument
from netwar.recipes.generations import EVERY, Generation
from netwar.recipes.recipe import Recipe, Shape, Wait

OWN = ".twitter.d/recipes.toml"  # below the home folder
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD")
SHAPE = {"on": list, "method": str, "path": str, "body": str, "wait": (str, dict)}
WORDS = {"help": str, "example": str, "asks": str, "shows": str, "says": str, "only": dict, "nothing": (str, dict)}
KEYS = SHAPE | WORDS | {"arguments": list, "variants": list}
NESTED = ("variants", "wait")  # looked into on their own


def recipes(home: Path | None = None) -> dict[str, Recipe]:
    """Every recipe by name, in the order of the tables. Raises ConfigError with all the faults of the operator's own."""
    found = dict(_shipped())
    own = (home or Path.home()) / OWN
    try:
        text = trusted.content(own).decode()
    except FileNotFoundError:
        return found
    except trusted.Untrusted as error:
        raise ConfigError(f"{own} {error}") from None
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{own} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return found | read(text, str(own), own=True)


@cache
def _shipped() -> dict[str, Recipe]:
    from importlib.resources import files  # takes as long as all that is ours; --help needs none of it

    return read(files("netwar").joinpath("data/recipes.toml").read_text(encoding="utf-8"), "recipes.toml")


def find(known: Mapping[str, Recipe], name: str) -> Recipe:
    """The recipe of this name. Raises ValueError, which tells those that are near."""
    from difflib import get_close_matches

    if name in known:
        return known[name]
    near = [one for one in known if name in one] or get_close_matches(name, known, 4, 0.5)
    hint = f"did you mean {', '.join(near[:6])}?" if near else "tw-elk --list shows all"
    raise ValueError(f"there is no recipe {name[:60]!r}: {hint}")


def read(text: str, file: str, *, own: bool = False) -> dict[str, Recipe]:
    """The recipes of one table. Raises ConfigError with every fault there is."""
    import tomllib

    try:
        groups = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is no table of recipes: {error}") from None
    found: dict[str, Recipe] = {}
    problems: list[str] = []
    for group, rows in groups.items():
        about = rows.pop("about", "") if isinstance(rows, dict) and isinstance(rows.get("about"), str) else ""
        for name, row in rows.items() if isinstance(rows, dict) else ():
            try:
                if name in found:
                    raise ValueError("stands twice")
                found[name] = _recipe(name, group, row, own, about)
            except ValueError as error:
                problems.append(f"[{group}.{name}] {error}")
        if not isinstance(rows, dict):
            problems.append(f"{group} stands in no [group.name]")
    if problems:
        raise ConfigError(f"{file} has errors:", problems)
    return found


def _recipe(name: str, group: str, row: Any, own: bool, about: str) -> Recipe:
    if not NAME.fullmatch(name):
        raise ValueError("is no name: use small letters and digits, with - between words")
    _check_keys(row, KEYS)
    if not row.get("help"):
        raise ValueError("has no help")
    base = {key: row[key] for key in SHAPE if key in row}
    shapes = [_shape({**base, **variant}) for variant in _variants(row)]
    if "path" in base:
        shapes.append(_shape(base))
    recipe = Recipe(
        name,
        group,
        row["help"],
        arguments=[Argument.of(text) for text in row.get("arguments", ())],
        shapes=shapes,
        asks=row.get("asks"),
        shows=row.get("shows"),
        says=row.get("says"),
        only=row.get("only", {}),
        nothing=_nothing(row.get("nothing")),
        own=own,
        about=about,
        typed=row.get("example", ""),
    )
    _check_placeholders(recipe)
    return recipe


def _variants(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    variants = row.get("variants", [])
    for variant in variants:
        _check_keys(variant, SHAPE)
        if "on" not in variant:
            raise ValueError("has a variant that does not say what it is `on`")
    if not variants and "path" not in row:
        raise ValueError("has no path")
    return list(variants)


def _shape(row: Mapping[str, Any]) -> Shape:
    method, path = row.get("method", "GET"), row.get("path", "")
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method[:20]!r}")
    if not path.startswith("/"):
        raise ValueError("path must begin with /")
    try:
        body = json.loads(row["body"]) if row.get("body") else None
    except ValueError as error:
        raise ValueError(f"body is not JSON: {error}") from None
    on = [Generation.of(text) for text in row["on"]] if "on" in row else EVERY
    return Shape(on, method, path, body, _wait(row.get("wait")))


def _wait(given: Any) -> Wait | None:
    if given is None:
        return None
    if given in ("task", "answer"):
        return Wait(task=given == "task")
    parts = {"path", "rows", "left"}
    if not (isinstance(given, dict) and parts <= set(given) <= parts | {"always"} and all(map(_is_text, map(given.get, parts)))):
        raise ValueError("wait must be 'task', 'answer', or a table of path, rows, left and always")
    return Wait(path=given["path"], rows=given["rows"], left=given["left"], always=bool(given.get("always")))


def _nothing(given: Any) -> tuple[str, str] | None:
    if given is None:
        return None
    if isinstance(given, str):
        return ("", given)
    if set(given) != {"reason", "says"}:
        raise ValueError("nothing must be a sentence, or a table of reason and says")
    try:
        re.compile(given["reason"])
    except re.error as error:
        raise ValueError(f"reason is no regular expression: {error}") from None
    return (given["reason"], given["says"])


def _check_keys(row: Any, known: Mapping[str, Any]) -> None:
    if not isinstance(row, dict):
        raise ValueError("must be a table")
    for key, value in row.items():
        if key not in known:
            raise ValueError(f"has an unknown key {key}: there are {', '.join(known)}")
        if not isinstance(value, known[key]) or not (key in NESTED or _is_text(value)):
            raise ValueError(f"{key} is not what it should be")


def _is_text(value: Any) -> bool:
    """Is it a text, or are all in it?"""
    if isinstance(value, list | dict):
        return all(map(_is_text, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str)


def _check_placeholders(recipe: Recipe) -> None:
    """Every placeholder is an argument, every argument is used, and no free text stands where it could lead elsewhere."""
    kinds = {one.name: one for one in recipe.arguments}
    if len(kinds) != len(recipe.arguments):
        raise ValueError("names an argument twice")
    if any(not late.optional and early.optional for early, late in _pairs(recipe)):
        raise ValueError("has an argument that is needed after one that may be left out")
    for shape in recipe.shapes:
        used = filling.named([shape.path, shape.body])
        if unknown := (used | set(_elsewhere(recipe, shape))) - set(kinds):
            raise ValueError(f"speaks of {', '.join(sorted(unknown))}, which is no argument")
        if idle := set(kinds) - used:
            raise ValueError(f"takes {', '.join(sorted(idle))}, and does not use it")
        way = filling.named(shape.path.partition("?")[0])
        for one in (kinds[name] for name in way):
            if one.kind == "text" or (one.optional and one.default is None):
                raise ValueError(f"{one.name} stands in the path: it must have another kind, or a default")


def _pairs(recipe: Recipe) -> Iterator[tuple[Argument, Argument]]:
    return zip(recipe.arguments, recipe.arguments[1:], strict=False)


def _elsewhere(recipe: Recipe, shape: Shape) -> Iterator[str]:
    """Placeholders outside of the request."""
    wait = [shape.wait.path, dict(shape.wait.rows)] if shape.wait else []
    yield from filling.named([recipe.asks, recipe.shows, recipe.says, dict(recipe.only), *wait])
