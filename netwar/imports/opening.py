"""Files as people keep them: plain, or packed in one of the usual ways, by how they begin; read once, from front to back."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, Any, cast

from netwar.errors import NetwarError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHUNK = 1 << 18
STDIN = "-"
DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError, zstd.ZstdError)  # what reading a file raises that is cut off or broken
XZ_MEMORY = 160 << 20  # bytes: a file may ask for 4 GiB; xz -9 for 65 MiB, and zstd gives 128


class Xz:
    """What xz packed, one stream behind the other, unpacked in bounded memory."""

    def __init__(self, packed: BufferedReader) -> None:
        self._packed = packed
        self._unpacker = self._begun()

    def read1(self, size: int) -> bytes:
        """Some of it, nothing at its end. Raises EOFError where it is cut off, LZMAError where it is broken or too greedy."""
        data = b""
        while not data:
            more = b""
            if self._unpacker.eof:
                more = self._behind()
                if not more:
                    break
                self._unpacker = self._begun()
            elif self._unpacker.needs_input and not (more := self._packed.read1(CHUNK)):
                raise EOFError
            data = self._unpacker.decompress(more, size)
        return data

    def _behind(self) -> bytes:
        """What comes behind a stream and its padding."""
        more = self._unpacker.unused_data.lstrip(b"\0")
        while not more and (some := self._packed.read1(CHUNK)):
            more = some.lstrip(b"\0")
        return more

    @staticmethod
    def _begun() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(memlimit=XZ_MEMORY)


UNPACK: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": lambda packed: gzip.GzipFile(fileobj=packed),
    b"\x28\xb5\x2f\xfd": zstd.ZstdFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zX": Xz,
}


ZIP = b"PK\x03\x04"


class Damaged(Exception):
    """A file cannot be read further: it is cut off, or its packing is broken. Says so in words."""


class _Counted(RawIOBase):
    """Bytes as they lie on the disk, or come through a pipe, and how many of them were read."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = cast(BufferedReader, raw)
        self.passed = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._raw.readinto1(buffer)
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
        packed = BufferedReader(self._counted, CHUNK)
        begins = packed.peek(4)
        if begins.startswith(ZIP):
            raise NetwarError(
                f"{name} is a zip archive: unpack it, and name the files in it (of X's account archives data/tweets.js)"
            )
        unpack = next((way for magic, way in UNPACK.items() if begins.startswith(magic)), None)
        self._stream = unpack(packed) if unpack else packed

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
def opened(name: str) -> Iterator[Content]:
    """A file, or standard input for `-`. Raises NetwarError where it cannot be opened."""
    try:
        size = 0 if name == STDIN else Path(name).stat().st_size
        with nullcontext(sys.stdin.buffer) if name == STDIN else open(name, "rb") as raw:
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
