"""A graph that is fed while recorder and feeder are killed again and again, and what it is held against.

python -m tests.graph.killed --kills 200
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

from tests.desk import ROOT, Begun, Desk
from tests.graph.truth import truth
from tests.graph.world import INDEX, world
from tests.randomly import SEED

SLICE = 0.35  # seconds that a run has at most before it is killed; it takes a part of them to begin
TWEETS_A_KILL = 60


class Killed:
    """A desk with a recorder and a feeder, which run at the same time."""

    def __init__(self, desk: Desk, seed: int, kills: int) -> None:
        self.desk = desk
        self.kills = 0
        self._chance = random.Random(seed)
        self._seed, self._tweets = seed, 300 + TWEETS_A_KILL * kills

    def go_on(self, kills: int) -> None:
        """Runs of both, until so many were killed."""
        while self.kills < kills:
            runs = [self._recorder(), self.desk.begin("tw-graph", "feed")]
            self._chance.shuffle(runs)
            for run in runs:
                self.kills += run.kill_after(self._chance.random() * SLICE)
            for run in runs:
                run.end()

    def end(self) -> dict[str, tuple[int, int]]:
        """Let both come to their end; what the graph holds then."""
        assert self._recorder().end().status == 0
        self.desk.run("tw-graph", "feed", check=0)
        return self.held()

    def held(self) -> dict[str, tuple[int, int]]:
        """The digest of the graph, which is that of the archive."""
        rows = map(json.loads, self.desk.run("tw-graph", "check", INDEX, "--json", check=0).stdout.splitlines())
        return {row["type"]: (row["graph"], int(row["graph_sum"], 16)) for row in rows}

    def true(self) -> dict[str, tuple[int, int]]:
        """What it must hold."""
        return truth(world(self._seed, self._tweets).final)

    def state(self) -> dict[str, int]:
        """How tw-graph says that the index stands."""
        [line] = self.desk.run("tw-graph", "status", INDEX, "--json", check=0).stdout.splitlines()
        told: dict[str, int] = json.loads(line)
        return told

    def _recorder(self) -> Begun:
        program = ROOT / "tests/graph/recorder.py"
        return Begun([str(program), str(self._seed), str(self._tweets)], self.desk.environment, self.desk.home)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        desk.configure(graph="on")
        killed = Killed(desk, given.seed, given.kills)
        killed.go_on(given.kills)
        fed = killed.end()
        desk.run("tw-graph", "rebuild", INDEX, check=0)
        same = fed == killed.true() == killed.held()
        due = killed.state()["due"]
    print(
        f"{killed.kills} kills, seed {given.seed}: {sum(count for count, _ in fed.values()):,} edges, {due} due, "
        f"feeding = rebuilding = the documents: {'yes' if same else 'NO'}"
    )
    return 0 if same and not due else 1


if __name__ == "__main__":
    sys.exit(main())
