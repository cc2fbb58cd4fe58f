"""Paid pages while the store is down."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import pytest

from netwar.archive import deadletters
from netwar.archive.base import Tally
from netwar.archive.marks import Cover, Due, Mark, Period
from netwar.archive.spool import Replayed, Spool
from netwar.archive.spooled import line, pages
from netwar.archive.sqlite.store import SqliteArchive
from netwar.coverage import Record, Span
from netwar.errors import NetwarError, ServiceDown, StoreDown
from netwar.records.documents import Document
from tests.room import room_for
from tests.rows import rows

ROOT = Path(__file__).parents[2]
NOW = 1_795_000_000_000


def page(number: int) -> tuple[str, list[Document], list[Mark]]:
    made = [
        Document("twbrexit", str(number * 10 + n), {"id": str(number * 10 + n), "text": "é", "odd": [1.5]}, True, NOW)
        for n in range(3)
    ]
    return f"timeline {number}", made, [Cover("twbrexit", "7", Span(number, number + 1, 3), NOW, "seven", 9)]


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[SqliteArchive]:
    opened = SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")
    yield opened
    opened.close()


class Failing(SqliteArchive):
    """A store that goes down after some pages, but for the names of the `others`."""

    pages = 0
    others: Collection[str] = ()
    error: NetwarError = ServiceDown("the store is down")

    def write(self, documents: Sequence[Document], marks: Sequence[Mark] = ()) -> Tally:
        if not {document.index for document in documents} <= {*self.others}:
            if self.pages == 0:
                raise self.error
            self.pages -= 1
        return super().write(documents, marks)


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Failing]:
    opened = Failing(tmp_path / "archive", tmp_path / "dead-letters")
    yield opened
    opened.close()


def test_nothing_is_kept_and_no_folder_made(spool: Spool, archive: SqliteArchive) -> None:
    assert spool.waiting() == 0
    assert not spool.folder.exists()
    assert spool.replay(archive) == Replayed(0, 0, 0)


def test_pages_come_back_as_they_were(spool: Spool, archive: SqliteArchive) -> None:
    for number in range(3):
        spool.keep(*page(number))
    spool.keep("lookup", [Document("tubrexit", "7", {"id": "7", "username": "x"}, False, NOW)])
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


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], int | None]:
    """How much of a file (of a folder: how many files in it) is surely on the disk; None for one that nobody waited for."""
    told: dict[str, int] = {}
    fsync = os.fsync

    def watched(handle: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        told[str(path)] = len(list(path.iterdir())) if path.is_dir() else os.fstat(handle).st_size
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    return lambda path: told.get(str(path))


def test_what_was_paid_for_survives_a_power_cut_as_soon_as_it_is_kept(
    spool: Spool, archive: SqliteArchive, on_disk: Callable[[Path], int | None], tmp_path: Path
) -> None:
    for number in range(2):
        spool.keep(*page(number))
        assert on_disk(spool.path) == spool.path.stat().st_size
    assert on_disk(spool.folder) == 2, "the pages and their lock"
    letters = tmp_path / "dead-letters"
    deadletters.keep_answer(letters, "/2/users", b"<odd>", "it cannot be read")
    assert on_disk(letters) == letters.stat().st_size
    spool.replay(archive)
    assert on_disk(spool.folder) == 1


def test_a_page_for_which_there_is_no_room_leaves_nothing_of_itself(spool: Spool, archive: SqliteArchive) -> None:
    spool.keep(*page(1))
    kept = spool.path.read_bytes()
    with room_for(len(kept) + 100), pytest.raises(ServiceDown, match=r"pages\.jsonl cannot be used"):
        spool.keep(*page(2))
    assert spool.path.read_bytes() == kept
    spool.keep(*page(3))
    assert spool.replay(archive) == Replayed(2, 6, 0)


def test_a_page_that_contradicts_an_earlier_one_comes_back_with_that(spool: Spool, archive: SqliteArchive) -> None:
    archive.change("twbrexit", "7", lambda record: record.covering(Span(9, 30, 4)))
    spool.keep("timeline 7", [], [Cover("twbrexit", "7", Span(23, 25, 2), NOW, back=Span(9, 25, 1))])
    spool.replay(archive)
    assert archive.record("twbrexit", "7").spans == (Span(23, 30, 5),)


def lined(body: bytes) -> bytes:
    """A page as a line of the spool."""
    return b'{"checksum":"' + blake2b(body, digest_size=16).hexdigest().encode() + b'","page":' + body + b"}\n"


def test_a_page_of_the_first_version_is_read(spool: Spool, archive: SqliteArchive) -> None:
    spool.folder.mkdir()
    spool.path.write_bytes(
        lined(
            b'{"request":"timeline 7","time":"2026-11-27T00:00:00.000+00:00","documents":[],"cover":{"index":"twbrexit",'
            b'"user":"7","span":{"low":1,"high":9,"posts":2},"at":1795000000000,"name":"seven","counted":3}}'
        )
    )
    assert spool.replay(archive) == Replayed(1, 0, 0)
    assert archive.record("twbrexit", "7").spans == (Span(1, 9, 2),)


# To the byte, as they were written when a page had one cover at most.
OF_ONE_COVER = (
    '{"checksum":"aabd21f3e14a4de010a2d4ad958c0d56","page":{"request":"timeline 7","time":"2026-11-27T00:00:00.000+00:00",'
    '"documents":[{"index":"twbrexit","id":"10","body":{"id":"10","text":"é","odd":[1.5]},"direct":true,"retrieved":1795000000000,'
    '"why":""},{"index":"tubrexit","id":"7","body":{"id":"7","username":"seven"},"direct":false,"retrieved":1795000000000,'
    '"why":""}],"cover":{"index":"twbrexit","user":"7","span":{"low":9,"high":30,"posts":2},"at":1795000000000,"name":"seven",'
    '"counted":3,"back":null}}}\n',
    '{"checksum":"f06e95ab69f34b8587ed42902375484c","page":{"request":"timeline 7","time":"2026-11-27T00:00:00.000+00:00",'
    '"documents":[],"cover":{"index":"twbrexit","user":"7","span":{"low":23,"high":25,"posts":2},"at":1795000000000,"name":null,'
    '"counted":null,"back":{"low":9,"high":25,"posts":1}}}}\n',
    '{"checksum":"13a5d4636885b546d42b91bf7c4a399f","page":{"request":"timeline 7","time":"2026-11-27T00:00:00.000+00:00",'
    '"documents":[],"cover":{"index":"twbrexit","user":"7","span":null,"at":1795000000000,"name":null,"counted":null,'
    '"back":null}}}\n',
    '{"checksum":"a0393ee8505bd3956185b7457a7dfcd8","page":{"request":"lookup","time":"2026-11-27T00:00:00.000+00:00",'
    '"documents":[{"index":"tubrexit","id":"8","body":{"id":"8"},"direct":true,"retrieved":1795000000000,"why":""},'
    '{"index":"tubrexit","id":"","body":{"sent":null},"direct":true,"retrieved":1795000000000,"why":"it is no object"}],'
    '"cover":null}}\n',
)


def test_lines_of_one_cover_are_read_and_written_as_ever(spool: Spool, archive: SqliteArchive) -> None:
    spool.folder.mkdir()
    spool.path.write_text("".join(OF_ONE_COVER))
    with spool.path.open("rb") as file:
        for raw, kept in pages(file):
            assert kept is not None
            assert line(kept) == raw
    assert spool.replay(archive) == Replayed(4, 4, 0)
    assert archive.record("twbrexit", "7") == Record("7", name="seven", counted=3, spans=(Span(23, 30, 3),))
    assert (archive.count("twbrexit"), archive.count("tubrexit")) == (1, 2)


MARKS: list[Mark] = [
    Cover("twbrexit", "7", Span(1, 9, 2), NOW, "seven", back=Span(3, 4, 1)),
    Due("twbrexit", "counts", NOW, ("9", "8")),
    Cover("twbrexit", "8", Span(1, 9, 1), NOW),
    Period("twleave", "stream/leave/1", Span(NOW, NOW + 1000, 3)),
]


def test_any_number_of_marks_comes_back_with_a_page(spool: Spool, archive: SqliteArchive) -> None:
    spool.keep("stream", [Document("twbrexit", "9", {"id": "9"}, True, NOW)], MARKS)
    spool.keep("stream", [], MARKS[1:])
    with spool.path.open("rb") as file:
        assert [kept and kept.marks for _, kept in pages(file)] == [tuple(MARKS), tuple(MARKS[1:])]
    assert spool.replay(archive) == Replayed(2, 1, 0)
    assert [record.user for record in archive.records("twbrexit")] == ["7", "8"]
    assert list(archive.notes("twbrexit", "")) == [(f"due/counts/00{NOW}/9", ["9", "8"])]
    assert list(archive.notes("twleave", "")) == [("periods/stream/leave/1", {"spans": [[NOW, NOW + 1000, 3]]})]


@rows(
    "mark",
    [
        b'{"nosuch":{}}',
        b'{"due":{"index":"twbrexit","what":"","at":1,"ids":["5"]}}',
        b'{"due":{"index":"twbrexit","what":"counts","at":1,"ids":[5]}}',
        b'{"due":{"index":"twbrexit","what":"counts","at":1,"ids":[]}}',
        b'{"due":{"index":"../x","what":"counts","at":1,"ids":["5"]}}',
        b'{"period":{"index":"twbrexit","of":"s","span":{"low":5,"high":5,"posts":0}}}',
        b'{"period":{"index":"twbrexit","of":"s","span":[1,2,3]}}',
        b'{"period":{"index":"twbrexit","of":"' + b"x" * 600 + b'","span":{"low":5,"high":6,"posts":0}}}',
        b'{"period":{},"due":{}}',
        b"{}",
        b"[]",
        b"7",
    ],
)
def test_what_says_to_be_a_mark_and_is_none_is_put_aside(spool: Spool, archive: SqliteArchive, mark: bytes) -> None:
    spool.folder.mkdir(exist_ok=True)
    spool.path.write_bytes(lined(b'{"request":"","time":"","documents":[],"cover":null,"marks":[' + mark + b"]}"))
    assert spool.replay(archive) == Replayed(0, 0, 0, aside=1)


def test_what_no_archive_takes_comes_back_to_be_a_dead_letter(spool: Spool, archive: SqliteArchive, tmp_path: Path) -> None:
    request, documents, marks = page(1)
    spool.keep(request, [*documents, Document("twbrexit", "", {"odd": None}, True, NOW, why="has no id")], marks)
    assert spool.replay(archive) == Replayed(1, 4, 0)
    assert archive.count("twbrexit") == 3
    assert "has no id" in (tmp_path / "dead-letters").read_text()


def test_a_store_that_is_still_down_leaves_the_pages(spool: Spool, failing: Failing, archive: SqliteArchive) -> None:
    for number in range(3):
        spool.keep(*page(number))
    failing.pages = 2
    for needed in (None, ["twother", "tubrexit"]):
        with pytest.raises(ServiceDown, match="the store is down"):
            spool.replay(failing, needed)
        assert spool.waiting() == 3
    failing.error = StoreDown("the disk is full")
    with pytest.raises(StoreDown):
        spool.replay(failing, ["twother"])
    assert spool.waiting() == 3
    assert archive.count("twbrexit") == 6
    assert spool.replay(archive) == Replayed(3, 9, 0)
    assert archive.count("twbrexit") == 9
    assert archive.record("twbrexit", "7").top == 3
    _others_are_written(spool, failing, archive)


def _others_are_written(spool: Spool, failing: Failing, archive: SqliteArchive) -> None:
    """Where an archive that is not needed cannot be used, its pages wait as they are, and those that name it and come later."""
    failing.error, failing.others = ServiceDown("it is damaged"), ("tweu", "twnato")
    both = [Document(index, "5", {"id": "5"}, True, NOW) for index in ("twbrexit", "tweu")]
    spool.keep("other", [replace(both[1], id="4", body={"id": "4"})])
    spool.keep(*page(3))
    spool.keep("both", both)
    spool.keep("after that", [], [Cover("tweu", "7", Span(1, 2, 1), NOW)])
    spool.keep("another", [Document("twnato", "5", {"id": "5"}, True, NOW)])
    lines = spool.path.read_bytes().splitlines(keepends=True)
    spool.path.write_bytes(b"".join([*lines, b"torn"]))
    os.utime(spool.path, (NOW / 1000, NOW / 1000))
    with pytest.raises(ServiceDown, match="it is damaged"):
        spool.replay(failing, ["tweu"])  # whose own file is well, but what is bought would come before the last page but one
    assert spool.replay(failing, ["twnato"]) == Replayed(2, 2, 1)
    assert {*spool.held} == {"brexit", "eu"}
    assert spool.path.read_bytes() == b"".join(lines[1:4])
    assert (stat.S_IMODE(spool.path.stat().st_mode), spool.path.stat().st_mtime) == (0o600, NOW / 1000)
    assert {path.name for path in spool.folder.iterdir()} == {"lock", "pages.jsonl"}
    before = spool.path.stat().st_ino
    assert spool.replay(failing, []) == Replayed(0, 0, 0)
    assert spool.path.stat().st_ino == before, "no room is needed where nothing is written"
    assert spool.replay(archive, []) == Replayed(3, 5, 0)
    assert (spool.held, spool.waiting(), archive.count("tweu"), archive.record("tweu", "7").top) == ([], 0, 2, 2)


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
    request, documents, [cover] = page(1)
    spool.keep(*page(0))
    spool.keep(request, documents, [replace(cover, name={"no": "name"})])
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


def test_what_is_kept_as_a_replay_ends_is_not_removed_with_it(
    spool: Spool, archive: SqliteArchive, failing: Failing, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.keep(*page(1))
    keeping = threading.Thread(target=spool.keep, args=page(2))
    unlink = Path.unlink

    def late(path: Path) -> None:
        keeping.start()
        keeping.join(0.3)  # it has to wait
        unlink(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", late)
        assert spool.replay(archive).records == 1
    keeping.join()
    assert spool.waiting() == 1
    _all_is_left_where_there_is_no_room_for_the_rest(spool, failing, monkeypatch)


def _all_is_left_where_there_is_no_room_for_the_rest(spool: Spool, failing: Failing, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    failing.others = ["tweu"]
    spool.keep("other", [Document("tweu", "5", {"id": "5"}, True, NOW)])
    kept = spool.path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", no_room)
        with pytest.raises(StoreDown, match=r"pages\.jsonl cannot be used: the disk is full"):
            spool.replay(failing, [])
    assert spool.path.read_bytes() == kept
    assert {path.name for path in spool.folder.iterdir()} == {"lock", "pages.jsonl"}
    assert spool.replay(failing, []).records == 1
    assert spool.waiting() == 1


def test_processes_keep_while_one_replays(spool: Spool, failing: Failing, archive: SqliteArchive) -> None:
    failing.others = ["twbrexit"]
    spool.keep("waits", [Document("tweu", "5", {"id": "5"}, True, NOW)])
    command = [sys.executable, "-c", KEEPER, str(spool.folder)]
    place = {"cwd": Path(__file__).parent, "env": {**os.environ, "PYTHONPATH": str(ROOT)}}
    keepers = [subprocess.Popen([*command, str(start)], **place) for start in (0, 100, 200)]  # type: ignore[call-overload]
    records = 0
    while any(keeper.poll() is None for keeper in keepers):
        records += spool.replay(failing, []).records
    records += spool.replay(failing, []).records
    assert (spool.waiting(), spool.replay(archive)) == (1, Replayed(1, 1, 0))
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
    spool.keep("timeline 7", [*odd, Document("twx", "6", {"id": "6", "text": "half \ud83d"}, True, 1)])
    archive = SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")
    assert spool.replay(archive) == Replayed(1, 3, 0)
    assert [body["id"] for body in archive.scan("twx")] == ["5", "6"]
    assert b'"reason":"it is no object"' in (tmp_path / "dead-letters").read_bytes()
    archive.close()
