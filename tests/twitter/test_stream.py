"""The filtered stream as the recorder uses it: rules, connections, bytes as they come, and every way in which it ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from netwar.cli.services import Services
from netwar.errors import BadRequest, RateLimited
from netwar.twitter.base import TransientError
from netwar.twitter.stream import XStream
from netwar.twitter.streaming import ConnectRefused, NoRules, OpenStream, RuleCaps, TooManyConnections
from tests.operator import Operator

LONG = 5.0  # seconds that nothing here takes

Streaming = Callable[..., tuple[Operator, XStream]]


@pytest.fixture
def streaming(operator: Callable[..., Operator]) -> Iterator[Streaming]:
    """A stream of a sandbox whose [stream] has these lines; `silence` in seconds."""
    opened = []

    def begin(lines: str = "rate = 300", silence: float = LONG, more: str = "", **settings: object) -> tuple[Operator, XStream]:
        one = operator(f"[stream]\nrule_delay = 0\n{lines}\n{more}", data="data", **settings)
        opened.append(services := Services("test", one.desk.home / ".twitter"))
        return one, XStream(services.settings, services.money, services.windows, silence)

    yield begin
    for services in opened:
        services.close()


def fault(one: Operator, kind: str, **more: object) -> None:
    one.post("stream/faults", {"kind": kind, **more})


def posts(stream: OpenStream, count: int = 1 << 30) -> list[dict[str, Any]]:
    """Whole lines until there are so many, or the stream ends."""
    found: list[dict[str, Any]] = []
    rest = b""
    for chunk in stream.chunks():
        *lines, rest = (rest + chunk).split(b"\n")
        found += [json.loads(line) for line in lines if line.strip()]
        if len(found) >= count:
            stream.close()
    return found


def test_rules_are_put_in_tagged_looked_up_removed_and_tried_dry(streaming: Streaming) -> None:
    _one, x = streaming()
    assert (x.rules(), x.rule_caps()) == ([], RuleCaps(1_000, 1_024))
    taken = x.add_rules([("harbour", "tw-a"), ("lang:en", ""), ("brexit", "")])
    assert [(rule.value, rule.tag) for rule in taken.taken] == [("harbour", "tw-a"), ("brexit", "")]
    (refused,) = taken.refused
    assert refused.value == "lang:en"
    assert "standalone" in refused.reason
    assert not refused.duplicate
    assert x.rules() == list(taken.taken)
    again = x.add_rules([("brexit", "another tag"), ("wind", "")])
    assert [(rule.value, rule.duplicate) for rule in again.refused] == [("brexit", taken.taken[1].id)]
    assert x.delete_rules([rule.id for rule in (*taken.taken, *again.taken)] + ["17"]) == 3
    assert x.rules() == []
    # A dry run tells all, and puts in nothing.
    told = x.add_rules([("a" * 1_025, ""), ("harbour", "h"), ("cat OR", ""), ("(dog", ""), ("-bird", "")], dry_run=True)
    assert [rule.value for rule in told.taken] == ["harbour"]
    assert len(told.refused) == 4
    assert all(rule.reason for rule in told.refused)
    assert x.rules() == []


def test_all_rules_are_read_and_more_than_x_allows_are_refused_together_with_its_reason(streaming: Streaming) -> None:
    _one, x = streaming("rule_cap = 1500")
    assert x.rule_caps().rules == 1_500
    for start in (0, 1000, 2000):
        x.add_rules([(f"word{start + number}", "") for number in range(500)])
    assert len({rule.id for rule in x.rules()}) == 1_500
    told = x.add_rules([("harbour", ""), ("wind", "")])
    assert not told.taken
    assert not told.refused, "their number is no fault of theirs"
    assert "cap" in told.unsaid


def test_what_is_no_get_is_not_sent_twice_and_what_came_of_it_is_unknown(streaming: Streaming) -> None:
    one, x = streaming()
    one.post("faults", {"kind": "cut", "endpoint": "POST /2/tweets/search/stream/rules"})
    with pytest.raises(TransientError):
        x.add_rules([("harbour", "")])
    assert [rule.value for rule in x.rules()] == ["harbour"], "it was done once"
    one.post("faults", {"kind": "internal-errors", "endpoint": "GET /2/tweets/search/stream/rules"})
    assert len(x.rules()) == 1, "no rules and errors is no answer"
    one.post("faults", {"kind": "internal-errors", "endpoint": "POST /2/tweets/search/stream/rules"})
    with pytest.raises(TransientError):
        x.add_rules([("wind", "")])


def test_posts_come_with_their_rules_and_their_authors_if_these_are_wanted(streaming: Streaming) -> None:
    one, x = streaming()
    (rule,) = x.add_rules([("harbour OR wind OR train", "tw-a")]).taken
    stream = x.open_stream()
    got = posts(stream, 30)
    assert all(post["matching_rules"] == [{"id": rule.id, "tag": "tw-a"}] for post in got)
    assert all(any(user["id"] == post["data"]["author_id"] for user in post["includes"]["users"]) for post in got)
    assert all({"created_at", "conversation_id", "public_metrics", "lang"} <= set(post["data"]) for post in got)
    later = posts(x.open_stream(authors=False), 30)
    assert not any("users" in post.get("includes", {}) for post in later)
    times = [told["connected"] for told in json.loads(one.get("truth/stream/connections"))]
    assert times[0] < stream.connected <= times[0] + 1_000, "what came before the end of that second may not have been sent"
    assert abs(x.now() - stream.connected) < 60_000


def test_bytes_arrive_as_they_are_sent_packed_or_not(streaming: Streaming) -> None:
    _one, x = streaming("rate = 5\nkeep_alive = 0.1", more="[server]\ncompress = true\n")
    x.add_rules([("nobodysaysthis", "")])
    stream = x.open_stream()
    chunks = stream.chunks()
    assert {next(chunks) for _ in range(5)} <= {b"\r\n" * times for times in range(1, 9)}
    stream.close()
    assert not [*chunks]


def test_a_second_connection_is_told_of_the_first_which_can_be_closed(streaming: Streaming) -> None:
    _one, x = streaming("rate = 0\nkeep_alive = 0.05")
    with pytest.raises(NoRules):
        x.open_stream()
    x.add_rules([("harbour", "")])
    first = x.open_stream()
    with pytest.raises(TooManyConnections):
        x.open_stream()
    (standing,) = x.connections()
    assert standing.endpoint == "filtered_stream"
    assert abs(standing.opened - first.connected) <= 2_000
    assert not x.close_connection("00000000-0000-4000-8000-000000000000")
    assert x.close_connection(standing.id)
    assert posts(first)[-1]["errors"][0]["disconnect_type"] == "ForceDisconnect"
    assert x.connections() == []
    x.open_stream().close()


def test_another_thread_ends_a_stream_that_waits(streaming: Streaming) -> None:
    _one, x = streaming("rate = 0", silence=60)
    x.add_rules([("harbour", "")])
    stream = x.open_stream()
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.extend(stream.chunks()))
    reader.start()
    time.sleep(0.2)
    stream.close()
    reader.join(LONG)
    assert not reader.is_alive()
    assert not got
    assert [*stream.chunks()] == [], "it is over"
    closed = x.open_stream()
    closed.close()
    assert [*closed.chunks()] == []


def test_silence_is_a_dead_line_and_keep_alives_are_life(streaming: Streaming) -> None:
    one, x = streaming("rate = 0\nkeep_alive = 0.1", silence=0.6)
    x.add_rules([("harbour", "")])
    stream = x.open_stream()
    chunks = stream.chunks()
    lived = time.monotonic() + 1.0
    while time.monotonic() < lived:
        assert set(next(chunks)) <= set(b"\r\n")
    fault(one, "silence", seconds=0)
    with pytest.raises(TransientError, match="silent"):
        b"".join(chunks)


def test_every_end_is_an_end_or_trouble_that_passes(streaming: Streaming) -> None:
    one, x = streaming("rate = 200")
    x.add_rules([("harbour OR wind OR train", "")])
    reset, middle = "Connection reset by peer", "the connection ended in the middle"
    for kind, breaks in (("end", ""), ("reset", reset), ("half-line", middle), ("operational-disconnect", "")):
        fault(one, kind, post=3)
        stream = x.open_stream()
        if breaks:
            with pytest.raises(TransientError, match=f"broke off: {breaks}"):
                posts(stream)
        else:
            got = posts(stream)
            assert [("data" in line) for line in got[:2]] == [True, True], kind
            assert len(got) == 2 + (kind == "operational-disconnect")
    assert one.get("truth/stream/connections").count('"reason"') == 4


def test_refused_connects_tell_their_status_and_are_tried_once(streaming: Streaming) -> None:
    one, x = streaming("rate = 0")
    x.add_rules([("harbour", "")])
    endpoint = "/2/tweets/search/stream"
    for more in ({"status": 503, "body": "html"}, {"status": 500}, {"status": 404}, {"status": 404, "body": "html"}):
        one.post("faults", {"endpoint": endpoint, "kind": "server-error", **more})
        with pytest.raises(ConnectRefused) as refused:
            x.open_stream()
        assert refused.value.status == more["status"]
    one.post("faults", {"endpoint": endpoint, "kind": "reset"})
    with pytest.raises(TransientError) as trouble:
        x.open_stream()
    assert not isinstance(trouble.value, ConnectRefused)
    one.post("faults", {"endpoint": endpoint, "kind": "invalid-request"})
    with pytest.raises(BadRequest):
        x.open_stream()
    one.post("faults", {"endpoint": endpoint, "kind": "rate-limit", "seconds": 60})
    with pytest.raises(RateLimited):
        x.open_stream()
    with pytest.raises(RateLimited):
        x.open_stream()
    assert len(json.loads(one.get("truth/stream/connects"))) == 7, "the last one was not even tried"
