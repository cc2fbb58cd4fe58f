"""Archives in each generation of servers, in one case each.

Each part of the whole contract, tests/contract/test_archive.py, runs on one of three: the oldest, the newest and OpenSearch's
newest. What the archive sends depends on two facts: whether documents have types, and whether sequences are numbered. It sends
the same templates to all that know composable ones. The three have each of these with and without, but 6.8 alone has types and
numbers; and the answers are the makers', who may have changed them in between. So what is sent by either fact, what is searched,
and what is refused is tried on each kind. (tw-copy goes into each of them and out again, and the recipes run on all.)
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests import clusters
from tests.contract import test_archive as contract
from tests.contract.conftest import emptied, opened_archive
from tests.servers.fixtures import Servers

SHORT = [
    contract.test_an_index_is_made_once_and_is_empty_then,
    contract.test_odd_values_come_back_too,
    contract.test_odd_profiles_come_back_too,
    contract.test_a_newer_copy_wins_unless_it_only_came_along,
    contract.test_one_id_twice_in_a_batch,
    contract.test_find_gives_the_newest_first,
    contract.test_find_by_screen_name,
    contract.test_search,
    contract.test_each_is_found_by_its_words_alone,
    contract.test_what_is_forgotten_is_found_nowhere,
    contract.test_a_scan_can_begin_in_the_middle,
    contract.test_who_bears_a_name_and_who_bore_it,
    contract.test_changes_can_be_carried_to_another_index,
    contract.test_notes,
    contract.test_records_and_names,
    contract.test_a_page_takes_back_what_it_contradicts_and_covers_in_one_step,
]


@pytest.mark.parametrize("kind", [*clusters.KINDS, *clusters.BETWEEN])
def test_all_keep_and_find_alike(kind: str, servers: Servers, tmp_path: Path, subtests: pytest.Subtests) -> None:
    for promise in SHORT:
        emptied(kind, servers, tmp_path / "conf")
        with subtests.test(promise.__name__), closing(opened_archive(kind, tmp_path)) as archive:
            promise(archive)
    with subtests.test("refused"), closing(opened_archive(kind, tmp_path)) as archive:
        emptied(kind, servers, tmp_path / "conf")
        contract.test_what_cannot_be_stored_is_kept_aside_and_the_rest_is_written(archive, tmp_path)
