"""Files that programs read and write for the operator."""

from __future__ import annotations

import re
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


def chunks(file: BufferedReader) -> Iterator[bytes]:
    """A file's bytes as they come."""
    return iter(partial(file.read1, CHUNK_BYTES), b"")


@contextmanager
def replaced(path: Path) -> Iterator[TextIO]:
    """A text file that takes the place of `path` when the block ends well; else nothing is left of it.

    Raises as `connections.drafts.replacing` does.
    """
    from netwar.connections import drafts

    with drafts.replacing(path) as file:
        text = TextIOWrapper(file, encoding="utf-8", errors="surrogateescape", newline="")
        try:
            yield text
            text.flush()
        finally:
            text.detach()
