"""Which worker of pytest-xdist runs which test: those on the Elasticsearch family keep to three workers.

A kind is run by one worker, so that it is started once, and the next kind goes to whichever of the three is free first, so that
three such servers run, and never more, however many workers there are. They begin at once: much of their time is waiting, and the
other workers fill it with the tests that need no such server. (The marks of `--dist loadgroup` would do for the first, but for
xdist 3.8 not being heard by pytest 9.2.)
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from tests.costly import listed, name_of
from tests.servers.kinds import HEAVY_KINDS, kind_of

LANES = 3
LITTLE = 0.3  # seconds, for a test that is not among the costly ones


def sort(items: list[pytest.Item]) -> None:
    """Kind by kind, those that take longest first: none of them is alone in the end. Then tests without a server, and of these
    first what takes long or waits much (`pytest.mark.long`): none is left for the end, nor a processor idle then.

    Of a kind those come first that start a server of their own: the one for all is not yet in their way. Then those that start
    another one beside it, as long as it is as good as new; and last those that leave it as no other should find it.
    """
    lengths = _lengths(items)
    place: dict[str | None, int] = {kind: number for number, kind in enumerate(sorted(lengths, key=lambda kind: -lengths[kind]))}

    def order(item: pytest.Item) -> tuple[int, bool, bool, bool, bool]:
        has = item.get_closest_marker
        starts = "new_server" in getattr(item, "fixturenames", ())
        return place.get(kind_of(item.nodeid), len(place)), not starts, bool(has("beside")), bool(has("last")), not has("long")

    items.sort(key=order)


def _lengths(items: list[pytest.Item]) -> dict[str, float]:
    """About how long the tests on each kind of server take, in seconds of processor time, without its start."""
    tests = Counter(name_of(item.nodeid) for item in items)
    lengths = dict.fromkeys(HEAVY_KINDS, 0.0)
    for item in items:
        if (kind := kind_of(item.nodeid)) in lengths:
            name = name_of(item.nodeid)
            lengths[kind] += listed()[name].seconds / tests[name] if name in listed() else LITTLE
    return lengths


class Lanes(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out single tests in their order, and each kind of the Elasticsearch family as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        kind = kind_of(nodeid)
        return kind if kind in HEAVY_KINDS else nodeid

    def _reschedule(self, node: WorkerController) -> None:
        """Give a worker more. xdist 3.8 would not wait until one that came for a crashed one has read the tests, nor bear one
        that has crashed and is still to be taken off: what that one is given comes back then."""
        if node in self.registered_collections:
            with suppress(OSError):
                super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give the next tests to a worker; or let it go, if nothing but servers is left, and as many as may have them do."""
        lanes = [other for other, work in self.assigned_work.items() if not work.keys().isdisjoint(HEAVY_KINDS)]
        fits = node in lanes or len(lanes) < LANES
        scope = next((scope for scope in self.workqueue if fits or scope not in HEAVY_KINDS), None)
        if scope is None:
            node.shutdown()
        else:
            self.workqueue.move_to_end(scope, last=False)
            super()._assign_work_unit(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Take a worker off. One that crashed leaves what it had not begun to the others, and nothing else.

        xdist 3.8 would hand out again what is done, too, and wait for ever for who got nothing but that.
        """
        work = self.assigned_work[node]
        crashed = next((test for unit in work.values() for test, done in unit.items() if not done), None)
        for unit in work.values():
            if crashed in unit:
                unit[crashed] = True
        self.assigned_work[node] = {scope: unit for scope, unit in work.items() if not all(unit.values())}
        super().remove_node(node)
        return crashed
