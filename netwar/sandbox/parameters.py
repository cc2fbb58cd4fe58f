"""Reading a query as X does: what is wrong is answered 400, in X's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

import orjson

from netwar.sandbox.problems import invalid, unreadable
from netwar.sandbox.world.clock import parse_time

_ID = re.compile(r"[0-9]{1,19}")
_NAME = re.compile(r"[A-Za-z0-9_]{1,15}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
MAX_AT_ONCE = 100


def complain(name: str, value: str, what: str) -> NoReturn:
    raise invalid({name: ([value], f"The `{name}` query parameter value [{value}] {what}")})


def body(content: bytes, kind: str) -> Any:
    """The JSON that a request carries, None if it carries nothing."""
    if not content:
        return None
    try:
        if kind != "application/json":
            raise ValueError(kind)
        return orjson.loads(content)
    except ValueError:
        raise unreadable() from None


def known(parameters: Mapping[str, str], allowed: frozenset[str]) -> None:
    """Refuse parameters that the endpoint does not have."""
    for name, value in parameters.items():
        if name not in allowed:
            raise invalid({name: ([value], f"The query parameter [{name}] is not one of [{','.join(sorted(allowed))}]")})


def number(parameters: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    text = parameters.get(name)
    if text is None:
        return usual
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        complain(name, text, f"is not between {least} and {most}")
    return int(text)


def post_id(parameters: Mapping[str, str], name: str) -> int | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not _ID.fullmatch(text):
        complain(name, text, "does not match ^[0-9]{1,19}$")
    return int(text)


def when(parameters: Mapping[str, str], name: str) -> int | None:
    """A time, in ms."""
    text = parameters.get(name)
    if text is None:
        return None
    try:
        if _TIME.fullmatch(text):
            return parse_time(text)
    except ValueError:
        pass
    complain(name, text, "is not a valid RFC3339 date-time")


def ids(parameters: Mapping[str, str], name: str = "ids") -> list[int]:
    """Up to 100 numeric ids, each once."""
    return [int(text) for text in _several(parameters, name, _ID)]


def names(parameters: Mapping[str, str]) -> list[str]:
    """Up to 100 screen names, each once."""
    return _several(parameters, "usernames", _NAME)


def path_id(path: Mapping[str, str]) -> int:
    """The numeric id in an address."""
    if not _ID.fullmatch(path["id"]):
        complain("id", path["id"], "is not valid")
    return int(path["id"])


def path_name(path: Mapping[str, str]) -> str:
    if not _NAME.fullmatch(path["username"]):
        complain("username", path["username"], "does not match ^[A-Za-z0-9_]{1,15}$")
    return path["username"]


def _several(parameters: Mapping[str, str], name: str, form: re.Pattern[str]) -> list[str]:
    text = parameters.get(name, "")
    if not text:
        raise invalid({name: ([], f"The `{name}` query parameter can not be empty")})
    found = list(dict.fromkeys(text.split(",")))
    if len(found) > MAX_AT_ONCE:
        raise invalid(
            {name: (found, f"The number of values in the `{name}` query parameter list [{len(found)}] is not between 1 and 100")}
        )
    for value in found:
        if not form.fullmatch(value):
            complain(name, value, f"does not match ^{form.pattern}$")
    return found
