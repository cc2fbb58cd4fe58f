"""What is packed in streams one behind the other: all of it is read, or it is told where that ends."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from netwar.imports.opening import Content, Damaged
from tests.desk import Desk
from tests.imports.kept import all_of
from tests.imports.samples import jsonl, post
from tests.rows import rows

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PARTS = [jsonl(post(n) for n in range(first, first + 100)) for first in range(0, 500, 100)]
WAYS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd.compress}
HOLE = b"\0" * 4096


class Dribble(io.BytesIO):
    """A pipe that brings a byte at a time."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(1)

    def readinto1(self, buffer: Any, /) -> int:
        return super().readinto1(memoryview(buffer)[:1])


def content(packed: bytes, pipe: type[io.BytesIO] = io.BytesIO) -> tuple[bytes, str]:
    """What can be read, and what ended it early."""
    read = b""
    opened = Content("some", cast(Any, pipe(packed)), 0)
    try:
        for chunk in opened.chunks():
            read += chunk
    except Damaged as damaged:
        return read, str(damaged)
    assert opened.passed == len(packed)
    return read, ""


@rows("way", list(WAYS))
def test_all_streams_are_read_or_it_is_told(way: str) -> None:
    streams = [WAYS[way](part) for part in PARTS]
    whole = b"".join(streams)
    assert content(whole) == content(whole, Dribble) == (b"".join(PARTS), "")
    for packed in (
        [*streams[:2], b"?" + streams[2][1:], *streams[3:]],
        [*streams[:2], PARTS[2]],
        [*streams[:2], streams[2][:-9]],
        [*streams[:2], streams[2][:3]],
        [*streams[:2], HOLE, *streams[3:]],
        [*streams[:2], HOLE],
        [*streams[:2], HOLE * 200],
    ):
        read, why = content(b"".join(packed))
        assert why.startswith("it cannot be read further: ")
        assert b"".join(PARTS[:3]).startswith(read)
        assert len(read) >= len(PARTS[0] + PARTS[1])


@rows("way", ["gz", "xz", "bz2"])
def test_less_than_a_block_of_zeros_is_padding(way: str) -> None:
    streams = [WAYS[way](part) for part in PARTS[:2]]
    padding = HOLE[4:]
    for pipe in (io.BytesIO, Dribble):
        assert content(padding.join([*streams, b""]), pipe) == (b"".join(PARTS[:2]), "")


def test_what_zeros_may_be_is_told() -> None:
    _, why = content(gzip.compress(PARTS[0]) + HOLE)
    assert why.endswith(
        "4,096 zero bytes or more stand behind what is packed: a hole where the rest of it was, or the padding of a tape "
        "(unpack it by its own program then, and name what comes of it)"
    )


@rows("way", list(WAYS))
@pytest.mark.parametrize("pipe", [io.BytesIO, Dribble])
def test_however_much_a_stream_holds(way: str, pipe: type[io.BytesIO]) -> None:
    """Whatever comes of a portion, and none of it."""
    packed = WAYS[way](b"\n" * 3_000_000) + WAYS[way](b"") + WAYS[way](b"x")
    assert content(packed, pipe) == (b"\n" * 3_000_000 + b"x", "")


def test_frames_of_zstd_that_are_to_be_skipped() -> None:
    """The format has them (RFC 8878, 3.1.2), and pzstd writes one before each other."""
    for magic in range(0x184D2A50, 0x184D2A60):
        skipped = magic.to_bytes(4, "little") + (4).to_bytes(4, "little") + b"size"
        packed = skipped.join([b"", *map(zstd.compress, PARTS)])
        assert content(packed) == content(packed, Dribble) == (b"".join(PARTS), "")


def test_a_damaged_stream_of_bzip2_is_told_with_the_status(desk: Desk) -> None:
    desk.configure()
    streams = [bz2.compress(part) for part in PARTS]
    path: Path = desk.home / "grab.json.bz2"
    path.write_bytes(b"".join([*streams[:2], b"bZh" + streams[2][3:], *streams[3:]]))
    ended = desk.run("tw-import", path.name, "x", check=1)
    assert "grab.json.bz2: it cannot be read further: " in ended.stderr
    assert "cut off or damaged: grab.json.bz2" in ended.stderr
    path.write_bytes(b"".join(streams))
    desk.run("tw-import", path.name, "x", check=0)
    assert len([key for key in all_of(desk, "x") if key.startswith("tw document")]) == 500
