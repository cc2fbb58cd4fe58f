"""States out of JSON: those of today and tomorrow are read, and what is none is told, whatever it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import pytest

from netwar.records.shaped import parsed, shaped
from tests.rows import rows


@dataclass(frozen=True)
class State:
    id: str
    many: int = 0
    seconds: float = 0.0
    due: int | None = None
    lines: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    kind: Literal["a", "b"] = "a"
    watched: bool = False


WHOLE = State("x", 7, 1.5, None, ("a",), {"b": 2}, "b", True)


def test_a_state_is_read_back_without_what_a_newer_program_says() -> None:
    assert shaped(State, asdict(WHOLE) | {"more": [1]}) == WHOLE
    assert shaped(State, {"id": "x", "seconds": 3}) == State("x", seconds=3)


@rows(
    "odd",
    [
        [],
        None,
        "x",
        {},
        {"id": None},
        {"id": "x", "many": "7"},
        {"id": "x", "many": True},
        {"id": "x", "many": 2**63},
        {"id": "x", "many": 1.5},
        {"id": "x", "seconds": float("inf")},
        {"id": "x", "seconds": float("nan")},
        {"id": "x", "seconds": 10**400},
        {"id": "x", "due": "x"},
        {"id": "x", "lines": (1,)},
        {"id": "x", "lines": "abc"},
        {"id": "x", "counts": []},
        {"id": "x", "counts": {"a": "b"}},
        {"id": "x", "kind": "c"},
        {"id": "x", "kind": []},
        {"id": "x", "watched": 1},
    ],
)
def test_what_is_none_is_told(odd: Any) -> None:
    with pytest.raises(ValueError, match=r"it is no State|(id|many|seconds|due|lines|counts|kind|watched) is "):
        shaped(State, odd)


@rows("odd", ["", "[" * 100_000, '{"a":' * 100_000, b"\xff\xfe", 7])
def test_what_is_no_json_is_told(odd: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(odd)
    assert parsed(json.dumps({"a": 1})) == {"a": 1}
