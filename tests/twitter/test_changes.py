"""What is sent to change something at X: with a JSON body, signed, and never twice by our own doing."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator

import pytest
import requests
from aiohttp import web

from netwar.sandbox.faults import fault
from netwar.sandbox.keys import APPS
from netwar.sandbox.scenario import scenario
from netwar.sandbox.server import application, build
from netwar.sandbox.state import Answer, Box, Call, endpoint
from netwar.twitter.problems import Glitch
from netwar.twitter.transport import Transport
from netwar.twitter.way import Way

PATH = "/2/made/{id}/up"
SENT = {"add": [{"value": "cat has:images", "tag": "čat"}]}


class Made:
    """A sandbox with an address that notes what it was sent."""

    def __init__(self) -> None:
        self.done: list[tuple[str, object]] = []
        self.box: Box = build(scenario({"limits": {f"POST {PATH}": 5}}))
        made = [endpoint(PATH, 9, 9, self._change, method=method) for method in ("GET", "POST", "DELETE")]
        self.loop = asyncio.new_event_loop()
        self.runner = web.AppRunner(application(self.box, "127.0.0.1", made))
        self.loop.run_until_complete(self.runner.setup())
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        self.loop.run_until_complete(site.start())
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        token, secret = self.box.keys.access_token(APPS[0], 0)
        keys = {"consumer_key": APPS[0].key, "consumer_secret": APPS[0].secret, "bearer_token": APPS[0].bearer}
        self.transport = Transport(Way(self.url), timeout=5, access_token=token, access_token_secret=secret, **keys)

    def _change(self, call: Call) -> Answer:
        self.done.append((call.path["id"], call.body))
        return Answer({"meta": {"summary": {"created": 1}}}, status=201)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.run_until_complete(self.runner.cleanup())
        self.loop.close()
        self.transport.session.close()


@pytest.fixture
def made() -> Iterator[Made]:
    sandbox = Made()
    yield sandbox
    sandbox.close()


def test_json_arrives_whoever_signs_it(made: Made) -> None:
    for user_auth in (False, True):
        reply = made.transport.request("POST", "/2/made/7/up", json=SENT, user_auth=user_auth)
        assert (reply.status, reply.body) == (201, {"meta": {"summary": {"created": 1}}})
    assert made.transport.request("DELETE", "/2/made/8/up").status == 201
    assert made.done == [("7", SENT), ("7", SENT), ("8", None)]
    assert [entry["method"] for entry in made.box.log] == ["POST", "POST", "DELETE"]
    assert reply.headers["x-rate-limit-limit"] == "5", "each method has a window of its own"


def test_a_body_that_is_no_json_is_refused(made: Made) -> None:
    for content, kind in ((b"{", "application/json"), (b"a=b", "application/x-www-form-urlencoded")):
        headers = {"Authorization": f"Bearer {made.transport.bearer_token}", "Content-Type": kind}
        answer = requests.post(f"{made.url}/2/made/7/up", data=content, headers=headers, timeout=9)
        assert (answer.status_code, answer.json()["title"]) == (400, "Invalid Request")
    assert not made.done


@pytest.mark.parametrize("kind", ["reset", "server-error", "cut"])
def test_what_may_be_done_is_not_done_again(made: Made, kind: str) -> None:
    def judged(reply: object) -> None:
        if getattr(reply, "status", 0) != 201 or getattr(reply, "body", None) is None:
            raise Glitch("no answer")

    table = {"kind": kind, "endpoint": f"POST {PATH}", "times": 0}
    made.box.faults.set([fault({**table, "billed": True} if kind == "reset" else table)])
    with pytest.raises(Glitch):
        made.transport.request("POST", "/2/made/7/up", json=SENT, judge=judged)
    assert len(made.box.log) == 1
    assert made.done == ([] if kind == "server-error" else [("7", SENT)]), "it was done, though nobody said so"
    assert made.transport.request("GET", "/2/made/7/up").status == 201, "the fault is of the other method"


def test_what_cannot_have_come_to_x_is_sent_again(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and nobody listens
        transport = Transport(Way(f"http://127.0.0.1:{closed.getsockname()[1]}"), timeout=5, bearer_token="t")
        caplog.set_level(logging.DEBUG, "netwar.twitter")
        with pytest.raises(Glitch, match=r"^no connection to http://127\.0\.0\.1:[0-9]+ \(Connection refused\)$"):
            transport.request("POST", "/2/made/7/up", json=SENT)
        transport.session.close()
    assert sum(record.message.startswith("asking X") for record in caplog.records) == 1 + 3
    assert sum("retrying" in record.message for record in caplog.records) == 1, "the same is said once"
