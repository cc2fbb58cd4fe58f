"""A CSV of a million rows, opened by pandas and by the rules of spreadsheets: no id is harmed, and all texts come back.

    python -m tests.exports.million [--rows 1000000] [--kept FOLDER]

Every cell of a text or an id goes through the model of tests/exports/tables.py; pandas is that of build/tools. FOLDER is one of
benchmarks.exports, with its archive.
"""

from __future__ import annotations

import argparse
import csv
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path

from benchmarks.exports import TOOLS, Desk
from tests.exports.tables import opened_by_spreadsheet, unguarded

PANDAS = """
import sys, pandas
table = pandas.read_csv(sys.argv[1], usecols=["id", "author_id"])
print(len(table), sum(map(int, table["id"])), sum(map(int, table["author_id"])))
"""
FIELDS = "id,author_id,retweeted_id,text,name"


def exported(desk: Desk, *more: str) -> Path:
    """A CSV of all tweets."""
    path = desk.home / f"million{len(more)}.csv"
    words = ("--csv", "--fields", FIELDS, *more)
    subprocess.run(desk.ours(str(path), *words), env=desk.environment, cwd=desk.home, check=True)
    return path


def rows(path: Path) -> Iterator[list[str]]:
    """The rows behind the heading."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        read = csv.reader(file)
        next(read)
        yield from read


def main() -> None:
    """Say what was held against what; AssertionError where something was harmed."""
    csv.field_size_limit(10**9)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kept")
    given = parser.parse_args()
    with nullcontext(given.kept) if given.kept else tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder).resolve(), given.rows)
        plain, guarded = exported(desk), exported(desk, "--spreadsheet")
        with closing(sqlite3.connect(desk.archive / "made.sqlite")) as db:
            count, ids, authors = 0, 0, 0
            for id, user in db.execute("SELECT id, user FROM tweet"):
                count, ids, authors = count + 1, ids + id, authors + user
        said = subprocess.run([TOOLS / "bin" / "python", "-c", PANDAS, plain], capture_output=True, text=True, check=True).stdout
        assert said.split() == [str(count), str(ids), str(authors)], said
        spoilt = 0
        for faithful, kept in zip(rows(plain), rows(guarded), strict=True):
            assert [unguarded(opened_by_spreadsheet(cell)) for cell in kept] == faithful
            spoilt += opened_by_spreadsheet(faithful[0]) != faithful[0]
        print(f"{count:,} rows: pandas has each id; spreadsheets spoil {spoilt:,} ids, and none of those that are guarded")


if __name__ == "__main__":
    main()
