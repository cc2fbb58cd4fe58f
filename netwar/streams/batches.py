"""A second of a stream on its way into the archive: posts, whose they are, and what becomes covered by them.

In a segment file a batch is a frame of its own: HEAD (length and checksum), then, compressed, a line of JSON that says which
post goes to which captures, and the posts as X sent them, a line each.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from netwar.archive.marks import Period
from netwar.coverage import Span
from netwar.records.documents import IndexName, tweets_index
from netwar.records.pages import Page, read
from netwar.records.parsing import parsed, written
from netwar.streams.lines import Delivery, parse

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HEAD = struct.Struct(">I16s")  # bytes that follow, and their checksum
LARGEST = 1 << 27  # bytes of a batch, unpacked
LEVEL = 1


class Torn(ValueError):
    """What stands in a segment is not what was written: a writer that was killed, or a damaged disk."""


@dataclass(frozen=True, slots=True)
class Post:
    """A post as X sent it, and the captures (by index) that it goes to."""

    line: bytes
    captures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that came between `began` and `ended` (ms at X), and what is covered once they are written.

    `pages` are the same posts, taken apart for each capture; they are made anew from the lines of a batch that was on disk.
    """

    began: int
    ended: int
    posts: Sequence[Post]
    marks: Sequence[Period] = ()
    pages: Mapping[str, Page] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes that it takes in memory, about."""
        return 200 + sum(len(post.line) for post in self.posts)

    @property
    def captures(self) -> list[str]:
        """Those that have posts or coverage in it, by index."""
        named = (index for post in self.posts for index in post.captures)
        return [*dict.fromkeys((*named, *(IndexName.of(mark.index).name for mark in self.marks)))]

    def taken_apart(self) -> Mapping[str, Page]:
        """The posts of each capture as one page."""
        return self.pages or apart([(parse(post.line), post.captures) for post in self.posts])

    def portion(self, index: str) -> Batch:
        """What one capture has of it."""
        posts = [Post(post.line, (index,)) for post in self.posts if index in post.captures]
        return Batch(self.began, self.ended, posts, [mark for mark in self.marks if mark.index == tweets_index(index)])


def apart(found: Sequence[tuple[Any, tuple[str, ...]]]) -> dict[str, Page]:
    """Deliveries with their captures, as one page for each capture."""
    by_capture: dict[str, list[Delivery]] = {}
    for delivery, captures in found:
        if isinstance(delivery, Delivery):
            for capture in captures:
                by_capture.setdefault(capture, []).append(delivery)
    return {capture: read(_merged(mine)) for capture, mine in by_capture.items()}


def _merged(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """Several answers as if X had given one: what came along stands side by side."""
    merged: dict[str, Any] = {"data": [], "includes": {}}
    for delivery in deliveries:
        for name, value in delivery.body.items():
            if name == "includes" and isinstance(value, dict):
                for kind, items in value.items():
                    _add(merged["includes"], kind, items)
            elif name == "includes":
                _add(merged["includes"], "odd", value)
            elif name != "meta":
                _add(merged, name, value)
    return merged


def _add(to: dict[str, Any], name: str, value: Any) -> None:
    to.setdefault(name, []).extend(value if isinstance(value, list) else [value])


def packed(batch: Batch) -> bytes:
    """A batch as a frame."""
    captures = sorted({capture for post in batch.posts for capture in post.captures})
    numbers = {capture: number for number, capture in enumerate(captures)}
    about = {
        "began": batch.began,
        "ended": batch.ended,
        "captures": captures,
        "posts": [[numbers[capture] for capture in post.captures] for post in batch.posts],
        "marks": [[mark.index, mark.of, mark.span.low, mark.span.high, mark.span.posts] for mark in batch.marks],
    }
    body: bytes = zstd.compress(b"\n".join((written(about), *(post.line for post in batch.posts))), LEVEL)
    return HEAD.pack(len(body), _checksum(body)) + body


def unpacked(body: bytes, checksum: bytes) -> Batch:
    """The batch of a frame. Raises Torn."""
    if _checksum(body) != checksum:
        raise Torn("its checksum is another")
    try:
        if not 0 < (zstd.get_frame_info(body).decompressed_size or 0) < LARGEST:
            raise Torn("it is too large")
        first, *lines = zstd.decompress(body).split(b"\n")
        return _batch(parsed(first), lines)
    except (zstd.ZstdError, ValueError, TypeError, KeyError, IndexError) as error:
        raise Torn(str(error)) from error


def _batch(about: dict[str, Any], lines: list[bytes]) -> Batch:
    names = about["captures"]
    whose = [tuple(names[number] for number in numbers) for numbers in about["posts"]]
    posts = [Post(line, captures) for line, captures in zip(lines, whose, strict=True)] if whose else []
    marks = [Period(index, of, Span(low, high, count)) for index, of, low, high, count in about["marks"]]
    return Batch(about["began"], about["ended"], posts, marks)


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).digest()
