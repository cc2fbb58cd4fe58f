"""What is peculiar to the archive in SQLite files: what other tools see, and what can be wrong with a file."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import orjson
import pytest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from netwar.archive.marks import Cover
from netwar.archive.sqlite import packing
from netwar.archive.sqlite.packing import SHIPPED
from netwar.archive.sqlite.schema import MIGRATIONS
from netwar.archive.sqlite.store import SqliteArchive
from netwar.coverage import Record, Span, Stretch
from netwar.errors import ConfigError, ServiceDown
from netwar.records.documents import Document
from tests.rows import rows

NOW = 1_795_000_000_000
REAL = Path(__file__).parents[3] / "shared" / "real-data"


def document(index: str, id: int, retrieved: int = NOW, **body: object) -> Document:
    return Document(index, str(id), {"id": str(id), **body}, True, retrieved)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[SqliteArchive]:
    opened = SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")
    yield opened
    opened.close()


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The file of index `brexit`, as another tool opens it."""
    (tmp_path / "archive").mkdir()
    connection = sqlite3.connect(tmp_path / "archive" / "brexit.sqlite", isolation_level=None)
    connection.row_factory = sqlite3.Row
    yield connection
    connection.close()


def sound(shell: sqlite3.Connection) -> None:
    """The file and its full text agree with themselves."""
    assert shell.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    for table in ("tweet_spelled", "profile_spelled"):
        shell.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")


def test_one_file_a_name(archive: SqliteArchive, tmp_path: Path) -> None:
    archive.write([document("twbrexit", 1), document("tubrexit", 2), document("usertest", 3)])
    files = sorted(path for path in (tmp_path / "archive").iterdir() if path.suffix == ".sqlite")
    assert [path.name for path in files] == ["brexit.sqlite", "usertest.sqlite"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    with pytest.raises(ValueError, match="no index"):
        archive.count("perflog")


def test_people_read_views(archive: SqliteArchive, shell: sqlite3.Connection) -> None:
    legacy = document(
        "twbrexit",
        1408876829491015681,
        text="RT @x: cut…",
        author_id="5",
        created_at="2021-06-26T19:56:26.000Z",
        conversation_id="1408876829491015681",
        lang="en",
        referenced_tweets=[{"type": "quoted", "id": "8"}, {"type": "retweeted", "id": "9"}],
        public_metrics={"retweet_count": 238, "reply_count": 0, "like_count": 3, "quote_count": 1, "bookmark_count": 2},
        netwar={"via": "timeline"},
    )
    post = document(
        "twbrexit",
        2,
        text="cut",
        note_post={"text": "the whole"},
        username="poster",
        conversation_id="1",
        referenced_posts=[{"type": "replied_to", "id": "1"}],
        public_metrics={"repost_count": 7, "impression_count": 70},
        netwar={"via": "archive of yesterday"},
    )
    user = document(
        "tubrexit",
        5,
        username="Five",
        name="Cinq",
        created_at="2009-05-20T14:54:16.000Z",
        protected=False,
        public_metrics={"followers_count": 4, "post_count": 44},
    )
    archive.write([legacy, replace(post, direct=False), user])
    second, first = map(dict, shell.execute("SELECT * FROM tweets ORDER BY id"))
    assert first["screen_name"] == "Five"
    assert first["created"] == "2021-06-26T19:56:26Z"
    assert (first["kind"], first["referenced_id"], first["reposts"], first["bookmarks"]) == ("retweeted", 9, 238, 2)
    assert (first["conversation_id"], first["via"], first["direct"]) == (first["id"], "timeline", 1)
    assert first["retrieved"] == "2026-11-18T11:06:40Z"
    assert (second["text"], second["screen_name"], second["reposts"], second["impressions"]) == ("the whole", "poster", 7, 70)
    assert (second["kind"], second["conversation_id"], second["direct"]) == ("replied_to", 1, 0)
    assert second["via"] == "archive of yesterday"
    seen = dict(shell.execute("SELECT * FROM users").fetchone())
    assert (seen["username"], seen["created"], seen["tweets"]) == ("Five", "2009-05-20T14:54:16Z", 44)
    assert (seen["followers"], seen["protected"]) == (4, 0)


def test_people_read_coverage(archive: SqliteArchive, shell: sqlite3.Connection) -> None:
    archive.write([], [Cover("twbrexit", "7", Span(50, 90, 4), NOW, name="seven", counted=9)])
    archive.change("twbrexit", "7", lambda record: replace(record.losing(Stretch(0, 50)), outcome="partial", asked=NOW))
    seen = dict(shell.execute("SELECT * FROM coverage").fetchone())
    assert seen == {
        "archive_index": "twbrexit",
        "user": "7",
        "name": "seven",
        "outcome": "partial",
        "detail": None,
        "posts": 4,
        "posts_by_profile": 9,
        "newest_id": 90,
        "complete_from_id": 50,
        "spans": 1,
        "lost_stretches": 1,
        "renamings": 0,
        "asked": "2026-11-18T11:06:40Z",
        "refreshed": None,
    }


def test_the_full_text_stays_true(archive: SqliteArchive, shell: sqlite3.Connection) -> None:
    archive.write([document("twbrexit", id, text=f"tweet number {id}") for id in range(1, 300)])
    archive.write([document("tubrexit", id, username=f"user{id}", name=None, description="about") for id in range(1, 50)])
    archive.write([document("twbrexit", id, NOW + 1, text=f"changed {id}") for id in range(1, 300, 3)])
    archive.write([document("twbrexit", 2, NOW + 1, note_tweet={"text": "grown"}), document("twbrexit", 3, NOW + 1)])
    archive.write([document("tubrexit", 5, NOW + 1, username="renamed", description=None)])
    archive.forget("twbrexit", [str(id) for id in range(1, 300, 7)])
    archive.forget("tubrexit", ["6"])
    sound(shell)
    shell.execute("DELETE FROM tweet WHERE id = 2")
    shell.execute("UPDATE tweet SET text = 'by hand' WHERE id = 3")
    sound(shell)
    assert [body["id"] for body in archive.search("twbrexit", "hand")] == ["3"]


def test_a_file_keeps_its_dictionary(archive: SqliteArchive, shell: sqlite3.Connection) -> None:
    archive.write([document("twbrexit", 1, text="x")])
    assert [tuple(row) for row in shell.execute("SELECT id, bytes FROM dictionary")] == [(1, SHIPPED.read_bytes())]


def test_a_file_with_another_dictionary_is_read(archive: SqliteArchive, shell: sqlite3.Connection, tmp_path: Path) -> None:
    archive.write([document("twbrexit", 1, text="one"), document("twbrexit", 2, text="two")])
    trained = SHIPPED.read_bytes()
    later = zstd.ZstdDict(trained[:4] + (2).to_bytes(4, "little") + trained[8:-500] + bytes(500))
    frame = zstd.compress(orjson.dumps({"id": "", "text": "", "later": True}), zstd_dict=later)
    shell.execute("UPDATE tweet SET document = ? WHERE id = 2", (frame,))
    with pytest.raises(ServiceDown, match="lacks the compression dictionary 2"):
        archive.get("twbrexit", ["2"])
    shell.execute("INSERT INTO dictionary VALUES (2, ?)", (later.dict_content,))
    assert archive.get("twbrexit", ["2", "1"]) == {
        "2": {"id": "2", "text": "two", "later": True},
        "1": {"id": "1", "text": "one"},
    }


def test_a_newer_file_is_refused(archive: SqliteArchive, shell: sqlite3.Connection, tmp_path: Path) -> None:
    archive.write([document("twbrexit", 1)])
    archive.close()
    shell.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    with pytest.raises(ConfigError, match="newer version of this program"):
        archive.count("twbrexit")
    with pytest.raises(ConfigError, match="newer version of this program"):
        archive.write([document("twbrexit", 2)])


def test_a_file_that_is_no_database(archive: SqliteArchive, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "brexit.sqlite").write_bytes(b"no database at all" * 1000)
    with pytest.raises(ServiceDown, match="is damaged, or no database of this program"):
        archive.count("twbrexit")


def test_a_damaged_document_is_told(archive: SqliteArchive, shell: sqlite3.Connection) -> None:
    archive.write([document("twbrexit", 1, text="x" * 1000)])
    shell.execute("UPDATE tweet SET document = substr(document, 1, 20)")
    with pytest.raises(ServiceDown, match="damaged"):
        archive.get("twbrexit", ["1"])


@pytest.mark.parametrize("frames", [1, 40])
def test_a_document_that_unpacks_to_more_than_fits_is_told(
    archive: SqliteArchive, shell: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, frames: int
) -> None:
    """It is told by what it says of itself, and by what follows it: nothing is unpacked."""
    monkeypatch.setattr(packing, "MAX_BYTES", 1_000_000)
    archive.write([document("twbrexit", 1, text="x")])
    bomb = packing.zstd.compress(b" " * (2_000_000 // frames)) * frames
    shell.execute("UPDATE tweet SET document = ?", (bomb,))
    with pytest.raises(ServiceDown, match=r"damaged .*larger than X's answers"):
        archive.get("twbrexit", ["1"])


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    archive = SqliteArchive(tmp_path / "file" / "archive", tmp_path / "dead-letters")
    with pytest.raises(ServiceDown, match="cannot be used"):
        archive.write([document("twbrexit", 1)])


def test_dead_letters_that_cannot_be_kept_stop_the_write(archive: SqliteArchive, tmp_path: Path) -> None:
    (tmp_path / "dead-letters").mkdir()
    with pytest.raises(ServiceDown, match="dead-letters cannot be used"):
        archive.write([document("twbrexit", 1), Document("twbrexit", "x", {}, True, NOW)])
    assert archive.count("twbrexit") == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount the small disk that this test fills")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    archive = SqliteArchive(small_disk / "archive", small_disk / "dead-letters")
    archive.write([document("twbrexit", 1, text="first")], [Cover("twbrexit", "7", Span(0, 1, 1), NOW)])
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        shutil.copyfileobj(BytesIO(bytes(4_000_000)), file, 4096)
    noise = [document("twbrexit", id, text=os.urandom(300).hex()) for id in range(2, 2000)]
    for _ in range(2):
        with pytest.raises(ServiceDown, match="the disk is full; make room and run again"):
            archive.write(noise, [Cover("twbrexit", "7", Span(1, 2000, 1998), NOW)])
        assert archive.count("twbrexit") == 1
        assert archive.record("twbrexit", "7").spans == (Span(0, 1, 1),)
    ballast.unlink()
    assert archive.write(noise[:200], [Cover("twbrexit", "7", Span(1, 201, 200), NOW)]).created == 200
    assert archive.record("twbrexit", "7").spans == (Span(0, 201, 201),)
    archive.close()


@rows(("index", "table"), [("twbrexit", "tweet"), ("usertest", "profile")])
def test_nothing_is_covered_before_its_documents_are_there(tmp_path: Path, index: str, table: str) -> None:
    """Whichever file of a page it is that cannot be written."""
    archive = SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")
    archive.touch(["twbrexit", "usertest"])
    file = tmp_path / "archive" / f"{index.removeprefix('tw')}.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute(f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END")
    page = [document("twbrexit", 1, text="first"), document("usertest", 7, username="seven")]
    with pytest.raises(ServiceDown, match="broken"):
        archive.write(page, [Cover("twbrexit", "7", Span(0, 1, 1), NOW)])
    assert archive.record("twbrexit", "7") == Record("7")
    archive.close()


def words(text: str) -> set[str]:
    """The words of six letters or digits and more."""
    return set(re.findall(r"\d{6,}|[^\W\d_]{6,}", text))


def test_the_dictionary_carries_nobodys_words() -> None:
    if not REAL.is_dir():
        pytest.skip("needs the real answers of X in ../shared/real-data, which are not published with the program")
    said: set[str] = set()
    of_x = words("profile banners images sticky default normal twitter status format") | words("please thanks people questo")

    def listen(thing: object, is_of_x: bool = False) -> None:
        if isinstance(thing, dict):
            for name, value in thing.items():
                of_x.update(words(name))
                # X's closed vocabularies; the context domains are described in its documentation
                listen(value, is_of_x or name in ("domain", "type", "lang", "reply_settings"))
        elif isinstance(thing, list):
            for value in thing:
                listen(value, is_of_x)
        elif isinstance(thing, str):
            (of_x if is_of_x else said).update(words(thing))

    for path in REAL.glob("*.jsonl"):
        for line in path.read_bytes().splitlines():
            if line.endswith(b"}"):
                listen(orjson.loads(line))
    assert len(said) > 3000
    shipped = SHIPPED.read_bytes().decode(errors="replace")
    of_x.update(*(words(name) for name in re.findall(r'"(\w+)":', shipped)))
    assert said & words(shipped) - of_x == set()


FILLING = """
import base64, os, re, sys
from pathlib import Path
from netwar.archive.sqlite.store import SqliteArchive
from netwar.records.documents import Document

archive = SqliteArchive(Path(sys.argv[1]), Path(sys.argv[1]) / "dead")
for first in range(0, 120, 20):
    noise = [base64.b64encode(os.urandom(50_000)).decode() for _ in range(20)]  # cannot be packed; packing takes the time
    bodies = [{"id": str(first + place), "text": "a", "noise": one} for place, one in enumerate(noise)]
    for number in range(16):
        archive.write([Document(f"twcapture{number}", body["id"], body, True, 1) for body in bodies])
archive.close()
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) >> 10)  # of this program alone
"""


def test_files_share_their_cache(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FILLING, tmp_path], stdout=subprocess.PIPE, check=True)
    kept = sum(path.stat().st_size for path in tmp_path.glob("*.sqlite")) >> 20
    assert kept > 90, "this is too little to show anything"
    assert int(done.stdout) < 130, f"{int(done.stdout)} MiB while {kept} MiB were written"
