"""Which worker of pytest-xdist runs which test: those on the Elasticsearch family keep to two workers.

A kind is run by one worker, so that it is started once, and the next kind goes to whichever of the two is free first, so that
two such servers run until the end, and never more, however many workers there are. (The marks of `--dist loadgroup` would do for
the first, but for xdist 3.8 not being heard by pytest 9.2.)
"""

from __future__ import annotations

import re
from collections import Counter

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from tests.servers.kinds import ELASTIC_KINDS, KINDS

LANES = 2

_KIND = re.compile(rf"(?<=[\[-])({'|'.join(sorted(KINDS, key=len, reverse=True))})(?=[\]-])")


def kind_of(nodeid: str) -> str | None:
    """The kind of server that is among a test's parameters, as its name in brackets tells."""
    found = _KIND.search(nodeid, nodeid.find("["))
    return found[1] if found else None


def sort(items: list[pytest.Item]) -> None:
    """Tests without a server first, those without a sandbox before the others; then kind by kind, the longest first."""
    tests = Counter(kind_of(item.nodeid) for item in items)
    kinds: list[str | None] = sorted(KINDS, key=lambda kind: (kind in ELASTIC_KINDS, -tests[kind]))
    place = {kind: number for number, kind in enumerate([None, *kinds])}

    def asks_x(item: pytest.Item) -> bool:
        return any("sandbox" in name for name in getattr(item, "fixturenames", ()))

    items.sort(key=lambda item: (place[kind_of(item.nodeid)], asks_x(item)))


class Lanes(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out single tests in their order, and each kind of the Elasticsearch family as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        kind = kind_of(nodeid)
        return kind if kind in ELASTIC_KINDS else nodeid

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give the next tests to a worker, or let it go: nothing but servers is left, and as many as may have them do."""
        lanes = [other for other, work in self.assigned_work.items() if not work.keys().isdisjoint(ELASTIC_KINDS)]
        if next(iter(self.workqueue)) in ELASTIC_KINDS and node not in lanes and len(lanes) >= LANES:
            node.shutdown()
        else:
            super()._assign_work_unit(node)
