"""JSON in and out, whatever is in it: X, and archives of old, have sent what no store takes.

Half a surrogate pair becomes U+FFFD, the sign for what cannot be shown: it is half an emoji that was cut in two and says
nothing. What is no number of 64 bits becomes a floating-point number, and what is no number at all (NaN) null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, is_dataclass
from typing import Any

import orjson

HALF = re.compile("[\ud800-\udfff]")
INSTEAD = "\ufffd"
MAX_DIGITS = 19


def parsed(content: bytes | str) -> Any:
    """The value that is written there. Raises ValueError for what is no JSON, or is nested deeper than any store takes."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        text = content if isinstance(content, str) else content.decode("utf-8-sig", "replace")
    try:
        return sound(json.loads(text, strict=False, parse_int=_whole, parse_float=_finite, parse_constant=lambda name: None))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def sound(value: Any) -> Any:
    """The same without halves of surrogate pairs."""
    if isinstance(value, str):
        return value if value.isascii() else HALF.sub(INSTEAD, value)
    if isinstance(value, dict):
        return {sound(key): sound(inner) for key, inner in value.items()}
    return [sound(inner) for inner in value] if isinstance(value, list) else value


def written(value: Any) -> bytes:
    """A value as JSON on one line. Never fails: what is no JSON is written as Python shows it, and so are halves of pairs."""
    try:
        return orjson.dumps(value)
    except (TypeError, RecursionError):
        return "".join(_parts(value)).encode()


class _Text(str):
    """A piece of JSON that is written already."""

    __slots__ = ()


def _parts(value: Any) -> list[str]:
    """A value as pieces of JSON, however deeply it is nested: with a list of what is still to be written, not by recursion."""
    done: list[str] = []
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, _Text):
            done.append(one)
        elif isinstance(one, dict):
            pairs = ([_Text(f"{_plain(str(key))}:"), inner] for key, inner in one.items())
            left += reversed([_Text("{"), *_with_commas(pairs), _Text("}")])
        elif isinstance(one, list | tuple):
            left += reversed([_Text("["), *_with_commas([inner] for inner in one), _Text("]")])
        elif is_dataclass(one) and not isinstance(one, type):
            left.append(asdict(one))
        else:
            done.append(_plain(one))
    return done


def _with_commas(items: Iterable[list[Any]]) -> list[Any]:
    return [part for item in items for part in (*item, _Text(","))][:-1]


def _plain(one: Any) -> str:
    try:
        return json.dumps(HALF.sub(_escape, one) if isinstance(one, str) else one, allow_nan=False)
    except (TypeError, ValueError):
        return json.dumps(repr(one))


def _escape(half: re.Match[str]) -> str:
    return f"\\u{ord(half[0]):04x}"


def _whole(digits: str) -> int | float | None:
    return int(digits) if len(digits) <= MAX_DIGITS else _finite(digits)


def _finite(written: str) -> float | None:
    number = float(written)
    return number if abs(number) < float("inf") else None
