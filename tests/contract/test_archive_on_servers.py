"""What every archive must do, tests/contract/test_archive.py, on servers: the oldest, the newest or OpenSearch's newest.

Of each part another one is drawn. What they answer differently is tried on each kind: tests/contract/test_generations.py.
Each promise is tried on an emptied server and in a folder of its own.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests import clusters
from tests.contract import test_archive as contract
from tests.contract.conftest import emptied, opened_archive
from tests.contract.parts import Fixtures, Promise, parts
from tests.randomly import fewer
from tests.servers.fixtures import Servers, one_of

BEGINS = {
    "documents": "test_a_document_comes_back_as_it_was_given",
    "asking": "test_asking_for_what_is_not_there_makes_nothing",
    "profiles": "test_a_change_of_what_a_profile_says_is_a_version",
    "ledger": "test_records_of_some_users",
}
EXAMPLES = 25  # of what is random: each asks a server five times, and is ours (tests/search/test_planning.py)
PARTS = dict(zip(BEGINS, parts(contract, BEGINS.values()), strict=True))


@pytest.mark.parametrize(("kind", "part"), [(kind, part) for part in PARTS for kind in one_of(clusters.KINDS, part)])
def test_the_promises(kind: str, part: str, servers: Servers, tmp_path: Path, subtests: pytest.Subtests) -> None:
    servers(kind)  # one that cannot be had is told once
    for promise in PARTS[part]:
        with subtests.test(promise.__name__):
            _try(promise, kind, tmp_path, servers)


def _try(promise: Promise, kind: str, place: Path, servers: Servers) -> None:
    (folder := place / promise.__name__).mkdir()
    emptied(kind, servers, place / "conf")
    with closing(opened_archive(kind, folder)) as archive, fewer(EXAMPLES, promise):
        Fixtures({"archive": archive, "archive_kind": kind, "tmp_path": folder}).call(promise)
