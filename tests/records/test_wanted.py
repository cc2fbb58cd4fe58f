"""Files of terms or ids, as people make them."""

from __future__ import annotations

import pytest

from netwar.records.entries import NotText
from netwar.records.wanted import read
from tests.rows import rows

FILES = [
    (b"123\n456\n123\n", "users", ["from:123", "from:456"], []),
    ("\ufeff123,\r\n# who they are\r\n\r\n'456'\r\n".encode(), "users", ["from:123", "from:456"], []),
    (b"brexit\n#brexit\n2024\n", "terms", ["brexit", "#brexit", "2024"], []),
    (b'# terms\n#\n(vote   leave)\n"take  back  control"\n', "terms", ["vote leave", '"take  back  control"'], []),
    ("„vote leave“ OR café\nπόλη\n".encode("utf-16"), "terms", ['"vote leave" OR café', "πόλη"], []),
    (b'cat\n"dog\n(bird\nfish)\n--\n', "terms", ["cat"], [2, 3, 4, 5]),
    (b'a OR\nOR b\n(a OR) b\na OR OR b\na FOR\n"a OR"\na OR -b\n', "terms", ["a FOR", '"a OR"', "a OR -b"], [1, 2, 3, 4]),
    (b"123\n@456\n12e5\n", "terms", ["123", "@456", "12e5"], []),
    (b"123\n0456\n99999999999999999999\n", "users", ["from:123"], [2, 3]),
    ("🔥\n".encode(), "users", [], [1]),
    (b"\n", "users", [], []),
]


@rows(("content", "kind", "expressions", "faults"), FILES)
def test_files_are_read_as_meant(content: bytes, kind: str, expressions: list[str], faults: list[int]) -> None:
    wishes = read([content[:3], content[3:]])
    assert (wishes.kind, list(wishes.expressions)) == (kind, expressions)
    assert [fault.line for fault in wishes.faults] == faults


def test_each_line_keeps_its_number_and_its_words() -> None:
    assert [(one.line, one.text) for one in read([b"\ncat\n\n dog  bird \ncat\n"]).lines] == [(2, "cat"), (4, "dog  bird")]


def test_what_is_no_text_is_said() -> None:
    with pytest.raises(NotText):
        read([b"\x00\x01\x02"])
