#!/usr/bin/env python3
"""Measure the graph: feeding beside a bare loop, a user's neighbours, and what the outbox costs who records.

    python -m benchmarks.graph [--edges 1000000,5000000] [--tweets 40000] [--neo4j neo2608]

A graph of so many edges is there already when tweets are fed that were recorded just before. The bound in files is executemany of
the same rows into the same tables and indices, already in numbers; in Neo4j it is the same statements in the same batches,
without an archive. Both go in turns, portion by portion. Recording goes in turns with an archive that has no outbox.
Each is told by the clock and by processor time: where others use the machine, only the latter says something.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from netwar.archive.sqlite.store import SqliteArchive
from netwar.connections.sqlite import transaction
from netwar.graph.sqlite import NUMBERS, SqliteGraph
from netwar.graphing.feeding import Fed, Feeder
from netwar.profiles.edge_reader import EdgeReader
from netwar.records.documents import Document
from netwar.records.edges import TYPES, Edge

EPOCH = 1_288_834_974_657
BEGAN = 1_600_000_000_000
USERS, TAGS, URLS = 200_000, 5_000, 100_000
HUB, HUB_EDGES = 1, 100_000  # a user with so many edges
PAGE = 100
NAME = "bench"


class Maker:
    """Tweets as a recorder brings them: some 4.5 edges each, of users of whom few are often met."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._number = 0

    def user(self) -> int:
        return 2 + int(USERS * self._chance.random() ** 3)

    def tweet(self) -> Document:
        self._number += 1
        id = str((BEGAN - EPOCH + 40 * self._number) << 22 | self._chance.randrange(1 << 12))
        chance = self._chance
        entities: dict[str, Any] = {
            "mentions": [{"start": 9, "id": str(self.user())} for _ in range(chance.choice((0, 1, 1, 2, 3)))],
            "hashtags": [{"tag": f"tag{int(TAGS * chance.random() ** 3)}"} for _ in range(chance.choice((0, 0, 1, 2, 3)))],
            "urls": [{"expanded_url": f"https://example.org/{chance.randrange(URLS)}"} for _ in range(chance.choice((0, 1, 1)))],
        }
        body = {"id": id, "author_id": str(self.user()), "text": "hello " * 20, "entities": entities, "lang": "en"}
        body["in_reply_to_user_id"] = str(self.user())
        return Document(f"tw{NAME}", id, body, True, BEGAN)


def old_edges(count: int, seed: int) -> Iterator[tuple[int, int, int, int]]:
    """Rows that are there before, of tweets from before the measured ones; the hub has its share."""
    chance = random.Random(seed)
    for number in range(count):
        tweet = (BEGAN - EPOCH - 10**10 + number) << 22
        source = HUB if number < HUB_EDGES else 2 + int(USERS * chance.random() ** 3)
        type = chance.choice((1, 1, 2, 3, 4, 5, 6))
        many = {5: TAGS, 6: URLS}.get(type, USERS)
        yield type, source, 2 + int(many * chance.random() ** 3), tweet


def filled(folder: Path, edges: int) -> None:
    """A graph's file with so many edges; the indices are made when all rows are there."""
    with closing(SqliteGraph(folder)) as graph:
        graph.init(NAME)
    with closing(sqlite3.connect(folder / f"{NAME}.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA synchronous=OFF")
        made = db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'edge' AND sql IS NOT NULL"
        ).fetchall()
        with transaction(db):
            for name, _ in made:
                db.execute(f"DROP INDEX {name}")
            db.executemany("INSERT INTO user (id) VALUES (?)", [(user,) for user in range(1, USERS + 3)])
            db.executemany("INSERT INTO hashtag VALUES (?, ?)", [(number, f"tag{number - 2}") for number in range(2, TAGS + 3)])
            db.executemany("INSERT INTO url VALUES (?, ?)", [(n, f"https://example.org/{n - 2}") for n in range(2, URLS + 3)])
            db.executemany("INSERT OR IGNORE INTO edge VALUES (?, ?, ?, ?)", sorted(old_edges(edges, 1)))
            for _, sql in made:
                db.execute(sql)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def rows_of(db: sqlite3.Connection, edges: Sequence[Edge]) -> list[tuple[int, int, int, int]]:
    """Edges as rows, with the numbers that the file has for tags and links."""
    known: dict[str, dict[str, int]] = {}
    for type, table in (("TAGS", "hashtag"), ("SHARES", "url")):
        keys = sorted({edge.target for edge in edges if edge.type == type})
        db.executemany(f"INSERT OR IGNORE INTO {table} (key) VALUES (?)", [(key,) for key in keys])
        known[type] = dict(db.execute(f"SELECT key, id FROM {table}").fetchall())
    return [
        (
            NUMBERS[one.type],
            int(one.source),
            known[one.type][one.target] if one.type in known else int(one.target),
            int(one.tweet),
        )
        for one in edges
    ]


class Timer:
    """How long something took, turn by turn: by the clock and of the processor."""

    def __init__(self) -> None:
        self.clock: list[float] = []
        self.processor: list[float] = []

    @contextmanager
    def turn(self) -> Iterator[None]:
        clock, processor = time.perf_counter(), time.process_time()
        yield
        self.clock.append(time.perf_counter() - clock)
        self.processor.append(time.process_time() - processor)


def embedded(folder: Path, edges: int, tweets: int) -> None:
    """Feeding in turns with the bound, and neighbours, at one size."""
    filled(folder / "graph", edges)
    shutil.copytree(folder / "graph", folder / "bare")
    fed, bare, asked, made, found = Timer(), Timer(), Timer(), 0, 0
    with (
        closing(SqliteArchive(folder / "archive", folder / "letters", feeds=True)) as archive,
        closing(SqliteGraph(folder / "graph")) as graph,
        closing(SqliteGraph(folder / "bare")) as other,
    ):
        assert archive.outbox
        file = other._file(NAME)
        feeder, maker, reader = Feeder(archive, archive.outbox, graph, NAME, Fed()), Maker(7), EdgeReader(archive, f"tw{NAME}")
        for _ in range(0, tweets, graph.at_once):
            documents = [maker.tweet() for _ in range(graph.at_once)]
            for start in range(0, len(documents), PAGE):
                archive.write(documents[start : start + PAGE])
            with file.writing() as db:
                rows = rows_of(db, [edge for _, its, _ in reader.batch([one.body for one in documents]) for edge in its])
            made += len(rows)
            with fed.turn():
                while feeder.step():
                    pass
            with bare.turn(), file.writing() as db:
                db.executemany("INSERT OR IGNORE INTO edge VALUES (?, ?, ?, ?)", rows)
        for _ in range(3):
            with asked.turn():
                found = sum(1 for _ in graph.neighbors(NAME, str(HUB)))
    size = (folder / "graph" / f"{NAME}.sqlite").stat().st_size / (edges + made)
    for how in ("clock", "processor"):
        feeding, bound = getattr(fed, how), getattr(bare, how)
        turns = median(one / another for one, another in zip(bound, feeding, strict=True))
        print(
            f"| {edges:,} | {how} | {made / sum(bound):,.0f}/s | {made / sum(feeding):,.0f}/s | {sum(bound) / sum(feeding):.2f} "
            f"({turns:.2f}) | {size:.0f} | {median(getattr(asked, how)):.2f} s for {found:,} lines |"
        )


def recording(folder: Path, pages: int) -> None:
    """Writing pages with an outbox and without one, in turns."""
    makers, timers = (Maker(3), Maker(3)), (Timer(), Timer())
    with (
        closing(SqliteArchive(folder / "on", folder / "letters", feeds=True)) as on,
        closing(SqliteArchive(folder / "off", folder / "letters")) as off,
    ):
        for page in range(pages):
            for place in (0, 1) if page % 2 else (1, 0):
                documents = [makers[place].tweet() for _ in range(PAGE)]
                with timers[place].turn():
                    (on, off)[place].write(documents)
    clock, processor = ([sum(getattr(timer, how)) for timer in timers] for how in ("clock", "processor"))
    ratios = f"{clock[1] / clock[0]:.2f} of the rate with it off, {processor[1] / processor[0]:.2f} of processor time"
    print(f"\nRecording with the graph on: {pages * PAGE / clock[0]:,.0f} tweets/s, {ratios}.")


def seconds(*works: Callable[[], object], first: int) -> list[float]:
    """How long each takes; that of this number goes first, and makes the nodes that the other finds."""
    found = [0.0, 0.0]
    for place in (first, 1 - first):
        began = time.perf_counter()
        works[place]()
        found[place] = time.perf_counter() - began
    return found


def in_neo4j(folder: Path, kind: str, tweets: int) -> None:
    """Feeding in turns with the same statements alone, into a server that is empty at first."""
    from netwar.config import Settings
    from netwar.connections.neo4j import connect
    from netwar.graph.neo4j import PUT, Neo4jGraph, _of
    from tests.servers import start

    with start(kind, heap="1g", quick=False) as server, closing(SqliteArchive(folder / "a", folder / "l", feeds=True)) as archive:
        settings = Settings(neo4j=f"bolt://127.0.0.1:{server.port}", neo4juser=server.user, neo4jpass=server.password)
        with closing(Neo4jGraph(connect(settings))) as graph:
            graph.init(NAME)
            assert archive.outbox
            feeder, maker = Feeder(archive, archive.outbox, graph, NAME, Fed()), Maker(7)
            fed_seconds = bare_seconds = 0.0
            made = 0
            database = graph._database
            at_once = graph.at_once
            for number in range(0, tweets, at_once):
                documents = [maker.tweet() for _ in range(at_once)]
                archive.write(documents)
                read = [
                    edge for _, its, _ in EdgeReader(archive, f"tw{NAME}").batch([one.body for one in documents]) for edge in its
                ]
                by = {type: [[one.source, one.target, one.tweet, one.at] for one in read if one.type == type] for type in TYPES}

                def feed() -> None:
                    while feeder.step():
                        pass

                def work(step: Any, by: dict[str, list[list[Any]]] = by) -> None:
                    for type, rows in by.items():
                        step.run(_of(PUT, type), rows=rows, index="bare").consume()

                fed, bare = seconds(feed, partial(database.write, work), first=number // at_once % 2)
                if number >= 2 * at_once:  # before that the server is cold
                    fed_seconds, bare_seconds, made = fed_seconds + fed, bare_seconds + bare, made + len(read)
            print(
                f"\n{database} ({server.version}): bare {made / bare_seconds:,.0f} edges/s, feeding {made / fed_seconds:,.0f}/s, "
                f"ratio {bare_seconds / fed_seconds:.2f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edges", default="1000000,5000000")
    parser.add_argument("--tweets", type=int, default=40_000)
    parser.add_argument("--neo4j", default="")
    given = parser.parse_args()
    print("| edges there | by | bare executemany | feeding | ratio (median) | bytes an edge | neighbours of one with 100,000 |")
    print("|---|---|---|---|---|---|---|")
    for edges in map(int, given.edges.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            embedded(Path(folder), edges, given.tweets)
    with tempfile.TemporaryDirectory() as folder:
        recording(Path(folder), given.tweets // PAGE)
    for kind in filter(None, given.neo4j.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            in_neo4j(Path(folder), kind, given.tweets)


if __name__ == "__main__":
    main()
