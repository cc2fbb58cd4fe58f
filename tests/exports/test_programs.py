"""tw-dumptweets and tw-dumpusers: what is in the archive is in the file, in each form, and SQL counts the same."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import sys
from typing import Any

import orjson
from pyarrow import parquet

from netwar.exports.packing import whole_frames
from netwar.records.documents import Document
from netwar.records.flattened import restored
from netwar.records.times import seen
from tests.exports.conftest import Exporting
from tests.exports.tables import opened_by_spreadsheet, unguarded
from tests.rows import rows
from tests.terminals import on_a_terminal

csv.field_size_limit(10**9)


def unzstd(content: bytes) -> bytes:
    return b"".join(data for _, data in whole_frames(io.BytesIO(content), ".zst"))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_line_is_a_document_with_its_version_and_gives_it_back(exporting: Exporting) -> None:
    for program, index, table in (("tw-dumptweets", "twfew", "tweet"), ("tw-dumpusers", "tufew", "profile")):
        versions = dict(exporting.select(f"SELECT id, version FROM {table}", index="few"))
        documents = exporting.documents(index)
        for more in ((), ("--raw",)):
            lines = exporting.lines(*more, program=program, index="few")
            assert [line["id"] for line in lines] == sorted(documents, key=int)
            for line in lines:
                assert restored(line) == documents[line["id"]]
                assert line["netwar"]["index"] == index
                assert line["netwar"]["version"] == versions[int(line["id"])]


def test_what_a_tweet_speaks_of_is_in_its_line(exporting: Exporting) -> None:
    tweets, users = exporting.documents(), exporting.documents("tumade")
    spoken_of = 0
    for line in exporting.lines():
        body = tweets[line["id"]]
        assert line["author"] == without_ours(users[body["author_id"]])
        for told, reference in zip(line.get("referenced_tweets", ()), body.get("referenced_tweets", ()), strict=True):
            other = tweets.get(reference["id"])
            assert told["type"] == reference["type"]
            assert other is None or (told["text"], told["author"]["id"]) == (other["text"], other["author_id"])
            spoken_of += other is not None
        assert [one["media_key"] for one in line.get("attachments", {}).get("media", ())] == body.get("attachments", {}).get(
            "media_keys", []
        )
    assert spoken_of > 1000


def without_ours(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "netwar"}


MIDDLE = "2023-11-14T22:20:00"
BOUNDS = "(id >> 22) + 1288834974657"
MIDDLE_MS = 1_700_000_400_000
CHOSEN = [
    ([], "1"),
    (["--since", MIDDLE], f"{BOUNDS} >= {MIDDLE_MS}"),
    (["--until", MIDDLE], f"{BOUNDS} < {MIDDLE_MS}"),
    (["--lang", "de", "--lang", "ja"], "lang IN ('de', 'ja')"),
    (["--kind", "retweet"], "kind = 1"),
    (["--kind", "reply"], "kind = 2"),
    (["--kind", "quote"], "kind = 3"),
    (["--kind", "original"], "kind IS NULL"),
    (["--user", "user3"], "user = 1000000003"),
    (["--user", "1000000003", "--kind", "reply", "--lang", "en"], "user = 1000000003 AND kind = 2 AND lang = 'en'"),
    (["--since", "2023-11-15"], "0"),
]


@rows(("options", "sql"), CHOSEN)
def test_what_is_chosen_is_what_sql_finds(exporting: Exporting, options: list[str], sql: str) -> None:
    wanted = [str(id) for (id,) in exporting.select(f"SELECT id FROM tweet WHERE {sql} ORDER BY id")]
    assert exporting.run("tw-dumptweets", "made", "--ids", *options).stdout.split() == wanted


@rows("words", ["tariff", '"customs union"', "brexit -fish OR 東京", "выборы*", '"the end"'])
def test_words_find_what_tw_search_finds(exporting: Exporting, words: str) -> None:
    for program, users in (("tw-dumptweets", ()), ("tw-dumpusers", ("--users",))):
        found = exporting.run("tw-search", "few", words, "--json", *users).stdout.splitlines()
        ids = exporting.run(program, "few", "--ids", "--query", words).stdout.split()
        assert ids == sorted((json.loads(line)["id"] for line in found), key=int)
        assert ids or users


def test_a_file_has_what_is_printed_and_is_packed_by_its_name(exporting: Exporting) -> None:
    """Of raw documents, which are shaped soonest: they are packed as all others."""
    printed = exporting.run("tw-dumptweets", "made", "--raw").stdout.encode()
    for name, unpacked in (("a.jsonl", bytes), ("a.jsonl.gz", gzip.decompress), ("a.jsonl.zst", unzstd)):
        for more in ((), ("--resume",)):
            said = exporting.run("tw-dumptweets", "made", name, "--raw", *more).stderr
            content = exporting.path(name).read_bytes()
            assert unpacked(content) == printed
            assert f"{len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}" in said
        exporting.run("tw-dumptweets", "few", name, "--lang", "xx")
        nothing = exporting.path(name).read_bytes()
        assert (unpacked(nothing), nothing == b"") == (b"", name == "a.jsonl"), "zcat and zstdcat take no empty file"
    assert not list(exporting.desk.home.glob("*.part")) + list(exporting.desk.home.glob(".*.part"))


def test_csv_is_faithful_and_a_spreadsheet_spoils_nothing(exporting: Exporting) -> None:
    plain = rows_of(exporting.run("tw-dumptweets", "made", "--csv").stdout)
    documents = exporting.documents()
    assert [row["id"] for row in plain] == sorted(documents, key=int)
    for row in plain:
        body = documents[row["id"]]
        assert row["text"] == body.get("note_tweet", body)["text"]
        assert (row["likes"], row["lang"]) == (str(body["public_metrics"]["like_count"]), body["lang"])
        assert row["username"]
    guarded = exporting.run("tw-dumptweets", "made", "--csv", "--spreadsheet").stdout
    assert guarded.startswith("\ufeff")
    opened = [{name: opened_by_spreadsheet(cell) for name, cell in row.items()} for row in rows_of(guarded[1:])]
    for row, was in zip(opened, plain, strict=True):
        flag = row.pop("possibly_sensitive")
        assert {name: unguarded(cell) for name, cell in row.items()} | {"possibly_sensitive": flag.lower()} == was
    assert sum(opened_by_spreadsheet(row["id"]) != row["id"] for row in plain) > 2000


def test_fields_are_chosen_by_name_and_by_path(exporting: Exporting) -> None:
    told = exporting.run("tw-dumptweets", "made", "--csv", "--fields", "id, url,author.public_metrics.followers_count").stdout
    line = exporting.lines()[7]
    row = rows_of(told)[7]
    assert row == {
        "id": line["id"],
        "url": f"https://x.com/{line['author']['username']}/status/{line['id']}",
        "author.public_metrics.followers_count": str(line["author"]["public_metrics"]["followers_count"]),
    }
    assert "there is no field texts" in exporting.run("tw-dumptweets", "made", "--csv", "--fields", "texts", check=2).stderr


def test_parquet_has_what_csv_has(exporting: Exporting) -> None:
    exporting.run("tw-dumptweets", "made", "a.parquet", "--parquet")
    table = parquet.read_table(exporting.path("a.parquet"))
    plain = rows_of(exporting.run("tw-dumptweets", "made", "--csv").stdout)
    names = table.column_names
    assert names == list(plain[0])
    for row, cells in zip(table.to_pylist(), plain, strict=True):
        assert (row["id"], row["text"] or "", str(row["likes"])) == (cells["id"], cells["text"], cells["likes"])
        assert row["created_at"].isoformat(timespec="milliseconds").replace("+00:00", "Z") == cells["created_at"]
        assert (" ".join(row["links"]), str(row["possibly_sensitive"]).lower()) == (cells["links"], cells["possibly_sensitive"])


def test_versions_of_profiles_go_out(exporting: Exporting) -> None:
    with exporting.archive() as archive:
        changes = [(one.user, one.until, one.seen, one.fields) for one in archive.changes("tumade")]
        histories = {user: archive.history("tumade", user) for user in exporting.documents("tumade")}
    lines = exporting.lines("--versions", program="tw-dumpusers")
    told = [(line["id"], *one.values()) for line in lines for one in line["netwar"]["changes"]]
    assert told == changes
    assert len(changes) == 20
    table = rows_of(exporting.run("tw-dumpusers", "made", "--csv", "--versions").stdout)
    for user, history in histories.items():
        mine = [row for row in table if row["id"] == user]
        assert [row["username"] for row in mine] == [one.fields["username"] for one in history]
        assert [bool(row["followers"]) for row in mine] == [True] + [False] * (len(history) - 1)
        assert [row["until"] for row in mine] == ["", *(row["since"] for row in mine[:-1])]


def test_usertest_goes_out_like_any_index_of_users(exporting: Exporting) -> None:
    profiles = list(exporting.documents("tumade").values())[:3]
    with exporting.archive() as archive:
        archive.write([Document("usertest", body["id"], body, True, seen(body["netwar"]["retrieved"])) for body in profiles])
    lines = exporting.lines("--versions", program="tw-dumpusers", index="usertest")
    assert [restored(line) for line in lines] == profiles
    assert {line["netwar"]["index"] for line in lines} == {"usertest"}


def test_who_asks_for_what_does_not_go_together_is_told(exporting: Exporting) -> None:
    for line in (
        "--csv --ids",
        "--fields a",
        "--spreadsheet",
        "--resume",
        "x.csv --csv --resume",
        "x.gz --parquet",
        "x.jsonl.bz2",
        "x.parquet",
        "x.csv.gz",
        "x.CSV --parquet",
        "x.xlsx --csv",
    ):
        exporting.run("tw-dumptweets", "made", *line.split(), check=2)
    exporting.run("tw-dumpusers", "made", "--ids", "--versions", check=2)
    assert "no index other" in exporting.run("tw-dumptweets", "other", check=1).stderr
    assert "no word" in exporting.run("tw-dumptweets", "made", "--query", "!", check=1).stderr
    assert "no regular file" in exporting.run("tw-dumptweets", "made", "/dev/full", check=1).stderr
    exporting.path("pyarrow.py").write_text("raise ImportError")
    bare = exporting.desk.run("tw-dumptweets", "made", "x", "--parquet", check=1, env={"PYTHONPATH": str(exporting.path("."))})
    assert f"{sys.executable} -m pip install pyarrow" in bare.stderr, "which may need no activated environment"
    exporting.path("pyarrow.py").unlink()
    status, seen = on_a_terminal(exporting.desk, ["tw-dumptweets", "made", "--parquet"])
    assert status == 1
    assert b"nothing for a terminal" in seen


def test_the_log_tells_what_went_out_and_to_whom(exporting: Exporting) -> None:
    said = exporting.run("tw-dumptweets", "made", "given.txt", "--ids", "--to", "Prof. Doe").stderr
    count = len(exporting.documents())
    assert f"Prof. Doe was given {count:,} post ids in 30 days, of 1,500,000 that X allows, and 0 whole posts" in said
    said = exporting.run("tw-dumptweets", "made", "--kind", "quote", "--raw", "--to", "Prof. Doe").stderr
    quotes = exporting.select("SELECT count(*) FROM tweet WHERE kind = 3")[0][0]
    assert f"and {quotes:,} whole posts and users in a day, of 500" in said
    told = [orjson.loads(line) for line in exporting.run("tw-exports", "--json", "--to", "Prof. Doe").stdout.splitlines()]
    assert [(one["form"], one["count"], one["query"]) for one in told] == [
        ("ids", count, None),
        ("raw", quotes, '{"kinds":["quote"]}'),
    ]
    assert told[0]["file"] == str(exporting.path("given.txt"))
    assert told[0]["sha256"] == hashlib.sha256(exporting.path("given.txt").read_bytes()).hexdigest()


@rows("program", ["tw-dumptweets made {} --ids", "tw-gexf made {}", "tw-coaction made --by link -o {}"])
def test_the_log_names_the_file_where_a_link_was(exporting: Exporting, program: str) -> None:
    (victim := exporting.path("victim")).write_text("mine")
    (link := exporting.path("link")).symlink_to(victim)
    exporting.run(*program.format("link").split())
    assert orjson.loads(exporting.run("tw-exports", "--json").stdout.splitlines()[-1])["file"] == str(link)
    assert victim.read_text() == "mine"
    assert not link.is_symlink()
    link.unlink()
    assert "File name too long" in exporting.run(*program.format("x" * 256).split(), check=1).stderr
    assert exporting.run(*program.format("x.xz").split(), check=2).stderr.count("packed") == 1


@rows("by", ["url", "host", "day"])
def test_shared_addresses_are_counted(exporting: Exporting, by: str) -> None:
    tally: dict[str, set[str]] = {}
    for body in exporting.documents().values():
        for url in body.get("entities", {}).get("urls", ()):
            address = url["expanded_url"]
            key = {"url": address, "host": address.split("/")[2].removeprefix("www."), "day": body["created_at"][:10]}[by]
            tally.setdefault(key, set()).add(body["id"])
    lines = exporting.run("tw-harvestlinks", "made", "--by", by, "--json").stdout.splitlines()
    assert {(one := json.loads(line))[by]: one["tweets"] for line in lines} == {key: len(ids) for key, ids in tally.items()}
    counts = [json.loads(line)["tweets"] for line in lines]
    assert by == "day" or counts == sorted(counts, reverse=True)
