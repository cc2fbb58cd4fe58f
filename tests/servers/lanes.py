"""Which worker of pytest-xdist runs which test: those on the Elasticsearch family keep to two lanes.

A lane is run by one worker, kind after kind, so that each kind is started once and two such servers run at a time, however
many workers there are. (The marks of `--dist loadgroup` would do, but for xdist 3.8 not being heard by pytest 9.2.)
"""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

from tests.servers.kinds import ELASTIC_KINDS, KINDS

LANES = 2

_KIND = re.compile(rf"(?<=[\[-])({'|'.join(sorted(KINDS, key=len, reverse=True))})(?=[\]-])")


def kind_of(nodeid: str) -> str | None:
    """The kind of server that is among a test's parameters, as its name in brackets tells."""
    found = _KIND.search(nodeid, nodeid.find("["))
    return found[1] if found else None


def order(nodeid: str) -> int:
    """Tests without a server first, then kind by kind."""
    kind = kind_of(nodeid)
    return 1 + list(KINDS).index(kind) if kind else 0


class Lanes(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out single tests in their order, and each lane as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        kind = kind_of(nodeid)
        return f"lane {ELASTIC_KINDS.index(kind) % LANES}" if kind in ELASTIC_KINDS else nodeid
