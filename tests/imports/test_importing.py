"""tw-import: whatever way a file is kept, what it says is in the archive, once; what is not is told and kept."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import subprocess
import sys
import time
import zlib
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.imports.pieces import SNIFFED
from tests.desk import BIN, Desk
from tests.imports.kept import ARCHIVE, all_of
from tests.imports.samples import LATER, MADE, NOW, archived, id_at, jsonl, page, post, status, user

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PAGES = [page(n * 50, 50) for n in range(4)]


@pytest.fixture
def home(desk: Desk) -> Path:
    desk.configure()
    return desk.home


def test_every_way_to_keep_a_file_brings_the_same(desk: Desk, home: Path) -> None:
    plain = jsonl(PAGES)
    ways = {
        "lines.jsonl": plain,
        "lines.jsonl.gz": gzip.compress(plain[:5000]) + gzip.compress(plain[5000:]),
        "named-otherwise": zstd.compress(plain),
        "grab.json.bz2": bz2.compress(plain),
        "lines.xz": lzma.compress(plain[:5000]) + b"\0" * 8 + lzma.compress(plain[5000:], preset=9) + b"\0" * 4,
        "array.json": json.dumps(PAGES, indent=1).encode(),
        "one-line.json": json.dumps(PAGES).encode(),
        "powershell.jsonl": plain.decode().replace("\n", "\r\n").encode("utf-16"),
        "windows.jsonl": b"\xef\xbb\xbf" + plain,
    }
    for number, (name, content) in enumerate(ways.items()):
        (home / name).write_bytes(content)
        ended = desk.run("tw-import", name, f"way{number}", check=0)
        assert f"twway{number}: 4 pages; " in ended.stderr
        assert all_of(desk, f"way{number}") == all_of(desk, "way0")
    desk.run("tw-import", "-", "piped", input=plain, check=0)
    assert all_of(desk, "piped") == all_of(desk, "way0")
    assert len(all_of(desk, "way0")) == 2 * 201 + 3 * 7


def test_a_second_import_changes_nothing_and_an_older_copy_replaces_none(desk: Desk, home: Path) -> None:
    newer = page(0, 10, __twarc={"retrieved_at": LATER})
    newer["data"][0]["text"] = "as it was later"
    (home / "new.jsonl").write_bytes(jsonl([newer]))
    (home / "old.jsonl").write_bytes(jsonl([page(0, 10), status(3)]))
    desk.run("tw-import", "new.jsonl", "old.jsonl", "brexit", check=0)
    before = all_of(desk, "brexit")
    assert b"as it was later" in before[f"tw document {post(0)['id']}"]
    for files in (["old.jsonl"], ["old.jsonl", "new.jsonl"]):
        assert "; 0 new, 0 newer, " in desk.run("tw-import", *files, "brexit", check=0).stderr
        assert all_of(desk, "brexit") == before
    with closing(SqliteArchive(home / ARCHIVE, home / "dead")) as archive:
        assert list(archive.records("twbrexit")) == list(archive.records("tubrexit")) == [], "nothing is called complete"
        assert list(archive.notes("tubrexit", "")) == [], "nothing is left to go on with"


def test_lines_that_cannot_be_imported_are_kept_and_stop_nothing(desk: Desk, home: Path) -> None:
    bad = [b'{"data": [', b'{"what": "is this"}', b"\xff\x00[31m \x1b[2J", *(b"{broken %d" % n for n in range(20))]
    (home / "some.jsonl").write_bytes(b"\n".join([*bad, jsonl(PAGES), jsonl([{"data": [post(1), {"text": "no id"}]}])]))
    ended = desk.run("tw-import", "some.jsonl", "brexit", check=1)
    assert "5 pages; 208 new, 24 newer, 1 known already; 24 lines rejected (kept in some.jsonl-rejected.txt)" in ended.stderr
    assert "\x1b" not in ended.stderr
    assert ended.stderr.count("some.jsonl: line") == 10
    told = [json.loads(line) for line in (home / "some.jsonl-rejected.txt").read_text().splitlines()]
    assert [one["line"] for one in told] == [*range(1, 24), 29]
    assert (told[0]["text"], told[-1]["text"]) == ('{"data": [', '{"text":"no id"}')
    assert (home / "some.jsonl-rejected.txt").stat().st_mode & 0o777 == 0o600
    (home / "some.jsonl").write_bytes(jsonl(PAGES))
    desk.run("tw-import", "some.jsonl", "brexit", check=0)
    assert not (home / "some.jsonl-rejected.txt").exists()


def test_what_shares_a_line_is_rejected_by_itself_and_comes_in_once_it_is_mended(desk: Desk, home: Path) -> None:
    """An answer of Elasticsearch on one line, as curl has it: whole for each of its hits it would fill the disk."""
    odd = [{"_index": "perflog", "_id": str(n), "_source": {"host": "a" * 100, "n": n}} for n in range(300)]
    gone = {"_index": "twx", "_id": "1", "_source": {"id": "1", "netwar": {"via": "tombstone"}}}
    last = {"_index": "twx", "_id": "3", "_source": status(3)}
    hits = [None, *odd, [gone, [None, 0.5]], last]
    for name, value in (("answer.json", {"took": 1, "hits": {"total": 3, "hits": hits}}), ("array.json", [hits])):
        content = json.dumps(value).encode()
        (home / name).write_bytes(content)
        assert status(3)["id_str"] in ids_of(desk, home, name), "what stands behind it is imported"
        kept = home / f"{name}-rejected.txt"
        assert kept.stat().st_size < 3 * len(content)
        texts = [json.loads(json.loads(line)["text"]) for line in kept.read_text().splitlines()]
        assert texts == [None, *odd, gone, None, 0.5]
        mended = [{**one, "_source": post(one["_source"]["n"])} for one in texts if one in odd]
        (home / "mended.json").write_bytes(jsonl(mended))
        assert {post(n)["id"] for n in range(300)} <= ids_of(desk, home, "mended.json")


def test_what_a_collection_of_users_does_not_take_is_put_by_once(desk: Desk, home: Path) -> None:
    for name, one in (("posts", post), ("statuses", status), ("archived", archived)):
        content = jsonl([{"limit": {"track": 1}}, [one(n) for n in range(300)]])
        (home / name).write_bytes(content)
        desk.run("tw-import", "--user", "901", name, "usertest", check=1)
        assert len(content) < (home / f"{name}-rejected.txt").stat().st_size < 3 * len(content)


def test_what_is_rejected_of_v1_is_what_it_was(desk: Desk, home: Path) -> None:
    bad = {**status(1), "id": 0, "id_str": "x"}
    (home / "some.jsonl").write_bytes(jsonl([bad, {"tweet": archived(1, id_str="x")["tweet"]}]))
    desk.run("tw-import", "--user", "901", "some.jsonl", "brexit", check=1)
    texts = [json.loads(json.loads(line)["text"]) for line in (home / "some.jsonl-rejected.txt").read_text().splitlines()]
    assert texts == [bad, {"tweet": archived(1, id_str="x")["tweet"]}]


def ids_of(desk: Desk, home: Path, name: str) -> set[str]:
    """Import a file into an index that has the same name as it; the ids of the posts that came in."""
    index = name.partition(".")[0]
    desk.run("tw-import", name, index)
    with closing(SqliteArchive(home / ARCHIVE, home / "dead")) as archive:
        return {tweet["id"] for tweet in archive.scan(f"tw{index}")}


def test_each_pipe_has_rejected_lines_of_its_own(desk: Desk, home: Path) -> None:
    for name, content in (("a", b"broken one\n"), ("b", jsonl([post(1)])), ("c", b"broken two\n")):
        os.mkfifo(home / name)
        Thread(target=(home / name).write_bytes, args=[content], daemon=True).start()
    ended = desk.run("tw-import", "a", "b", "-", "c", "brexit", input=b"broken three\n", check=1, timeout=60)
    told = "3 lines rejected (kept in stdin-rejected.txt; kept in stdin-3-rejected.txt; kept in stdin-4-rejected.txt)"
    assert told in ended.stderr
    kept = {path.name: json.loads(path.read_text())["text"] for path in home.glob("*-rejected.txt")}
    texts = [("stdin", "broken one"), ("stdin-3", "broken three"), ("stdin-4", "broken two")]
    assert kept == {f"{name}-rejected.txt": text for name, text in texts}


def test_pipes_of_runs_at_once_have_rejected_lines_of_their_own(desk: Desk, home: Path) -> None:
    os.mkfifo(home / "pipe")
    begun = desk.begin("tw-import", "pipe", "brexit")
    with (home / "pipe").open("wb") as pipe:
        pipe.write(b"broken one\n" + b" " * SNIFFED)
        pipe.flush()
        while begun.runs and not (home / "stdin-rejected.txt").exists():
            time.sleep(0.01)
        others = [desk.run("tw-import", "-", "other", input=b"broken two\n", check=1) for _ in range(2)]
    ended = begun.end()
    assert [json.loads((home / f"{name}-rejected.txt").read_text())["text"] for name in ("stdin", "stdin-2")] == [
        "broken one",
        "broken two",
    ]
    assert [one.stderr.rpartition("(")[2].strip() for one in (ended, *others)] == [
        "kept in stdin-rejected.txt)",
        *["kept in stdin-2-rejected.txt)"] * 2,
    ]


def test_where_nothing_can_be_kept_beside_a_file_that_is_told(desk: Desk, home: Path) -> None:
    (home / "some.jsonl-rejected.txt").mkdir()
    (home / "some.jsonl").write_bytes(b"{\n" + jsonl(PAGES))
    ended = desk.run("tw-import", "-", "brexit", input=b"{1\n" + jsonl(PAGES), check=1)
    assert "kept in stdin-rejected.txt" in ended.stderr
    ended = desk.run("tw-import", "/dev/stdin", "brexit", input=b"{1\n" + jsonl(PAGES), check=1)
    assert "kept in stdin-rejected.txt" in ended.stderr, "and not among the devices, from where it is gone with the next start"
    (home / "some.jsonl").write_bytes(b"{1\n" + jsonl(PAGES))
    ended = desk.run("tw-import", "some.jsonl", "brexit", check=1)
    assert "1 line rejected (listed above, not kept: some.jsonl-rejected.txt cannot be written" in ended.stderr


REFUSING = """
import runpy
import sys
from dataclasses import replace

from netwar.archive.sqlite.store import SqliteArchive

genuine = SqliteArchive.write
SqliteArchive.write = lambda *args: replace(genuine(*args), rejected=1)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_what_an_archive_refuses_is_no_success(desk: Desk, home: Path) -> None:
    """As a server may. With -q nobody would be told."""
    (home / "refusing.py").write_text(REFUSING)
    (home / "some.jsonl").write_bytes(jsonl([post(1)]))
    ended = desk.run(str(home / "refusing.py"), str(BIN / "tw-import"), "some.jsonl", "brexit", "-q", check=1)
    assert "1 document was refused (see dead-letters for the reasons)" in ended.stderr


def test_what_is_damaged_is_imported_up_to_there(desk: Desk, home: Path) -> None:
    packed = gzip.compress(jsonl([page(n * 50, 50) for n in range(12)]))  # more than the head that a file is known by
    (home / "cut.gz").write_bytes(packed[: len(packed) * 3 // 4])
    (home / "whole.jsonl").write_bytes(jsonl([page(900, 5)]))
    ended = desk.run("tw-import", "cut.gz", "whole.jsonl", "brexit", check=1)
    assert "cut.gz: it cannot be read further: it is cut off; what stands before that is imported" in ended.stderr
    assert "cut off or damaged: cut.gz" in ended.stderr
    (home / "cut.gz").write_bytes(packed)
    for packed, why in (
        (lzma.compress(b"1\n")[:-40], "it is cut off"),
        (greedy(lzma.compress(b"1\n")), "Memory usage limit exceeded"),
    ):
        assert f"-: it cannot be read further: {why}" in desk.run("tw-import", "-", "other", input=packed, check=1).stderr
    desk.run("tw-import", "cut.gz", "brexit", check=0)
    assert len([key for key in all_of(desk, "brexit") if key.startswith("tw document")]) == 601 + 6


def greedy(packed: bytes) -> bytes:
    """What xz packed, with the word that unpacking it takes 2 GiB."""
    block = packed[12:16] + bytes([38]) + packed[17:20]  # the .xz file format, 3.1 and 5.3.1
    return packed[:12] + block + zlib.crc32(block).to_bytes(4, "little") + packed[24:]


def test_what_stands_behind_a_hole_is_imported_and_the_hole_is_told(desk: Desk, home: Path) -> None:
    """As a crash or a full disk leaves it: as if nothing had been lost in it, nobody would look for that."""
    lines = [jsonl([post(n)]) for n in range(10)]
    with (home / "holed.jsonl").open("wb") as file:
        file.writelines(lines[:5])
        file.seek(17 << 20, os.SEEK_CUR)
        file.writelines(lines[5:])
    ended = desk.run("tw-import", "holed.jsonl", "brexit", check=1)
    assert "twbrexit: 10 posts; 10 new, " in ended.stderr
    assert f"holed.jsonl: line 6: : {17 << 20:,} zero bytes stand here: a hole" in ended.stderr
    assert "; 1 line rejected (kept in holed.jsonl-rejected.txt)" in ended.stderr
    (home / "ids.json").write_bytes(b'["20",' + bytes(5000) + b'"21"]')
    ended = desk.run("tw-hydrate", "--estimate", "ids.json", "brexit", check=1)
    assert "2 posts to buy" in ended.stderr
    assert "5,000 zero bytes stand here" in ended.stderr


def test_a_dry_run_says_what_there_is(desk: Desk, home: Path) -> None:
    (home / "some.jsonl").write_bytes(jsonl([*PAGES, status(1), id_at(NOW), "broken"]))
    ended = desk.run("tw-import", "--dry-run", "some.jsonl", "brexit", check=1)
    assert ended.stdout.splitlines() == [
        *("some.jsonl\tpages\t4", "some.jsonl\tstatuses of v1.1\t1", "some.jsonl\tids\t1"),
    ]
    said = "205 tweets from 2019-09-04 13:51 to 2023-11-14 22:16 and 29 profiles, each as often as it comes; nothing is imported"
    assert f"{said}; 1 id without a post" in ended.stderr
    assert "1 line rejected (listed above)" in ended.stderr
    assert [path.name for path in home.iterdir() if path.name != ".twitter"] == ["some.jsonl"]


def test_lines_in_another_encoding_are_told_once_a_file(desk: Desk, home: Path) -> None:
    """What is imported cannot be told from what X sent with such a sign: nobody would look for the letters."""
    lines = [json.dumps(post(n, text="caf\u00e9" if n % 2 else "caf\u00e9"[:3]), ensure_ascii=False) + "\n" for n in range(10)]
    (home / "old.jsonl").write_bytes("".join([*lines, "{broken \u00e9\n"]).encode("latin-1"))
    (home / "new.jsonl").write_bytes("".join(lines).encode())
    for options in ([], ["--dry-run"]):
        said = desk.run("tw-import", *options, "old.jsonl", "new.jsonl", "x", check=1).stderr
        assert said.count("in UTF-8") == 1
        assert "old.jsonl: 5 lines are not in UTF-8: letters in them are read as \ufffd; put the file into UTF-8 first" in said
    with closing(SqliteArchive(home / ARCHIVE, home / "dead")) as archive:
        assert {tweet["text"] for tweet in archive.scan("twx")} == {"caf", "caf\ufffd"}
    (home / "one.jsonl").write_bytes(lines[1].encode("latin-1"))
    assert "one.jsonl: 1 line is not in UTF-8" in desk.run("tw-import", "one.jsonl", "y", check=0).stderr


def test_what_ids_are_is_told(desk: Desk, home: Path) -> None:
    """Who bought posts by ids of users would buy those of others."""
    users, posts = b"20,a,A,,3\n21,b,B,,4\n", b"20,a text\n21,another\n"
    for name, content, told in (
        ("users.csv", b"id,username,name,description,followers\n" + users, "2 ids of users, not of posts"),
        ("ids.csv", b"user_id\n20\n21\n", "2 ids of users, not of posts"),
        ("posts.csv", b"id,text\n" + posts, "2 ids without a post: tw-hydrate buys posts by their ids"),
        ("bare.csv", b"20\n21\n", "2 ids without a post: tw-hydrate buys posts by their ids"),
    ):
        (home / name).write_bytes(content)
        said = desk.run("tw-import", name, "x").stderr
        assert told in said
        assert ("tw-quser2work" in said) == (told.endswith("of posts"))
    both = desk.run("tw-import", "users.csv", "bare.csv", "x").stderr
    assert "2 ids without a post: " in both
    assert "2 ids of users, not of posts" in both


def test_whose_account_archive_it_is(desk: Desk, home: Path) -> None:
    content = f"window.YTD.tweets.part0 = {json.dumps([archived(1), archived(2)], indent=2)}".encode()
    (home / "tweets.js").write_bytes(content)
    assert "name the account of the archive by --user" in desk.run("tw-import", "tweets.js", "a", check=1).stderr
    assert "give the number" in desk.run("tw-import", "--user", "name1", "tweets.js", "a", check=2).stderr
    desk.run("tw-import", "-", "a", input=jsonl([user(1)]), check=0)
    os.mkfifo(home / "account.js")
    assert "by --user" in desk.run("tw-import", "tweets.js", "a", check=1, timeout=30).stderr, "and it waits for nobody"
    (home / "account.js").unlink()
    for index, *options in (("a", "--user", "name1"), ("b", "--user", "901"), ("c",)):
        if index == "c":
            account = [{"account": {"accountId": "901", "username": "name1", "email": "me@example.org"}}]
            (home / "account.js").write_text(f"window.YTD.account.part0 = {json.dumps(account)}")
        ended = desk.run("tw-import", *options, "tweets.js", index, check=0)
        assert "2 posts of an account archive; 2 new" in ended.stderr
        with closing(SqliteArchive(home / ARCHIVE, home / "dead")) as archive:
            assert {tweet["author_id"] for tweet in archive.scan(f"tw{index}")} == {"901"}


def test_what_is_refused_at_once(desk: Desk, home: Path) -> None:
    (home / "some.jsonl").write_bytes(jsonl(PAGES))
    (home / "archive.zip").write_bytes(b"PK\x03\x04....")
    assert "File 'no.jsonl' does not exist" in desk.run("tw-import", "some.jsonl", "no.jsonl", "x", check=2).stderr
    assert "unpack it" in desk.run("tw-import", "archive.zip", "x", check=1).stderr
    assert "cannot name an index" in desk.run("tw-import", "some.jsonl", "../x", check=2).stderr
    assert "behind them the INDEX" in desk.run("tw-import", "some.jsonl", check=2).stderr
    assert "File '.' is a directory" in desk.run("tw-import", ".", "x", check=2).stderr
    assert "File 'no.txt' does not exist" in desk.run("tw-hydrate", "no.txt", "x", check=2).stderr
    if os.getuid():
        (home / "some.jsonl").chmod(0)
        assert "File 'some.jsonl' is not readable" in desk.run("tw-import", "some.jsonl", "x", check=2).stderr
    assert not (home / ARCHIVE / "x.sqlite").exists()


def test_a_time_that_is_yet_to_come_is_believed_of_nobody(desk: Desk, home: Path) -> None:
    ahead, late = {"id": "9223372036854775806", "text": "x", "author_id": "7"}, "Wed Sep 04 13:51:55 +0000 2090"
    lines = [
        {"data": [ahead], "includes": {"users": [{"id": "7", "username": "seven"}]}},
        {"id": "8", "username": "eight", "created_at": "2090-01-01T00:00:00.000Z"},
        {
            "id_str": "9",
            "text": "x",
            "created_at": late,
            "user": {"id_str": "9", "screen_name": "nine"},
        },
        {"id_str": "10", "screen_name": "ten", "id": 10, "status": {"created_at": late}},
    ]
    desk.run("tw-import", "-", "x", input=jsonl([*lines, ahead | {"created_at": "2080-07-10T00:00:00.000Z"}]), check=0)
    with closing(SqliteArchive(home / ARCHIVE, home / "dead")) as archive:
        told = [one["netwar"].get("retrieved", "") for index in ("twx", "tux") for one in archive.scan(index)]
    assert len(told) == 6
    assert max(told) < "2020", told


def test_retrieved_is_what_the_operator_says(desk: Desk, home: Path) -> None:
    desk.run("tw-import", "--retrieved", "2023-12-01", "-", "x", input=jsonl([post(1)]), check=0)
    with closing(SqliteArchive(home / ARCHIVE, home / "dead")) as archive:
        (tweet,) = archive.scan("twx")
    assert tweet["netwar"] == {"retrieved": "2023-12-01T00:00:00.000Z", "via": "import"}
    wrong = page(1, 1, __twarc={"retrieved_at": "2099-01-01T00:00:00Z"})
    wrong["data"][0]["text"] = "by a wrong clock"
    desk.run("tw-import", "-", "x", input=jsonl([wrong]), check=0)
    assert b"wrong clock" not in all_of(desk, "x")[f"tw document {tweet['id']}"], "what is dated ahead wins over nothing"
    assert "yet to come" in desk.run("tw-import", "--retrieved", "2099-01-01", "-", "x", input=b"", check=2).stderr
    for early in ("0001-01-01", "1970-01-01", "2005-12-31"):
        assert "before there was X" in desk.run("tw-import", "--retrieved", early, "-", "x", input=b"", check=2).stderr
    assert tweet["created_at"] == MADE.replace(":20", ":21")


@pytest.mark.long
def test_memory_is_the_same_however_long_a_line_is(desk: Desk, home: Path) -> None:
    def needed(*lines: bytes) -> int:
        path = home / "some.jsonl"
        with path.open("wb") as file:
            for line in lines:
                file.write(line)
        command = [sys.executable, "-c", CHILD, str(BIN / "tw-import"), str(path), "x"]
        done = subprocess.run(command, env=desk.environment, cwd=home, capture_output=True, text=True, timeout=120)
        return int(done.stdout)

    usual = needed(jsonl(PAGES))
    million = b'{"data": "' + b"x" * (1 << 20)
    long = needed(jsonl(PAGES), million, *[b"x" * (1 << 20)] * 100, b'"}\n', jsonl(PAGES))
    assert long < usual + (72 << 10), "KiB: of a line of a hundred MiB its bound, four times, and what Python keeps"


CHILD = """
import resource, subprocess, sys
subprocess.run([sys.executable, *sys.argv[1:]], stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
