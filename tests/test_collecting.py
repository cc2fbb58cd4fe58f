"""Of several processes that read the tests the first compiles, the others find compiled."""

from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

from tests.collecting import one_before_the_others

SECONDS = 30


def test_the_first_is_alone_and_the_others_are_together(tmp_path: Path) -> None:
    together, came = Barrier(3), []

    def collect() -> None:
        with one_before_the_others(tmp_path):
            came.append(together.wait(SECONDS))

    others = [Thread(target=collect) for _ in range(3)]
    with one_before_the_others(tmp_path):
        for other in others:
            other.start()
        others[0].join(0.2)
        assert not came, "somebody is in beside the first"
    for other in others:
        other.join(SECONDS)
    assert sorted(came) == [0, 1, 2]
