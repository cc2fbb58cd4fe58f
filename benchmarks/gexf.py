#!/usr/bin/env python3
"""How long a graph of a million edges takes, in how much memory, beside networkx building and writing the same graph.

    python -m benchmarks.gexf [--edges 1000000] [--users 100000] [--coaction]

An index is filled with made-up tweets that make so many different edges, and with a profile of each user. tw-gexf writes the
graph as an operator runs it, and what it took at its most in memory is told. Then, in one process: the index is scanned and its
edges grouped; out of these, with the attributes looked up in the archive each time, the graph is written by our writer, and built
and written by networkx. The ratio by the clock counts, unless others use the machine. Both files are read again, and have the
same nodes, edges and weights. With --coaction tw-coaction is measured on the same index, by retweets and by hashtags.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx

from benchmarks.memory import peak
from netwar.archive.sqlite.store import SqliteArchive
from netwar.connections.sqlite_scratch import Scratch
from netwar.interactions import gexf
from netwar.interactions.attributes import ATTRIBUTES, described
from netwar.interactions.choice import Choice
from netwar.interactions.gathered import TABLES, Gathered
from netwar.interactions.gathering import gather
from netwar.interactions.moments import moment
from netwar.records.documents import Document
from netwar.records.idlists import portions
from netwar.records.times import shown

ROOT = Path(__file__).parents[1]
BEGAN, EPOCH = 1_795_000_000_000, 1_288_834_974_657  # ms
EDGES_EACH = 4.2  # different ones that a tweet makes, as measured
TAGS, LINKS = 5_000, 200_000
BATCH = 1_000


def tweets(count: int, users: int) -> Iterator[Document]:
    """Tweets with two or three mentions, a tag, often a link, and mostly another tweet that they retweet, quote or answer."""
    chance = random.Random(1)
    earlier: list[tuple[str, int]] = []
    for number in range(count):
        at, author = BEGAN + number * 300, chance.randrange(users)
        id = str((at - EPOCH) << 22 | number & 0xFFF)
        mentioned = [chance.randrange(users) for _ in range(chance.choice((1, 2, 3)))]
        body: dict[str, Any] = {"id": id, "author_id": str(10**9 + author), "created_at": shown(at), "lang": "en"}
        body["text"] = f"what {author} says of {mentioned[0]} is number {number}"
        body["entities"] = {
            "mentions": [{"id": str(10**9 + user), "username": f"user{user}", "start": 9} for user in mentioned],
            "hashtags": [{"tag": f"Tag{int(chance.paretovariate(1)) % TAGS}"}],
            "urls": [{"expanded_url": f"https://example.org/{chance.randrange(LINKS)}?a=1&b=2"}] * chance.choice((0, 1)),
        }
        if earlier and number % 8:
            kind = chance.choice(("retweeted", "quoted", "replied_to"))
            body["referenced_tweets"] = [{"type": kind, "id": chance.choice(earlier)[0]}]
        earlier = [*earlier[-5_000:], (id, author)] if number % 50 == 0 else earlier
        ours = {"retrieved": shown(at), "account": "observer", "via": "search"}
        yield Document("twbench", id, {**body, "netwar": ours}, True, at)


def profiles(users: int) -> Iterator[Document]:
    """A profile of each user."""
    for user in range(users):
        counts = {"followers_count": user * 7, "following_count": user, "tweet_count": user * 3, "listed_count": user % 9}
        body: dict[str, Any] = {
            "id": str(10**9 + user),
            "username": f"user{user}",
            "name": f"Üser <{user}> & 🎈",
            "location": "Leeds",
        }
        body |= {"created_at": "2019-03-01T10:00:00.000Z", "verified": False, "protected": False, "public_metrics": counts}
        body |= {"description": f"Says things. {user} of them.", "netwar": {"retrieved": shown(BEGAN), "via": "reference"}}
        yield Document("tubench", body["id"], body, True, BEGAN)


def fill(archive: SqliteArchive, edges: int, users: int) -> None:
    began = time.perf_counter()
    for documents in (profiles(users), tweets(round(edges / EDGES_EACH), users)):
        for some in portions(documents, BATCH):
            archive.write(some)
    print(f"{archive.count('twbench'):,} tweets and {users:,} profiles recorded in {time.perf_counter() - began:.0f} s")


def run(home: Path, *words: str) -> None:
    """A program as an operator runs it: seconds, memory, what it said."""
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "NETWAR_SYSTEM_CONF": "/dev/null"}
    began = time.perf_counter()
    with open(home / "said", "w") as said:
        command: list[str | Path] = [sys.executable, ROOT / "bin" / words[0], *words[1:]]
        process = subprocess.Popen(command, env=environment, cwd=home, stdout=subprocess.DEVNULL, stderr=said)
        memory = peak(process)
    took, told = time.perf_counter() - began, (home / "said").read_text().strip()
    assert process.returncode == 0, told
    print(f"{' '.join(words)}: {took:.1f} s, {memory / 2**20:.0f} MiB\n    {told.splitlines()[-1]}")


def compared(archive: SqliteArchive, home: Path) -> None:
    """Ours and networkx, out of the same grouped edges."""
    with Scratch(TABLES) as scratch:
        graph = Gathered(scratch)
        timed("scanned", lambda: scanned(archive, graph))
        timed("grouped", graph.group)
        timed("attributes alone looked up", lambda: deque(described(archive, "tubench", graph.nodes()), 0))
        files = home / "ours.gexf", home / "theirs.gexf"
        ours = timed("written", lambda: ours_written(archive, graph, files[0]))
        theirs = timed("networkx", lambda: theirs_written(archive, graph, files[1]))
        print(f"ratio {theirs[0] / ours[0]:.1f} by the clock, {theirs[1] / ours[1]:.1f} of the processor")
    first, second = map(sums, files)
    assert first == second, (first, second)
    print(f"in both files: {first[0]:,} nodes, {first[1]:,} edges of weight {first[2]:,}")


def timed(what: str, work: Callable[[], object]) -> tuple[float, float]:
    """Do it; the seconds by the clock and of the processor that it took."""
    began, used = time.perf_counter(), time.process_time()
    work()
    took = time.perf_counter() - began, time.process_time() - used
    print(f"{what} in {took[0]:.1f} s, {took[1]:.1f} s of the processor")
    return took


def scanned(archive: SqliteArchive, graph: Gathered) -> None:
    gather(archive, "twbench", Choice(), graph, lambda count: None)


def ours_written(archive: SqliteArchive, graph: Gathered, path: Path) -> None:
    with open(path, "w", encoding="utf-8") as out:
        gexf.write(out, described(archive, "tubench", graph.nodes()), graph.edges(), graph.size(), about="benchmark")


def theirs_written(archive: SqliteArchive, graph: Gathered, path: Path) -> None:
    """As a program that has networkx would do it."""
    made = networkx.MultiDiGraph()
    for one in described(archive, "tubench", graph.nodes()):
        known = ((attribute.name, value) for attribute, value in zip(ATTRIBUTES, one.values, strict=True))
        told = {name: value for name, value in known if value is not None}
        made.add_node(one.node.id, label=one.label, kind=one.node.kind, **told)
    for number, (kind, source, target, weight, first, last) in enumerate(graph.edges()):
        times = {"first": moment(first or 0), "last": moment(last or 0)}
        made.add_edge(str(source), str(target), key=number, weight=weight, kind=kind, **times)
    networkx.write_gexf(made, path, version="1.2draft")


def sums(path: Path) -> tuple[int, int, int]:
    """Nodes, edges and the sum of weights of a file."""
    nodes = edges = weight = 0
    for _, element in ElementTree.iterparse(path):
        name = element.tag.rpartition("}")[2]
        nodes += name == "node"
        if name == "edge":
            edges, weight = edges + 1, weight + int(float(element.get("weight", "1")))
        element.clear()
    return nodes, edges, weight


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--coaction", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        home, data = Path(folder), Path(folder) / ".local/share/netwar"
        data.mkdir(parents=True)
        with closing(SqliteArchive(data / "archive", data / "dead-letters")) as archive:
            fill(archive, given.edges, given.users)
            for options in ((), ("--timeline",), ("--csv",)):
                run(home, "tw-gexf", "bench", *options)
            print(f"the file has {(home / 'bench.gexf').stat().st_size / 2**20:,.0f} MiB")
            if given.coaction:
                run(home, "tw-coaction", "bench", "--by", "retweet", "--within", "3600")
                run(home, "tw-coaction", "bench", "--by", "hashtag", "--within", "60")
            compared(archive, home)


if __name__ == "__main__":
    main()
