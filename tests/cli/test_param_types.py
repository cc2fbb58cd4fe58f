"""What numbers options take."""

from __future__ import annotations

import pytest
from click import BadParameter

from netwar.cli.param_types import Amount, HowMany
from tests.rows import rows


@rows(
    ("given", "told"),
    [
        ("nan", "'nan' is no number"),
        ("inf", "'inf' is no number"),
        ("-1", "is not in the range x>=0"),
        ("much", "is not a valid number"),
    ],
)
def test_what_is_no_amount_is_refused(given: str, told: str) -> None:
    with pytest.raises(BadParameter, match=told):
        Amount(min=0).convert(given, None, None)
    assert Amount(min=0).convert("2.5", None, None) == 2.5


def test_what_is_no_whole_number_is_refused() -> None:
    for given in ("much", "1.5"):
        with pytest.raises(BadParameter, match="is not a valid whole number"):
            HowMany(0).convert(given, None, None)
    assert HowMany(0).convert("20", None, None) == 20
