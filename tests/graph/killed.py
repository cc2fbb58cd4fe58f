"""A graph that is fed while recorder and feeder are killed again and again, and what it is held against.

python -m tests.graph.killed --kills 200
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.desk import ROOT, Begun, Desk
from tests.graph.opening import settings
from tests.graph.truth import truth
from tests.graph.world import INDEX, world
from tests.randomly import SEED
from tests.servers import Server, start
from tests.servers.neo4j import Neo4jServer

SLICE, SLICE_NEO4J = 0.35, 2.5  # seconds that a run has at most before it is killed; it takes a part of them to begin
TWEETS_A_KILL = 60
HELD_BACK = 5  # pages, for when the server is away


class Killed:
    """A desk with a recorder and a feeder, which run at the same time, and perhaps a Neo4j."""

    def __init__(self, desk: Desk, seed: int, kills: int, server: Neo4jServer | None = None) -> None:
        self.desk = desk
        self.kills = 0
        self._server = server
        self._slice = self._most = SLICE_NEO4J if server else SLICE
        self._chance = random.Random(seed)
        self._seed, self._tweets = seed, 300 + TWEETS_A_KILL * kills
        self._held_back = 0

    def go_on(self, kills: int, restarts: int = 0) -> None:
        """Runs of both, until so many were killed; and the server so many times, in whatever it is doing."""
        often = kills // (restarts + 1) or 1
        done = 0
        self._held_back = HELD_BACK if restarts else 0
        while self.kills < kills or done < restarts:
            runs = [self._recorder(), self.desk.begin("tw-graph", "feed")]
            self._chance.shuffle(runs)
            for run in runs:
                self._kill(run)
            for run in runs:
                run.end()
            if self._server and done < restarts and self.kills >= often * (done + 1):
                done += 1
                self._kill_server(self._server, last=done == restarts)

    def _kill_server(self, server: Neo4jServer, *, last: bool) -> None:
        """Kill it, perhaps while it is fed. While it is away for the last time, the last pages are recorded, and stay due."""
        feed = self.desk.begin("tw-graph", "feed")
        feed.kill_after(0) if self._chance.random() < 0.2 else time.sleep(self._chance.random() * self._slice)
        server.kill()
        feed.end()
        if last:
            self._held_back = 0
            assert self._recorder().end().status == 0
            assert "does not answer: Connection refused" in self.desk.run("tw-graph", "feed", check=69).stderr
        server.start()

    def _kill(self, run: Begun) -> None:
        """Kill a run somewhere in the time that such runs take on this machine: half of them, more or less, end before."""
        killed = run.kill_after(self._chance.random() * self._slice)
        self.kills += killed
        self._slice = min(self._slice * (1.25 if killed else 0.8), self._most)

    def away(self, seconds: float) -> None:
        """The server is gone for so long: the recorder goes on, who feeds says so, and nothing is taken from what is due."""
        assert self._server
        self._server.kill()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            recorder = self._recorder()
            assert self.desk.run("tw-graph", "feed", check=None).status == 69
            self._kill(recorder)
            recorder.end()
        self._server.start()

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
        command = [ROOT / "tests/graph/recorder.py", self._seed, self._tweets, self._held_back]
        return Begun(list(map(str, command)), self.desk.environment, self.desk.home)


def begin(desk: Desk, seed: int, kills: int, server: Server | None = None) -> Killed:
    """A desk with a graph in files, or in a server."""
    if server is None:
        desk.configure(graph="on")
        return Killed(desk, seed, kills)
    assert isinstance(server, Neo4jServer)
    desk.configure(**settings(server))
    desk.run("tw-graph", "init", INDEX, check=0)
    return Killed(desk, seed, kills, server)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--neo4j", default="", help="the kind of a server")
    parser.add_argument("--restarts", type=int, default=0)
    parser.add_argument("--away", type=float, default=0, help="seconds that the server is gone, once")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        desk = Desk(Path(folder))
        server = stack.enter_context(start(given.neo4j)) if given.neo4j else None
        killed = begin(desk, given.seed, given.kills, server)
        killed.go_on(given.kills // 2, given.restarts)
        if given.away:
            killed.away(given.away)
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
