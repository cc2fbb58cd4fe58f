"""A page of the spool as a line of a file, and what may come back out of one.

A line is  {"checksum":"…","page":{…}}  and the checksum is that of the page's bytes as they stand there. It tells damage, not
who wrote the line: in a folder that several users share that may be anybody, so what a line says is checked, too.

A page is  {"request":…,"time":…,"documents":[…],"cover":…}  and that is all where it has no mark but the cover of a timeline: so
earlier versions wrote it, and read it. The others follow as  "marks":[{"period":{…}},{"due":{…}}].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import partial
from hashlib import blake2b
from types import NoneType, UnionType
from typing import Any, BinaryIO, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from netwar.archive.marks import Cover, Due, Mark, Period
from netwar.records.documents import Document, parted
from netwar.records.parsing import parsed, written

HEAD, MIDDLE, TAIL = b'{"checksum":"', b'","page":', b"}\n"
DIGEST_BYTES = 16
LONGEST = 1 << 27  # bytes of a line; X's answers are bounded by half of that
LONGEST_NAME = 512  # of an id, as in Elasticsearch

KINDS: dict[str, type[Mark]] = {"cover": Cover, "period": Period, "due": Due}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SpooledPage:
    """One record of the spool."""

    request: str
    time: str
    documents: list[Document]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """The same as it stands in a line."""

    request: str
    time: str
    documents: list[Document]
    cover: Cover | None
    marks: list[Any] = field(default_factory=list)


def line(page: SpooledPage) -> bytes:
    """A page as it is kept."""
    marks = list(page.marks)
    cover = marks.pop(0) if marks and isinstance(marks[0], Cover) else None
    said: dict[str, Any] = {"request": page.request, "time": page.time, "documents": page.documents, "cover": cover}
    if marks:
        said["marks"] = [{name: mark for name, kind in KINDS.items() if type(mark) is kind} for mark in marks]
    body = written(said)
    return HEAD + _checksum(body) + MIDDLE + body + TAIL


def pages(file: BinaryIO) -> Iterator[tuple[bytes, SpooledPage | None]]:
    """Every line with its page; None for a line that is not what was written, or that says what no page can say."""
    for raw in iter(partial(file.readline, LONGEST), b""):
        body = raw[len(HEAD) + 2 * DIGEST_BYTES + len(MIDDLE) : -len(TAIL)]
        whole = raw == HEAD + _checksum(body) + MIDDLE + body + TAIL
        yield raw, _page(body) if whole else None


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=DIGEST_BYTES).hexdigest().encode()


def _page(body: bytes) -> SpooledPage | None:
    try:
        said = _made(Written, parsed(body))
        marks = (*((said.cover,) if said.cover else ()), *map(_mark, said.marks))
        # What is none has no id, and goes to the dead letters.
        names = [document.id or document.why[:1] for document in said.documents]
        names += [name for mark in marks for name in _names(mark)]
        for one in (*said.documents, *marks):
            parted(one.index)
    except (ValueError, TypeError):
        return None
    fits = all(0 < len(name) <= LONGEST_NAME for name in names)
    return SpooledPage(said.request, said.time, said.documents, marks) if fits else None


def _mark(said: Any) -> Mark:
    """A mark out of what JSON knows of it, {KIND: its fields}. Raises ValueError or TypeError for what is none."""
    [(kind, told)] = dict(said).items()
    if kind not in KINDS:
        raise ValueError(f"no mark is a {kind}")
    return _made(KINDS[kind], told)


def _names(mark: Mark) -> tuple[str, ...]:
    """What becomes part of a key in the ledger."""
    match mark:
        case Cover():
            return (mark.user,)
        case Period():
            return (mark.of,)
        case Due():
            return (mark.what, *mark.ids)


def _made(kind: type[T], given: Any) -> T:
    """A dataclass out of what JSON knows of it. Raises ValueError or TypeError for what does not fit its fields."""
    if not isinstance(given, Mapping):
        raise TypeError(f"no {kind.__name__}")
    hints, known = get_type_hints(kind), fields(kind)  # type: ignore[arg-type]
    needed = {one.name for one in known if one.default is MISSING and one.default_factory is MISSING}
    if not needed <= set(given) <= {one.name for one in known}:
        raise ValueError(f"not the fields of {kind.__name__}")
    return kind(**{name: _fitting(hints[name], value) for name, value in given.items()})


def _fitting(hint: Any, value: Any) -> Any:
    """A value as the type of a field says that it must be. Raises ValueError or TypeError."""
    kind, within = get_origin(hint) or hint, get_args(hint)
    if kind in (UnionType, Union):
        if value is None and NoneType in within:
            return None
        [hint] = [one for one in within if one is not NoneType]
        return _fitting(hint, value)
    if is_dataclass(kind):
        return _made(kind, value)  # type: ignore[arg-type]
    if kind in (list, tuple) and isinstance(value, list):
        return kind(_fitting(within[0], one) for one in value)
    if kind is Any or type(value) is kind or (kind is Literal and value in within):  # a bool is no int here
        return value
    raise TypeError(f"{type(value).__name__} in place of {kind}")
