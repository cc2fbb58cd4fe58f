"""Which of many values are not kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class KnownKeys(Protocol):
    """The documents of an index, as far as they can be told by id or screen name."""

    def known_ids(self, ids: Sequence[str]) -> set[str]:
        """Which of the ids are kept."""

    def known_names(self, names: Sequence[str]) -> set[str]:
        """Which of the screen names are kept, lower-cased."""


def missing(documents: KnownKeys | None, field: str, values: Sequence[str]) -> list[str]:
    """See Documents.missing; None is an index that is not there."""
    if field not in ("id", "username"):
        raise ValueError(f"missing() knows the fields id and username, not {field!r}")
    if documents is None:
        return list(values)
    if field == "id":
        known = documents.known_ids(values)
        return [value for value in values if value not in known]
    known = documents.known_names(values)
    return [value for value in values if value.lower() not in known]
