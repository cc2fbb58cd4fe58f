"""Observers with lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.desk import Desk, Sandbox
from tests.operator import beginning
from tests.tracking.desk import WORLD, Lists


@pytest.fixture
def observer_of(desk: Desk, new_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Callable[..., Lists]:
    """Start a sandbox in which the account of the configuration keeps lists."""
    return beginning(Lists, desk, new_sandbox, tmp_path, budget=1000)


@pytest.fixture
def lists(observer_of: Callable[..., Lists]) -> Lists:
    """An observer with six members on two lists."""
    return observer_of(WORLD)
