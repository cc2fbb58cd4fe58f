"""The crontab's accounts side by side, in short. (In earnest: python -m tests.cron.)"""

from __future__ import annotations

import random
from pathlib import Path

from tests import cron


def test_four_accounts_in_one_crontab_keep_one_meter(tmp_path: Path) -> None:
    print("seed", seed := random.randrange(1_000_000))
    found, billed = cron.case(tmp_path, 4, seed, runs=5, budget=10)
    assert found == []
    assert billed > 0
