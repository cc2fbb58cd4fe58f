"""What is packed by gzip, bzip2, xz or zstd in one stream or several, one behind the other, unpacked in bounded memory.

Python's own files for them take what is no stream behind the last one for its end (bzip2), and any number of zeros, too (gzip).
"""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError, zstd.ZstdError)  # what reading raises that is cut off or broken
XZ_MEMORY = 160 << 20  # bytes: a file may ask for 4 GiB; xz -9 for 65 MiB, and zstd gives 128
PORTION = 1 << 14  # bytes: what one unpacks to is lost where it is broken
BLOCK = 4096  # bytes: a hole, as a crash leaves it, has one at least; less than that is padding
HOLE = (
    f"{BLOCK:,} zero bytes or more stand behind what is packed: a hole where the rest of it was, or the padding of a tape "
    "(unpack it by its own program then, and name what comes of it)"
)
SKIPPED = range(0x184D2A50, 0x184D2A60)  # how a frame of zstd begins that has no content (RFC 8878, 3.1.2)


class Unpacker(Protocol):
    """Unpacks one stream: whether it is at its end, what came behind it, and whether it needs more to go on."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """An Unpacker of gzip, as those of the other ways are in Python."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._unpacker.eof

    @property
    def unused_data(self) -> bytes:
        return self._unpacker.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._full and not self._unpacker.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        unpacked = self._unpacker.decompress(self._unpacker.unconsumed_tail + data, max_length)
        self._full = len(unpacked) == max_length
        return unpacked


class Streams:
    """A file of streams, of which `packed` gives some bytes, each unpacked by what `begun` gives."""

    def __init__(self, packed: Callable[[int], bytes], begun: Callable[[], Unpacker]) -> None:
        self._packed = packed
        self._begun = begun
        self._unpacker = begun()

    def read1(self, size: int) -> bytes:
        """Some of it, nothing at its end. Raises EOFError where it is cut off, others of DAMAGED where it is broken or greedy."""
        data = b""
        while not data:
            more = b""
            if self._unpacker.eof:
                more = self._behind()
                if not more:
                    break
                self._unpacker = self._begun()
            elif self._unpacker.needs_input and not (more := self._packed(PORTION)):
                raise EOFError
            data = self._unpacker.decompress(more, size)
        return data

    def _behind(self) -> bytes:
        """What comes behind a stream and its padding."""
        more, zeros = self._unpacker.unused_data, 0
        while True:
            bare = more.lstrip(b"\0")
            zeros += len(more) - len(bare)
            if zeros >= BLOCK:
                raise OSError(HOLE)
            if bare or not (more := self._packed(PORTION)):
                return bare


WAYS: dict[bytes, Callable[[], Unpacker]] = {
    b"\x1f\x8b": _Gzip,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zX": lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY),
    **dict.fromkeys([b"\x28\xb5\x2f\xfd", *(magic.to_bytes(4, "little") for magic in SKIPPED)], zstd.ZstdDecompressor),
}


def unpacked(packed: Callable[[int], bytes], begins: bytes) -> Streams | None:
    """What a file holds that begins with those four bytes, None where it is not packed in any of these ways."""
    begun = next((way for magic, way in WAYS.items() if begins.startswith(magic)), None)
    return Streams(packed, begun) if begun else None
