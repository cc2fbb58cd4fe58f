"""Times of files are those of all else, only quicker."""

from __future__ import annotations

import random

from netwar.interactions.moments import moment
from netwar.records.times import LATEST, shown
from tests.randomly import SEED


def test_a_time_is_written_as_everywhere() -> None:
    chance = random.Random(SEED)
    for ms in (0, 999, 3_599_999, 3_600_000, LATEST, *(chance.randrange(LATEST) for _ in range(2_000))):
        assert moment(ms) == shown(ms)
