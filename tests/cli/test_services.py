"""Services: opened when used, the index that is meant, one run at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from netwar.cli.services import Services
from netwar.connections.sqlite_files import still_open
from netwar.errors import Busy, ServiceDown
from tests.contract.opening import DATABASES
from tests.desk import Desk
from tests.redis_server import Redis
from tests.rows import rows


@pytest.fixture
def new_services(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Services]]:
    """Services of this process, as programs would have them; all are ended with the test, and what they tell of their runs."""
    monkeypatch.setenv("HOME", str(desk.home))
    opened: list[Services] = []

    def opening(*args: Any) -> Services:
        opened.append(Services(*args))
        return opened[-1]

    yield opening
    for one in opened:
        one.close()
        one.report.end(0)


@pytest.fixture
def services(new_services: Callable[..., Services]) -> Services:
    return new_services("tw-try")


def test_nothing_is_made_before_it_is_used(services: Services, desk: Desk) -> None:
    services.close()
    assert list(desk.home.iterdir()) == []


def test_the_data_folder_is_its_owners_alone(services: Services, desk: Desk) -> None:
    assert services.data == desk.home / ".local/share/netwar"
    assert services.data.stat().st_mode & 0o077 == 0


def test_what_is_committed_survives_a_power_cut(services: Services, desk: Desk) -> None:
    """But for rate windows, of which a few counts may be lost."""
    desk.configure(consumer_key="key", bearer_token="token", index="kept")
    services.queue("work").put(["1"])
    services.archive.touch(["twkept"])
    assert services.windows.take("token", "timeline", 1) is None
    assert services.money.spent() == 0

    def told(connection: sqlite3.Connection, pragma: str) -> Any:
        return connection.execute(f"PRAGMA {pragma}").fetchone()

    synchronous = sorted((Path(told(one, "database_list")[2]).name, told(one, "synchronous")[0]) for one in still_open())
    services.close()
    assert synchronous == [("kept.sqlite", 2), ("meter.sqlite", 1), ("meter.sqlite", 2), ("queues.sqlite", 2)]


def test_a_data_folder_that_cannot_be_made_is_told(services: Services, desk: Desk) -> None:
    (desk.home / ".local").touch()
    with pytest.raises(ServiceDown, match=r"netwar cannot be made: Not a directory \(set `data`"):
        services.data  # noqa: B018


def test_the_index_on_the_command_line_wins_over_the_configured_one(services: Services, desk: Desk) -> None:
    desk.configure(index="Brexit")
    assert services.index(None) == "brexit"
    assert services.index("Other") == "other"


def test_no_index_anywhere_is_a_usage_error_that_names_both_places(services: Services) -> None:
    with pytest.raises(click.UsageError, match=r"on the command line, or write  index = NAME  under \[STREAM\] in .*\.twitter"):
        services.index(None)


@rows("name", ["../x", "a b", "usertest", "x" * 101, "_x"])
def test_a_name_that_no_store_takes_is_a_usage_error(services: Services, name: str) -> None:
    with pytest.raises(click.UsageError):
        services.index(name)


def test_one_run_for_each_configuration_program_and_queue(
    new_services: Callable[..., Services], desk: Desk, tmp_path: Path
) -> None:
    new_services("tw-try").exclusive("work")
    with pytest.raises(Busy, match=r"tw-try is already working on work with .*\.twitter: one run at a time"):
        new_services("tw-try").exclusive("work")
    new_services("tw-try").exclusive("other/queue")
    new_services("tw-other").exclusive("work")
    other = desk.configure(path=tmp_path / "other", data=desk.home / ".local/share/netwar")
    new_services("tw-try", other).exclusive("work")


def test_services_of_another_configuration_are_closed_with_ours(services: Services, desk: Desk, tmp_path: Path) -> None:
    other = services.for_config(desk.configure(path=tmp_path / "other", account="me", data="there"))
    assert other.settings.account == "me"
    other.run.begin()
    services.close()
    assert list((tmp_path / "there/runs").glob("*.run")) == []


def test_with_elksg_the_archive_is_in_a_server_and_nowhere_else(services: Services, desk: Desk) -> None:
    desk.configure(elksg="127.0.0.1:1")
    with pytest.raises(ServiceDown, match=r"Elasticsearch cannot be used: 127\.0\.0\.1:1 does not answer: Connection refused"):
        services.archive  # noqa: B018
    services.close()


def test_elksg_may_be_switched_off_where_the_shared_file_names_one(
    services: Services, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = desk.configure(path=desk.home / "netwar.conf", elksg="127.0.0.1:1")
    monkeypatch.setenv("NETWAR_SYSTEM_CONF", str(shared))
    desk.configure(elksg="none")
    assert services.settings.elksg is None
    assert services.archive.indices() == []
    services.close()


def test_the_roster_is_of_the_account_and_the_index(services: Services, desk: Desk, tmp_path: Path) -> None:
    """It is opened once, and in Redis where the configuration names one."""
    desk.configure(access_token_key="12-token", index="kept")
    roster = services.roster("Kept")
    assert services.roster("kept") is roster
    assert (services.observer, roster.adds.name, roster.busy.name) == ("12", "tw:track:12:kept:adds", "tw:track:recording:kept")
    roster.fresh(["1"], "7", 1)
    others = desk.configure(path=tmp_path / "other", access_token_key="13-token", data=services.data)
    assert len(services.for_config(others).roster("kept")) == 0
    services.close()
    looking = Services("tw-try")
    looking.looks = True
    assert [member.user for member in looking.roster("kept").members()] == ["1"]
    looking.close()


def test_the_roster_is_in_redis_where_there_is_one(services: Services, desk: Desk, redis: Redis) -> None:
    desk.configure(access_token_key="12-token", **redis.settings(db=next(DATABASES)))
    services.roster("kept").fresh(["1"], "7", 1)
    assert services.redis
    assert services.redis.smembers("tw:track:12:kept:adds") == {b"1"}
    assert not (services.data / "queues.sqlite").exists()
    services.close()


def test_a_data_folder_that_cannot_be_used_is_told(services: Services) -> None:
    (services.data / "runs").touch()
    with pytest.raises(ServiceDown, match=r"netwar cannot be used: File exists \(set `data`"):
        services.exclusive("work")
