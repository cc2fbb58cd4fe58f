"""Captured pages come out again as they went in."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from netwar.sandbox.replay import Replay
from tests.rows import rows

from .conftest import LEGACY, PROGRAM, Sandbox, Start

REAL = Path(__file__).parents[3] / "shared" / "real-data"
FILES = ("timeline-pages.jsonl", "search-pages.jsonl", "geo-pages.jsonl", "quoted-edit.jsonl", "stream-with-error.jsonl")
needs_real_data = pytest.mark.skipif(not REAL.exists(), reason="captured pages of X are not on this machine")


def captured(file: Path) -> tuple[list[dict[str, Any]], int]:
    """The bodies in a file, and how many lines were torn."""
    bodies, torn = [], 0
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            bodies.append(json.loads(line))
        except json.JSONDecodeError:
            torn += 1
    return bodies, torn


def posts(body: dict[str, Any]) -> list[dict[str, Any]]:
    data = body.get("data", [])
    return data if isinstance(data, list) else [data]


@pytest.fixture(scope="module")
def real(start: Start) -> Sandbox:
    return start("--users", "5", *(option for name in FILES for option in ("--replay", str(REAL / name))))


@pytest.fixture(scope="module")
def received(real: Sandbox) -> list[dict[str, Any]]:
    """Everything that a client gets who pages through every replayed timeline."""
    authors = [user["id"] for user in real.users() if user["index"] is None]
    bodies: list[dict[str, Any]] = []
    for author in authors:
        real.tell("windows/reset") if len(bodies) % 500 == 0 else None
        bodies += list(real.pages(author, **LEGACY))
    return bodies


@pytest.fixture(scope="module")
def source() -> list[dict[str, Any]]:
    return [body for name in FILES for body in captured(REAL / name)[0]]


@needs_real_data
def test_every_post_comes_unharmed(received: list[dict[str, Any]], source: list[dict[str, Any]]) -> None:
    got = {post["id"]: post for body in received for post in posts(body)}
    sent: dict[str, list[dict[str, Any]]] = {}
    for body in source:
        for post in posts(body):
            sent.setdefault(post["id"], []).append(post)
    assert set(got) == set(sent)
    assert all(got[name] in copies for name, copies in sent.items())


@needs_real_data
@rows("kind", ["tweets", "users", "media", "places"])
def test_every_included_object_comes_unharmed(received: list[dict[str, Any]], source: list[dict[str, Any]], kind: str) -> None:
    key = "media_key" if kind == "media" else "id"

    def included(bodies: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for body in bodies:
            for one in body.get("includes", {}).get(kind, ()):
                found.setdefault(one[key], []).append(one)
        return found

    got, sent = included(received), included(source)
    assert sent
    assert set(got) == set(sent)
    assert all(one in sent[name] for name, copies in got.items() for one in copies)


@needs_real_data
def test_the_errors_come_too_and_nothing_of_twarc(received: list[dict[str, Any]], source: list[dict[str, Any]]) -> None:
    def told(bodies: list[dict[str, Any]]) -> set[str]:
        return {json.dumps(error, sort_keys=True) for body in bodies for error in body.get("errors", ())}

    assert told(source)
    assert told(received) == told(source)
    assert not [body for body in received if "__twarc" in body]


@needs_real_data
def test_includes_follow_the_expansions(real: Sandbox, source: list[dict[str, Any]]) -> None:
    author = posts(source[0])[0]["author_id"]
    plain = list(real.pages(author))
    assert not [body for body in plain if "users" in body.get("includes", {})][1:]
    users = {user["id"] for body in real.pages(author, expansions="author_id") for user in body["includes"].get("users", ())}
    assert author in users
    wide = {user["id"] for body in real.pages(author, **LEGACY) for user in body["includes"]["users"]}
    assert users < wide


@needs_real_data
def test_truth_and_look_ups_know_replayed_users(real: Sandbox, source: list[dict[str, Any]]) -> None:
    author = posts(source[0])[0]["author_id"]
    user = next(user for user in real.users() if user["id"] == author)
    name = next(one["username"] for one in source[0]["includes"]["users"] if one["id"] == author)
    assert (user["name"], user["state"], user["index"]) == (name, "active", None)
    truth = real.truth(author)
    assert len(truth) == user["posts"] == 218
    assert real.timeline(author) == truth
    assert real.timeline(author, since_id=truth[100], until_id=truth[50]) == truth[51:100]
    assert real.get("/2/users/by", usernames=name.upper()).json()["data"][0]["id"] == author
    assert real.get(f"/2/tweets/{truth[3]}").json()["data"]["id"] == truth[3]
    real.tell("state", {"user": author, "state": "suspended"})
    assert real.get(f"/2/users/{author}/tweets").json()["errors"][0]["title"] == "Forbidden"
    real.tell("state", {"user": author, "state": "active"})


@needs_real_data
def test_a_torn_line_is_counted(real: Sandbox) -> None:
    pages, torn = 0, 0
    for name in FILES:
        bodies, lost = captured(REAL / name)
        pages, torn = pages + len(bodies), torn + lost
    assert real.look("")["replay"]["pages"] == pages
    unserved = real.look("")["replay"]["unserved"]
    assert len(unserved) == torn == 1
    assert "stream-with-error.jsonl, line " in unserved[0]


def test_fields_that_nobody_knows_survive(start: Start, tmp_path_factory: pytest.TempPathFactory) -> None:
    post = {"id": "1500000000000000001", "text": "hm", "author_id": "42", "brand_new": {"σ": [1, None]}}
    page = {
        "data": [post],
        "includes": {"users": [{"id": "42", "username": "Someone", "name": "S", "aura": 3}], "auras": [{"id": "9"}]},
    }
    file = tmp_path_factory.mktemp("replay") / "page.jsonl"
    file.write_text(json.dumps(page) + '\n\n{"data": [', encoding="utf-8")
    box = start("--users", "0", "--replay", str(file))
    body = box.get("/2/users/42/tweets", expansions="author_id").json()
    assert body == {**page, "meta": {"result_count": 1, "newest_id": post["id"], "oldest_id": post["id"]}}


PAGE = {
    "data": [{"id": "1500000000000000001", "text": "one", "author_id": "42"}],
    "includes": {"users": [{"id": "42", "username": "Someone", "name": "S"}]},
}
USERS = {"data": [{"id": "43", "username": "Another", "name": "A"}]}
POST = {"id": "1500000000000000002", "text": "two", "author_id": "42"}
BAD = (
    ('{"data": [', "no JSON"),
    ("3", "a page is an object, not int"),
    ('{"data": [{"id": "1500000000000000009", "text": "no author"}]}', "post 1500000000000000009 has no author_id"),
    ('{"data": [{"text": "no id"}]}', "an object without 'id'"),
    ('{"data": [null]}', "not of X's shape"),
    ('{"data": [{"id": "1500000000000000008", "author_id": "42", "attachments": null}]}', "not of X's shape"),
    ('{"data": [{"id": "abc", "author_id": "42"}]}', "abc"),
)


def lines(*pages: Any) -> bytes:
    return b"".join(json.dumps(page).encode() + b"\n" for page in pages)


FORMS = {
    "lines": lines(PAGE, USERS, POST),
    "a byte-order mark": b"\xef\xbb\xbf" + lines(PAGE, USERS, POST),
    "gzip": gzip.compress(lines(PAGE, USERS, POST)),
    "an array": json.dumps([PAGE, USERS, POST]).encode(),
    "an array over lines": json.dumps([PAGE, USERS, POST], indent=2).encode(),
    "arrays in lines": lines([PAGE, USERS], [POST]),
    "Windows lines": lines(PAGE, USERS, POST).replace(b"\n", b"\r\n"),
}


@rows("form", FORMS)
def test_files_as_people_have_them(tmp_path: Path, form: str) -> None:
    file = tmp_path / "pages"
    file.write_bytes(FORMS[form])
    replay = Replay([file])
    assert replay.unserved == []
    assert list(replay.authors()) == [(42, "Someone", "active", 2)]
    assert replay.named("another") == 43


def test_a_page_over_several_lines(tmp_path: Path) -> None:
    file = tmp_path / "page.json"
    file.write_text(json.dumps(PAGE, indent=2))
    assert list(Replay([file]).authors()) == [(42, "Someone", "active", 1)]


def test_what_cannot_be_served_is_told_and_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "pages.jsonl"
    file.write_text("\n".join(["", *(line for line, _ in BAD), json.dumps(PAGE)]))
    replay = Replay([file])
    assert list(replay.authors()) == [(42, "Someone", "active", 1)]
    for number, (told, (_, why)) in enumerate(zip(replay.unserved, BAD, strict=True), 2):
        assert told.startswith(f"{file}, line {number} cannot be served: ")
        assert why in told


def test_the_program_says_so_too(tmp_path: Path) -> None:
    file = tmp_path / "pages.jsonl"
    file.write_bytes(lines(3, PAGE))
    with subprocess.Popen([sys.executable, PROGRAM, "--replay", file], stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert f"{file}, line 1 cannot be served" in process.stderr.readline()
        assert process.stdout.readline().startswith("http://")
        process.terminate()
