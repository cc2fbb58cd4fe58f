"""tw-tumsearch, tw-tnamesearch, tw-usersearchadd: what of a list is in the collection, and what is not."""

from __future__ import annotations

import csv
import io
import os
import random
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.memory import peak
from netwar.archive.base import Archive
from netwar.archive.sqlite.store import SqliteArchive
from netwar.config import load
from netwar.records.documents import Document
from netwar.records.pages import Page, documents
from tests import clusters
from tests.desk import Desk, Ended, program
from tests.timelines.test_bad_input import mounted, unwritable

NOW = 1_795_000_000_000


def at(ms: int, *users: tuple[str, str]) -> list[Document]:
    """Profiles (id, screen name) as X showed them at a time."""
    page = Page(users=[{"id": id, "username": name, "name": name.title(), "description": ""} for id, name in users])
    return documents(page, tweets=None, users="usertest", retrieved=ms, account="observer", via="lookup")


class Collection:
    """A desk whose usertest has profiles; `stores` are the settings that lead to servers, where it is kept there."""

    def __init__(self, desk: Desk, **stores: object) -> None:
        self.desk = desk
        self.data = desk.home / "data"
        self.configuration = desk.configure(data=self.data, **stores)

    def archive(self) -> closing[Archive]:
        if load(self.configuration).elksg:
            return closing(clusters.opened(self.configuration, self.data))
        return closing(SqliteArchive(self.data / "archive", self.data / "dead-letters"))

    def keep(self, ms: int, *users: tuple[str, str], index: str = "usertest") -> None:
        with self.archive() as archive:
            archive.write([Document(index, one.id, one.body, True, one.retrieved) for one in at(ms, *users)])

    def run(self, name: str, *words: object, check: int = 0, **more: Any) -> Ended:
        return self.desk.run(name, *map(str, words), check=check, **more)

    def file(self, text: str | bytes, name: str = "list.txt") -> Path:
        path = self.desk.home / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def outcome(self, name: str = "list.txt") -> tuple[list[str], list[str]]:
        """What is in the two files."""
        read = [(self.desk.home / f"{name}-{what}.txt").read_text().splitlines() for what in ("found", "missed")]
        return read[0], read[1]


@pytest.fixture
def kept(desk: Desk) -> Collection:
    return filled(Collection(desk))


def filled(collection: Collection) -> Collection:
    collection.keep(NOW, ("11", "Nasa"), ("12", "BBC"), ("13", "12345"), ("1349149096909668363", "long_id"))
    collection.keep(NOW + 10, ("12", "bbc_news"))
    collection.keep(NOW + 20, ("14", "bbc"))
    return collection


def test_ids_become_names(kept: Collection) -> None:
    kept.file("12\n99\n\n13 # one of digits\n1349149096909668363,\n12\nhttps://x.com/i/user/11\nx.com/i/user/98\n")
    ended = kept.run("tw-tumsearch", "list.txt")
    assert kept.outcome() == (["bbc_news", "@12345", "long_id", "Nasa"], ["99", "x.com/i/user/98"])
    assert (
        "list.txt: 4 of 6 found in usertest, 2 missed; 1 duplicate left out (list.txt-found.txt, list.txt-missed.txt)"
        in ended.stderr
    )
    assert ended.stdout == ""


def test_names_become_ids_whatever_their_case(kept: Collection) -> None:
    kept.file("NASA\nnasa\n@Nobody\nbbc\nBBC_News\n@12345\n")
    kept.run("tw-tnamesearch", "list.txt")
    assert kept.outcome() == (["11", "14", "12", "13"], ["@Nobody"])


def test_a_name_that_passed_on_answers_with_every_id(kept: Collection) -> None:
    kept.file("bbc\nnasa\nnobody\n")
    assert kept.run("tw-tnamesearch", "list.txt", "-").stdout == "14\n11\n"
    assert kept.run("tw-tnamesearch", "list.txt", "-", "--all").stdout == "14\n12\n11\n"
    both = kept.run("tw-tnamesearch", "list.txt", "-", "--all", "--both").stdout
    assert list(csv.reader(io.StringIO(both))) == [["bbc", "14"], ["bbc", "12"], ["nasa", "11"]]
    assert not list(kept.desk.home.glob("list.txt-*"))


def test_standard_input_and_output(kept: Collection) -> None:
    ended = kept.run("tw-tumsearch", "-", input="12\n99\n11\n")
    assert ended.stdout == "bbc_news\nNasa\n"
    assert ended.stderr.strip().endswith("<stdin>: 2 of 3 found in usertest, 1 missed")
    assert kept.run("tw-tumsearch", "-", "--missed", input="12\n99\n11\n").stdout == "99\n"
    kept.run("tw-tumsearch", "-", "checked", input="12\n99\n11\n")
    assert kept.outcome("checked") == (["bbc_news", "Nasa"], ["99"])
    assert "--missed goes with -" in kept.run("tw-tumsearch", kept.file("12\n"), "--missed", check=2).stderr


def test_what_is_found_can_be_looked_up_again(kept: Collection) -> None:
    ids = ["11", "12", "13", "14", "1349149096909668363"]
    kept.file("\n".join(ids))
    names = kept.run("tw-tumsearch", "list.txt", "-").stdout
    assert kept.run("tw-tnamesearch", "-", input=names).stdout.split() == ids


def test_a_name_that_is_anothers_by_now_stands_for_nobody_else(kept: Collection) -> None:
    kept.keep(NOW + 30, ("15", "NASA"))
    kept.file("11\n15\n")
    assert kept.run("tw-tumsearch", "list.txt", "-", "--both").stdout == "11,11\n15,NASA\n"
    assert kept.run("tw-tnamesearch", "-", "--all", input="nasa\n").stdout == "15\n11\n"
    kept.keep(NOW + 40, ("15", "spaceman"))
    assert kept.run("tw-tumsearch", "list.txt", "-").stdout == "11\nspaceman\n"
    assert kept.run("tw-tnamesearch", "-", input="nasa\n").stdout == "15\n", "who was seen with it last"


def test_another_index(kept: Collection) -> None:
    kept.keep(NOW, ("12", "other"), index="tubrexit")
    kept.file("12\n11\n")
    assert kept.run("tw-tumsearch", "list.txt", "-", "--index", "brexit").stdout == "other\n"
    assert "there is no index leave" in kept.run("tw-tumsearch", "list.txt", "--index", "leave", check=1).stderr


def test_an_empty_collection_misses_all(desk: Desk) -> None:
    misses_all(Collection(desk))


def misses_all(kept: Collection) -> None:
    kept.file("12\n11\n")
    kept.run("tw-tumsearch", "list.txt")
    assert kept.outcome() == ([], ["12", "11"])


def test_rubbish_is_told_by_line_and_the_rest_is_done(kept: Collection) -> None:
    kept.file("12\nnasa\n1.2E+18\n99\n" + "x" * 200 + "\n11\n")
    ended = kept.run("tw-tumsearch", "list.txt", check=1)
    assert kept.outcome() == (["bbc_news", "Nasa"], ["99"])
    told = ended.stderr.splitlines()
    assert [line.split(": ")[1] for line in told[:3]] == ["line 2", "line 3", "line 5"]
    assert "this is a screen name, and tw-tnamesearch looks those up" in told[0]
    assert told[3].startswith("tw-tumsearch: list.txt: 2 of 3 found")
    assert told[3].endswith("lines that name none of the ids (listed above): 3")
    kept.file("nasa\n12345\n")
    ended = kept.run("tw-tnamesearch", "list.txt", check=1)
    assert "12345: this is a number, and tw-tumsearch looks those up (write @12345 for a screen name)" in ended.stderr


def test_missed_users_are_queued(kept: Collection) -> None:
    kept.file("12\nnobody\n99\nNASA\nNobody\n98\n")
    ended = kept.run("tw-usersearchadd", "list.txt")
    assert kept.outcome() == (["bbc_news", "11"], ["nobody", "99", "98"])
    assert "2 of 5 found in usertest, 3 missed" in ended.stderr
    assert "3 added to usertest, 3 waiting" in ended.stderr
    assert sorted(kept.run("tw-showusertest", "--names").stdout.split()) == ["98", "99", "nobody"]
    kept.run("tw-usersearchadd", "list.txt", "--queue", "work")
    assert kept.run("tw-showusertest", "--queue", "work").stdout.startswith("work: 3 waiting")
    kept.file("bad line\n97\n")
    ended = kept.run("tw-usersearchadd", "list.txt", check=1)
    assert "1 added to usertest, 4 waiting; lines that name none" in ended.stderr


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        (b"", 0, "list.txt names no users"),
        (bytes(range(256)) * 40, 1, "list.txt: this is not a text file.*nothing was looked up"),
        (b"x" * 200 + b"\n", 1, "lines that name none of the names .*: 1"),
    ],
    ids=["empty", "binary", "a name of 200 letters"],
)
def test_a_file_that_is_none(kept: Collection, content: bytes, status: int, says: str) -> None:
    kept.file(content)
    ended = kept.run("tw-tnamesearch", "list.txt", check=status)
    assert "Traceback" not in ended.stderr

    assert re.search(says, ended.stderr.splitlines()[-1]), ended.stderr
    if b"\x00" in content:
        assert not list(kept.desk.home.glob("list.txt-*")), "and what was there before stays"


def test_a_file_that_is_not_there(kept: Collection) -> None:
    told = kept.run("tw-tumsearch", "nasa", check=2).stderr
    assert told.endswith("no file nasa; for one user: echo nasa | tw-tumsearch -\n")


def test_output_that_cannot_be_written_leaves_what_was_there(kept: Collection) -> None:
    kept.file("12\n99\n")
    kept.run("tw-tumsearch", "list.txt")
    before = sorted(path.name for path in kept.desk.home.iterdir())
    kept.file("11\n")
    with unwritable(kept.desk.home):
        ended = kept.run("tw-tumsearch", "list.txt", check=1)
    assert "list.txt-found.txt cannot be written: " in ended.stderr
    assert kept.outcome() == (["bbc_news"], ["99"])
    assert sorted(path.name for path in kept.desk.home.iterdir()) == before
    for where in ("no/such/folder", "/proc/out"):  # the latter is a file system without a byte of room
        assert "cannot be written: No such file" in kept.run("tw-tumsearch", "list.txt", where, check=1).stderr


def test_a_full_disk(kept: Collection, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    kept.file("".join(f"u{number * 7919 % 10**14:014}\n" for number in range(1_900_000)))
    with mounted("-t", "tmpfs", "-o", "size=2m", "tmpfs", at=small):
        ended = kept.run("tw-tnamesearch", "list.txt", small / "out", check=69)
        assert "the disk is full; make room and run again" in ended.stderr.splitlines()[-1]
        assert list(small.iterdir()) == []
        ended = kept.run("tw-tnamesearch", "list.txt", check=69, env={"SQLITE_TMPDIR": str(small), "TMPDIR": str(small)})
        assert "the disk is full; make room and run again" in ended.stderr.splitlines()[-1]
        assert not list(kept.desk.home.glob("list.txt-*"))


def test_permissions_are_those_of_other_files(kept: Collection) -> None:
    kept.file("12\n")
    command = [sys.executable, program("tw-tumsearch"), "list.txt"]
    subprocess.run(
        ["sh", "-c", 'umask 027; exec "$@"', "sh", *command], env=kept.desk.environment, cwd=kept.desk.home, check=True
    )
    assert (kept.desk.home / "list.txt-found.txt").stat().st_mode & 0o777 == 0o640


def test_a_long_list_in_bounded_memory(kept: Collection) -> None:
    """A part of the list is recorded, some lines are rubbish, some come twice; benchmarks/audits.py does it with a million."""
    chance = random.Random(3)
    ids = [str(chance.randrange(10**17, 9 * 10**18)) for _ in range(120_000)]
    with kept.archive() as archive:
        for start in range(0, 20_000, 5_000):
            archive.write(at(NOW, *((id, f"user_{number}") for number, id in enumerate(ids[start : start + 5_000], start))))
    order = [*ids, *chance.choices(ids, k=20_000)]
    chance.shuffle(order)
    lines = ["rubbish, this" if number % 100 == 7 else id for number, id in enumerate(order)]
    kept.file("\n".join(lines))
    distinct = list(dict.fromkeys(line for line in lines if line.isdigit()))
    known = {id: f"user_{number}" for number, id in enumerate(ids[:20_000])}
    with open(os.devnull, "w") as nowhere:
        command = [sys.executable, program("tw-tumsearch"), "list.txt"]
        process = subprocess.Popen(command, env=kept.desk.environment, cwd=kept.desk.home, stderr=nowhere)
        memory = peak(process)
    assert process.returncode == 1
    found, missed = kept.outcome()
    assert found == [known[id] for id in distinct if id in known]
    assert missed == [id for id in distinct if id not in known]
    assert 20 << 20 < memory < 120 << 20, f"{memory / 2**20:.0f} MiB"
