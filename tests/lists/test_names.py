"""Names of lists as somebody hostile writes them."""

from __future__ import annotations

from typing import Any

import pytest

from netwar.lists.reading import LONGEST_NAME, about
from tests.lists.shown import LIST, ShownX


def test_a_name_moves_no_cursor_and_fills_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    x = ShownX(["1"])
    told: dict[str, Any] = {**x._list(), "name": "NSCE \x1b[31m\u202ered\n" + "a" * 10_000}
    monkeypatch.setattr(x, "_list", lambda: told)
    shown = about(x, LIST, "x")  # type: ignore[arg-type]
    assert shown.name.startswith("NSCE  [31mred a")
    assert len(shown.name) == LONGEST_NAME
    assert shown.slug.startswith("nsce-31mred-a")
    assert len(str(shown)) < LONGEST_NAME + 20
