"""Files of captured pages as people have them: JSON lines, an array, one page over several lines; gzip; a byte-order mark."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any

import orjson

_GZIP = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"  # of UTF-8, as Windows writes it


def captured(file: Path) -> Iterator[tuple[str, Any]]:
    """Where each page stands, in words, and the page; a ValueError in its place where there is none.

    Raises OSError.
    """
    with _opened(file) as lines:
        first = next(lines, b"").removeprefix(_MARK)
        if _is_json(first):
            yield from _lines(file, chain([first], lines))
            return
        whole = first + lines.read()
        if _is_json(whole):
            yield from _each(str(file), orjson.loads(whole))
        else:
            yield from _lines(file, whole.splitlines())


def _opened(file: Path) -> IO[bytes]:
    with file.open("rb") as begun:
        zipped = begun.read(2) == _GZIP
    return gzip.open(file) if zipped else file.open("rb")  # type: ignore[return-value]


def _lines(file: Path, lines: Iterable[bytes]) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{file}, line {number}"
        try:
            page = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield where, ValueError(f"no JSON ({error})")
        else:
            yield from _each(where, page)


def _each(where: str, page: Any) -> Iterator[tuple[str, Any]]:
    """The pages of an array, or the one that it is."""
    if isinstance(page, list):
        for number, one in enumerate(page, 1):
            yield f"{where}, element {number}", one
    else:
        yield where, page


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return not text.strip()
    return True
