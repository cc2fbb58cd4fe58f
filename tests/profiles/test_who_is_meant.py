"""Who is meant by an id or a name, by what is recorded: one answer for every program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.profiles.identity import Who, bearers, ids_meant, names, recorded_profiles, who
from netwar.profiles.status import conclude, load_statuses
from netwar.records.documents import USERTEST, Document
from netwar.records.times import shown
from tests.rows import rows

NOW = 1_700_000_000_000


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[SqliteArchive]:
    archive = SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")
    yield archive
    archive.close()


def see(archive: SqliteArchive, user: int, name: str, at: int) -> None:
    """X showed a user under a name."""
    body = {"id": str(user), "username": name, "netwar": {"retrieved": shown(NOW + at)}}
    archive.write([Document(USERTEST, str(user), body, True, NOW + at)])


@rows(
    ("given", "means", "key"),
    [
        ("44196397", Who(id="44196397"), "44196397"),
        ("@44196397", Who(name="44196397"), "@44196397"),
        ("Nasa", Who(name="Nasa"), "@nasa"),
        ("@Nasa", Who(name="Nasa"), "@nasa"),
    ],
)
def test_how_a_user_is_written(given: str, means: Who, key: str) -> None:
    assert who(given) == means
    assert who(given).key == key


def test_a_name_means_its_bearer_and_an_id_its_user(archive: SqliteArchive) -> None:
    """1 lost the name to 2, who left it; 3 was renamed; 4 is called by digits, which are the id of 5."""
    see(archive, 1, "passed", 0)
    see(archive, 2, "passed", 10_000)
    see(archive, 3, "before", 0)
    see(archive, 3, "after", 10_000)
    see(archive, 4, "5", 0)
    see(archive, 5, "five", 0)
    assert [held and held.user for held in bearers(archive, USERTEST, ["PASSED", "before", "After", "5", "nobody"])] == [
        "2",
        None,
        "3",
        "4",
        None,
    ]
    asked = ["passed", "before", "after", "@5", "5", "1", "nobody", "77"]
    found = {entry: body["id"] for entry, body in recorded_profiles(archive, USERTEST, asked).items()}
    assert found == {"passed": "2", "after": "3", "@5": "4", "5": "5", "1": "1"}
    assert [ids_meant(archive, USERTEST, who(one)) for one in asked[:5]] == [["2", "1"], ["3"], ["3"], ["4"], ["5"]]
    assert names(archive, USERTEST, ["1", "2", "3", "4", "77"]) == {"1": "", "2": "passed", "3": "after", "4": "@5"}
    see(archive, 2, "elsewhere", 20_000)
    assert bearers(archive, USERTEST, ["passed"]) == [None], "1 is not taken for its bearer again"


def test_a_name_is_closed_by_what_x_said_of_the_name_alone(archive: SqliteArchive) -> None:
    see(archive, 1, "closed", 0)
    conclude(archive, USERTEST, "1", "suspended", NOW + 10_000)
    known = load_statuses(archive, USERTEST, ["closed", "1"])
    assert (known["closed"].standing, known["1"].standing) == ("open", "suspended")
    conclude(archive, USERTEST, "@closed", "gone", NOW + 20_000)
    known = load_statuses(archive, USERTEST, ["Closed", "1"])
    assert (known["Closed"].standing, known["1"].standing) == ("gone", "suspended")
