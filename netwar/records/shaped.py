"""Dataclasses out of JSON that others may have written: each value of the kind that its field declares, or none of them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
LARGEST = 2**63


def shaped(kind: type[T], told: Any) -> T:
    """A state out of what JSON told; what a newer program may have said beside what is known here is left out.

    Raises ValueError for what is none, naming the field.
    """
    if not isinstance(told, dict):
        raise ValueError(f"it is no {kind.__name__}")
    hints = _hints(kind)  # type: ignore[arg-type]
    known = {key: value for key, value in told.items() if key in hints}
    for key, value in known.items():
        if not _fits(value, hints[key]):
            raise ValueError(f"{key} is {_shown(value)}")
    try:
        return kind(**known)
    except TypeError as error:
        raise ValueError(f"it is no {kind.__name__}: {error}") from None


def parsed(kept: str | bytes) -> Any:
    """What JSON says. Raises ValueError for what is none, or is nested deeper than anything of ours."""
    try:
        return json.loads(kept)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except TypeError as error:
        raise ValueError(str(error)) from None


@lru_cache
def _hints(kind: Any) -> dict[str, Any]:
    told = get_type_hints(kind)
    return {field.name: told[field.name] for field in fields(kind)}


def _fits(value: Any, hint: Any) -> bool:
    if isinstance(hint, type):  # the most of them, without asking what they are made of
        return _is_plain(value, hint)
    origin, of = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in of)
    if origin is Literal:
        return value in of
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(one, of[0]) for one in value)
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, dict) and all(_fits(one, of[0]) and _fits(more, of[1]) for one, more in value.items())
    return _is_plain(value, hint)


def _is_plain(value: Any, hint: Any) -> bool:
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool) and -LARGEST <= value < LARGEST
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST and math.isfinite(value)
    return hint is Any or isinstance(value, hint)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
