"""How the soak judges captures by stream, and searches; and what it knows of lines that change."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from netwar.sandbox.streams.faults import stream_fault
from tests.rows import rows
from tests.soak import captured, xfaults
from tests.soak.hosts import Account, Host, UnixUser
from tests.soak.runs import Command, Run
from tests.soak.wishes import CAPTURES, TERMS, Version, Wishes

POSTS = {post: post * 10_000 for post in range(1, 6)}


class Sung:
    """A world with posts for the stream: of `harbour` come 1 to 4, of `train` 5."""

    def sung(self, query: str = "") -> dict[int, int]:
        return {post: at for post, at in POSTS.items() if not query or (query == "harbour") == (post < 5)}

    def matching(self, query: str, since: int, until: int) -> set[int]:
        return {*self.sung(query)}

    def now(self) -> int:
        return 100_000


@rows(
    ("there", "gaps", "wrong"),
    [
        ({2, 3, 4}, [], None),
        ({1, 2, 3, 4}, [], None),
        ({2, 4}, [], "1 of 3 posts of ('harbour',) lie in no gap and are not there, such as (3, 30000)"),
        ({2, 4}, [(29_000, 31_000)], None),
        ({2, 4}, [(31_000, 49_000)], "lie in no gap"),
        ({2, 3, 4, 5}, [], "1 posts match no line, such as 5"),
        ({2, 3, 4, 99}, [], None),
    ],
)
def test_captures_are_judged(there: set[int], gaps: captured.Times, wrong: str | None) -> None:
    world: Any = Sung()
    found = list(captured.capture(world, [Version(("harbour",), 15_000)], there, gaps))
    assert [wrong in one for one in found] == [True] if wrong else found == []


def test_of_a_capture_that_may_not_have_been_registered_nothing_is_asked() -> None:
    world: Any = Sung()
    assert list(captured.capture(world, [Version(("harbour",))], set(), [])) == []
    assert list(captured.capture(world, [Version(("harbour",), 15_000, 18_000)], set(), [])) == []


@rows(("there", "wrong"), [({2, 3}, 0), ({3}, 1)])
def test_searches_are_judged(there: set[int], wrong: int) -> None:
    world: Any = Sung()
    told = {"line": "harbour", "from": "1970-01-01T00:00:15Z", "to": "1970-01-01T00:00:35Z", "gaps": None}
    assert len(list(captured.found(world, json.dumps(told), there))) == wrong
    assert not list(captured.found(world, json.dumps(told | {"gaps": 1}), there))


def test_connects_are_judged() -> None:
    assert not list(captured.connects(range(0, 50 * 18_000, 18_000)))
    assert not list(captured.connects([*range(50), 900_000]))
    assert len(list(captured.connects(range(51)))) == 1


def test_what_was_sent_and_is_not_there_may_be_on_the_bill() -> None:
    assert captured.unread({1: 0, 2: 5, 3: 86_400_000}, {2}) == {"1970-01-01": captured.DEAREST, "1970-01-02": captured.DEAREST}


def test_lines_are_certain_only_once_they_are_registered(tmp_path: Path) -> None:
    clock = iter(range(100))
    wishes, index = Wishes(lambda: next(clock), tmp_path), CAPTURES[0]
    first = wishes.changing(index, TERMS[:1])
    assert wishes.file(index).read_text() == f"{TERMS[0]}\n"
    assert not wishes.quiet(index)
    wishes.changed(index, first, True)
    assert (first.sure, first.until, wishes.on) == (0, None, {index})
    second = wishes.changing(index, TERMS[:2])
    wishes.changed(index, second, False)
    assert (first.until, second.sure, wishes.on) == (1, None, {index})
    wishes.changed(index, wishes.changing(index), True)
    assert wishes.on == set()


def test_a_file_is_read_by_whoever_stays_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "poll", lambda self: None)
    monkeypatch.setattr(Run, "signal", lambda self, number: None)
    wishes, index = Wishes(lambda: 7, tmp_path), CAPTURES[0]
    host = Host("host", tmp_path, "sandbox-key", named=False)
    account = Account(host, tmp_path / "first.conf", UnixUser(None, None), 1_000, "nobody")
    run = Run(1, Command("tw-stream", [index]), account, tmp_path)
    told = f"2026-01-01T00:00:00+0000 {index}: 2 terms of /somewhere, 1 of 1,000 rules\n"
    (said := run._file("err")).touch()
    wishes.reads(run, index)
    assert not wishes.quiet(index)
    said.write_text(told)
    assert wishes.quiet(index)
    version = wishes.changing(index, TERMS[:1])
    wishes.hang_up(run, version)
    assert wishes.reader(index) is run
    assert not wishes.quiet(index)
    said.write_text(told * 2)
    assert wishes.quiet(index)
    assert version.sure == 7


def test_every_fault_of_streams_is_one_that_the_sandbox_has() -> None:
    chance = Random(1)
    kinds = {stream_fault(table).kind for _ in range(500) for table in xfaults.of_stream(chance)}
    assert kinds == set(xfaults.OF_STREAMS.split())
