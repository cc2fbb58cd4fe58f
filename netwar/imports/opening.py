"""Files as people keep them: plain, or packed in one of the usual ways, by how they begin; read once, from front to back."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, Any, cast

from netwar.errors import NetwarError
from netwar.imports.packed import DAMAGED, unpacked

CHUNK = 1 << 18
STDIN = "-"
MAGIC = 4  # bytes at the beginning that tell how a file is packed
ZIP = b"PK\x03\x04"


class Damaged(Exception):
    """A file cannot be read further: it is cut off, or its packing is broken. Says so in words."""


class _Counted(RawIOBase):
    """Bytes as they lie on the disk, or come through a pipe, how many of them were read, and with which four they begin."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = cast(BufferedReader, raw)
        self.passed = 0
        self.begins = b""
        while len(self.begins) < MAGIC and (some := self._raw.read1(MAGIC - len(self.begins))):
            self.begins += some

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if first := self.begins[self.passed : self.passed + len(buffer)]:
            buffer[: len(first)] = first
        count = len(first) or self._raw.readinto1(buffer)
        self.passed += count
        return count


class Content:
    """What one file says, unpacked, as UTF-8. Raises NetwarError for a zip archive.

    `size` is how many bytes it takes on the disk, 0 where that is not known.
    """

    def __init__(self, name: str, raw: IO[bytes], size: int) -> None:
        self.name = name
        self.size = size
        self._counted = _Counted(raw)
        if self._counted.begins == ZIP:
            raise NetwarError(
                f"{name} is a zip archive: unpack it, and name the files in it (of X's account archives data/tweets.js)"
            )
        packed = BufferedReader(self._counted, CHUNK)
        self._stream = unpacked(packed.read1, self._counted.begins) or packed

    @property
    def passed(self) -> int:
        """How many of the bytes on the disk were read."""
        return self._counted.passed

    def chunks(self) -> Iterator[bytes]:
        """The content in portions. Raises Damaged behind all that could be read."""
        try:
            yield from _as_utf8(iter(partial(self._stream.read1, CHUNK), b""))
        except DAMAGED as error:
            why = "it is cut off" if isinstance(error, EOFError) else getattr(error, "strerror", None) or str(error)
            raise Damaged(f"it cannot be read further: {why}") from error


def _as_utf8(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Bytes without the mark of UTF-8, and those of UTF-16 (as PowerShell writes what a program prints) in UTF-8."""
    first = b""
    for chunk in chunks:
        first += chunk
        if len(first) >= 4:
            break
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        yield decoder.decode(first).encode("utf-8", "replace")
        for chunk in chunks:
            yield decoder.decode(chunk).encode("utf-8", "replace")
        return
    if bare := first.removeprefix(codecs.BOM_UTF8):
        yield bare
    yield from chunks


@contextmanager
def opened(name: str, opener: Callable[[str, int], int] | None = None) -> Iterator[Content]:
    """A file, opened by `opener`, or standard input for `-`. Raises NetwarError where it cannot be opened."""
    try:
        size = 0 if name == STDIN else Path(name).stat().st_size
        with nullcontext(sys.stdin.buffer) if name == STDIN else open(name, "rb", opener=opener) as raw:
            yield Content(name, raw, size)
    except OSError as error:
        if getattr(error, "filename", None) != name:
            raise
        raise NetwarError(f"{name} cannot be read: {error.strerror or error}") from error


def is_kept(name: str) -> bool:
    """Whether what was read of it can be read again from the front: of a pipe, named or not, it is gone."""
    return name != STDIN and Path(name).is_file()


def size(name: str) -> int:
    """How many bytes a file takes, 0 where that is not known. Raises NetwarError where it is not there."""
    if name == STDIN:
        return 0
    try:
        return Path(name).stat().st_size
    except OSError as error:
        raise NetwarError(f"{name} cannot be read: {error.strerror or error}") from error
