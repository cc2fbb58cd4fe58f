"""Lines of X's stream: wherever they are cut, and whatever is in them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netwar.records import pages
from netwar.streams.lines import LONGEST, Bad, Delivery, Notice, Splitter, parse
from tests.randomly import randomly
from tests.rows import rows

POST: dict[str, Any] = {
    "data": {"id": "1460323737035677698", "text": "a\nb", "author_id": "12"},
    "includes": {"users": [{"id": "12", "name": "jack", "username": "jack"}]},
    "matching_rules": [{"id": "77", "tag": "x"}, {"id": "78"}],
}


def written(**more: Any) -> bytes:
    return json.dumps(POST | more).encode()


def fed(chunks: list[bytes]) -> tuple[list[bytes], bytes]:
    splitter = Splitter()
    return [line for chunk in chunks for line in splitter.feed(chunk)], splitter.half


@randomly(200)
@given(lines=st.lists(st.binary(max_size=9).map(lambda b: b.translate(None, b"\r\n")), max_size=6), data=st.data())
def test_lines_are_the_same_wherever_they_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    ends = [data.draw(st.sampled_from([b"\r\n", b"\n"])) for _ in lines]
    whole = b"".join(line + end for line, end in zip(lines, ends, strict=True)) + b'{"half'
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    chunks = [whole[low:high] for low, high in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert fed(chunks) == (lines, b'{"half')


def test_keep_alives_are_empty_lines_and_no_half_ones() -> None:
    assert fed([b"\r\n", b"\r", b"\n\r\n"]) == ([b"", b"", b""], b"")
    assert fed([b"\r"]) == ([], b"")


def test_a_line_that_never_ends_takes_no_more_memory_than_the_longest() -> None:
    splitter = Splitter()
    for _ in range(40):
        splitter.feed(b"x" * (LONGEST // 16))
    assert len(splitter.half) <= LONGEST + LONGEST // 16


def test_a_post_says_who_made_it_when_and_what_it_matched() -> None:
    found = parse(written())
    assert isinstance(found, Delivery)
    assert (found.id, found.author, found.rules, found.posted) == (POST["data"]["id"], "12", ("77", "78"), 1637003285069)
    assert [user["id"] for user in pages.read(found.body).authors.values()] == ["12"]
    assert not pages.read(found.body).loose, "the rules are no thing that came along"


@rows(
    ("told", "rules"),
    [
        ([{"id": 77, "tag": "x"}], ("77",)),
        ([{"id": "77"}, {"id": "77"}, None, {"tag": "x"}], ("77",)),
        ({"id": "77"}, ("77",)),
        ([], None),
        (None, None),
        ("77", None),
        ([{}], None),
    ],
)
def test_rules_are_read_in_whatever_shape_they_come(told: Any, rules: Any) -> None:
    found = parse(written(matching_rules=told))
    assert isinstance(found, Delivery)
    assert found.rules == rules


def test_a_post_with_errors_is_a_post() -> None:
    error = {"type": "https://api.x.com/2/problems/resource-not-found", "title": "Not Found Error", "value": "9"}
    found = parse(written(errors=[error], wombat=1))
    assert isinstance(found, Delivery)
    page = pages.read(found.body)
    assert ([one.value for one in page.problems], page.loose) == (["9"], {"wombat": [1]})


def test_without_an_author_id_whoever_came_along_alone_made_it() -> None:
    lone = parse(written(data={"id": "1460323737035677698"}))
    several = parse(written(data={"id": "1460323737035677698"}, includes={"users": [{"id": "1"}, {"id": "2"}]}))
    none = parse(written(data={"id": "1460323737035677698"}, includes=[]))
    assert [one.author for one in (lone, several, none) if isinstance(one, Delivery)] == ["12", "", ""]


@rows(
    ("body", "kind"),
    [
        ({"errors": [{"title": "operational-disconnect", "disconnect_type": "SlowReader", "type": "a/b"}]}, "SlowReader"),
        ({"errors": [{"title": "ConnectionException", "connection_issue": "TooManyConnections"}]}, "TooManyConnections"),
        ({"errors": [{"title": "Oops", "type": "https://api.x.com/2/problems/internal-error"}], "data": None}, "internal-error"),
        ({"title": "Oops", "detail": "down"}, "Oops"),
    ],
)
def test_what_x_says_of_the_connection_is_a_notice(body: Any, kind: str) -> None:
    found = parse(json.dumps(body).encode())
    assert isinstance(found, Notice)
    assert found.kind == kind


@rows(
    ("line", "reason"),
    [
        (b'{"data":{"id":"14603237', "no JSON"),
        (b"<html>", "no JSON"),
        (b"[1]", "no object"),
        (b"{}", "neither a post"),
        (b'{"wombat":1}', "neither a post"),
        (b'{"data":["x"]}', "no post"),
        (b'{"data":{"text":"x"}}', "no id"),
        (b'{"data":{"id":"wombat"}}', "is none"),
        (b'{"data":{"id":{}}}', "is none"),
        (b'{"data":' + b"[" * 100_000, "no JSON"),
    ],
)
def test_whatever_else_comes_is_bad_and_says_why(line: bytes, reason: str) -> None:
    found = parse(line)
    assert isinstance(found, Bad)
    assert reason in found.reason
