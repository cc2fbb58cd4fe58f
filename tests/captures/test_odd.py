"""What another user of the shared store puts in a capture's place is told, and takes no more room than a capture may."""

from __future__ import annotations

import base64
import json
import tracemalloc
import zlib
from dataclasses import replace

import pytest

from netwar.captures import kept
from netwar.captures.base import Capture, KnownRule, Live
from netwar.errors import NetwarError, ServiceDown
from tests.rows import rows

CAPTURE = Capture("a", "terms", ("x", "y"))


def changed(**what: object) -> str:
    return json.dumps(json.loads(kept.written(CAPTURE)) | what)


def bomb(mib: int) -> str:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"a" * (1 << 20)) for _ in range(mib)) + packer.flush()
    return changed(lines=base64.b64encode(packed).decode())


def test_lines_that_were_packed_to_burst_take_no_more_room_than_lines_may() -> None:
    packed = bomb(400)
    tracemalloc.start()
    try:
        with pytest.raises(
            ServiceDown, match=r"a capture as it stands among the captures cannot be read .*longer than X has rules"
        ):
            kept.read(packed)
        assert tracemalloc.get_traced_memory()[1] < 4 * kept.LARGEST
    finally:
        tracemalloc.stop()


def test_as_many_lines_as_may_be_written_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LARGEST", 100)
    whole = replace(CAPTURE, lines=("a" * 49, "b" * 50))
    assert kept.read(kept.written(whole)) == whole
    with pytest.raises(NetwarError, match="the lines of a take 101 bytes, more than X has rules for: nothing was changed"):
        kept.written(replace(CAPTURE, lines=("a" * 50, "b" * 50)))


@rows(
    "odd",
    [
        "[]", "null", "[" * 5000, "", b"\xff", changed(lines=None), changed(lines="eJw"), changed(lines="?"), changed(options=[]),
        changed(options={"budget": "x"}), changed(since="x"), changed(kind="z"), changed(terms=None), changed(since=float("inf")),
        changed(lines=base64.b64encode(zlib.compress(b"\xff")).decode()),
    ],
)  # fmt: skip
def test_what_is_no_capture_is_told(odd: str | bytes) -> None:
    with pytest.raises(ServiceDown, match=r"a capture as it stands among the captures cannot be read .*see who else may write"):
        kept.read(odd)


@rows("odd", ["[]", "null", "[" * 5000, "", b"\xff", '{"captures": 7}', '{"captures": {"a": []}, "at": "x"}'])
def test_neither_are_rules_holders_and_what_they_say(odd: str | bytes) -> None:
    with pytest.raises(ServiceDown, match="a rule as it stands among"):
        kept.rule_read("1", None, odd)
    with pytest.raises(ServiceDown, match="who holds the connection as it stands among"):
        kept.holder_read(1, odd)
    if odd:
        with pytest.raises(ServiceDown, match="what the holder says as it stands among"):
            kept.live_read(odd)
    assert kept.rule_read("1", None, kept.rule_written(KnownRule("1", "x", ("a",), 4))) == KnownRule("1", "x", ("a",), 4)
    assert kept.live_read(kept.live_written(Live(at=3))) == Live(at=3)


@rows("until", ["x", None, float("inf"), "nan", b"\xff", []])
def test_a_time_that_is_none_is_told(until: object) -> None:
    with pytest.raises(ServiceDown, match="until when the connection is held as it stands among"):
        kept.moment(until)
    assert kept.moment("1.5") == 1.5
