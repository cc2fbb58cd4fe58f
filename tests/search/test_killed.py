"""A search that is killed goes on, and loses and pays for nothing twice; the long form is tests/search/killed.py."""

from __future__ import annotations

from collections.abc import Callable

from tests.operator import Operator
from tests.search.conftest import Searcher
from tests.search.killed import killed, world


def test_killed_after_whichever_page_it_goes_on(operator: Callable[..., Operator]) -> None:
    begun = operator(world(700), budget=100_000)
    assert "kills" in killed(Searcher(begun.desk, begun.sandbox), 700, kills=4)
