"""The sandbox answers requests for its own address, and nobody who was led there under another name."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from tests.rows import rows

from .conftest import PROGRAM, TIMEOUT, Sandbox, Start


@contextmanager
def listening(host: str) -> Iterator[tuple[str, str]]:
    """A sandbox on `host`: its address, and what it said on standard error before it."""
    command = [sys.executable, PROGRAM, "--host", host]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        address = process.stdout.readline().strip()
        process.terminate() if not address else None
        said = process.stderr.readline() if host not in ("::1", "127.0.0.1") else ""
        yield address, said
        process.terminate()


@rows("path", ["/2/users/me", "/sandbox/bill", "/oauth/authorize", "/nothing"])
def test_another_name_is_refused(box: Sandbox, path: str) -> None:
    for host in ("evil.example", f"evil.example:{box.base.rpartition(':')[2]}", "127.0.0.1:1", ""):
        answer = requests.get(box.base + path, headers={"Host": host}, timeout=TIMEOUT)
        assert answer.status_code in (400, 421), host
    assert requests.post(f"{box.base}/sandbox/bill/reset", headers={"Host": "evil.example"}, timeout=TIMEOUT).status_code == 421


def test_loopback_has_three_names(box: Sandbox) -> None:
    port = box.base.rpartition(":")[2]
    for name in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]"):
        answer = requests.get(f"{box.base}/sandbox/bill", headers={"Host": f"{name}:{port}"}, timeout=TIMEOUT)
        assert answer.status_code == 200, name


@rows(
    "sent",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_changes_and_sees_nothing(box: Sandbox, sent: dict[str, str]) -> None:
    """It may name the right address, and send a body without asking the browser first if it calls it text."""
    plain = {"Content-Type": "text/plain", **sent}
    before = box.session.get(f"{box.base}/sandbox/", timeout=TIMEOUT).json()["faults"]
    answer = requests.post(f"{box.base}/sandbox/faults", data='{"kind": "hang"}', headers=plain, timeout=TIMEOUT)
    assert answer.status_code == 403
    assert requests.get(f"{box.base}/sandbox/bill", headers=sent, timeout=TIMEOUT).status_code == 403
    assert box.session.get(f"{box.base}/sandbox/", timeout=TIMEOUT).json()["faults"] == before


def test_the_sandboxs_own_form_and_links_to_it_work(box: Sandbox) -> None:
    form = {"Origin": box.base, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    address = f"{box.base}/oauth/authorize?oauth_token=none"
    for answer in (requests.post(address, headers=form, timeout=TIMEOUT), requests.get(address, headers=link, timeout=TIMEOUT)):
        assert "This request token is unknown" in answer.text


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python knows no IPv6")
def test_ipv6_is_written_in_brackets() -> None:
    with listening("::1") as (address, _):
        if not address:
            pytest.skip("this machine has no IPv6 loopback")
        assert address.startswith("http://[::1]:")
        assert requests.get(f"{address}/sandbox/bill", timeout=TIMEOUT).status_code == 200


def test_who_listens_beyond_this_machine_is_warned() -> None:
    with listening("0.0.0.0") as (address, said):
        assert "whoever reaches 0.0.0.0" in said
        port = address.rpartition(":")[2]
        assert requests.get(f"http://127.0.0.1:{port}/sandbox/bill", timeout=TIMEOUT).status_code == 200
        refused = requests.get(f"http://127.0.0.1:{port}/sandbox/bill", headers={"Host": f"evil.example:{port}"}, timeout=TIMEOUT)
        assert refused.status_code == 421
        assert refused.json()["error"].startswith("this is http://127.0.0.1:")


def test_there_is_nothing_at_other_addresses(box: Sandbox) -> None:
    box.tell("faults", {"endpoint": "*", "kind": "internal-errors", "times": 0})
    for method in ("GET", "POST", "DELETE"):
        form = {"Content-Type": "multipart/form-data"}
        answer = requests.request(method, f"{box.base}/2/nothing", data="no form", headers=form, timeout=TIMEOUT)
        assert answer.status_code == 404, method
    box.session.delete(f"{box.base}/sandbox/faults", timeout=TIMEOUT)


def test_odd_questions_are_answered_with_a_sentence(box: Sandbox) -> None:
    for method, path, body in (
        ("POST", "/sandbox/faults", "not JSON"),
        ("POST", "/sandbox/clock", "not JSON"),
        ("GET", "/sandbox/log?last=three", None),
    ):
        answer = requests.request(method, box.base + path, data=body, timeout=TIMEOUT)
        assert (answer.status_code, list(answer.json())) == (400, ["error"])
    form = {"Content-Type": "multipart/form-data"}
    assert requests.post(f"{box.base}/oauth/request_token", data="no form", headers=form, timeout=TIMEOUT).status_code == 400


def test_times_may_have_an_offset(box: Sandbox) -> None:
    user = next(user for user in box.users() if user["posts"] > 10)["id"]
    both = [box.timeline(user, start_time=time) for time in ("2024-06-01T00:00:00Z", "2024-06-01T02:00:00+02:00")]
    assert both[0] == both[1]
    assert box.tell("clock", {"set": "2029-05-06T07:08:09+02:00"})["now"].startswith("2029-05-06T05:08:0")


def test_look_ups_of_users_can_answer_in_the_post_dialect(start: Start) -> None:
    box = start(scenario="[server]\nusers_in_post_dialect = true")
    user = next(user for user in box.users() if user["posts"] > 10)
    asked = {"user__fields": "public_metrics,most_recent_tweet_id", "expansions": "most_recent_tweet_id"}
    for answer in (
        box.get("/2/users", ids=user["id"], **asked).json()["data"][0],
        box.get("/2/users/by", usernames=user["name"], **asked).json()["data"][0],
        box.get(f"/2/users/{user['id']}", **asked).json()["data"],
    ):
        assert answer["public_metrics"]["post_count"] == user["posts"]
        assert "most_recent_tweet_id" not in answer
    posts = box.get(f"/2/users/{user['id']}/tweets", tweet__fields="referenced_tweets,author_id", expansions="author_id").json()
    assert "author_id" in posts["data"][0]
