"""Documents that were dated in the future, by a host whose clock was ahead, give way to newer answers.

The server keeps the higher version, and no version can be lowered: a document that was removed leaves its own behind for a
while. So such a copy is replaced in one step with the reading of it, and its version stays in the future; when X showed the
new one is in its note.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netwar.archive.elastic import bulk
from netwar.archive.elastic.bulk import CONFLICT, Result
from netwar.archive.elastic.layout import Layout
from netwar.archive.elastic.reading import by_ids
from netwar.archive.winning import TIME, XTime, wins
from netwar.connections.elastic import Cluster
from netwar.connections.elastic_templates import Json
from netwar.records.documents import Document

ATTEMPTS = 5  # others may be at the same copies


def version_of(layout: Layout, told: Json) -> int:
    """The version that a copy should have: whether it was asked for, and when X showed it."""
    kept: int = told["_version"]
    return kept & ~TIME | layout.shown_at(told) if layout.ours else kept


class Yielding:
    """The copies of one index. `now` tells X's time."""

    def __init__(self, cluster: Cluster, index: str, layout: Layout, now: XTime) -> None:
        self._cluster = cluster
        self._index = index
        self._layout = layout
        self._now = now

    def replace(self, documents: Sequence[Document], body: Callable[[int], bytes], results: list[Result]) -> None:
        """Write those documents that met a copy of the future in its place; `results` tells what became of each.

        `body(number)` is what to write of a document.
        """
        for _ in range(ATTEMPTS):
            found = self._found(documents, results)
            if not found:
                return
            items = [bulk.replace(documents[one].id, bulk.unchanged(self._cluster, told), body(one)) for one, told in found]
            for (one, _), result in zip(found, bulk.send(self._cluster, self._index, items), strict=True):
                results[one] = result

    def _found(self, documents: Sequence[Document], results: list[Result]) -> list[tuple[int, Json]]:
        """The numbers of the documents that win over the copy that was in their way, and that copy."""
        ahead = [one for one, result in enumerate(results) if result.status == CONFLICT and self._may_win(documents[one], result)]
        ids = list(dict.fromkeys(documents[one].id for one in ahead))
        kept = {told["_id"]: told for told in by_ids(self._cluster, self._index, ids)}
        winners: dict[str, int] = {}
        for one in ahead:
            id = documents[one].id
            if id in kept and wins(documents[one].version, version_of(self._layout, kept[id]), self._now):
                winners[id] = max(winners.get(id, one), one, key=lambda number: documents[number].version)
        return [(one, kept[id]) for id, one in winners.items()]

    def _may_win(self, document: Document, result: Result) -> bool:
        """Whether the version that was in the way, where it was told, is one of the future."""
        return result.kept is None or wins(document.version, result.kept, self._now)
