"""From lines to the archive: every post in each of its captures and in no other, and no coverage over what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from netwar.archive.base import Archive, Tally
from netwar.archive.marks import Mark
from netwar.captures.base import Capture, CaptureOptions, KnownRule
from netwar.errors import Moved, ServiceDown
from netwar.records.documents import Document, IndexName
from netwar.records.ids import first_id
from netwar.streams import gaps
from netwar.streams.backlog import Backlog
from netwar.streams.batches import Batch
from netwar.streams.counters import Counters
from netwar.streams.coverage import LATE, SKEW, Standing, Tracker
from netwar.streams.journal import Journal
from netwar.streams.reader import Begun, Ended, Item, Line
from netwar.streams.router import Router
from netwar.streams.routes import Routes
from netwar.streams.segments import new
from netwar.streams.slices import Slices
from netwar.streams.writer import Writer
from tests.contract.conftest import opened_archive
from tests.contract.opening import SetClock, new_run, open_money
from tests.room import files_for

T = 1_800_000_000_000
SECOND = 1000
RULES = [
    KnownRule("1", "cat", ("cats",), T),
    KnownRule("2", "pet", ("cats", "pets"), T),
    KnownRule("3", "from:77", ("people",), T),
]
CAPTURES = [
    Capture("cats", "terms", ("cat",)),
    Capture("pets", "terms", ("pet",)),
    Capture("people", "users", ("77",), CaptureOptions(users_once=True)),
]


class Known:
    """What is known of X's rules, in place of who asks for them."""

    def __init__(self) -> None:
        self.routes = Routes.of(CAPTURES, RULES, {"9"})
        self.looks = 0

    def now(self) -> Routes:
        return self.routes

    def anew(self, rules: object) -> Routes:
        self.looks += 1
        return self.routes


class Pipe:
    """From lines to an archive."""

    def __init__(self, folder: Path, archive: Archive) -> None:
        self.archive, self.known, self.tracker = archive, Known(), Tracker()
        self.rejected: list[tuple[bytes, str]] = []
        self.newcomers: list[tuple[str, list[str]]] = []
        self.money = open_money(f"sqlite:{folder}", new_run(f"sqlite:{folder}"), 1 << 40, clock=SetClock(T / 1000))
        self.money.learn_time(T / 1000, 0)
        slices = Slices(self.money, "stream 1", "tw-stream", Journal(folder / "journal"), lambda: None)
        self.counters, self.backlog = Counters({}), Backlog(new(folder / "segments"))
        told = (self.backlog, slices, self.tracker, self.counters)
        self.router = Router(*told, self.known, self.rejected.extend, "tw-stream")  # type: ignore[arg-type]
        self.folder = folder / "segments"
        self.write_into(archive)
        self.tracker.stand({one.index: Standing(1, T - 99 * SECOND) for one in CAPTURES}, T, 2 * T)

    def write_into(self, archive: Any) -> None:
        self.writer = Writer(archive, "me", self.counters, self.rejected.extend, lambda: T, self._new, self.folder)
        self.writer.users_once({"people"})

    def _new(self, index: str, users: Any) -> None:
        self.newcomers.append((index, list(users)))

    def take(self, *items: Item) -> None:
        self.router.take(items)
        self.writer.finish(self.backlog, 9)

    def posts(self, index: str) -> list[int]:
        return sorted(int(post["id"]) & 0xFFF for post in self.archive.scan(f"tw{index}"))

    def covered(self, index: str) -> list[tuple[int, int]]:
        return [(span.low - T, span.high - T) for one in gaps.terms_of(self.archive, f"tw{index}") for span in one.spans]


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    with closing(opened_archive("sqlite", tmp_path)) as archive:
        pipe = Pipe(tmp_path, archive)
        yield pipe
        pipe.backlog.close()


def post(number: int, at: int, *rules: str, **more: Any) -> Line:
    body = {
        "data": {"id": str(first_id(T + at) + number), "text": f"post {number}", "author_id": "77"},
        "includes": {"users": [{"id": "77", "name": "x", "username": "x"}]},
        "matching_rules": [{"id": rule} for rule in rules],
    }
    return Line(T + at, json.dumps(body | more).encode())


def test_a_post_goes_to_every_capture_that_it_matches_and_to_no_other(pipe: Pipe) -> None:
    pipe.take(Begun(T), post(1, 0, "1"), post(2, 0, "2"), post(3, 0, "1", "2", "3"), post(4, 0, "9"), post(5, 0, "3"))
    assert {one.index: pipe.posts(one.index) for one in CAPTURES} == {"cats": [1, 2, 3], "pets": [2, 3], "people": [3, 5]}
    [first, *_] = pipe.archive.scan("twcats")
    assert (first["netwar"]["via"], first["netwar"]["account"]) == ("stream", "me")
    assert [user["id"] for user in pipe.archive.scan("tucats")] == ["77"]
    assert not pipe.rejected


def test_each_post_is_paid_once_and_booked_for_its_captures_and_for_nobody_where_it_is_others(pipe: Pipe) -> None:
    pipe.take(Begun(T), post(1, 0, "2"), post(2, 0, "9"), post(1, 0, "2"))
    spent = {(one.index, one.kind): (one.objects, one.free) for one in pipe.money.charges()}
    assert sum(one for one, _ in spent.values()) == 3, "two posts and their author"
    assert spent["", "post"] == (1, 0)
    assert pipe.money.spent() == 2 * 5_000 + 10_000


def test_without_rules_a_followed_author_tells_whose_a_post_is(pipe: Pipe) -> None:
    pipe.take(Begun(T), post(1, 0), post(2, 0, data={"id": str(first_id(T) + 2), "author_id": "78"}))
    assert pipe.posts("people") == [1]
    assert [why for _, why in pipe.rejected] == ["X did not say which rules it matched"]


def test_a_post_without_rules_may_be_of_those_who_search_too(pipe: Pipe) -> None:
    pipe.take(Begun(T), post(1, 60 * SECOND, "1"))
    pipe.take(post(2, 61 * SECOND))
    pipe.take(post(3, 100 * SECOND, "1", "3"))
    assert (pipe.posts("people"), pipe.posts("cats")) == ([2, 3], [1, 3])
    assert pipe.covered("cats") == [(61 * SECOND + SKEW, 70 * SECOND), (0, 30 * SECOND)]


def test_an_unknown_rule_is_looked_for_and_its_post_kept_aside(pipe: Pipe) -> None:
    pipe.take(Begun(T), post(1, 0, "1", "4"), post(2, 0, "4", data={"id": str(first_id(T) + 2), "author_id": "78"}))
    assert pipe.known.looks == 2
    assert pipe.posts("cats") == [1]
    assert len(pipe.rejected) == 1


def test_what_cannot_be_read_ends_nothing_and_is_a_gap(pipe: Pipe) -> None:
    pipe.take(Begun(T), Line(T, b""), post(1, 60 * SECOND, "1"))
    pipe.take(Line(T + 61 * SECOND, b'{"data":{"id":"1'), Line(T + 61 * SECOND, b"[]"), post(2, 62 * SECOND, "1"))
    pipe.take(post(3, 100 * SECOND, "1"))
    assert pipe.posts("cats") == [1, 2, 3]
    assert [line for line, _ in pipe.rejected] == [b'{"data":{"id":"1', b"[]"]
    assert pipe.covered("cats") == [(61 * SECOND + SKEW, 70 * SECOND), (0, 60 * SECOND - LATE)]
    assert pipe.router.causes == {"a line of the stream could not be kept as a post": T + 61 * SECOND}


def test_a_new_connection_begins_a_span_and_the_old_one_ends_half_a_minute_before_its_end(pipe: Pipe) -> None:
    pipe.take(Begun(T), post(1, 60 * SECOND, "1"))
    pipe.take(Ended("cut", T, T + 61 * SECOND, False), Begun(T + 70 * SECOND))
    pipe.tracker.stand({"cats": Standing(1, T - 99 * SECOND)}, T, 2 * T)
    pipe.take(post(2, 110 * SECOND, "1"))
    assert pipe.covered("cats") == [(70 * SECOND, 80 * SECOND), (0, 30 * SECOND)]


def test_posts_of_two_days_are_booked_on_their_own(pipe: Pipe) -> None:
    midnight = (T // 86_400_000 + 1) * 86_400_000 - T
    pipe.take(Begun(T), post(1, midnight - 1, "1"), post(2, midnight, "1"))
    assert [one.objects for one in pipe.money.charges() if one.kind == "post"] == [1, 1]


def test_authors_that_are_bought_once_are_queued_where_they_are_not_recorded(pipe: Pipe) -> None:
    pipe.take(Begun(T), post(1, 0, "3", includes={}), post(2, 0, "3", includes={}))
    assert pipe.newcomers == [("people", ["77"])]


class Moody:
    """An archive that takes nothing of some captures."""

    def __init__(self, archive: Archive, *, joint: bool) -> None:
        self.archive, self.away, self.joint = archive, set[str](), joint
        self.writes = 0
        self.error = ServiceDown("the archive is away")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.archive, name)

    def write(self, documents: Sequence[Document], marks: Sequence[Mark] = ()) -> Tally:
        if {IndexName.of(one.index).name for one in (*documents, *marks)} & self.away:
            raise self.error
        self.writes += 1
        return self.archive.write(documents, marks)

    def change_note(self, index: str, *rest: Any) -> Any:
        if IndexName.of(index).name in self.away:
            raise self.error
        return self.archive.change_note(index, *rest)


@pytest.fixture(params=["joint", "apart"])
def moody(pipe: Pipe, request: pytest.FixtureRequest) -> Moody:
    moody = Moody(pipe.archive, joint=request.param == "joint")
    pipe.write_into(moody)
    return moody


def test_while_the_archive_is_away_posts_go_to_disk_and_from_there_to_the_archive(pipe: Pipe, moody: Moody) -> None:
    moody.away = {"cats"}
    pipe.router.take([Begun(T), post(1, 60 * SECOND, "1")])
    assert not pipe.writer.finish(pipe.backlog, 1)
    pipe.write_into(moody)
    pipe.writer.left(Event())
    pipe.take(post(2, 61 * SECOND, "1"))
    assert (pipe.posts("cats"), pipe.covered("cats")) == ([], [])
    moody.away.clear()
    pipe.write_into(moody)
    pipe.writer.left(Event())
    pipe.take(post(3, 62 * SECOND, "1"))
    assert (pipe.posts("cats"), pipe.backlog.waiting, pipe.writer.late.waiting) == ([1, 2, 3], 0, 0)
    assert pipe.covered("cats") == [(0, 32 * SECOND)]
    assert list(pipe.folder.iterdir()) == [pipe.backlog._segments.folder], "nothing is left"


def working(pipe: Pipe, *items: Item) -> None:
    """What comes in is handed on, and the archive tried once."""
    pipe.router.take(items)
    while pipe.backlog.waiting:
        assert pipe.writer._step(pipe.backlog, 0)


def test_a_capture_whose_store_fails_delays_no_other_and_misses_nothing(pipe: Pipe, moody: Moody) -> None:
    pipe.writer.chore("cats", "valid", lambda archive: gaps.valid(archive, "twcats", 1, T, None))
    pipe.writer.chore("pets", "valid", lambda archive: gaps.valid(archive, "twpets", 1, T, None))
    moody.away = {"cats"}
    for number in range(1, 6):
        working(pipe, Begun(T), *[post(number, (60 + number) * SECOND, "2")])
    assert (pipe.posts("pets"), pipe.covered("pets")) == ([1, 2, 3, 4, 5], [(0, 35 * SECOND)])
    assert gaps.terms_of(pipe.archive, "twpets")[0].valid
    assert (pipe.posts("cats"), pipe.covered("cats"), pipe.writer.late.why("pets")) == ([], [], None)
    assert pipe.writer.late.why("cats") == "the archive is away"
    moody.away.clear()
    working(pipe, post(6, 70 * SECOND, "2"))
    assert pipe.posts("cats") == [], "what is older comes first"
    pipe.writer.late._try("cats", lambda: False)
    assert (pipe.posts("cats"), pipe.covered("cats"), pipe.writer.late.why("cats")) == ([*range(1, 7)], [(0, 40 * SECOND)], None)
    assert gaps.terms_of(pipe.archive, "twcats")[0].valid
    moody.writes = 0
    working(pipe, post(7, 71 * SECOND, "2"))
    assert pipe.posts("cats") == [*range(1, 8)]
    assert moody.writes == (1 if moody.joint else 3)
    moody.away, moody.error = {"cats"}, Moved("its file is another one by now")
    working(pipe, post(8, 100 * SECOND, "2"))
    moody.away.clear()
    pipe.writer.late._try("cats", lambda: False)
    working(pipe, post(9, 140 * SECOND, "2"))
    assert pipe.covered("cats") == [(100 * SECOND + SKEW, 110 * SECOND), (0, 41 * SECOND)], "what came last may be in the old one"
    assert pipe.covered("pets") == [(0, 110 * SECOND)]
    assert pipe.writer.begins_anew()
    assert not pipe.writer.begins_anew()


def test_what_a_damaged_segment_of_one_capture_had_is_a_gap_of_that_capture_alone(pipe: Pipe, moody: Moody) -> None:
    moody.away = {"cats"}
    working(pipe, Begun(T), post(1, 60 * SECOND, "2"))
    [segment] = pipe.folder.glob("*.cats/*.segment")
    segment.write_bytes(segment.read_bytes()[:-1])
    moody.away.clear()
    pipe.writer.late._try("cats", lambda: False)
    working(pipe, post(2, 100 * SECOND, "2"), post(3, 140 * SECOND, "2"))
    assert (pipe.posts("cats"), pipe.posts("pets")) == ([2, 3], [1, 2, 3])
    assert pipe.covered("pets") == [(0, 110 * SECOND)]
    assert pipe.covered("cats") == [(100 * SECOND + SKEW, 110 * SECOND)]


def test_what_has_waited_is_written_at_once_and_one_bad_batch_spoils_no_other(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[int] = []
    write = pipe.archive.write

    def counted(documents: Sequence[Document], marks: Sequence[Mark] = ()) -> Tally:
        writes.append(len(marks))
        if any(document.body.get("text") == "post 3" for document in documents):
            raise TypeError("no store can take it")
        return write(documents, marks)

    monkeypatch.setattr(pipe.archive, "write", counted)
    pipe.router.take([Begun(T), post(1, 60 * SECOND, "1")])
    pipe.router.take([post(2, 61 * SECOND, "1")])
    pipe.take()
    assert (pipe.posts("cats"), pipe.covered("cats"), writes) == ([1, 2], [(0, 31 * SECOND)], [1, 1, 1])
    pipe.router.take([post(3, 62 * SECOND, "1")])
    pipe.router.take([post(4, 100 * SECOND, "1")])
    pipe.take()
    assert (pipe.posts("cats"), len(pipe.rejected)) == ([1, 2, 4], 1)
    assert pipe.covered("cats") == [(62 * SECOND + SKEW, 70 * SECOND), (0, 31 * SECOND)]


def test_a_store_that_hangs_is_not_asked_for_each_capture_in_turn(
    pipe: Pipe, moody: Moody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netwar.streams.writer.SLOW", -1.0)
    moody.away = {"cats", "pets", "people"}
    working(pipe, Begun(T), post(1, 60 * SECOND, "1", "2", "3"))
    whys = {pipe.writer.late.why(one.index) for one in CAPTURES}
    assert whys == {"the archive is away", ""}, "some were not tried"
    moody.away.clear()
    pipe.take()
    assert [pipe.posts(one.index) for one in CAPTURES] == [[1], [1], [1]]


@pytest.mark.parametrize("late", [False, True])
def test_what_waits_on_disk_is_written_once_it_can_be_opened_again(pipe: Pipe, late: bool) -> None:
    """A process may have so many files open and no more: that passes, and ends nothing."""
    moody = Moody(pipe.archive, joint=False)
    moody.away = {"cats", "people"} if late else set()
    pipe.write_into(moody)
    items = [Begun(T), post(1, 60 * SECOND, "1"), post(2, 60 * SECOND, "3")]
    if late:
        working(pipe, *items)
    else:
        pipe.router.take(items)
        pipe.backlog.to_disk()
    moody.away.clear()
    with files_for(0):
        assert not pipe.writer.finish(pipe.backlog, 1)
    pipe.write_into(moody)
    pipe.writer.left(Event())
    assert pipe.writer.finish(pipe.backlog, 9)
    assert (pipe.posts("cats"), pipe.posts("people")) == ([1], [2])


def test_a_batch_that_nobody_can_write_is_kept_aside_and_covers_nothing(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe.take(Begun(T), post(1, 60 * SECOND, "1"))
    monkeypatch.setattr(Batch, "taken_apart", lambda self: 1 / 0)
    pipe.take(post(2, 61 * SECOND, "1"))
    monkeypatch.undo()
    pipe.take(post(3, 100 * SECOND, "1"))
    assert (pipe.posts("cats"), len(pipe.rejected)) == ([1, 3], 1)
    assert pipe.covered("cats") == [(61 * SECOND + SKEW, 70 * SECOND), (0, 30 * SECOND)]
