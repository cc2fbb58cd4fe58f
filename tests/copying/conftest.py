"""For copies that are made in this process: archives that are small, and have several batches all the same."""

from __future__ import annotations

import pytest

from netwar.archive.sqlite.reading import CHUNK


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is as large as the portions in which files are read: programs and servers have those of the real size."""
    monkeypatch.setattr("netwar.copying.copy.BATCH", CHUNK)
