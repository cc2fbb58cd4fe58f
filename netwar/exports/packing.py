"""Compression by the name of a file: gz, zst, none. Each batch has a frame of its own, so that a file that was cut off can go on.

A frame is made of its batch alone, so that the same batches make the same bytes. Readers take all frames for one file.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_LEVEL = 6
# With a checksum, as gzip has: without it half of all flipped bits change what posts say, and nobody notices.
ZSTD: dict[int, int] = {zstd.CompressionParameter.compression_level: 3, zstd.CompressionParameter.checksum_flag: 1}
GZIP = 16 + zlib.MAX_WBITS  # tells zlib to write, and to read, what gzip does
CHUNK = 1 << 20


Pack = Callable[[bytes], bytes]


def ending(path: Path | None) -> str:
    """How a file of this name is packed: .gz, .zst, or empty."""
    suffix = path.suffix.lower() if path else ""
    return suffix if suffix in (".gz", ".zst") else ""


def packer(ending: str) -> Pack:
    """What makes a frame of a batch of bytes."""
    if ending == ".gz":
        return lambda data: gzip.compress(data, GZIP_LEVEL, mtime=0)
    if ending == ".zst":
        return lambda data: zstd.compress(data, options=ZSTD)
    return lambda data: data


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
