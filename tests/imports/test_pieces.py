"""Files cut into their values: whatever their form, wherever portions end, and wherever an earlier run stopped."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netwar.imports.pieces import CUT_OFF, LONGEST, START, TOO_LONG, Piece, Place, pieces
from tests.randomly import randomly

TEXT = st.text('ab"\\{}[],\n é', max_size=6)
VALUE = st.recursive(TEXT | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
OBJECT = st.dictionaries(TEXT, VALUE, min_size=1, max_size=3)


def cut(data: bytes, size: int, begin: Place = START) -> list[Piece]:
    rest = data[begin.offset :]
    return list(pieces(data[:65_536], (rest[at : at + size] for at in range(0, len(rest), size)), begin))


def check(data: bytes, values: list[Any], size: int) -> None:
    """Every value comes, on its line; and from behind each of them those that are left."""
    found = cut(data, size)
    assert [json.loads(piece.content) for piece in found] == values
    lines = data.split(b"\n")
    for number, piece in enumerate(found, 1):
        assert piece.fault == ""
        assert lines[piece.line - 1].strip() != b""
        assert piece.end.line == data.count(b"\n", 0, piece.end.offset) + 1
        assert [json.loads(one.content) for one in cut(data, size, piece.end)] == values[number:]


@randomly(80)
@given(
    values=st.lists(OBJECT, max_size=4),
    more=st.lists(TEXT.filter(str.strip) | st.integers(), max_size=2),
    size=st.integers(1, 40),
    indent=st.sampled_from([None, 1]),
    prefix=st.sampled_from(["", "window.YTD.tweets.part0 = ", " \n"]),
)
def test_every_value_of_any_form(values: list[Any], more: list[Any], size: int, indent: int | None, prefix: str) -> None:
    lines = [json.dumps(value) for value in values]
    check("\n".join(lines).encode(), values, size)
    check("\r\n\n".join([*lines, ""]).encode(), values, size)
    check("\n".join(json.dumps(value, indent=2) for value in values).encode(), values, size)
    check(f"{prefix}{json.dumps([*values, *more], indent=indent)};\n".encode(), [*values, *more], size)
    check("\n".join([json.dumps(values), "[]", *lines, json.dumps(values, indent=1)]).encode(), 3 * values, size)
    check(("[\n" + ",\n".join(lines) + "\n]\n").encode(), values, size)


def test_a_broken_line_spoils_nothing_but_itself() -> None:
    data = b'{"a": 1}\n{"b": [\n{"c": 3}\n\n}}"\n{"d": 4'
    assert [(one.line, one.content) for one in cut(data, 5)] == [
        *((1, b'{"a": 1}'), (2, b'{"b": ['), (3, b'{"c": 3}'), (5, b'}}"'), (6, b'{"d": 4')),
    ]


def test_an_array_that_is_cut_off_says_where() -> None:
    whole, half = cut(b'[\n{"a": 1},\n{"b":\n', 4)
    assert (whole.content, whole.fault) == (b'{"a": 1}', "")
    assert (half.line, half.fault) == (3, CUT_OFF)
    assert [one.fault for one in cut(b'[{"a": 1},\n', 4)] == ["", CUT_OFF], "also behind a whole one"


def test_what_stands_between_values_is_told() -> None:
    found = cut(b'[{"a": 1}]\nnonsense\n[{"b": 2}] nonsense', 4)
    assert [one.content for one in found] == [b'{"a": 1}', b"nonsense", b'{"b": 2}', b"nonsense"]


def test_of_what_is_too_long_only_the_beginning_is_held() -> None:
    long = b'{"a": "' + b"x" * LONGEST + b'\\""}'
    for data in (long + b'\n{"b": 2}\n', b"[" + long + b', {"b": 2}]'):
        first, second = cut(data, 1 << 20)
        assert (first.fault, len(first.content)) == (TOO_LONG, LONGEST)
        assert second.content.strip() == b'{"b": 2}'


def test_a_value_behind_however_many_blanks_is_read() -> None:
    blanks = b" " * (LONGEST + 1)
    for data in (b'{"a": 1}\n' + blanks + b'{"b": 2}\n', b'[{"a": 1},\n' + blanks + b'{"b": 2}' + b"]", b'{"a": 1}\n' + blanks):
        found = cut(data, 1 << 20)
        values = [b'{"a": 1}', b'{"b": 2}'][: data.count(b":")]
        assert [(one.line, one.content, one.fault, one.hole) for one in found] == [
            (line, value, "", "") for line, value in enumerate(values, 1)
        ]
    behind = cut(b'{"a": 1}' + blanks + b'\n{"b": 2}\n', 1 << 20)
    assert [(one.content, one.fault) for one in behind] == [(b'{"a": 1}', TOO_LONG), (b'{"b": 2}', "")]
    data = b'{\n"a": 1},' + blanks + b'{"b": 2}'
    assert [one.fault for one in cut(data, 1 << 20)] == ["", TOO_LONG], "what is not read is told"


def test_a_hole_takes_nothing_with_it_and_is_told_wherever_it_is() -> None:
    for size in (16, 5000, LONGEST + 1):
        hole = bytes(size)
        told = f"{size:,} zero bytes"
        for data in (
            b'{"a": 1}\n' + hole + b'{"b": 2}\n',
            b'{"a": 1}\n' + hole + b'\n{"b": 2}\n',
            b'{"a": 1}\n{"b": 2}\n' + hole,
            b'[{"a": 1},' + hole + b'{"b": 2}]',
            b'[{"a": 1}' + hole[:16] + b',{"b": 2}]',
        ):
            found = cut(data, 1 << 20)
            assert [one.content for one in found if one.content] == [b'{"a": 1}', b'{"b": 2}']
            (whole,) = (one.hole for one in found if one.hole)
            assert told in whole or "16 zero bytes" in whole
            assert not any(one.fault for one in found)
    assert [(one.content, one.hole) for one in cut(b'\0{"a": 1}\0\n\0\n', 3)] == [(b'{"a": 1}', "")], "one ends a record"
