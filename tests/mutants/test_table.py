"""The table of mutants follows the program: `make mutants` tries them."""

from __future__ import annotations

from tests.mutants.table import faults, mutants


def test_each_mutant_can_be_made_and_names_tests_that_are_there() -> None:
    rows = list(mutants())
    assert [fault for row in rows for fault in faults(row)] == []
    assert len({(row.file, row.stands, row.put) for row in rows}) == len(rows), "a row stands there twice"
