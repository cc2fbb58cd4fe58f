"""Tools of others, as their users have them, read our files unchanged and count what SQL counts."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.exports.lines import Flattener
from tests.desk import ROOT
from tests.exports.conftest import Exporting
from tests.exports.made import PAGE, Pages, fill

TOOLS = ROOT / "build" / "tools" / "bin"
PARTS = ("type", "id", "text", "author", "in_reply_to_user", "attachments", "geo", "public_metrics", "lang")
READING = Path(__file__).with_name("reading.py")
FILES = {"a.jsonl": (), "a.jsonl.zst": (), "a.jsonl.gz": ("--resume",), "a.csv": ("--csv",), "a.parquet": ("--parquet",)}


@pytest.fixture(scope="module")
def folder(exporting: Exporting, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an export in each form."""
    if not (TOOLS.parent / "ready").exists():
        assert not os.environ.get("NETWAR_REQUIRE_SERVERS"), "build/tools is not there"
        pytest.skip("the tools of others are not there: make tools")
    folder = tmp_path_factory.mktemp("tools")
    for name, more in {**FILES, "twarc.jsonl": ("--twarc",)}.items():
        exporting.run("tw-dumptweets", "made", folder / name, *more)
    exporting.run("tw-dumpusers", "made", folder / "users.jsonl", "--twarc")
    return folder


def test_pandas_duckdb_and_twarc_network_count_what_sql_counts(exporting: Exporting, folder: Path) -> None:
    done = subprocess.run([TOOLS / "python", READING, folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    ids = [str(id) for (id,) in exporting.select("SELECT id FROM tweet ORDER BY id")]
    languages = dict(exporting.select("SELECT lang, count(*) FROM tweet GROUP BY 1"))
    likes = exporting.select("SELECT sum(likes) FROM tweet")[0][0]
    authors = [str(user) for (user,) in exporting.select("SELECT user FROM tweet ORDER BY id")]
    documents = exporting.documents()
    for name in ("a.jsonl", "a.jsonl.zst", "a.jsonl.gz"):
        assert told["pandas"][name] == [len(ids), languages, ids], name
    assert told["pandas"]["csv"] == [len(ids), likes, ids, authors]
    assert told["pandas"]["texts"]
    for kind, column in (("replied_to", "replied_to_id"), ("retweeted", "retweeted_id"), ("quoted", "quoted_id")):
        named = [one["id"] for id in ids for one in documents[id].get("referenced_tweets", ()) if one["type"] == kind]
        assert told["pandas"]["exact"][column] == told["pandas"]["parquet"][column] == named
    for name in FILES:
        assert told["duckdb"][name] == [languages, ids]
    assert told["duckdb"]["likes"] == likes
    tags = [tag for body in documents.values() for tag in tags_of(body)]
    assert told["duckdb"]["tags"] == Counter(tags)
    joined = "SELECT count(*) FROM tweet JOIN tweet AS other ON other.id = tweet.referenced WHERE tweet.kind = ?"
    assert told["twarc"]["tweets"] == len(ids)
    assert told["twarc"]["edges"]["retweet"] == exporting.select(joined, 1)[0][0]
    assert told["twarc"]["edges"]["reply"] == exporting.select(joined, 2)[0][0]


def tags_of(body: dict[str, Any]) -> set[str]:
    parts = (body, body.get("note_tweet", {}))
    return {one["tag"] for part in parts for one in part.get("entities", {}).get("hashtags", ())}


def test_twarc_csv_takes_all_of_it(exporting: Exporting, folder: Path) -> None:
    for name, table, more in (("twarc", "tweet", []), ("users", "profile", ["--input-data-type", "users"])):
        given = [f"{name}.jsonl", f"{name}.csv", *more]
        environment = {"HOME": str(folder), "BEARER_TOKEN": "none", "PATH": os.environ["PATH"], "PYTHONWARNINGS": "ignore"}
        done = subprocess.run([TOOLS / "twarc2", "csv", *given], cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with open(folder / f"{name}.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["id"] for row in rows] == [str(id) for (id,) in exporting.select(f"SELECT id FROM {table} ORDER BY id")]
    kinds = dict(exporting.select("SELECT coalesce(kind, 0), count(*) FROM tweet GROUP BY 1"))
    with open(folder / "twarc.csv", newline="") as file:
        tweets = list(csv.DictReader(file))
    assert sum(bool(row["referenced_tweets.retweeted.id"]) for row in tweets) == kinds[1]
    assert sum(bool(row["referenced_tweets.replied_to.id"]) for row in tweets) == kinds[2]
    names = {str(id): name for id, name in exporting.select("SELECT id, username FROM profile")}
    assert all(row["author.username"] == names[row["author_id"]] for row in tweets)


def test_a_line_is_what_twarc_makes_of_the_page(folder: Path, tmp_path: Path) -> None:
    made = Pages(2)
    with open(tmp_path / "pages.jsonl", "wb") as file:
        file.writelines(orjson.dumps(made.page(number)) + b"\n" for number in range(4))
    environment = {"HOME": str(tmp_path), "BEARER_TOKEN": "none", "PATH": os.environ["PATH"], "PYTHONWARNINGS": "ignore"}
    subprocess.run([TOOLS / "twarc2", "flatten", "pages.jsonl", "flat.jsonl"], cwd=tmp_path, env=environment, check=True)
    theirs = {line["id"]: line for line in map(orjson.loads, (tmp_path / "flat.jsonl").read_bytes().splitlines())}
    with closing(SqliteArchive(tmp_path, tmp_path / "dead-letters")) as archive:
        fill(archive, made, 4)
        bodies = [body for body in archive.scan("twmade") if body["id"] in theirs]
        ours = {line["id"]: line for line in Flattener(archive, "twmade").lines(bodies)}
    assert len(ours) == len(theirs) == 4 * PAGE
    pairs = [(ours[id], line) for id, line in theirs.items()]
    pairs += [
        both for mine, other in pairs for both in zip(*(one.get("referenced_tweets", []) for one in (mine, other)), strict=True)
    ]
    told = [(mine, other) for mine, other in pairs if "author" in other]  # what the page lacked is no tweet
    for mine, other in told:
        assert all(mine[name] == other[name] for name in PARTS if other.get(name)), other["id"]
        for one, same in zip(*(one.get("entities", {}).get("mentions", []) for one in (mine, other)), strict=True):
            assert "name" not in same or one == same
    assert len(told) > 5 * PAGE
