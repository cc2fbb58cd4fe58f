"""tw-import killed with -9: the same command goes on, and what comes of it is what would have come without."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread

import pytest

from netwar.imports.pieces import SNIFFED
from netwar.records.flattened import whole as whole_line
from tests.desk import BIN, Desk, Ended
from tests.imports.kept import all_of
from tests.imports.samples import jsonl, page, post, status, user
from tests.randomly import SEED
from tests.rows import rows

KILLER = Path(__file__).with_name("killer.py")
CHANGE = {"until": 3, "seen": 2, "fields": {}}
MOMENTS = [(method, where) for method in ("write", "change_note") for where in ("first", "last")]


def lines(first: int) -> bytes:
    """Pages and statuses, each fourth line broken."""
    values = [jsonl([page(first + n * 20, 20) if n % 2 else status(first + n)]) for n in range(40)]
    return b"".join(b"{broken %d\n" % n if n % 4 == 3 else value for n, value in enumerate(values))


@pytest.fixture
def home(desk: Desk) -> Path:
    desk.configure()
    (desk.home / "a.jsonl").write_bytes(lines(0))
    (desk.home / "b.jsonl.gz").write_bytes(gzip.compress(lines(1000)))
    return desk.home


def killed(desk: Desk, method: str, number: int, where: str, *arguments: str, input: bytes | None = None) -> Ended:
    return desk.run(str(KILLER), method, str(number), where, str(BIN / "tw-import"), *arguments, input=input)


def test_killed_again_and_again_it_comes_to_the_same(desk: Desk, home: Path) -> None:
    chance, kills = random.Random(SEED), 0
    desk.run("tw-import", "a.jsonl", "b.jsonl.gz", "uncut", check=1)
    uncut = {name: (home / name).read_bytes() for name in ("a.jsonl-rejected.txt", "b.jsonl.gz-rejected.txt")}
    moments = [(2, *moment) for moment in MOMENTS]
    moments += [(chance.randint(1, 4), *chance.choice(MOMENTS)) for _ in range(8)]
    for number, method, where in moments:
        ended = killed(desk, method, number, where, "a.jsonl", "b.jsonl.gz", "killed")
        if ended.status == 1:
            break
        assert ended.status == -9, ended.stderr
        kills += 1
    last = desk.run("tw-import", "a.jsonl", "b.jsonl.gz", "killed", check=1)
    assert kills >= len(MOMENTS)
    assert "0 new, 0 newer" in last.stderr or "resumed; " in last.stderr
    assert all_of(desk, "killed") == all_of(desk, "uncut"), "and no note is left"
    assert {name: (home / name).read_bytes() for name in uncut} == uncut


def test_it_goes_on_where_it_was_and_not_from_the_front(desk: Desk, home: Path) -> None:
    assert killed(desk, "change_note", 4, "last", "a.jsonl", "x").status == -9
    (home / "renamed").write_bytes(gzip.compress(lines(0)))
    ended = desk.run("tw-import", "renamed", "x", check=1)
    assert "resumed; " in ended.stderr
    assert "; 10 lines rejected" in ended.stderr, "those that the other run put by, too"
    mine, others = ((home / f"{name}-rejected.txt").read_text().count("\n") for name in ("renamed", "a.jsonl"))
    assert f"(kept in renamed-rejected.txt, but for {others} that an earlier run met and that are not there)" in ended.stderr
    assert mine + others == 10
    assert "10 pages" not in ended.stderr, "it is the same file under another name, packed otherwise"
    assert killed(desk, "change_note", 4, "last", "-", "x", input=lines(0)).status == -9
    assert "resumed; " in desk.run("tw-import", "-", "x", input=lines(0), check=1).stderr


def test_another_file_that_begins_alike_is_read_from_the_front(desk: Desk, home: Path) -> None:
    """The head that a file is known by is 64 KiB."""
    whole = lines(0) * 4
    (home / "a.jsonl").write_bytes(whole)
    assert killed(desk, "change_note", 16, "last", "a.jsonl", "x").status == -9
    at = whole.index(b"post 345 ", 70_000)
    (home / "a.jsonl").write_bytes(whole[:at] + b"PAST 345 " + whole[at + 9 :])
    ended = desk.run("tw-import", "a.jsonl", "x", check=1)
    assert "resumed; " not in ended.stderr
    assert killed(desk, "change_note", 16, "last", "-", "y", input=whole).status == -9
    told = desk.run("tw-import", "-", "y", input=whole[: len(whole) // 2], check=1).stderr
    assert "standard input is not what an earlier run began with" in told
    desk.run("tw-import", "-", "y", input=whole, check=1)


POSTS, SHORT = 80, 10  # the last ones are short, as places near the end are to lie in several


def grown() -> Iterator[tuple[bytes, int]]:
    """Files as somebody writes them, longer than the head that one is known by, and where they ended when an import came."""
    posts = [post(n) | ({"text": "rain " * 200} if n < POSTS - SHORT else {}) for n in range(POSTS)]
    values = [json.dumps(one).encode() for one in posts]
    for whole in (
        b"\n".join([*values, b"broken", b""]),
        b"\n\n".join([*values, b"broken"]),
        b"[\n" + b",\n".join(values) + b"\n]\n",
        b"[" + b",\n\n".join(json.dumps(one, indent=1).encode() for one in posts) + b"]",
    ):
        end = len(whole)
        yield from (
            (whole, place) for place in (end - 100, end - 1, end, whole.rindex(b"\n", 0, end - 3) + 1, end - 300, end - 3)
        )


@rows(("whole", "place"), random.Random(SEED).sample(list(grown()), 8))
def test_a_file_that_has_grown_since_is_read_on_where_a_value_began(desk: Desk, whole: bytes, place: int) -> None:
    desk = Desk(Path(mkdtemp(dir=desk.home)))
    desk.configure()
    assert place > SNIFFED
    changed = {**whole_line("tux", user(6)), "netwar": {"index": "tux", "version": 5, "changes": [CHANGE]}}
    (desk.home / "b.jsonl").write_bytes(jsonl([post(5000), changed]))
    (desk.home / "a.jsonl").write_bytes(whole[:place])
    assert killed(desk, "keep_changes", 1, "first", "a.jsonl", "b.jsonl", "x").status == -9
    (desk.home / "a.jsonl").write_bytes(whole)
    ended = desk.run("tw-import", "a.jsonl", "b.jsonl", "x", check=int(b"broken" in whole))
    assert "resumed; " in ended.stderr
    assert f"{POSTS} posts" not in ended.stderr, "what stood there is passed over"
    rejected = desk.home / "a.jsonl-rejected.txt"
    told = [json.loads(line) for line in rejected.read_text().splitlines()] if rejected.exists() else []
    number = whole[: whole.find(b"broken")].count(b"\n") + 1
    assert [(one["line"], one["text"]) for one in told] == [(number, "broken")] * (b"broken" in whole)
    desk.run("tw-import", "a.jsonl", "b.jsonl", "uncut")
    assert all_of(desk, "x") == all_of(desk, "uncut")


@contextmanager
def fed(path: Path, content: bytes) -> Iterator[None]:
    """A named pipe that somebody writes into, once, as far as it is read."""

    def write() -> None:
        with suppress(BrokenPipeError):
            path.write_bytes(content)

    with suppress(FileExistsError):
        os.mkfifo(path)
    writer = Thread(target=write, daemon=True)
    writer.start()
    yield
    writer.join(30)


def test_a_named_pipe_with_something_else_is_told_and_not_read_on(desk: Desk, home: Path) -> None:
    """It cannot be read from the front: what was read of it is gone, and opened again it waits for whoever writes next."""
    whole = lines(0) * 4
    with fed(home / "pipe", whole):
        assert killed(desk, "change_note", 16, "last", "pipe", "x").status == -9
    other = whole[: len(whole) // 2] + lines(5000)
    with fed(home / "pipe", other):
        told = desk.run("tw-import", "pipe", "x", check=1, timeout=20).stderr
    assert "pipe is not what an earlier run began with: run again for this one" in told
    with fed(home / "pipe", other):
        desk.run("tw-import", "pipe", "x", check=1)
    (home / "other.jsonl").write_bytes(other)
    desk.run("tw-import", "other.jsonl", "alone", check=1)
    assert all_of(desk, "alone").items() <= all_of(desk, "x").items()


def test_what_is_stopped_says_how_far_it_came(desk: Desk, home: Path) -> None:
    (home / "long.jsonl").write_bytes(b"".join(lines(n * 1000) for n in range(200)))
    process = desk.start("tw-import", "long.jsonl", "x")
    while not (home / ".local/share/netwar/archive/x.sqlite").exists():
        assert process.poll() is None
    assert "is already working on twx with" in desk.run("tw-import", "a.jsonl", "x", check=75).stderr
    while "tw-import twx " not in desk.run("tw-status").stdout:
        assert process.poll() is None
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "twx: " in said
    assert said.endswith("tw-import: stopped by SIGTERM; the same command goes on there\n")
