"""Paid pages while the store is down."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import pytest

from netwar.archive.base import Cover, Tally
from netwar.archive.spool import Replayed, Spool
from netwar.archive.sqlite.store import SqliteArchive
from netwar.coverage import Span
from netwar.errors import ServiceDown
from netwar.records.documents import Document

ROOT = Path(__file__).parents[2]
NOW = 1_795_000_000_000


def page(number: int) -> tuple[str, list[Document], Cover]:
    made = [
        Document("twbrexit", str(number * 10 + n), {"id": str(number * 10 + n), "text": "é", "odd": [1.5]}, True, NOW)
        for n in range(3)
    ]
    return f"timeline {number}", made, Cover("twbrexit", "7", Span(number, number + 1, 3), NOW, "seven", 9)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[SqliteArchive]:
    opened = SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")
    yield opened
    opened.close()


class Failing(SqliteArchive):
    """A store that goes down after some pages."""

    pages = 0

    def write(self, documents: Sequence[Document], cover: Cover | None = None) -> Tally:
        if self.pages == 0:
            raise ServiceDown("the store is down")
        self.pages -= 1
        return super().write(documents, cover)


def test_nothing_is_kept_and_no_folder_made(spool: Spool, archive: SqliteArchive) -> None:
    assert spool.waiting() == len(spool) == 0
    assert not spool.folder.exists()
    assert spool.replay(archive) == Replayed(0, 0, 0)


def test_pages_come_back_as_they_were(spool: Spool, archive: SqliteArchive) -> None:
    for number in range(3):
        spool.keep(*page(number))
    spool.keep("lookup", [Document("tubrexit", "7", {"id": "7", "username": "x"}, False, NOW)], None)
    assert spool.waiting() == 4
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600
    assert spool.replay(archive) == Replayed(4, 10, 0)
    assert spool.waiting() == 0
    assert not spool.path.exists()
    for number in range(3):
        _, documents, _ = page(number)
        assert archive.get("twbrexit", [one.id for one in documents]) == {one.id: one.body for one in documents}
    assert archive.record("twbrexit", "7").spans == (Span(0, 3, 9),)
    assert (archive.record("twbrexit", "7").name, archive.record("twbrexit", "7").counted) == ("seven", 9)
    assert archive.write([Document("tubrexit", "7", {"id": "7"}, True, NOW)]).updated == 1, "it had only come along"
    assert spool.replay(archive) == Replayed(0, 0, 0)


def test_a_page_that_contradicts_an_earlier_one_comes_back_with_that(spool: Spool, archive: SqliteArchive) -> None:
    archive.change("twbrexit", "7", lambda record: record.covering(Span(9, 30, 4)))
    spool.keep("timeline 7", [], Cover("twbrexit", "7", Span(23, 25, 2), NOW, back=Span(9, 25, 1)))
    spool.replay(archive)
    assert archive.record("twbrexit", "7").spans == (Span(23, 30, 5),)


def test_a_page_of_an_older_version_is_read(spool: Spool, archive: SqliteArchive) -> None:
    spool.folder.mkdir()
    body = (
        b'{"request":"timeline 7","time":"2026-11-27T00:00:00.000+00:00","documents":[],"cover":{"index":"twbrexit","user":"7",'
        b'"span":{"low":1,"high":9,"posts":2},"at":1795000000000,"name":"seven","counted":3}}'
    )
    digest = blake2b(body, digest_size=16).hexdigest().encode()
    spool.path.write_bytes(b'{"checksum":"' + digest + b'","page":' + body + b"}\n")
    assert spool.replay(archive) == Replayed(1, 0, 0)
    assert archive.record("twbrexit", "7").spans == (Span(1, 9, 2),)


def test_what_no_archive_takes_comes_back_to_be_a_dead_letter(spool: Spool, archive: SqliteArchive, tmp_path: Path) -> None:
    request, documents, cover = page(1)
    spool.keep(request, [*documents, Document("twbrexit", "", {"odd": None}, True, NOW, why="has no id")], cover)
    assert spool.replay(archive) == Replayed(1, 4, 0)
    assert archive.count("twbrexit") == 3
    assert "has no id" in (tmp_path / "dead-letters").read_text()


def test_a_store_that_is_still_down_leaves_the_pages(spool: Spool, tmp_path: Path, archive: SqliteArchive) -> None:
    for number in range(3):
        spool.keep(*page(number))
    failing = Failing(tmp_path / "archive", tmp_path / "dead-letters")
    failing.pages = 2
    with pytest.raises(ServiceDown, match="the store is down"):
        spool.replay(failing)
    failing.close()
    assert spool.waiting() == 3
    assert archive.count("twbrexit") == 6
    assert spool.replay(archive) == Replayed(3, 9, 0)
    assert archive.count("twbrexit") == 9
    assert archive.record("twbrexit", "7").top == 3


def test_a_torn_record_is_dropped(spool: Spool, archive: SqliteArchive) -> None:
    spool.keep(*page(0))
    whole = spool.path.read_bytes()
    for cut in (1, 20, 100, len(whole) - 1):
        spool.path.write_bytes(whole + whole[:cut])
        assert spool.waiting() == 1
        assert spool.replay(archive) == Replayed(1, 3, 1)
        assert not spool.path.exists()


def test_a_record_after_a_torn_one_is_whole(spool: Spool, archive: SqliteArchive) -> None:
    spool.keep(*page(0))
    with spool.path.open("ab") as file:
        file.write(b'{"checksum":"torn')
    spool.keep(*page(1))
    assert spool.replay(archive) == Replayed(2, 6, 0, aside=1)
    assert spool.damaged.read_bytes() == b'{"checksum":"torn\n'
    assert archive.count("twbrexit") == 6


def test_a_damaged_record_is_put_aside(spool: Spool, archive: SqliteArchive) -> None:
    for number in range(3):
        spool.keep(*page(number))
    lines = spool.path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"1.5", b"2.5")
    spool.path.write_bytes(b"".join(lines))
    assert spool.replay(archive) == Replayed(2, 6, 0, aside=1)
    assert spool.damaged.read_bytes() == lines[1]


def test_a_page_that_the_archive_cannot_take_stands_in_nobodys_way(spool: Spool, archive: SqliteArchive) -> None:
    request, documents, cover = page(1)
    spool.keep(*page(0))
    spool.keep(request, documents, replace(cover, name={"no": "name"}))
    spool.keep(*page(2))
    lines = spool.path.read_bytes().splitlines(keepends=True)
    assert spool.replay(archive) == Replayed(2, 6, 0, aside=1)
    assert spool.damaged.read_bytes() == lines[1]
    assert not spool.waiting()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("in the way")
    with pytest.raises(ServiceDown, match="cannot be used"):
        Spool(tmp_path / "spool").keep(*page(0))


KEEPER = """
import sys
from test_spool import Path, Spool, page
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 50):
    Spool(Path(sys.argv[1])).keep(*page(number))
"""


def test_processes_keep_while_one_replays(spool: Spool, archive: SqliteArchive) -> None:
    command = [sys.executable, "-c", KEEPER, str(spool.folder)]
    place = {"cwd": Path(__file__).parent, "env": {**os.environ, "PYTHONPATH": str(ROOT)}}
    keepers = [subprocess.Popen([*command, str(start)], **place) for start in (0, 100, 200)]  # type: ignore[call-overload]
    records = 0
    while any(keeper.poll() is None for keeper in keepers):
        records += spool.replay(archive).records
    records += spool.replay(archive).records
    assert [keeper.wait() for keeper in keepers] == [0, 0, 0]
    assert records == 150
    assert archive.count("twbrexit") == 450
    assert archive.record("twbrexit", "7").posts == 450


def test_what_is_no_document_waits_in_the_spool_and_goes_to_the_dead_letters(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    odd = [
        Document("twx", "", {"sent": None}, True, 1, why="it is no object"),
        Document("twx", "5", {"id": "5", "x": {7}}, True, 1),
    ]
    spool.keep("timeline 7", [*odd, Document("twx", "6", {"id": "6", "text": "half \ud83d"}, True, 1)], None)
    archive = SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")
    assert spool.replay(archive) == Replayed(1, 3, 0)
    assert [body["id"] for body in archive.scan("twx")] == ["5", "6"]
    assert b'"reason":"it is no object"' in (tmp_path / "dead-letters").read_bytes()
    archive.close()
