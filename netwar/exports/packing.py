"""Compression by the name of a file: gz, zst, none. In one frame; or in a frame for each batch, so that a cut file can go on.

Every frame is made of its own batch alone, so that the same batches make the same bytes.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_LEVEL, ZSTD_LEVEL = 6, 3
GZIP = 16 + zlib.MAX_WBITS  # tells zlib to write, and to read, what gzip does
CHUNK = 1 << 20


class Packer(Protocol):
    """Makes what stands in a file of batches of bytes."""

    def batch(self, data: bytes) -> bytes:
        """The next part of the file."""

    def end(self) -> bytes:
        """The last part."""


class Frames:
    """Each batch by itself, with `pack`."""

    def __init__(self, pack: Callable[[bytes], bytes]) -> None:
        self._pack = pack

    def batch(self, data: bytes) -> bytes:
        """See Packer."""
        return self._pack(data)

    def end(self) -> bytes:
        """See Packer."""
        return b""


class OneFrame:
    """All batches as one, with a compressor: some readers stop at a frame's end without a word."""

    def __init__(self, compressor: Any) -> None:
        self._compressor = compressor

    def batch(self, data: bytes) -> bytes:
        """See Packer."""
        return bytes(self._compressor.compress(data))

    def end(self) -> bytes:
        """See Packer."""
        return bytes(self._compressor.flush())


def ending(path: Path | None) -> str:
    """How a file of this name is packed: .gz, .zst, or empty."""
    suffix = path.suffix.lower() if path else ""
    return suffix if suffix in (".gz", ".zst") else ""


def packer(ending: str, *, frames: bool) -> Packer:
    """What packs for an `ending`, in one frame or in `frames`."""
    if ending == ".gz":
        one = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP)
        return Frames(lambda data: gzip.compress(data, GZIP_LEVEL, mtime=0)) if frames else OneFrame(one)
    if ending == ".zst":
        return Frames(lambda data: zstd.compress(data, ZSTD_LEVEL)) if frames else OneFrame(zstd.ZstdCompressor(ZSTD_LEVEL))
    return Frames(lambda data: data)


def whole_frames(file: BinaryIO, ending: str) -> Iterator[tuple[bytes, bytes]]:
    """The whole frames of a file from its beginning, as they stand there and unpacked; whole lines of a file that is not packed.

    What is behind the last of them is cut off or damaged.
    """
    if not ending:
        yield from _whole_lines(file)
        return
    left = b""
    while True:
        frame, left = _frame(file, ending, left)
        if frame is None:
            return
        yield frame


def _frame(file: BinaryIO, ending: str, raw: bytes) -> tuple[tuple[bytes, bytes] | None, bytes]:
    """The next frame, if it is whole, and what was read behind it; `raw` was read already."""
    unpacker: Any = zlib.decompressobj(GZIP) if ending == ".gz" else zstd.ZstdDecompressor()
    data, more = [], raw or file.read(CHUNK)
    packed = [more]
    try:
        while more:
            data.append(unpacker.decompress(more))
            if unpacker.eof:
                left: bytes = unpacker.unused_data
                whole = b"".join(packed)
                return (whole[: len(whole) - len(left)], b"".join(data)), left
            more = file.read(CHUNK)
            packed.append(more)
    except (zlib.error, zstd.ZstdError):
        pass
    return None, b""


def _whole_lines(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    rest = b""
    while chunk := file.read(CHUNK):
        lines, newline, rest = (rest + chunk).rpartition(b"\n")
        if newline:
            yield lines + newline, lines + newline
