"""Placeholders: `{name}` in a path, a body or a sentence, and what an argument becomes there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netwar.recipes.arguments import Value, in_path

PLACEHOLDER = re.compile(r"\{(\w+)\}")

Values = Mapping[str, Value | None]


class Absent(Exception):
    """An argument that was left out stands here, so this part of the request is left out, too."""


def named(text: Any) -> set[str]:
    """The arguments that a path, a body or a sentence speaks of."""
    if isinstance(text, str):
        return set(PLACEHOLDER.findall(text))
    if isinstance(text, dict):
        return {name for pair in text.items() for part in pair for name in named(part)}
    if isinstance(text, list):
        return {name for part in text for name in named(part)}
    return set()


def path(text: str, values: Values) -> str:
    """A path with its query; each value is quoted, so that it stays the part that it is."""
    way, _, query = text.partition("?")
    kept = []
    for part in query.split("&") if query else []:
        try:
            kept.append(_put(part, values, in_path))
        except Absent:
            continue
    return _put(way, values, in_path) + ("?" + "&".join(kept) if kept else "")


def body(part: Any, values: Values) -> Any:
    """A body. A string that is one placeholder becomes its value, a number for a number."""
    if isinstance(part, str):
        whole = PLACEHOLDER.fullmatch(part)
        return _value(whole[1], values) if whole else _put(part, values, str)
    if isinstance(part, list):
        return [made for one in part for made in _present(one, values)]
    if isinstance(part, dict):
        return {_put(key, values, str): made for key, one in part.items() for made in _present(one, values)}
    return part


def sentence(text: str, values: Values) -> str:
    """Words for a person; what was left out is empty."""
    return PLACEHOLDER.sub(lambda found: str(values[found[1]] if values[found[1]] is not None else ""), text)


def _present(part: Any, values: Values) -> list[Any]:
    try:
        return [body(part, values)]
    except Absent:
        return []


def _put(text: str, values: Values, quoted: Any) -> str:
    return PLACEHOLDER.sub(lambda found: str(quoted(_value(found[1], values))), text)


def _value(name: str, values: Values) -> Value:
    value = values[name]
    if value is None:
        raise Absent
    return value
