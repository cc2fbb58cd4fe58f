#!/usr/bin/env python3
"""How fast a long list of names is told apart from a collection of profiles, and in how much memory.

    python -m benchmarks.audits [--profiles 1000000] [--lines 1000000] [--keep FOLDER] [--kinds es654,es953]

Makes an archive of made-up profiles (or uses the one in FOLDER, and leaves it there), and files of names and of ids: nine
tenths of the lines are recorded, one hundredth is rubbish, and one in fifty comes twice. tw-tnamesearch and tw-tumsearch are run
as an operator runs them, each in a process of its own. Beside them a look-up of one name at a time, as a script would do it, and
in Elasticsearch one search a name, as the recorder of 2019 did it.

With --kinds the archive is not in a file but in these of the laboratory's servers (`make servers`), one after the other.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.desk import bytes_of
from benchmarks.memory import peak

if TYPE_CHECKING:
    from netwar.archive.base import Archive, Within

ROOT = Path(__file__).parents[1]
NOW = 1_795_000_000_000
API = "https://api.x.com"
ONE_BY_ONE = 5_000  # lines
WORDS = ("and the of sea news all day reads writes coffee music old city north light about my own views gardens history").split()  # noqa: SIM905


def number(place: int) -> int:
    """The id of the user at a place: scattered, and the same in every run."""
    return (place * 0x9E3779B97F4A7C15 % 2**60) | 1 << 59


def name(place: int) -> str:
    """The screen name of the user at a place."""
    return f"{WORDS[place % len(WORDS)].title()}_{place * 48_271 % 2**31:x}"[:15]


def profile(place: int) -> dict[str, Any]:
    """A profile as X sends it, of usual length."""
    chance = random.Random(place)
    words = " ".join(chance.choices(WORDS, k=chance.randrange(0, 24)))
    return {
        "created_at": f"20{chance.randrange(10, 26)}-0{chance.randrange(1, 10)}-1{chance.randrange(10)}T12:34:56.000Z",
        "description": words,
        "id": str(number(place)),
        "location": chance.choice(["Athens", "Leeds", "somewhere else", ""]),
        "name": " ".join(chance.choices(WORDS, k=2)).title(),
        "profile_image_url": f"https://pbs.twimg.com/profile_images/{chance.randrange(10**18)}/{chance.randrange(2**40):x}_normal.jpg",
        "protected": chance.random() < 0.05,
        "public_metrics": {
            "followers_count": chance.randrange(10_000),
            "following_count": chance.randrange(3_000),
            "tweet_count": chance.randrange(100_000),
            "listed_count": chance.randrange(40),
            "like_count": chance.randrange(50_000),
            "media_count": chance.randrange(900),
        },
        "url": "",
        "username": name(place),
        "verified": False,
        "verified_type": "none",
    }


def build(archive: Archive, profiles: int) -> None:
    """Record profiles by pages of a thousand, as tw-follow2usertest does."""
    from netwar.records.pages import Page, documents

    for start in range(archive.count("usertest"), profiles, 1000):
        page = Page(users=[profile(place) for place in range(start, min(start + 1000, profiles))])
        archive.write(documents(page, tweets=None, users="usertest", retrieved=NOW, account="observer", via="follow"))


def lines(count: int, profiles: int, what: Any) -> Iterator[str]:
    """The lines of a file: `what` is made of a place."""
    chance = random.Random(5)
    for line in range(count):
        if line % 100 == 99:
            yield "not a user at all"
        else:
            place = chance.randrange(profiles) if line % 50 == 1 else line * 0x9E3779B1 % profiles
            yield str(what(place if line % 10 else place + profiles))


def measured(home: Path, program: str, file: Path) -> tuple[float, float, int, str]:
    """Wall seconds, processor seconds, the most memory (bytes) and the last words of a run."""
    environment = os.environ | {"HOME": str(home), "NETWAR_SYSTEM_CONF": os.devnull, "PYTHONPATH": str(ROOT)}
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(home / "said", "w+b") as said:
        process = subprocess.Popen([sys.executable, ROOT / "bin" / program, file], env=environment, stderr=said)
        memory = peak(process)
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        said.seek(0)
        last = said.read().decode().splitlines()[-1]
    assert process.returncode == 1, last  # rubbish was told
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, memory, last


def one_by_one(archive: Archive, file: Path) -> float:
    """Lines a second, asking for one name after the other, without reading a file."""
    with file.open() as names:
        some = [line.strip() for line, _ in zip(names, range(ONE_BY_ONE), strict=False)]
    began = time.perf_counter()
    for one in some:
        _one(archive, one)
    return len(some) / (time.perf_counter() - began)


def _one(archive: Archive, name: str) -> None:
    """One name. Elasticsearch is asked as in 2019: no refresh, the whole document, nothing of who bore it before."""
    from netwar.archive.elastic.store import ElasticArchive

    if isinstance(archive, ElasticArchive):
        question = {"query": {"term": {"username": name.lower()}}}
        headers = {"content-type": "application/json"}
        archive.cluster.client.transport.perform_request("POST", "/usertest/_search", headers, {}, question)
    else:
        next(archive.find("usertest", Within(name=name), limit=1), None)


@contextmanager
def in_file(home: Path) -> Iterator[tuple[str, Archive, Callable[[], int]]]:
    """What it is called, an archive in a file, and how many bytes it takes."""
    from netwar.archive.sqlite.store import SqliteArchive

    data = home / ".local" / "share" / "netwar"
    with closing(SqliteArchive(data / "archive", data / "dead-letters")) as archive:
        yield "SQLite", archive, lambda: (data / "archive" / "usertest.sqlite").stat().st_size


@contextmanager
def in_server(home: Path, kind: str) -> Iterator[tuple[str, Archive, Callable[[], int]]]:
    """The same in a server that is started as it would run in earnest, but for a smaller heap."""
    from netwar.archive.elastic.store import ElasticArchive
    from netwar.config import load
    from netwar.connections.elastic import connect
    from tests.servers import start

    home.mkdir(parents=True, exist_ok=True)
    (configuration := home / ".twitter").touch(mode=0o600)
    with start(kind, quick=False, heap="1g") as server:
        configuration.write_text(f"[STREAM]\nelksg = {server.url}\n")
        with closing(ElasticArchive(connect(load(configuration)), home / "dead-letters", API)) as archive:
            yield str(archive.cluster), archive, lambda: bytes_of(archive, "usertest")


def measure(home: Path, what: str, archive: Archive, size: Callable[[], int], profiles: int, count: int) -> None:
    """Fill an archive, audit both files, and print what it took."""
    began = time.perf_counter()
    build(archive, profiles)
    print(f"{what}: {profiles:,} profiles, {size() / profiles:.0f} bytes each, made in {time.perf_counter() - began:.0f} s")
    print(f"{'':<16}{'lines/s':>10}{'of CPU time':>13}{'memory':>10}")
    for program, made in (("tw-tnamesearch", name), ("tw-tumsearch", number)):
        file = home / f"{program}.txt"
        file.write_text("".join(f"{line}\n" for line in lines(count, profiles, made)))
        wall, cpu, memory, last = measured(home, program, file)
        rates = f"{count / wall:>10,.0f}{count / cpu:>13,.0f}{memory / 2**20:>7.0f} MiB"
        print(f"{program:<16}{rates}   {last.partition(': ')[2].partition(' (')[0]}", flush=True)
    print(f"{'one by one':<16}{one_by_one(archive, home / 'tw-tnamesearch.txt'):>10,.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="home folder to use and leave")
    parser.add_argument("--kinds", help="servers to measure in place of a file")
    asked = parser.parse_args()
    for kind in asked.kinds.split(",") if asked.kinds else [None]:
        with tempfile.TemporaryDirectory() as folder:
            home = asked.keep or Path(folder)
            with in_server(home, kind) if kind else in_file(home) as (what, archive, size):
                measure(home, what, archive, size, asked.profiles, asked.lines)


if __name__ == "__main__":
    main()
