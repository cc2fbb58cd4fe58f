"""Files that programs read and write for the operator."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import TextIO

CHUNK_BYTES = 65_536
PACKED = (".gz", ".zst", ".bz2", ".xz", ".zip", ".7z")  # names that promise what is packed


def is_missing(given: str) -> bool:
    """Whether what stands for a file, or for something else, can only be meant as a file: there is none of that name."""
    return bool(re.fullmatch(r"[^\s:\"'()*,]+\.(txt|csv|tsv|jsonl?|ids|lst|xlsx?)(\.(gz|zst|bz2|xz))?", given, re.IGNORECASE))


def is_file(name: str) -> bool:
    """Whether a name is that of a file beside which another one can lie, and not of what is open (/dev/stdin, /dev/fd/3)."""
    folder = os.path.dirname(os.path.abspath(name))
    return os.path.isfile(name) and folder not in ("/dev", "/dev/fd") and not f"{folder}/".startswith("/proc/")


def chunks(file: BufferedReader) -> Iterator[bytes]:
    """A file's bytes as they come."""
    return iter(partial(file.read1, CHUNK_BYTES), b"")


@contextmanager
def replaced(path: Path, source: str | None = None) -> Iterator[TextIO]:
    """A text file that takes the place of `path` when the block ends well; else nothing is left of it. Whoever cannot read the
    file `source` cannot read this one either.

    Raises as `connections.drafts.replacing` does.
    """
    from netwar.connections import drafts

    most = (lambda _: 0o666) if source is None else partial(mode_of, source)
    with drafts.replacing(path, most=most) as file:
        text = TextIOWrapper(file, encoding="utf-8", errors="surrogateescape", newline="")
        try:
            yield text
            text.flush()
        finally:
            text.detach()


def mode_of(source: str, group: int) -> int:
    """The most that a file of a group may have as its mode, if it holds lines of the file `source`: its owner's alone for what is
    no file."""
    try:
        found = os.stat(source)
    except (OSError, ValueError):
        return 0o600
    if not stat.S_ISREG(found.st_mode):
        return 0o600
    mode = found.st_mode & 0o666 | 0o600
    return mode if found.st_gid == group else mode & ~0o060 | (mode & 0o006) << 3
