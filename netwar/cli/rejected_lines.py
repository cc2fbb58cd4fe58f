"""Lines of a file that a long run could not take, put by as they are, with the reason: what was put by outlives the run."""

from __future__ import annotations

import codecs
import fcntl
import os
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from netwar.cli.files import is_file, mode_of
from netwar.cli.rejected import FEW, MOST, Telling
from netwar.cli.repeated import Repeated
from netwar.connections.appending import put
from netwar.connections.folders import FULL, FULL_DISK, opened
from netwar.connections.folders import existing as _existing
from netwar.errors import ServiceDown
from netwar.records.entries import Fault, shown
from netwar.records.parsing import written
from netwar.records.text import amount, escaped, plural

if TYPE_CHECKING:
    from netwar.cli.services import Services

PORTION = 1 << 20  # bytes


class RejectedLines:
    """Those of the file `name`: JSON lines of line, reason and text in FILE-rejected.txt beside it (for what is no file in
    the current folder: `stdin-rejected.txt`, or `stdin-2-rejected.txt` and so on where those `before` it have that, or another
    run does); a context manager. The first ten are told on standard error, too. Without `keep` that is all.

    No more go into it when it has MOST bytes. Whoever could not have read the file cannot read this one either. Raises
    ServiceDown where the disk is full.
    """

    def __init__(self, services: Services, name: str, before: Iterable[RejectedLines] = (), *, keep: bool = True) -> None:
        self._taken = {one.path for one in before}
        self.path: Path = _place(name, self._taken)
        self._is_file = is_file(name)
        self._repeated = Repeated(services)
        self._name, self._telling = name, Telling(name, self._repeated)
        self._keep = keep
        self._handle: int | None = None
        self._size = self._before = self._lacking = self._beyond = 0
        self._why_not = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._telling.end()
        if self._handle is not None and self._is_file:  # those of a pipe are held until the run has told where they are
            os.close(self._handle)
            self._handle = None

    @property
    def count(self) -> int:
        """How many are put by."""
        return self._before + self._telling.count

    @property
    def where(self) -> str:
        """Where they are, for the end of a sentence."""
        if self._keep and not self._why_not:
            lacking = f", but for {self._lacking:,} that an earlier run met and that are not there" if self._lacking else ""
            beyond = f", but for the last {self._beyond:,}: it is full at {amount(MOST)}" if self._beyond else ""
            return f"kept in {self.path}{lacking}{beyond}"
        above = "listed above" if self._telling.count <= FEW else f"the first {FEW} listed above"
        return f"{above}, not kept: {self._why_not}" if self._why_not else above

    def resume(self, size: int, count: int) -> None:
        """Go on behind so many bytes of what an earlier run put by, and so many lines; with none, begin anew.

        Of the lines some may not be there: the file bore another name then, or theirs was taken away.
        """
        self._before = self._lacking = count
        with suppress(OSError):
            if self._keep and not size:
                self._begin_anew()
            elif self._keep:
                handle = self._opened(existing=True)
                self._size = min(size, os.fstat(handle).st_size)
                os.truncate(handle, self._size)
                self._lacking = max(count - _lines(self.path), 0)

    def add(self, line: int, reason: str, text: bytes) -> None:
        """One more. Secrets in it are blanked out."""
        full = self._size >= MOST
        self._beyond += full
        self._telling.tell(Fault(line, shown(text[:PORTION].decode("utf-8", "backslashreplace")), reason))
        for portion in _as_json({"line": line, "reason": reason, "text": ""}, self._repeated.content(text)):
            if self._keep and not self._why_not and not full:
                self._write(portion)

    def kept(self) -> int:
        """Wait for the disk; how many bytes there are."""
        if self._handle is not None:
            os.fsync(self._handle)
        return self._size

    def _write(self, content: bytes) -> None:
        try:
            put(self._opened(), content)
            self._size += len(content)
        except OSError as error:
            if error.errno in FULL_DISK:
                raise ServiceDown(f"{self.path} cannot be written: {FULL}") from error
            self._why_not = f"{self.path} cannot be written ({error.strerror or error})"

    def _begin_anew(self) -> None:
        if self._is_file:
            os.unlink(self.path)
            return
        handle = self._opened(existing=True)
        os.unlink(self.path)
        os.close(handle)
        self._handle = None

    def _opened(self, *, existing: bool = False) -> int:
        while self._handle is None:
            way = os.O_WRONLY | os.O_APPEND
            handle = _existing(self.path, way) if existing else opened(self.path, way)
            if self._is_file or _is_free(handle, existing=existing):
                self._handle = handle
            else:
                os.close(handle)
                self._taken.add(self.path)
                self.path = _place(self._name, self._taken)
                continue
            found = os.fstat(handle)
            if found.st_mode & 0o777 & ~(most := mode_of(self._name, found.st_gid)):
                os.fchmod(handle, found.st_mode & most)
        return self._handle


def _place(name: str, taken: Container[Path]) -> Path:
    if is_file(name):
        return Path(f"{name}-rejected.txt")
    places = (Path(f"stdin{f'-{n}' if n > 1 else ''}-rejected.txt") for n in count(1))
    return next(place for place in places if place not in taken)


def _is_free(handle: int, *, existing: bool) -> bool:
    """Hold the lines of a pipe, unless another run does, or has put some there since we looked: a pipe is not read again."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    found = os.fstat(handle)
    return found.st_nlink > 0 and (existing or not found.st_size)


def _lines(path: Path) -> int:
    with os.fdopen(_existing(path), "rb") as file:
        return sum(portion.count(b"\n") for portion in iter(lambda: file.read(PORTION), b""))


def _as_json(about: dict[str, Any], text: bytes) -> Iterator[bytes]:
    """A line that ends with a text, which may have 16 MiB, in portions."""
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    yield escaped(written(about).decode().removesuffix('"}')).encode()
    for start in range(0, len(text), PORTION):
        end = start + PORTION
        some = decoder.decode(text[start:end], end >= len(text))
        yield escaped(written(some).decode()[1:-1]).encode()
    yield b'"}\n'


def told(rejected: list[RejectedLines]) -> str:
    """How many lines were rejected, and where they are; empty for none."""
    some = [one for one in rejected if one.count]
    places = "; ".join(dict.fromkeys(one.where for one in some[:FEW]))
    more = f"; and so on for {plural(len(some) - FEW, 'file')} more" if len(some) > FEW else ""
    return f"{plural(sum(one.count for one in some), 'line')} rejected ({places}{more})" if some else ""
