"""What documents of one kind (tweets, users) have in columns of their own, so that people and SQL can ask for it.

A value that has a column need not be in the compressed document, too: it is lifted out of it (an empty text
stays in its place, so that the order of keys does) and put back on reading. Only such values are lifted
of which the column gives back exactly the same text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from netwar.archive.winning import TIME
from netwar.records import times
from netwar.records.dialects import count
from netwar.records.ids import LARGEST, number

Body = dict[str, Any]
Row = tuple[Any, ...]

# How a document came, kept as a small number and shown as a word by the views. What is not listed is kept as it is.
VIAS = {"timeline": 1, "reference": 2, "search": 3, "stream": 4, "lookup": 5}
# The one way of writing a time that can be made anew from its seconds.
PLAIN_TIME = re.compile(r"[12]\d{3}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d\.000Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """How documents of one kind lie in their table.

    `take` makes a row of a body, its id and its version: the values of `columns`, of which the first is the id
    and the last ones are version and via; and the body without what was lifted. `restore` undoes the lifting.
    The columns `document` and `words` come after these. `spoken` gives the text of a row that can be searched. `take` raises
    ValueError, TypeError or AttributeError for what cannot be stored.
    """

    table: str
    columns: tuple[str, ...]
    take: Callable[[Body, int, int], tuple[Row, Body]]
    restore: Callable[[Body, Row], None]
    spoken: Callable[[Row], str | None]


def seconds(value: Any) -> int | None:
    """A time of X in seconds since 1970."""
    told = times.milliseconds(value)
    return None if told is None else told // 1000


def text(value: Any) -> str | None:
    """A text, or nothing."""
    return value if isinstance(value, str) else None


def counts(body: Body, names: tuple[tuple[str, str], ...]) -> list[int | None]:
    """The public counts by their names (the second one is that of the post dialect)."""
    metrics = body.get("public_metrics")
    if not isinstance(metrics, dict):
        return [None] * len(names)
    told = (metrics.get(one, metrics.get(other)) for one, other in names)
    return [value if type(value) is int and 0 <= value <= LARGEST else count(value) for value in told]


def lift_text(lifted: Body, key: str) -> str | None:
    """Take a text out, wherever it is one. Raises ValueError for half a surrogate pair, which no store takes."""
    value = lifted.get(key)
    if not isinstance(value, str):
        return None
    value.encode()
    lifted[key] = ""
    return value


def lift_number(lifted: Body, key: str) -> int | None:
    """Take out an id."""
    found = number(lifted.get(key))
    if found is not None:
        lifted[key] = ""
    return found


def lift_time(lifted: Body, key: str) -> int | None:
    """Take out a time; its seconds."""
    written = lifted.get(key)
    found = seconds(written)
    if found is not None and PLAIN_TIME.fullmatch(written):  # type: ignore[arg-type]
        lifted[key] = ""
    return found


def lift_ours(lifted: Body, version: int) -> int | str | None:
    """Take the time of the answer out of the key that is ours; how the document came."""
    ours = lifted.get("netwar")
    if not isinstance(ours, dict):
        return None
    retrieved = ours.get("retrieved")
    if retrieved == "":
        raise ValueError("netwar.retrieved is empty")
    if retrieved == _answered(version & TIME):
        lifted["netwar"] = {**ours, "retrieved": ""}
    via = ours.get("via")
    return VIAS.get(via, via) if isinstance(via, str) else None


def put_back(body: Body, key: str, kept: int | str | None) -> None:
    """Undo lift_text or lift_number."""
    if kept is not None and body.get(key) == "":
        body[key] = str(kept)


def put_back_time(body: Body, key: str, kept: int | None) -> None:
    """Undo lift_time."""
    if kept is not None and body.get(key) == "":
        body[key] = times.shown(kept * 1000)


def put_back_ours(body: Body, version: int) -> None:
    """Undo lift_ours."""
    ours = body.get("netwar")
    if isinstance(ours, dict) and ours.get("retrieved") == "":
        ours["retrieved"] = _answered(version & TIME)


@lru_cache(maxsize=256)
def _answered(ms: int) -> str:
    return times.shown(ms)
