"""What goes wrong on a stream, byte by byte; and that one connection is all that an app has."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import TIMEOUT, Sandbox, Start
from .streams import STREAM, calm, connected, ended, flushed, lines, posted, raw, rule, truth

WORDS = "harbour OR wind OR train OR dawn"


@pytest.fixture(scope="module")
def crowd(start: Start) -> Sandbox:
    return start(scenario="[stream]\nrate = 400\nrule_delay = 0")


@pytest.fixture(autouse=True)
def _calm_crowd(crowd: Sandbox) -> Iterator[None]:
    yield
    calm(crowd)


def faulty(box: Sandbox, **fault: Any) -> list[bytes]:
    """The lines of a connection with this fault, until it ends, or up to 12."""
    box.session.delete(f"{box.base}/sandbox/stream/faults", timeout=TIMEOUT)
    box.tell("stream/faults", fault)
    stream, found = connected(box), []
    for line in raw(stream):
        found += [line] if line else []
        if len(found) == 12:
            break
    stream.close()
    return found


def test_ends_come_at_the_post_that_was_named(crowd: Sandbox) -> None:
    rule(crowd, WORDS)
    for kind, last in (
        ("end", b'"data"'),
        ("reset", b"broken"),
        ("operational-disconnect", b'"ForceDisconnect"'),
        ("slow-reader", b'"SlowReader"'),
    ):
        found = faulty(crowd, kind=kind, post=4, reason="ForceDisconnect")
        assert [b'"data"' in line for line in found[:3]] == [True] * 3, kind
        assert len(found) == 3 + (kind != "end"), (kind, found[3:])
        assert last in found[-1], (kind, found[-1])
        assert (ended(crowd)["reason"], len(flushed(crowd, ended(crowd)["id"]))) == (kind, 3)


def test_it_is_told_when_a_fault_happened(crowd: Sandbox) -> None:
    rule(crowd, WORDS)
    faulty(crowd, kind="end", post=4)
    [fault] = crowd.session.get(f"{crowd.base}/sandbox/stream", timeout=TIMEOUT).json()["faults"]
    [told] = fault["happened"]
    assert (told["connection"], told["second"] >= 0) == (ended(crowd)["id"], True)


def test_half_a_line_is_the_last_thing_that_comes_and_is_not_billed(crowd: Sandbox) -> None:
    rule(crowd, WORDS)
    found = faulty(crowd, kind="half-line", post=4)
    assert found[-2].startswith(b"broken")
    assert found[-1].startswith(b'{"data"')
    assert len(found) == 5
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting|end of data"):
        json.loads(found[-1])
    assert len(flushed(crowd, ended(crowd)["id"])) == 3


def test_lines_are_bent_as_they_were_asked_to_be(crowd: Sandbox) -> None:
    tagged = rule(crowd, WORDS, "t")
    named = {"id": tagged, "tag": "t"}
    for kind, expected in (
        ("no-tag", {"matching_rules": [{"id": tagged}]}),
        ("no-matching-rules", {"matching_rules": None}),
        ("unknown-rule", {"matching_rules": [{"id": "1000000007", "tag": "?"}, named]}),
    ):
        found = [json.loads(line) for line in faulty(crowd, kind=kind, post=2, posts=2)]
        assert [line.get("matching_rules") for line in found[:4]] == [[named], *[expected["matching_rules"]] * 2, [named]], kind
    bent = json.loads(faulty(crowd, kind="post-errors", post=2)[1])
    assert bent["data"]
    assert bent["matching_rules"] == [named]
    assert len(bent["errors"]) == 2
    garbage = faulty(crowd, kind="bad-json", post=2)[1]
    with pytest.raises(ValueError, match=r"control|delimiter|Unterminated"):
        json.loads(garbage)


def test_posts_come_twice_late_and_in_another_order_but_they_come(crowd: Sandbox) -> None:
    rule(crowd, WORDS)
    for fault, order in (
        ({"kind": "duplicate", "post": 2}, [0, 1, 1, 2, 3]),
        ({"kind": "out-of-order", "post": 2, "posts": 2}, [0, 2, 3, 1]),
        ({"kind": "late", "post": 2, "seconds": 0.02}, [0, 2]),
    ):
        sent = [json.loads(line)["data"]["id"] for line in faulty(crowd, **fault)]
        due = [post["id"] for post in truth(crowd, since=ended(crowd)["connected"] + 1)]
        got = [due.index(id) for id in sent]
        assert got[: len(order)] == order, (fault, got)
        assert set(got) >= {0, 1, 2, 3}, (fault, got)


def test_a_line_is_split_between_its_last_two_bytes(crowd: Sandbox) -> None:
    rule(crowd, WORDS)
    crowd.tell("stream/faults", {"kind": "split-crlf", "post": 1, "posts": 5})
    stream, chunks = connected(crowd), []
    while not any(chunk.endswith(b"\r") for chunk in chunks):
        chunks.append(stream.raw.read1(1 << 16))
    following = stream.raw.read1(1 << 16)
    stream.close()
    assert following.startswith(b"\n")


def test_silence_loses_what_was_said_and_brings_no_keep_alive(crowd: Sandbox) -> None:
    crowd.tell("stream", {"keep_alive": 0.05})
    rule(crowd, WORDS)
    found = [json.loads(line)["data"]["id"] for line in faulty(crowd, kind="silence", post=4, seconds=0.5)]
    due = [post["id"] for post in truth(crowd, since=ended(crowd)["connected"] + 1)]
    assert found[:3] == due[:3]
    assert due.index(found[3]) > 8, "some came while nothing was sent"


def test_every_so_many_posts_and_so_often_in_all(crowd: Sandbox) -> None:
    rule(crowd, WORDS)
    crowd.tell("stream/faults", {"kind": "end", "post": 2, "times": 2})
    assert [len(lines(connected(crowd), 5)) for _ in range(3)] == [1, 1, 5]
    crowd.tell("stream/faults", {"faults": [{"kind": "duplicate", "post": 3, "every": True, "times": 0}], "replace": True})
    ids = [post["data"]["id"] for post in lines(connected(crowd), 12)]
    assert [ids[n] == ids[n - 1] for n in range(1, 12)] == [n in (3, 7, 11) for n in range(1, 12)]
    crowd.tell("stream/faults", {"faults": [{"kind": "end", "second": 0.3}], "replace": True})
    assert len(list(raw(connected(crowd)))) > 3
    assert 300 <= ended(crowd)["closed"] - ended(crowd)["connected"] < 2_000


def test_a_second_connection_is_refused_or_replaces_the_first(crowd: Sandbox) -> None:
    assert connected(crowd).status_code == 409
    rule(crowd, WORDS)
    first = connected(crowd)
    second = connected(crowd)
    assert (second.status_code, second.json()["connection_issue"]) == (429, "TooManyConnections")
    other = {"Authorization": crowd.app["Authorization"] + "2"}
    assert crowd.session.get(crowd.base + STREAM, headers=other, timeout=TIMEOUT).status_code == 409, "another app, its own rules"
    crowd.tell("stream", {"second": "replace"})
    second = connected(crowd)
    assert second.status_code == 200
    assert b"ForceDisconnect" in [*raw(first)][-1]
    second.close()


def test_x_may_hold_a_connection_for_open_whose_client_has_gone(crowd: Sandbox) -> None:
    crowd.tell("stream", {"linger": 600})
    rule(crowd, WORDS)
    connected(crowd).close()
    time.sleep(0.1)
    assert connected(crowd).status_code == 429
    (standing,) = crowd.get("/2/connections").json()["data"]
    assert standing["endpoint_name"] == "filtered_stream"
    answer = crowd.session.delete(
        f"{crowd.base}/2/connections", json={"uuids": [standing["id"], "0"]}, headers=crowd.app, timeout=TIMEOUT
    ).json()["data"]
    assert (answer["successful_kills"], answer["failed_kills"], len(answer["results"])) == (1, 1, 2)
    assert connected(crowd).status_code == 200
    history = crowd.get("/2/connections", status="inactive", max_results=100).json()["data"]
    assert next(one for one in history if one["id"] == standing["id"])["disconnect_reason"] == "ended by the app"


def test_an_app_connects_fifty_times_and_all_are_told(crowd: Sandbox) -> None:
    crowd.tell("windows/reset")
    for _ in range(50):
        assert connected(crowd).status_code == 409
    refused = connected(crowd)
    assert (refused.status_code, refused.headers["x-rate-limit-remaining"]) == (429, "0")
    assert [one["status"] for one in crowd.look("truth/stream/connects")[-51:]] == [409] * 50 + [429]


def test_rules_are_listed_in_pages_changed_in_one_way_at_a_time_and_checked_as_x_does(crowd: Sandbox) -> None:
    ids = [rule(crowd, f"word{number}", "t" if number % 2 else "") for number in range(5)]
    first = crowd.get(f"{STREAM}/rules", max_results=3).json()
    rest = crowd.get(f"{STREAM}/rules", max_results=3, pagination_token=first["meta"]["next_token"]).json()
    assert [one["id"] for page in (first, rest) for one in page["data"]] == ids
    assert "next_token" not in rest["meta"]
    assert [one["id"] for one in crowd.get(f"{STREAM}/rules", ids=f"{ids[1]},17").json()["data"]] == ids[1:2]
    dry = posted(crowd, {"delete": {"values": ["word0"]}}, dry_run="true")
    assert dry["meta"]["summary"] == {"deleted": 1, "not_deleted": 0}
    done = posted(crowd, {"delete": {"values": ["word0"], "ids": [ids[1], "17"]}})
    assert done["meta"]["summary"] == {"deleted": 2, "not_deleted": 1}
    assert len(done["errors"]) == 1
    counts = crowd.get(f"{STREAM}/rules/counts").json()["data"]
    assert (counts["client_app_rules_count"]["rule_count"], counts["cap_per_client_app"]) == (3, "1000")
    for body in (
        {},
        {"add": [], "delete": {}},
        {"add": [{"tag": "x"}]},
        {"delete": {}},
        {"delete": {"ids": 5}},
        {"add": [{"value": "a", "note": "b"}]},
        [],
    ):
        answer = crowd.session.post(f"{crowd.base}{STREAM}/rules", json=body, headers=crowd.app, timeout=TIMEOUT)
        assert answer.status_code == 400, body
