#!/usr/bin/env python3
"""Measure the embedded archive: writing, bytes a document, looking up, searching.

    python -m benchmarks.archive [--tweets 10000,100000,1000000] [--only pages] PAGES.jsonl…

PAGES are answers of X, a JSON object a line. Only the lines that the compression dictionary was not
trained on are used, and each tweet is a new likeness: other words (some never met before), names, ids,
times and counts. The bound, `bare`, is orjson.loads and executemany into one table without an index,
over the same tweets, in the same batches, in turns with the archive.
"""

from __future__ import annotations

import argparse
import gc
import random
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from benchmarks.likeness import Likeness, Words, held_out, pages
from netwar.archive.marks import Cover
from netwar.archive.sqlite.store import SqliteArchive
from netwar.coverage import Span
from netwar.records.documents import Document
from netwar.records.pages import documents, read

RETRIEVED = 1_795_000_000_000  # ms: when the made-up pages are said to have come
YEARS = 5
EPOCH = 1_288_834_974_657
PORTION = 10_000  # tweets that are made, then written by both in turns
COMMON = "the"
PAGES, BATCHES = "pages of timelines", "batches of 1,000"


@dataclass(frozen=True, slots=True)
class Tweet:
    """A tweet as it came off the wire."""

    id: str
    user: str
    direct: bool
    json: bytes


class Maker:
    """Makes pages of timelines, newest first, with the referenced tweets of others, out of held-out tweets."""

    def __init__(self, paths: Sequence[Path], seed: int) -> None:
        self.chance = random.Random(seed)
        found = [answer for place, answer in pages(paths) if held_out(place)]
        made = [
            one
            for answer in found
            for one in documents(read(answer), tweets="twx", users="tux", retrieved=0, account="a", via="timeline")
        ]
        self.tweets = list({one.id: one.body for one in made if one.index == "twx"}.values())
        self.users = list({one.id: one.body for one in made if one.index == "tux"}.values())
        words = [word for body in self.tweets for word in re.findall(r"[^\W\d_]+", body["text"])]
        self.likeness = Likeness(Words(words, invented=0.1), seed, keep_signs=True)

    def timelines(self) -> Iterator[list[Tweet]]:
        """Pages of 100 tweets of one user and about 50 that came along."""
        while True:
            user, moment = self._user(), RETRIEVED - self.chance.randrange(YEARS * 365 * 86_400_000)
            pace = self.chance.expovariate(1) * 36_000_000 + 60_000
            page = []
            for _ in range(100):
                moment -= int(self.chance.expovariate(1) * pace) + 1
                page.append(self._tweet(user, moment, True))
                if self.chance.random() < 0.5:
                    page.append(self._tweet(self._user(), moment - int(self.chance.expovariate(1) * 2e8), False))
            yield page

    def profiles(self) -> Iterator[bytes]:
        while True:
            body = self.likeness.of(self.chance.choice(self.users))
            body["id"] = self._user()
            body["netwar"] = {"retrieved": _iso(RETRIEVED), "account": "observer", "via": "reference"}
            yield orjson.dumps(body)

    def _user(self) -> str:
        """Half the users have ids of the old kind, ten digits at most."""
        old = self.chance.random() < 0.5
        return str(self.chance.randrange(10**7, 5 * 10**9) if old else self.chance.randrange(7 * 10**17, 18 * 10**17))

    def _tweet(self, user: str, moment: int, direct: bool) -> Tweet:
        body = self.likeness.of(self.chance.choice(self.tweets))
        id = str((moment - EPOCH) << 22 | self.chance.randrange(2**22))
        if body["conversation_id"] == body["id"]:
            body["conversation_id"] = id
        body |= {"id": id, "author_id": user, "created_at": _iso(moment // 1000 * 1000)}
        body["netwar"] |= {"retrieved": _iso(RETRIEVED), "account": "observer", "via": "timeline" if direct else "reference"}
        return Tweet(id, user, direct, orjson.dumps(body))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--tweets", default="10000,100000", help="sizes at which to measure (default 10000,100000)")
    parser.add_argument("--only", choices=["pages", "batches"], help="measure writing in one way only")
    given = parser.parse_args()
    sizes = sorted(int(size) for size in given.tweets.split(","))
    with tempfile.TemporaryDirectory() as folder:
        for name, batch in ((PAGES, 0), (BATCHES, 1000)):
            if given.only and not name.startswith(given.only):
                continue
            heads = ("tweets", "bare/s", "archive/s", "ratio", "of CPU", "B/tweet", "1,000 ids", "newest 20")
            print(f"\n{name}\n" + " ".join(f"{head:>10}" for head in heads), flush=True)
            _measure(Maker(given.pages, 1), Path(folder) / str(batch), batch, sizes)
        _measure_profiles(Maker(given.pages, 2), Path(folder))


def _measure(maker: Maker, folder: Path, batch: int, sizes: Sequence[int]) -> None:
    """Fill an archive and a bare table in turns, and report whenever a size is reached (rates: of the last sixth)."""
    archive = SqliteArchive(folder, folder / "dead-letters")
    bare = _bare(folder / "bare.db")
    stream, done, sample = maker.timelines(), 0, list[str]()
    for size in sizes:
        count, mine, bound = 0, Spent(), Spent()
        while done < size:
            batches = _portion(stream, batch)
            gc.freeze()  # what the measurement itself holds is not to be looked through while either works
            spent = _spent(_fill_bare, bare, batches), _spent(_fill_archive, archive, batches)
            ids = [one.id for some in batches for one in some]
            sample += maker.chance.sample(ids, 200)
            done += len(ids)
            if done > size * 5 / 6:
                count, bound, mine = count + len(ids), bound + spent[0], mine + spent[1]
        look_up = _median(archive.get, "twx", maker.chance.sample(sample, 1000) if len(sample) >= 1000 else sample)
        newest = _median(lambda: list(archive.search("twx", COMMON, 20)))
        each = _bytes(folder / "x.sqlite") / done
        print(
            f"{done:>10,} {count / bound.wall:>10,.0f} {count / mine.wall:>10,.0f} {bound.wall / mine.wall:>10.2f} "
            f"{bound.cpu / mine.cpu:>10.2f} {each:>10.0f} {look_up:>7.1f} ms {newest:>7.1f} ms",
            flush=True,
        )
    archive.close()


def _portion(stream: Iterator[list[Tweet]], batch: int) -> list[list[Tweet]]:
    made: list[list[Tweet]] = []
    while sum(map(len, made)) < PORTION:
        made.append(next(stream))
    if not batch:
        return made
    tweets = [one for page in made for one in page]
    return [tweets[start : start + batch] for start in range(0, len(tweets), batch)]


def _bare(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE tweet (id, text, json)")
    return connection


def _fill_bare(connection: sqlite3.Connection, batches: list[list[Tweet]]) -> None:
    for batch in batches:
        rows = []
        for one in batch:
            body = orjson.loads(one.json)
            rows.append((body["id"], body["text"], one.json))
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO tweet VALUES (?, ?, ?)", rows)
        connection.execute("COMMIT")


def _fill_archive(archive: SqliteArchive, batches: list[list[Tweet]]) -> None:
    for batch in batches:
        made = [Document("twx", one.id, orjson.loads(one.json), one.direct, RETRIEVED) for one in batch]
        high = int(batch[0].id)
        archive.write(made, [Cover("twx", batch[0].user, Span(high - 1, high, 1), RETRIEVED)])


def _measure_profiles(maker: Maker, folder: Path) -> None:
    archive = SqliteArchive(folder / "profiles", folder / "dead-letters")
    stream, count = maker.profiles(), 50_000
    for _ in range(count // 100):
        bodies: list[dict[str, Any]] = [orjson.loads(next(stream)) for _ in range(100)]
        archive.write([Document("tux", body["id"], body, True, RETRIEVED) for body in bodies])
    archive.close()
    print(f"\n{count:,} profiles, {_bytes(folder / 'profiles' / 'x.sqlite') / count:.0f} bytes each")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that something took, on the wall and of processor time."""

    wall: float = 0
    cpu: float = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.wall + other.wall, self.cpu + other.cpu)


def _spent(work: Callable[..., object], *given: object) -> Spent:
    wall, cpu = time.perf_counter(), time.process_time()
    work(*given)
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def _median(work: Callable[..., object], *given: object) -> float:
    """The median of five, in ms."""
    return sorted(_spent(work, *given).wall for _ in range(5))[2] * 1000


def _bytes(path: Path) -> int:
    """The size of a file once its log is in it."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path.stat().st_size


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


if __name__ == "__main__":
    main()
