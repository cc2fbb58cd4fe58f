"""Programs that run as forks of the tests end as they end, however many threads of a test run some."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests import forked


def test_each_thread_is_told_how_its_own_have_ended(tmp_path: Path) -> None:
    """Seen in a crontab of four accounts: a run that had ended well was said to have ended 255."""
    (program := tmp_path / "program.py").write_text("import sys; sys.exit(int(sys.argv[1]))\n")
    with open(os.devnull, "r+b") as nothing:

        def ended(number: int) -> int:
            files = [nothing.fileno()] * 3
            return forked.status(forked.start([str(program), str(number)], dict(os.environ), tmp_path, files), 60)

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(ended, range(200))) == list(range(200))
