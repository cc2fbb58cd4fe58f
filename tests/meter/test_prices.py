"""The price table."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwar.meter.prices import price, prices
from tests.rows import rows


def test_what_x_charges_for_posts_and_users() -> None:
    assert prices()["post"] == 5_000
    assert prices()["user"] == prices()["follower"] == 10_000
    assert prices()["owned"] == 1_000


def test_prices_are_whole_micro_dollars() -> None:
    assert all(isinstance(micro, int) and micro > 0 for micro in prices().values())
    assert price({"post": 3_200}) == 16_000_000


def test_decimals_are_read_exactly(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text("[object]\npost = 0.000007\nuser = 2\nlist = 1.1\n")
    assert prices(tmp_path / "prices.toml") == {"post": 7, "user": 2_000_000, "list": 1_100_000}


@rows("wrong", ["0.0000001", "-1"])
def test_a_price_that_cannot_be_counted_is_refused(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "prices.toml").write_text(f"[object]\npost = {wrong}\n")
    with pytest.raises(ValueError, match="micro-dollars"):
        prices(tmp_path / "prices.toml")


def test_a_kind_without_a_price_is_named() -> None:
    with pytest.raises(ValueError, match="wombat"):
        price({"wombat": 1})
