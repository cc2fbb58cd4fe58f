"""What every archive must do, tests/contract/test_archive.py, on servers: the oldest, the newest and OpenSearch's newest.

Each promise is tried on an emptied server and in a folder of its own, as a subtest that bears its name; a part is one case.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests import clusters
from tests.contract import test_archive as contract
from tests.contract.conftest import emptied, opened_archive
from tests.servers.fixtures import Servers

# A part begins with this promise, and has all that follow it in the file until the next one begins.
BEGINS = {
    "test_a_document_comes_back_as_it_was_given": "documents",
    "test_asking_for_what_is_not_there_makes_nothing": "asking",
    "test_a_change_of_what_a_profile_says_is_a_version": "profiles",
    "test_records_of_some_users": "ledger",
}


def _parts() -> dict[str, list[Callable[..., None]]]:
    parts: dict[str, list[Callable[..., None]]] = {}
    for name, promise in vars(contract).items():
        if name in BEGINS:
            parts[BEGINS[name]] = []
        if name.startswith("test_"):
            list(parts.values())[-1].append(promise)
    return parts


PARTS = _parts()
assert list(PARTS) == list(BEGINS.values())


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", clusters.KINDS)
def test_the_promises(kind: str, part: str, servers: Servers, tmp_path: Path, subtests: pytest.Subtests) -> None:
    servers(kind)  # one that cannot be had is told once
    for promise in PARTS[part]:
        with subtests.test(promise.__name__):
            _try(promise, kind, tmp_path, servers)


def _try(promise: Callable[..., None], kind: str, place: Path, servers: Servers) -> None:
    (folder := place / promise.__name__).mkdir()
    emptied(kind, servers, place / "conf")
    with closing(opened_archive(kind, folder)) as archive:
        given: dict[str, Any] = {"archive": archive, "archive_kind": kind, "tmp_path": folder}
        promise(**{name: given[name] for name in inspect.signature(promise).parameters})
