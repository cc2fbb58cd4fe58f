"""JSON that strict readers refuse, and values that are no JSON."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from netwar.records.parsing import parsed, written
from tests.rows import rows


@rows(
    ("content", "value"),
    [
        (rb'{"a": "x \ud83d", "\ude00": 1}', {"a": "x \ufffd", "\ufffd": 1}),
        (rb'["\ud83d\ude00", "\ud83d\ud83d\ude00"]', ["😀", "\ufffd😀"]),
        (b'["\xff", "\x01"]', ["\ufffd", "\x01"]),
        (b"\xef\xbb\xbf{}", {}),
        (b"[NaN, -Infinity, 1e400]", [None, None, None]),
        (rb'["\ud83d", 123456789012345678901234567890]', ["\ufffd", 1.2345678901234568e29]),
        (rb'["\ud83d", 1700000000000000003, 1.5]', ["\ufffd", 1700000000000000003, 1.5]),
    ],
)
def test_what_says_something_is_read(content: bytes, value: Any) -> None:
    assert parsed(content) == value


@rows("content", [b"", b"{", b"<html>", b'{"a": }', b"[" * 100_000])
def test_what_says_nothing_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (json and orjson have words of their own)
        parsed(content)


def test_anything_can_be_written_and_read_by_strict_readers() -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    assert written(deep) == b"[" * 5_001 + b"]" * 5_001
    odd = {"a\ud83d": ["\ude00", {1: 2**70}, float("nan"), {3}, (), {}], "b": object}
    told = orjson.loads(written(odd))
    assert told["a\\ud83d"] == ["\\ude00", {"1": float(2**70)}, "nan", "{3}", [], {}]
    assert written({"plain": ["ä", None, 1.5]}) == '{"plain":["ä",null,1.5]}'.encode()
