"""docs/datasette.md does not lie: its command starts Datasette on an archive that is recorded into, and each query is right."""

from __future__ import annotations

import json
import os
import re
import shlex
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.base import Archive
from netwar.archive.marks import Cover
from netwar.archive.sqlite.store import SqliteArchive
from netwar.board.base import Entry
from netwar.board.perflog_sqlite import SqlitePerfLog
from netwar.coverage import Span
from tests.desk import ROOT
from tests.exports.made import Pages, fill, recorded, rename
from tests.servers.starting import free_port

TOOLS = ROOT / "build" / "tools"
PAGES = 6
AT = 1_700_000_000_000
WORDS = {"words": '"customs union" OR harb* OR "東 京"', "name": "USER8"}
Row = list[Any]
Documents = dict[str, dict[str, Any]]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[SqliteArchive]:
    if not (TOOLS / "ready").exists():
        assert not os.environ.get("NETWAR_REQUIRE_SERVERS"), "build/tools is not there"
        pytest.skip("the tools of others are not there: make tools")
    made = Pages(1, users=40)
    with closing(SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")) as opened:
        fill(opened, made, PAGES // 2)
        rename(opened, made, 30)
        covers = [Cover("twmade", str(user), Span(low, 2 * low, 5), AT, f"user{user}") for user in (7, 8) for low in (100, 1000)]
        opened.write([], covers[:3])
        yield opened


@contextmanager
def datasette(*files: Path) -> Iterator[str]:
    """What the docs say, on these files: its address."""
    port, documented = free_port(), re.search(r"^ +(~/datasette/bin/datasette -h .*)$", DOCS, re.MULTILINE)
    assert documented
    given = shlex.split(documented[1].replace("8001", str(port)))[1:-1]
    command = [TOOLS / "bin" / "datasette", *given, *files]
    with subprocess.Popen(command, cwd=ROOT, env={"HOME": str(files[0].parent), "PATH": os.environ["PATH"]}) as process:
        try:
            until = time.monotonic() + 120
            while not _answers(f"http://127.0.0.1:{port}/-/versions.json"):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _answers(address: str) -> bool:
    try:
        return bool(urllib.request.urlopen(address, timeout=30).status == 200)
    except urllib.error.URLError:
        return False


DOCS = (ROOT / "docs/datasette.md").read_text()
QUERIES = re.findall(r"```sql\n(.*?)```", DOCS, re.DOTALL)


def answer(address: str, database: str, query: str) -> list[Row]:
    asked = urllib.parse.urlencode({"sql": query, "_shape": "arrays", **WORDS})
    with urllib.request.urlopen(f"{address}/{database}.json?{asked}", timeout=60) as told:
        read = json.load(told)
    assert not read["truncated"]
    rows: list[Row] = read["rows"]
    return rows


def test_each_query_is_right_while_and_after_pages_are_recorded(archive: SqliteArchive, tmp_path: Path) -> None:
    file, log = tmp_path / "archive" / "made.sqlite", tmp_path / "perflog.sqlite"
    with closing(SqlitePerfLog(log)) as perflog:
        for screen_name, dollars in (("nasa", 0.1), ("nasa", 0.25), ("esa", 1.0)):
            run = {"program": "tw-idu3elk", "counts": {"tweets": 20}, "dollars": dollars}
            perflog.append(Entry("alpha", "op", screen_name, "done", "2026-11-28T12:00:00.000+00:00", run))
        perflog.append(Entry("alpha", "op", "nasa", "moved", "2026-11-28T12:00:00.000+00:00"))
    *about_tweets, about_runs = QUERIES
    assert len(about_tweets) == len(TRUTHS)
    with datasette(file, log) as address:
        writer = threading.Thread(target=record_slowly, args=(archive,))
        writer.start()
        while writer.is_alive():
            for query in about_tweets:
                assert answer(address, "made", query)
        writer.join()
        tweets, users = ({body["id"]: body for body in archive.scan(index)} for index in ("twmade", "tumade"))
        for query, truth in zip(about_tweets, TRUTHS, strict=True):
            assert answer(address, "made", query) == truth(archive, tweets, users), query
        assert answer(address, "perflog", about_runs) == [
            ["2026-11-28", "esa", "tw-idu3elk", 1.0, 20],
            ["2026-11-28", "nasa", "tw-idu3elk", 0.35, 40],
        ]
        with closing(sqlite3.connect(file)) as db:
            assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, "no query holds on to the log"
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            with pytest.raises(urllib.error.HTTPError):
                answer(address, "made", "DELETE FROM tweet")
    [page] = recorded(Pages(1, users=40), 1, PAGES)
    assert archive.write(page).created, "what a reader leaves beside the file is in nobody's way"
    assert archive.count("twmade") > len(tweets)


def record_slowly(archive: Archive) -> None:
    for page in recorded(Pages(1, users=40), PAGES - PAGES // 2, PAGES // 2):
        archive.write(page)
        time.sleep(0.5)


def kind(tweet: dict[str, Any]) -> str | None:
    types = [one["type"] for one in tweet.get("referenced_tweets", ())]
    return next((one for one in ("retweeted", "replied_to", "quoted") if one in types), None)


def second(written: str) -> str:
    return f"{written[:19]}Z"


def name(users: Documents, id: str) -> str:
    return str(users[id]["username"])


def url(tweet: dict[str, Any]) -> str:
    return f"https://x.com/i/status/{tweet['id']}"


def text(tweet: dict[str, Any]) -> str:
    return str(tweet.get("note_tweet", tweet)["text"])


def days(_: Archive, tweets: Documents, users: Documents) -> list[Row]:
    counted = Counter((one["created_at"][:10], kind(one) or "original") for one in tweets.values())
    assert len({day for day, _ in counted}) == 1, "else order by day"
    return [[*key, number] for key, number in counted.most_common()]


def said(archive: Archive, tweets: Documents, users: Documents) -> list[Row]:
    wanted = re.compile(r"\bcustoms union\b|\bharb|東京")
    found = [one for one in tweets.values() if wanted.search(" ".join(re.findall(r"\w+", text(one).lower())))]
    found = sorted(found, key=lambda one: -int(one["id"]))[:100]
    return [[second(one["created_at"]), name(users, one["author_id"]), text(one), url(one)] for one in found]


def passed_on(_: Archive, tweets: Documents, users: Documents) -> list[Row]:
    originals = [one for one in tweets.values() if kind(one) != "retweeted"]
    counts = {one["id"]: one["public_metrics"] for one in originals}
    found = sorted(originals, key=lambda one: (-counts[one["id"]]["retweet_count"], int(one["id"])))[:25]
    return [
        [
            counted["retweet_count"],
            counted["like_count"],
            name(users, one["author_id"]),
            second(one["created_at"]),
            text(one),
            url(one),
        ]
        for one in found
        if (counted := counts[one["id"]])
    ]


def amplified(_: Archive, tweets: Documents, users: Documents) -> list[Row]:
    found: dict[tuple[int, int], list[str]] = {}
    for one in tweets.values():
        target = tweets.get(next((to["id"] for to in one.get("referenced_tweets", ())), ""))
        if kind(one) == "retweeted" and target and target["author_id"] != one["author_id"]:
            found.setdefault((int(one["author_id"]), int(target["author_id"])), []).append(second(one["created_at"]))
    best = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:25]
    return [[name(users, str(who)), name(users, str(whom)), len(at), min(at), max(at)] for (who, whom), at in best]


def hours(_: Archive, tweets: Documents, users: Documents) -> list[Row]:
    [user] = (id for id, body in users.items() if body["username"].lower() == WORDS["name"].lower())
    counted = Counter(one["created_at"][11:13] for one in tweets.values() if one["author_id"] == user)
    return [[*pair] for pair in sorted(counted.items())]


def busiest(_: Archive, tweets: Documents, users: Documents) -> list[Row]:
    def age(user: dict[str, Any]) -> float:
        retrieved, created = (datetime.fromisoformat(second(at)) for at in (user["netwar"]["retrieved"], user["created_at"]))
        return max(1.0, (retrieved - created).total_seconds() / 86_400)

    def a_day(user: dict[str, Any]) -> float:
        return float(user["public_metrics"]["tweet_count"] / age(user))

    best = sorted(users.values(), key=lambda user: (-a_day(user), int(user["id"])))[:25]
    counts = ((user["public_metrics"]["tweet_count"], user["public_metrics"]["followers_count"]) for user in best)
    return [
        [user["username"], second(user["created_at"]), *told, pytest.approx(a_day(user), abs=0.0051)]
        for user, told in zip(best, counts, strict=True)
    ]


def renamed(archive: Archive, tweets: Documents, users: Documents) -> list[Row]:
    past = [one for one in archive.changes("tumade") if "username" in one.fields]
    past.sort(key=lambda one: (-(one.until // 1000), int(one.user)))
    rows = [[one.fields["username"], name(users, one.user), one.until] for one in past]
    return [[before, now, second(datetime.fromtimestamp(at // 1000, UTC).isoformat())] for before, now, at in rows]


def incomplete(_: Archive, tweets: Documents, users: Documents) -> list[Row]:
    return [[user, f"user{user}", None, posts, None, spans, 0, None] for user, posts, spans in (("7", 10, 2), ("8", 5, 1))]


def tags(_: Archive, tweets: Documents, users: Documents) -> list[Row]:
    return _shared(
        [(tag["tag"].lower(), one["author_id"]) for one in tweets.values() for tag in one.get("entities", {}).get("hashtags", ())]
    )


def hosts(_: Archive, tweets: Documents, users: Documents) -> list[Row]:
    links = [(link, one["author_id"]) for one in tweets.values() for link in one.get("entities", {}).get("urls", ())]
    return _shared([(urllib.parse.urlsplit(link["expanded_url"]).netloc, user) for link, user in links])


def _shared(pairs: list[tuple[str, str]]) -> list[Row]:
    counted = Counter(what for what, _ in pairs)
    rows = [[what, number, len({user for of, user in pairs if of == what})] for what, number in counted.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))[:50]


TRUTHS: list[Callable[[Archive, Documents, Documents], list[Row]]] = [
    *(days, said, passed_on, amplified, hours, busiest, renamed, incomplete, tags, hosts),
]
