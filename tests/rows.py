"""A loop is one test, whatever it runs over: its rows are subtests, so that each that fails is named and the others are tried."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Protocol, runtime_checkable

import pytest


@runtime_checkable
class Anew(Protocol):
    """What a fixture gives, if each row is to have one of its own."""

    def anew(self, row: int) -> Any: ...


def rows(names: str | tuple[str, ...], table: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test for each row of a table, as `pytest.mark.parametrize` would, as one case.

    `product` makes the table of all combinations. Each row has a `tmp_path` of its own, and whatever can be had `Anew`; other
    fixtures are shared: it is for tests that change none of them, or that begin anew for each row.
    """
    table, wanted = list(table), {names} if isinstance(names, str) else set(names)
    assert table, "a loop over nothing proves nothing"

    def of(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def every_row(*, subtests: pytest.Subtests, **fixtures: Any) -> None:
            for number, row in enumerate(table):
                values = {names: row} if isinstance(names, str) else dict(zip(names, row, strict=True))
                with subtests.test(**values):
                    test(**_own(fixtures, number), **values)

        kept = [one for one in inspect.signature(test).parameters.values() if one.name not in wanted]
        asked = inspect.Parameter("subtests", inspect.Parameter.KEYWORD_ONLY)
        every_row.__signature__ = inspect.Signature([*kept, asked])  # type: ignore[attr-defined]
        return every_row

    return of


def _own(fixtures: dict[str, Any], row: int) -> dict[str, Any]:
    own = {name: fixture.anew(row) for name, fixture in fixtures.items() if isinstance(fixture, Anew)}
    if "tmp_path" in fixtures:
        (folder := fixtures["tmp_path"] / f"row{row}").mkdir()
        own["tmp_path"] = folder
    return fixtures | own
