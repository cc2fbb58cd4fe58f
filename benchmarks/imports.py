#!/usr/bin/env python3
"""Measure imports beside writing the same documents in the same batches, and the memory of tw-import.

    python -m benchmarks.imports [--tweets 50000] [--statuses 20000] PAGES.jsonl… [STATUSES.json]

PAGES are answers of X, STATUSES (a name that ends in .json) an array of v1.1: likenesses of them are imported. The bound is
`archive.write` alone, in turns with the import: the documents are made before, and each goes into an archive of its own.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from benchmarks.likeness import Likeness, Words, pages
from benchmarks.memory import peak
from netwar.archive.base import Tally
from netwar.archive.sqlite.store import SqliteArchive
from netwar.imports.found import Into
from netwar.imports.opening import opened
from netwar.imports.run import Import
from netwar.records.documents import Document

ROOT = Path(__file__).parents[1]
INTO = Into("twx", "tux")
TWARC = {"url": "https://api.twitter.com/2/tweets/search/all", "version": "2.14.0", "retrieved_at": "2026-11-01T00:00:00+00:00"}
PARTS = 5  # of a file, each imported and written in turns


class Untold:
    """Where rejected lines go: there are none."""

    count = 0

    def resume(self, size: int, count: int) -> None:
        """Nothing was there."""

    def add(self, line: int, reason: str, text: bytes) -> None:
        """A likeness is always sound."""
        raise AssertionError(reason)

    def kept(self) -> int:
        return 0


class Collected:
    """An archive that keeps the batches that it is given."""

    def __init__(self) -> None:
        self.batches: list[list[Document]] = []

    def write(self, documents: Sequence[Document]) -> Tally:
        self.batches.append(list(documents))
        return Tally(len(documents))

    def note(self, index: str, key: str) -> None:
        """There are no notes."""

    def change_note(self, index: str, key: str, change: Callable[[Any], Any]) -> None:
        """Nor are any kept."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--tweets", type=int, default=50_000, help="in pages (default 50,000)")
    parser.add_argument("--statuses", type=int, default=20_000, help="of v1.1 (default 20,000)")
    given = parser.parse_args()
    answers = [answer for _, answer in pages([file for file in given.files if file.suffix != ".json"])]
    old = [status for file in given.files if file.suffix == ".json" for status in orjson.loads(file.read_bytes())]
    heads = ("values", "documents", "read/s", "imported/s", "written/s", "ratio", "CPU: read", "imported", "written", "ratio")
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'':24}" + " ".join(f"{head:>10}" for head in heads), flush=True)
        if answers:
            some = ({**page, "__twarc": TWARC} for page in _likenesses(answers, given.tweets, lambda page: len(page["data"])))
            _measure("tweets of v2 pages", Path(folder) / "v2", some, lambda page: len(page["data"]))
        if old:
            _measure("statuses of v1.1", Path(folder) / "v1", _likenesses(old, given.statuses, lambda one: 1), lambda one: 1)
        _measure_memory(Path(folder))


def _likenesses(answers: Sequence[Any], count: int, size: Callable[[Any], int]) -> Iterator[Any]:
    words = re.findall(r"[^\W\d_]+", " ".join(_texts(answers)))
    likeness = Likeness(Words(words, invented=0.1), 1, keep_signs=True)
    done = number = 0
    while done < count:
        original = answers[number % len(answers)]
        made = likeness.of(original)
        if "id_str" in original:
            _put_times(made, original)
        yield made
        done, number = done + size(made), number + 1


def _put_times(made: Any, original: Any) -> None:
    """The times of v1.1 as they were: a likeness has other words in their place."""
    if isinstance(original, list):
        for one, other in zip(made, original, strict=True):
            _put_times(one, other)
    elif isinstance(original, dict):
        for name, value in original.items():
            if name == "created_at":
                made[name] = value
            else:
                _put_times(made[name], value)


def _texts(thing: Any) -> Iterator[str]:
    if isinstance(thing, list):
        for one in thing:
            yield from _texts(one)
    elif isinstance(thing, dict):
        for name, one in thing.items():
            if name in ("text", "full_text") and isinstance(one, str):
                yield one
            else:
                yield from _texts(one)


def _measure(name: str, folder: Path, values: Iterator[Any], size: Callable[[Any], int]) -> None:
    """Import a file in parts, and write the documents of each into another archive, in turns."""
    folder.mkdir()
    files = [folder / f"{part}.jsonl" for part in range(PARTS)]
    handles = [file.open("wb") for file in files]
    count = 0
    for number, value in enumerate(values):
        handles[number % PARTS].write(orjson.dumps(value) + b"\n")
        count += size(value)
    for handle in handles:
        handle.close()
    spent = {"read": (0.0, 0.0), "imported": (0.0, 0.0), "written": (0.0, 0.0)}
    documents = 0
    with (
        closing(SqliteArchive(folder / "imported", folder / "letters")) as mine,
        closing(SqliteArchive(folder / "written", folder / "letters")) as bound,
    ):
        for file in files:
            made = Collected()
            spent["read"] = _added(spent["read"], _import, made, file)
            documents += sum(map(len, made.batches))
            spent["imported"] = _added(spent["imported"], _import, mine, file)
            gc.freeze()
            spent["written"] = _added(spent["written"], _write, bound, made.batches)
            gc.unfreeze()
        assert mine.count("twx") == bound.count("twx")
    rates = [[count / spent[what][clock] for what in spent] for clock in (0, 1)]
    told = " ".join(" ".join(f"{rate:>10,.0f}" for rate in some) + f" {some[1] / some[2]:>10.2f}" for some in rates)
    print(f"{name:24}{count:>10,} {documents:>10,} {told}", flush=True)


def _import(archive: Any, file: Path) -> None:
    run = Import(archive, INTO)
    with opened(str(file)) as content:
        run.read(content, Untold())
    run.end()


def _write(archive: SqliteArchive, batches: Sequence[list[Document]]) -> None:
    for batch in batches:
        archive.write(batch)


def _added(before: tuple[float, float], work: Callable[..., object], *given: Any) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.process_time()
    work(*given)
    return before[0] + time.perf_counter() - wall, before[1] + time.process_time() - processor


def _measure_memory(folder: Path) -> None:
    """The most memory of tw-import for a file, for all of them five times over, and for one with a line of 200 MB."""
    parts = sorted(folder.glob("v*/*.jsonl"))
    once, often, long = (folder / f"{name}.jsonl" for name in ("once", "often", "long"))
    once.write_bytes(parts[0].read_bytes())
    with often.open("wb") as file:
        for _ in range(5):
            for part in parts:
                file.write(part.read_bytes())
    with long.open("wb") as file:
        file.write(parts[0].read_bytes() + b'{"data": "')
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n')
    (folder / ".twitter").touch(mode=0o600)
    for name, path in (("a file", once), ("25 of them", often), ("a line of 200 MB", long)):
        environment = os.environ | {"HOME": str(folder), "NETWAR_SYSTEM_CONF": os.devnull, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, str(ROOT / "bin" / "tw-import"), "-q", str(path), path.stem]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            print(f"memory of tw-import, {name} ({path.stat().st_size / 1e6:,.0f} MB): {peak(process) / (1 << 20):,.0f} MiB")


if __name__ == "__main__":
    main()
