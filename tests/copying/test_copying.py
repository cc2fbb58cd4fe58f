"""Copies between files: what must hold whatever the archives are. (Servers: test_between_servers.py.)"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.base import Tally
from netwar.archive.marks import Period
from netwar.archive.sqlite.store import SqliteArchive
from netwar.copying import Copy, Holder, Outcome, Place
from netwar.copying.copy import BATCH, batches
from netwar.coverage import Record, Span
from netwar.records.documents import TOMBSTONE, Document
from netwar.records.migrate import documents
from tests.copying.archives import BEGAN, EPOCH, fill, gone, iso, profile, tweet, whole
from tests.randomly import SEED
from tests.rows import rows


@pytest.fixture
def source(tmp_path: Path, small: None) -> Iterator[SqliteArchive]:
    with closing(SqliteArchive(tmp_path / "from", tmp_path / "dead-from")) as archive:
        yield archive


@pytest.fixture
def target(tmp_path: Path, small: None) -> Iterator[SqliteArchive]:
    with closing(SqliteArchive(tmp_path / "to", tmp_path / "dead-to")) as archive:
        yield archive


def copy(source: Any, target: Any, name: str = "a", to: str | None = None) -> Outcome:
    return Copy(Place(source, name, "from"), Place(target, to or name, "to"), Holder("this")).run()


def test_everything_is_copied_and_once_more_changes_nothing(source: SqliteArchive, target: SqliteArchive) -> None:
    fill(source, "a", 1_000)
    before = whole(source, "a")
    assert len(before) > 1_000
    done = copy(source, target)
    assert whole(target, "a") == before
    assert whole(source, "a") == before
    assert done.counts == {"tua": (20, 20), "twa": (1_020, 1_020)}
    assert (done.tally.created, done.records, done.lacking, done.diverged) == (1_047, 22, [], [])
    again = copy(source, target)
    assert whole(target, "a") == before
    assert again.tally == Tally(unchanged=1_047)
    assert not again.resumed
    assert copy(target, source).tally == Tally(unchanged=1_047), "and back"
    assert whole(source, "a") == before


def test_another_name_there(source: SqliteArchive, target: SqliteArchive) -> None:
    fill(source, "a", 100)
    copy(source, target, to="b")
    assert whole(target, "b") == whole(source, "a")
    assert target.indices() == ["tub", "twb"]


def test_usertest_has_users_only(source: SqliteArchive, target: SqliteArchive) -> None:
    source.write([profile("usertest", 1, "a", BEGAN), profile("usertest", 2, "b", BEGAN)])
    source.write([profile("usertest", 1, "c", BEGAN + 1)])
    source.change("usertest", "1", lambda record: replace(record, outcome="gone", asked=1))
    copy(source, target, "usertest")
    assert whole(target, "usertest") == whole(source, "usertest")
    with pytest.raises(ValueError, match="usertest can be copied only to usertest"):
        copy(source, target, "usertest", "a")


class Killed(Exception):
    pass


class Dying(SqliteArchive):
    """Cut off at the n-th write of any kind, before or after it is done."""

    left = 0
    after = False

    def _cut(self, work: Any, *args: Any) -> Any:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        done = work(*args)
        if self.left == 0:
            raise Killed
        return done

    def write(self, *args: Any) -> Any:
        return self._cut(super().write, *args)

    def change(self, *args: Any) -> Any:
        return self._cut(super().change, *args)

    def change_note(self, *args: Any) -> Any:
        return self._cut(super().change_note, *args)

    def keep_changes(self, *args: Any) -> Any:
        return self._cut(super().keep_changes, *args)


def test_cut_off_anywhere_it_goes_on(tmp_path: Path, source: SqliteArchive, subtests: pytest.Subtests) -> None:
    fill(source, "a", 500, SEED)
    posts, everything = by_author(source), whole(source, "a")
    for seed in range(SEED, SEED + 5):
        folder, chance = tmp_path / str(seed), random.Random(seed)
        with subtests.test(seed=seed), closing(Dying(folder / "to", folder / "dead")) as dying:
            assert cut_off_anywhere(source, dying, chance, posts)
            assert whole(dying, "a") == everything


def cut_off_anywhere(source: SqliteArchive, dying: Dying, chance: random.Random, posts: dict[str, list[str]]) -> int:
    """Copy to the end, and how often that was cut off."""
    cuts = 0
    while True:
        dying.left, dying.after = chance.randint(1, 25), chance.random() < 0.5
        try:
            copy(source, dying)
            dying.left = 0
            return cuts
        except Killed:
            cuts += 1
            claimed(posts, dying)


def by_author(source: SqliteArchive) -> dict[str, list[str]]:
    """The ids of all posts that are there, by who wrote them."""
    posts: dict[str, list[str]] = {}
    for body in source.scan("twa"):
        posts.setdefault(body["author_id"], []).append(body["id"])
    return posts


def claimed(posts: dict[str, list[str]], target: SqliteArchive) -> None:
    """What the target calls complete it has."""
    for record in target.records("twa"):
        for span in record.spans:
            ids = [id for id in posts.get(record.user, []) if span.low < int(id) <= span.high]
            assert target.missing("twa", "id", ids) == []
    all_ids = sorted(int(id) for ids in posts.values() for id in ids)
    for _, note in target.notes("twa", "periods/search/"):
        for low, high, _ in note["spans"]:
            ids = [str(id) for id in all_ids if low < id <= high]
            assert target.missing("twa", "id", ids) == []


class Recorded(SqliteArchive):
    """Somebody records into it while it is read."""

    pages = 0

    def scan(self, index: str, after: str | None = None, **more: Any) -> Iterator[Any]:
        for body in super().scan(index, after, **more):
            if index == "twa" and self.pages < 20:
                self.pages += 1
                old, at = (BEGAN - 10**9 - EPOCH << 22) - self.pages, BEGAN
                self.write([tweet("twa", old, 5, at)])
                self.change("twa", "5", lambda record, old=old: record.covering(Span(old - 1, old, 1)))  # type: ignore[misc]
            yield body


def test_no_coverage_is_copied_of_what_came_behind_our_back(tmp_path: Path, target: SqliteArchive) -> None:
    with closing(Recorded(tmp_path / "from", tmp_path / "dead")) as source:
        fill(source, "a", 300)
        copy(source, target)
        assert source.record("twa", "5").posts == 20
        claimed(by_author(source), target)
        copy(source, target)
        assert target.record("twa", "5") == source.record("twa", "5")
        claimed(by_author(source), target)
        assert whole(target, "a") == whole(source, "a")


def test_what_is_resumed_is_what_was_begun(source: SqliteArchive, tmp_path: Path) -> None:
    """Between a copy that was cut off and the one that goes on, older tweets were recorded: they lie behind the place."""
    fill(source, "a", 600)
    with closing(Dying(tmp_path / "to", tmp_path / "dead")) as dying:
        dying.left = 14  # in the midst of the tweets
        with pytest.raises(Killed):
            copy(source, dying)
        assert 0 < dying.count("twa") < source.count("twa")
        source.write([tweet("twa", 17, 5, BEGAN)])
        source.change("twa", "5", lambda record: record.covering(Span(0, 20, 1)))
        done = copy(source, dying)
        assert done.resumed
        claimed(by_author(source), dying)
        assert done.lacking == ["twa"], "which is told"
        copy(source, dying)
        assert whole(dying, "a") == whole(source, "a")


def test_one_of_which_from_was_restored_or_recorded_anew_begins_anew(tmp_path: Path, source: SqliteArchive) -> None:
    """What was put by of it before would call complete what it does not have any more."""
    fill(source, "a", 420)
    searched(source, LINES[0], (BEGAN, BEGAN + 9, 1))
    for keeps in ("nothing", "all but users", "all but searches", "all"):
        folder = tmp_path / keeps
        other = SqliteArchive(folder / "from", folder / "dead-from")
        with closing(other), closing(Dying(folder / "to", folder / "dead")) as dying:
            dying.left = 14  # in the midst of the tweets
            with pytest.raises(Killed):
                copy(source, dying)
            others(source, other, keeps)
            assert copy(other, dying).resumed == (keeps == "all")
            claimed(by_author(source if keeps == "all" else other), dying)
            assert lacking(dying, LINES[0]) == []
            assert found(dying, LINES[0]) == found(other, LINES[0])


def others(source: SqliteArchive, other: SqliteArchive, keeps: str) -> None:
    """An archive with half the posts of another one, or all, and of the coverage what it keeps."""
    if keeps == "all":
        copy(source, other)
    else:
        fill(other, "a", 210)
    if keeps == "all but users":
        searched(other, LINES[0], (BEGAN, BEGAN + 9, 1))
        for key, note in source.notes("twa", "periods/"):
            other.change_note("twa", key, lambda before, note=note: note)  # type: ignore[misc]
    if keeps == "all but searches":
        for record in source.records("twa"):
            other.change("twa", record.user, lambda before, record=record: record)  # type: ignore[misc]


LINES = "periods/search/from:5", "periods/search/from:6"


def searched(archive: SqliteArchive, line: str, *spans: tuple[int, int, int]) -> None:
    """A search brings posts, each span with a post at its end, and says so in the same step."""
    for low, high, posts in spans:
        archive.write([tweet("twa", high, 5, BEGAN)], [Period("twa", line.removeprefix("periods/"), Span(low, high, posts))])


def found(archive: SqliteArchive, line: str) -> Any:
    return (archive.note("twa", line) or {}).get("spans", [])


def lacking(archive: SqliteArchive, line: str) -> list[str]:
    """What notes of searches call complete, and is not there."""
    return archive.missing("twa", "id", [str(high) for _, high, _ in found(archive, line)])


class Searched(Recorded):
    """Somebody searches in it while it is read, and a stream is recorded: all of it older than what was read."""

    def scan(self, index: str, after: str | None = None, **more: Any) -> Iterator[Any]:
        for body in super(Recorded, self).scan(index, after, **more):
            if index == "twa" and not self.pages:
                self.pages = 1
                searched(self, LINES[0], (10, 20, 1))
                searched(self, LINES[1], (10, 20, 1))
                searched(self, "periods/stream/2", (BEGAN, BEGAN + 9, 1))
            yield body


def test_no_search_is_called_complete_of_what_came_behind_our_back(tmp_path: Path, target: SqliteArchive) -> None:
    with closing(Searched(tmp_path / "from", tmp_path / "dead")) as source:
        fill(source, "a", 300)
        searched(source, LINES[0], (30, 40, 1))
        copy(source, target)
        assert found(source, LINES[0]) == [[30, 40, 1], [10, 20, 1]]
        assert found(target, LINES[0]) == [[30, 40, 1]]
        assert found(target, LINES[1]) == found(target, "periods/stream/2") == []
        copy(source, target)
        assert whole(target, "a") == whole(source, "a")


def test_of_searches_what_is_resumed_is_what_was_begun(source: SqliteArchive, tmp_path: Path) -> None:
    fill(source, "a", 600)
    searched(source, LINES[0], (30, 40, 1))
    with closing(Dying(tmp_path / "to", tmp_path / "dead")) as dying:
        dying.left = 14  # in the midst of the tweets
        with pytest.raises(Killed):
            copy(source, dying)
        assert 0 < dying.count("twa") < source.count("twa")
        assert found(dying, LINES[0]) == [], "last of all"
        searched(source, LINES[0], (10, 20, 1))
        assert copy(source, dying).resumed
        assert found(dying, LINES[0]) == [[30, 40, 1]]
        assert lacking(dying, LINES[0]) == []
        copy(source, dying)
        assert whole(dying, "a") == whole(source, "a")


def test_a_copy_begun_by_an_earlier_version_claims_nothing_that_it_did_not_put_by(
    source: SqliteArchive, target: SqliteArchive
) -> None:
    searched(source, LINES[0], (30, 40, 1))
    key = "copy/" + hashlib.sha256(b"from").hexdigest()[:16]
    begun = {"from": "from", "parts": 1, "past": True, "after": {"twa": "40"}, "over": False, "holder": "", "renewed": 0}
    target.change_note("tua", key, lambda before: begun)
    target.change_note("tua", f"{key}/000000001", lambda before: {"index": "twa", "records": []})
    assert copy(source, target).resumed
    assert found(target, LINES[0]) == []
    copy(source, target)
    assert found(target, LINES[0]) == [[30, 40, 1]]


def test_what_both_have_searched_is_united(source: SqliteArchive, target: SqliteArchive) -> None:
    searched(source, LINES[0], (10, 20, 1), (30, 40, 3))
    searched(target, LINES[0], (20, 30, 2), (50, 60, 4))
    searched(target, LINES[1], (10, 20, 1))
    done = copy(source, target)
    assert found(target, LINES[0]) == [[50, 60, 4], [10, 40, 6]]
    assert found(target, LINES[1]) == [[10, 20, 1]]
    assert (done.diverged, lacking(target, LINES[0])) == ([], [])


CAPTURED = {"spans": [[10, 20, 2]], "valid": [[5, None]], "refilled": [[20, 25, "whole"]], "lost": [[40, 50]]}
GREW = {"spans": [[50, 90, 3], [10, 20, 2]], "valid": [[5, 60], [70, None]], "refilled": [[20, 25, "whole"], [30, 40, "whole"]]}
STRANGE = {"spans": [[10, 99, 9]], "valid": [[6, None]]}


@rows(
    ("theirs", "ours", "left", "told"),
    [
        ([CAPTURED], [], [CAPTURED], False),
        ([GREW], [CAPTURED], [{**GREW, "lost": [[40, 50]]}], False),
        ([CAPTURED], [GREW], [{**GREW, "lost": [[40, 50]]}], False),
        ([GREW, CAPTURED], [CAPTURED], [{**GREW, "lost": [[40, 50]]}, CAPTURED], False),
        ([STRANGE], [CAPTURED], [CAPTURED], True),
        ([STRANGE, CAPTURED], [CAPTURED], [CAPTURED], True),
        ([{"spans": [[10, 99, 9]]}], [CAPTURED], [CAPTURED], True),
        ([{"spans": "odd"}], [CAPTURED], [CAPTURED], True),
    ],
)
def test_captures_of_the_same_terms_are_united_and_of_others_stay_apart(
    tmp_path: Path, theirs: list[Any], ours: list[Any], left: list[Any], told: bool
) -> None:
    """Terms are the same where they became valid in the same millisecond; their number alone says nothing."""
    with (
        closing(SqliteArchive(tmp_path / "f", tmp_path / "d")) as source,
        closing(SqliteArchive(tmp_path / "t", tmp_path / "d")) as to,
    ):
        source.write([tweet("twa", 1, 5, BEGAN)])
        for archive, notes in ((source, theirs), (to, ours)):
            for number, value in enumerate(notes, 1):
                archive.change_note("twa", f"periods/stream/{number}", lambda before, value=value: value)  # type: ignore[misc]
        done = copy(source, to)
        assert [value for _, value in to.notes("twa", "periods/")] == left
        assert done.diverged == (["periods/stream"] if told else [])


def test_newer_copies_win_and_coverage_is_merged(source: SqliteArchive, target: SqliteArchive) -> None:
    source.write([tweet("twa", 1, 5, BEGAN, text="old"), tweet("twa", 2, 5, BEGAN + 9, text="new"), tweet("twa", 3, 5, BEGAN)])
    target.write([tweet("twa", 1, 5, BEGAN + 1, text="new"), tweet("twa", 2, 5, BEGAN, text="old")])
    target.write([tweet("twa", 3, 5, BEGAN + 99, direct=False)])
    source.change("twa", "5", lambda record: replace(record.covering(Span(0, 3, 3)), outcome="complete", asked=10))
    target.change("twa", "5", lambda record: replace(record.covering(Span(3, 9, 1)), outcome="gone", asked=20, name="x"))
    done = copy(source, target)
    assert (done.tally.created, done.tally.updated, done.tally.unchanged) == (0, 2, 1)
    assert [body["text"] for body in target.scan("twa")][:2] == ["new", "new"]
    assert target.get("twa", ["3"])["3"]["netwar"]["via"] == "timeline", "asked for wins over came along"
    assert target.record("twa", "5") == Record("5", name="x", outcome="gone", asked=20, spans=(Span(0, 9, 4),))


def names(archive: SqliteArchive, user: str) -> list[tuple[int | None, str]]:
    return [(version.since, version.fields["username"]) for version in archive.history("tua", user)]


def test_what_a_profile_said_is_whole_after_a_copy_onto_an_older_one(source: SqliteArchive, target: SqliteArchive) -> None:
    target.write([profile("tua", 1, "first", BEGAN)])
    for at, name in enumerate(("first", "second", "third", "fourth")):
        source.write([profile("tua", 1, name, BEGAN + at * 10)])
    copy(source, target)
    assert (
        names(target, "1")
        == names(source, "1")
        == [
            (BEGAN + 30, "fourth"),
            (BEGAN + 20, "third"),
            (BEGAN + 10, "second"),
            (None, "first"),
        ]
    )


def test_what_only_the_target_saw_stays_known(source: SqliteArchive, target: SqliteArchive) -> None:
    source.write([profile("tua", 1, "first", BEGAN)])
    source.write([profile("tua", 1, "third", BEGAN + 20)])
    source.write([profile("tua", 1, "fourth", BEGAN + 30)])
    target.write([profile("tua", 1, "second", BEGAN + 10)])
    copy(source, target)
    expected = [(BEGAN + 30, "fourth"), (BEGAN + 20, "third"), (BEGAN + 10, "second"), (None, "first")]
    assert names(target, "1") == expected
    assert [bearer.user for bearer in target.name_holders("tua", ["second"])["second"]] == ["1"]
    copy(source, target)
    assert names(target, "1") == expected


FOLLOWERS = {"snapshot/000001": {"count": 3}, "whole/000001/000001": "abc"}
LATER = {**FOLLOWERS, "snapshot/000002": {"count": 4}, "came/000002/000001": "d"}
OTHERS = {"snapshot/000001": {"count": 9}, "whole/000001/000001": "xyz"}


@pytest.mark.parametrize(
    ("theirs", "ours", "left", "told"),
    [
        (FOLLOWERS, {}, FOLLOWERS, False),
        (FOLLOWERS, FOLLOWERS, FOLLOWERS, False),
        (LATER, FOLLOWERS, LATER, False),
        (LATER, {**FOLLOWERS, "open": 1, "page/000002/000001": "d"}, LATER, False),
        (FOLLOWERS, LATER, LATER, False),
        (FOLLOWERS, OTHERS, OTHERS, True),
    ],
)
def test_lists_of_notes_stay_whole(
    source: SqliteArchive, target: SqliteArchive, theirs: dict[str, Any], ours: dict[str, Any], left: dict[str, Any], told: bool
) -> None:
    for archive, some in ((source, theirs), (target, ours)):
        archive.write([profile("tua", 1, "a", BEGAN)])
        for key, value in some.items():
            archive.change_note("tua", f"followers/1/{key}", lambda before, value=value: value)  # type: ignore[misc]
    source.change_note("tua", "followers/12/snapshot/000001", lambda before: 12)
    done = copy(source, target)
    expected = {f"followers/1/{key}": value for key, value in left.items()} | {"followers/12/snapshot/000001": 12}
    assert dict(target.notes("tua", "")) == expected
    assert done.diverged == (["followers/1"] if told else [])


def test_lists_of_times_are_united(source: SqliteArchive, target: SqliteArchive) -> None:
    source.write([profile("tua", 1, "a", BEGAN)])
    source.change_note("tua", "standing/1", lambda before: [[1, "gone", ""], [3, "open", ""]])
    target.change_note("tua", "standing/1", lambda before: [[2, "suspended", ""], [3, "open", ""]])
    copy(source, target)
    assert target.note("tua", "standing/1") == [[1, "gone", ""], [2, "suspended", ""], [3, "open", ""]]


def test_the_log_of_a_list_goes_on_in_a_copy(source: SqliteArchive, target: SqliteArchive) -> None:
    """Its last part grows, and what is known of the list changes each time that it is looked at."""
    source.write([tweet("twa", 1, 5, BEGAN)])
    events = [[at, str(at), "listed", ""] for at in range(6)]

    def log(archive: SqliteArchive, count: int) -> None:
        archive.change_note("twa", "listed/7", lambda before: {"count": count})
        for part in (0, 1):
            some = events[:count][part * 3 : part * 3 + 3] or None
            archive.change_note("twa", f"listed/7/{part + 1:06}", lambda before, some=some: some)  # type: ignore[misc]

    for count in (2, 4, 5):
        log(source, count)
        assert copy(source, target).diverged == []
        assert dict(target.notes("twa", "listed/7")) == dict(source.notes("twa", "listed/7"))
    log(source, 3)
    assert copy(source, target).diverged == []
    assert target.note("twa", "listed/7/000002") == events[3:5], "what goes on there is kept"
    source.change_note("twa", "listed/7/000001", lambda before: [[9, "9", "listed", ""]])
    assert copy(source, target).diverged == ["listed/7"]


def test_what_is_gone_is_known_to_be_gone_in_a_copy(source: SqliteArchive, target: SqliteArchive) -> None:
    source.write([tweet("twa", id, 5, BEGAN) for id in (1, 3)])
    source.write([gone("twa", 2), Document("twa", "4", {"id": "4", "netwar": {"via": TOMBSTONE}}, True, BEGAN + 1)])
    done = copy(source, target)
    assert [body["id"] for body in target.scan("twa")] == ["1", "3"]
    assert list(target.scan("twa", gone=True)) == list(source.scan("twa", gone=True))
    assert (done.counts["twa"], done.lacking, target.missing("twa", "id", ["2", "4"])) == ((2, 2), [], [])
    assert copy(source, target).tally == Tally(unchanged=4)


def test_what_is_gone_takes_the_place_of_nothing(source: SqliteArchive, tmp_path: Path) -> None:
    """Not even of one that was dated ahead, which gives way to any answer of X, or one that came nobody knows when."""
    now = BEGAN + 1_000
    with closing(SqliteArchive(tmp_path / "to", tmp_path / "dead", lambda: now)) as target:
        target.write([tweet("twa", 1, 5, BEGAN), tweet("twa", 2, 5, BEGAN, direct=False)])
        target.write([tweet("twa", 3, 5, now + 10**8, direct=False), tweet("twa", 4, 5, 0, direct=False)])
        source.write([gone("twa", id, now) for id in (1, 2, 3, 4)])
        source.write([Document("twa", "1", {"id": "1", "netwar": {"via": TOMBSTONE}}, True, now)])
        assert copy(source, target).tally == Tally(unchanged=4)
        assert [body["id"] for body in target.scan("twa")] == ["1", "2", "3", "4"]


def test_content_takes_the_place_of_what_was_gone(source: SqliteArchive, target: SqliteArchive) -> None:
    target.write([gone("twa", 1)])
    source.write([tweet("twa", 1, 5, BEGAN - 10**11, direct=False)])
    copy(source, target)
    assert [body["text"] for body in target.scan("twa")] == ["tweet 1 of ümläut 😀"]


def test_what_the_target_refuses_is_counted_and_the_rest_copied(source: SqliteArchive, tmp_path: Path) -> None:
    class Picky(SqliteArchive):
        def write(self, documents: Any, marks: Any = ()) -> Tally:
            kept = [one for one in documents if one.id != "2"]
            return super().write(kept, marks) + Tally(rejected=len(documents) - len(kept))

    source.write([tweet("twa", id, 5, BEGAN) for id in (1, 2, 3)])
    with closing(Picky(tmp_path / "to", tmp_path / "dead")) as picky:
        done = copy(source, picky)
    assert (done.tally.created, done.tally.rejected, done.lacking) == (2, 1, ["twa"])


def test_batches_are_bounded_by_number_and_size() -> None:
    assert [len(batch) for batch in batches([{"id": n} for n in range(2_500)])] == [BATCH, BATCH, 500]
    assert [len(batch) for batch in batches([{"text": "x" * 3_000_000} for _ in range(5)])] == [2, 2, 1]
    assert list(batches([])) == []


def test_what_was_left_in_2019_becomes_documents_with_all_that_lay_in_them() -> None:
    def status(id: int, day: int, **more: Any) -> dict[str, Any]:
        user = {"id": id * 10, "id_str": str(id * 10), "screen_name": f"user{id}", "created_at": "Wed Sep 04 13:51:55 +0000 2013"}
        return {
            "id": id,
            "id_str": str(id),
            "full_text": "x",
            "created_at": f"Wed Sep {day:02} 13:51:55 +0000 2019",
            "user": user,
            **more,
        }

    from netwar.records import v1

    retweet = status(3, 6, retweeted_status=status(2, 5, quoted_status=status(1, 4)))
    made = list(documents("twa", "tua", v1.tweet(retweet)))
    assert [(one.index, one.id, one.direct) for one in made] == [
        ("twa", "3", True),
        ("twa", "2", False),
        ("twa", "1", False),
        ("tua", "30", True),
        ("tua", "20", True),
        ("tua", "10", True),
    ]
    assert [one.body["netwar"]["retrieved"][:10] for one in made] == [
        "2019-09-06",
        "2019-09-05",
        "2019-09-04",
        *["2019-09-06"] * 3,
    ]
    assert made[0].body["netwar"]["v1"] == retweet, "the original is whole"
    for one in made:
        [again] = documents(one.index, "tua", one.body)
        assert again == one, "copied on, they stay what they are"


@rows(("written", "at"), [(iso(BEGAN + 7), BEGAN + 7), ("2026-01-01T00:00:00Z", 1767225600000), (None, 0), (5, 0), ("x", 0)])
def test_the_time_of_a_document(written: Any, at: int) -> None:
    [made] = documents("twa", "tua", {"id": "1", "netwar": {"retrieved": written, "via": "timeline"}})
    assert made.retrieved == at
