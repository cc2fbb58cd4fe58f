"""What is left to search for, and how it is put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwar.archive.base import Tally
from netwar.archive.marks import Period
from netwar.coverage import Span, Stretch, uncovered
from netwar.errors import ServiceDown
from netwar.records.documents import Document
from netwar.records.ids import SNOWFLAKE_EPOCH, first_id
from netwar.records.pages import Page
from netwar.search import recent, run
from netwar.search.planning import Task, is_keyword, known, of, packs, planned, spans_of, take_back
from netwar.search.reading import Found
from netwar.search.run import SearchRun
from netwar.twitter.base import Answer
from tests.randomly import randomly
from tests.rows import rows

WHOLE = Stretch(100, 200)


class Notes(dict[str, Any]):
    """A ledger with notes alone."""

    def note(self, index: str, key: str) -> Any:
        return self.get(key)

    def change_note(self, index: str, key: str, change: Callable[[Any], Any]) -> Any:
        self[key] = change(self.get(key))
        return self[key]

    def notes(self, index: str, prefix: str) -> Iterator[tuple[str, Any]]:
        yield from sorted((key, note) for key, note in self.items() if key.startswith(prefix))


def test_only_what_lacks_is_asked_for() -> None:
    spans = {"from:1": (Span(100, 200, 5),), "from:2": (Span(150, 180, 1),), "from:3": (Span(150, 180, 1),)}
    assert planned(["from:1", "from:2", "from:3", "from:4"], spans, WHOLE, 512) == [
        Task("from:2 OR from:3", Stretch(180, 200), ("from:2", "from:3")),
        Task("from:4", WHOLE, ("from:4",)),
        Task("from:2 OR from:3", Stretch(100, 150), ("from:2", "from:3")),
    ]


def test_words_and_users_stand_apart() -> None:
    tasks = planned(["cat dog", "from:1", "#news", "to:2 -is:retweet"], {}, WHOLE, 512)
    assert [task.query for task in tasks] == ["from:1 OR (to:2 -is:retweet)", "(cat dog) OR #news"]


KEYWORDS = [
    *(("cat", True), ("coca-cola", True), ('"a b"', True), ("#x", True), ("$x", True), ("from:1 cat", True)),
    *(("from:1", False), ("from:1 -cat", False), ("from:1 -(a OR b)", False), ("@nasa", False), ('url:"a b"', False)),
    *(("(from:1 OR to:2) has:media", False), ("conversation_id:5", False)),
]


@rows(("expression", "keyword"), KEYWORDS)
def test_what_asks_for_words(expression: str, keyword: bool) -> None:
    assert is_keyword(expression) is keyword


@randomly(100)
@given(st.lists(st.text("ab ", min_size=1, max_size=30).map(lambda text: f"x{text}".strip()), unique=True), st.integers(20, 80))
def test_lines_are_packed_in_order_as_many_as_fit(lines: list[str], limit: int) -> None:
    from netwar.records.expressions import joined, wrapped

    found = [*packs(lines, limit)]
    assert [line for some in found for line in some] == [line for line in lines if len(wrapped(line)) <= limit]
    assert all(len(joined(some)) <= limit for some in found)
    assert all(len(joined([*one, other[0]])) > limit for one, other in pairwise(found))


@randomly(100)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 10)), max_size=6), st.integers(0, 90), st.integers(1, 10))
def test_what_a_line_has_is_read_back_and_taken_back(given_spans: list[tuple[int, int]], low: int, length: int) -> None:
    notes, back = Notes(), Span(low, low + length, 0)
    spans = [[one, one + long, 1] for one, long in given_spans]
    line = "word " * 200
    notes[f"periods/{of(line)}"] = {"spans": spans, "more": 1}
    take_back(notes, "twbrexit", line, back)  # type: ignore[arg-type]
    left = {id for span in spans_of(notes.note("", f"periods/{of(line)}")) for id in range(span.low + 1, span.high + 1)}
    before = {id for one, high, _ in spans for id in range(one + 1, high + 1)}
    assert left == before - {*range(low + 1, low + length + 1)}
    assert notes.note("", f"periods/{of(line)}")["more"] == 1
    assert set(known(notes, "twbrexit", [line])) == ({line} if left else set())  # type: ignore[arg-type]


def test_many_lines_are_known_as_few_are() -> None:
    notes = Notes({f"periods/{of(f'from:{n}')}": {"spans": [[n, n + 5, 1]]} for n in range(50)})
    lines = [f"from:{n}" for n in range(200)]
    assert known(notes, "twx", lines) == known(notes, "twx", lines[:50])  # type: ignore[arg-type]
    assert of("x" * 299 + "a") != of("x" * 299 + "b")
    assert len(of("é" * 400).encode()) < 300


def test_a_millisecond_is_complete_when_all_of_it_is() -> None:
    at = SNOWFLAKE_EPOCH + 1_000
    assert recent._from(first_id(at) - 1) == at
    assert recent._from(first_id(at)) == at + 1
    assert recent._from(first_id(at + 1) - 1) == at + 1


def test_what_a_page_contradicts_is_taken_back(monkeypatch: Any) -> None:
    notes = Notes({f"periods/{of('cat')}": {"spans": [[100, 200, 3]]}})

    class Store:
        archive = notes

        def write(self, *given: object) -> None:
            raise AssertionError("nothing is proved, and nothing came")

    class X:
        account = "me"

    answer = Answer(Page(), 1, 0, 100, 1)
    monkeypatch.setattr(run, "read", lambda *given: iter([Found(answer, Span(150, 160, 0), None)]))
    SearchRun(X(), Store(), "brexit").run(Task("cat", WHOLE, ("cat",)))  # type: ignore[arg-type]
    assert uncovered(WHOLE, spans_of(notes.note("", f"periods/{of('cat')}"))) == [Stretch(150, 160)]


def test_a_page_is_kept_while_the_store_is_away_that_would_take_something_back(monkeypatch: Any) -> None:
    class Away(Notes):
        def change_note(self, index: str, key: str, change: Callable[[Any], Any]) -> Any:
            raise ServiceDown("the store is away", "start it")

    kept: list[Document] = []

    class Store:
        archive = Away()

        def write(self, of: str, documents: list[Document], marks: Sequence[Period] = ()) -> Tally:
            assert not marks, "nothing is complete before it is taken back"
            kept.extend(documents)
            return Tally()

    class X:
        account = "me"

    answer = Answer(Page(posts=[{"id": "155"}]), 1, 0, 100, 1)
    monkeypatch.setattr(run, "read", lambda *given: iter([Found(answer, Span(150, 160, 0), Span(140, 150, 1))]))
    with pytest.raises(ServiceDown):
        SearchRun(X(), Store(), "brexit").run(Task("cat", WHOLE, ("cat",)))  # type: ignore[arg-type]
    assert [one.id for one in kept] == ["155"]
