"""What tests of the sandbox's filtered stream share: rules, connections, lines, and what is true."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import requests

from .conftest import TIMEOUT, Sandbox

STREAM = "/2/tweets/search/stream"
RULES = f"{STREAM}/rules"
USUAL = {"second": "refuse", "rule_delay": 0, "linger": 0, "keep_alive": 20, "rule_cap": 1000, "buffer": 4 << 20, "rate": 400}


def calm(box: Sandbox) -> None:
    """No rules, no connections, no faults, X as usual, 400 posts a second."""
    box.calm()
    box.session.delete(f"{box.base}/sandbox/stream/faults", timeout=TIMEOUT)
    box.tell("stream", USUAL)
    posted(box, {}, delete_all="true")
    box.session.delete(f"{box.base}/2/connections/all", headers=box.app, timeout=TIMEOUT)
    box.tell("windows/reset")


def posted(box: Sandbox, body: Any, **parameters: str) -> dict[str, Any]:
    answer = box.session.post(box.base + RULES, json=body, params=parameters, headers=box.app, timeout=TIMEOUT)
    assert answer.status_code in (200, 201), answer.text
    told: dict[str, Any] = answer.json()
    return told


def rule(box: Sandbox, value: str, tag: str = "") -> str:
    """The id of a new rule."""
    told = posted(box, {"add": [{"value": value, **({"tag": tag} if tag else {})}]})
    return str(told["data"][0]["id"])


def connected(box: Sandbox, packed: str = "identity", **parameters: str) -> requests.Response:
    headers = box.app | {"Accept-Encoding": packed}
    return requests.get(box.base + STREAM, params=parameters, headers=headers, stream=True, timeout=TIMEOUT)


def raw(stream: requests.Response) -> Iterator[bytes]:
    """Lines as they come, keep-alives (empty) too, until the stream ends; what comes before a cut, but no trouble."""
    rest = b""
    try:
        while chunk := stream.raw.read1(1 << 16, decode_content=True):
            *whole, rest = (rest + chunk).split(b"\r\n")
            yield from whole
    except Exception as error:
        yield f"broken: {type(error).__name__}".encode()
    if rest:
        yield rest


def lines(stream: requests.Response, count: int) -> list[dict[str, Any]]:
    """So many posts, then the connection is closed."""
    found = []
    for line in raw(stream):
        found += [json.loads(line)] if line else []
        if len(found) == count:
            break
    stream.close()
    return found


def truth(box: Sandbox, **parameters: Any) -> list[dict[str, Any]]:
    """The posts that rules had, or a query would have."""
    answer = box.session.get(f"{box.base}/sandbox/truth/stream", params=parameters, timeout=TIMEOUT)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def ended(box: Sandbox) -> dict[str, Any]:
    """The last connection, once X knows that it has ended."""
    for _ in range(500):
        last: dict[str, Any] = box.look("truth/stream/connections")[-1]
        if last["closed"] is not None:
            return last
        time.sleep(0.02)
    raise AssertionError("the connection still stands")


def flushed(box: Sandbox, connection: str) -> list[str]:
    """The ids of what went out on a connection."""
    answer = box.session.get(f"{box.base}/sandbox/truth/stream/flushed", params={"connection": connection}, timeout=TIMEOUT)
    return [json.loads(line)["id"] for line in answer.text.splitlines()]
