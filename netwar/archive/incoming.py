"""Documents on their way into an archive: by index, and checked."""

from __future__ import annotations

from collections.abc import Sequence

from netwar.archive.deadletters import Refused
from netwar.records.documents import Document, parted
from netwar.records.ids import number

# What making a row or an item of a document raises where no store can take it.
UNSTORABLE = (TypeError, ValueError, AttributeError, OverflowError, RecursionError)


def by_index(documents: Sequence[Document]) -> tuple[dict[str, list[Document]], list[Refused]]:
    """Documents by their index, in their order, and those whose index is none."""
    found: dict[str, list[Document]] = {}
    strays: list[Refused] = []
    for document in documents:
        found.setdefault(document.index, []).append(document)
    for index in list(found):
        try:
            parted(index)
        except ValueError as error:
            strays += [Refused(document, str(error)) for document in found.pop(index)]
    return found, strays


def checked(document: Document) -> int:
    """The id of a document that can be one. Raises ValueError, or what is in UNSTORABLE, for another."""
    if document.why:
        raise ValueError(document.why)
    if (id := number(document.id)) is None:
        raise ValueError("its id is not one of X's numbers")
    if str(document.body.get("id", document.id)) != document.id:
        raise ValueError("its id is not the one inside")
    return id


def refused(document: Document, error: Exception) -> Refused:
    """A document that failed with one of UNSTORABLE."""
    return Refused(document, str(error) or type(error).__name__)
