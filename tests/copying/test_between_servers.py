"""tw-copy between files and real servers, as a process, killed in the midst."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.coverage import Record
from tests import clusters
from tests.archive.elastic.test_old_indices import OTHER, SOME, STATUSES, bulk
from tests.copying.archives import fill, whole
from tests.desk import Desk
from tests.servers.fixtures import Servers, skip_without

TWEETS, MANY = 1_100, 5_000  # more than are read at once; and than are copied before somebody can look


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], tuple[Path, dict[str, bytes]]]:
    """Files with so many tweets and something of everything in them, made once, and all that is in them."""

    @cache
    def archive_of(tweets: int) -> tuple[Path, dict[str, bytes]]:
        folder = tmp_path_factory.mktemp("filled")
        with closing(SqliteArchive(folder / "archive", folder / "dead")) as archive:
            fill(archive, "brexit", tweets)
            return folder / "archive", whole(archive, "brexit")

    return archive_of


@pytest.fixture
def filled(desk: Desk, request: pytest.FixtureRequest, made: Callable[[int], tuple[Path, dict[str, bytes]]]) -> dict[str, bytes]:
    """Such files at the desk, and all that is in them; nothing is made where the server is missing."""
    skip_without(request.node.callspec.params["kind"])
    folder, everything = made(getattr(request, "param", TWEETS))
    shutil.copytree(folder, desk.home / ".local/share/netwar/archive")
    return everything


many = pytest.mark.parametrize("filled", [MANY], indirect=True)


def files(desk: Desk) -> SqliteArchive:
    return SqliteArchive(desk.home / ".local/share/netwar/archive", desk.home / "dead")


def named(server: Any, desk: Desk, name: str) -> Path:
    return clusters.configured(server, desk.home / name, data=desk.home / f"{name}-data")


def there(configuration: Path, desk: Desk) -> dict[str, bytes]:
    with closing(clusters.opened(configuration, desk.home)) as archive:
        return whole(archive, "brexit")


def covered(configuration: Path, desk: Desk) -> list[Record]:
    """Of whom anything is known there."""
    with closing(clusters.opened(configuration, desk.home)) as archive:
        return [record for index in ("twbrexit", "tubrexit") for record in archive.records(index)]


@pytest.mark.beside
@pytest.mark.parametrize("kind", ["es654-sg"])
def test_the_road_from_files_over_6_to_9_and_back(
    kind: str, filled: dict[str, bytes], desk: Desk, servers: Servers, new_server: Callable[..., Any]
) -> None:
    old = servers(kind)
    new = new_server("es953", beside=old, heap="384m")
    first, second = named(old, desk, "old.conf"), named(new, desk, "new.conf")
    ended = desk.run("tw-copy", "files:brexit", "old.conf:brexit", check=0)
    assert f"twbrexit: {TWEETS + 20:,} in FROM, {TWEETS + 20:,} in TO" in ended.stderr
    assert there(first, desk) == filled
    desk.run("tw-copy", "old.conf:brexit", "new.conf:brexit", check=0)
    assert there(second, desk) == filled
    desk.run("tw-copy", "new.conf:brexit", "files:back", check=0)
    with closing(files(desk)) as archive:
        assert whole(archive, "back") == filled
    again = desk.run("tw-copy", "old.conf:brexit", "new.conf:brexit", check=0)
    assert f"0 new, 0 newer, {TWEETS + 47:,} known already" in again.stderr
    assert there(second, desk) == filled


@pytest.mark.parametrize("kind", [*clusters.KINDS, *clusters.BETWEEN])
def test_into_every_generation_and_out_of_it(kind: str, filled: dict[str, bytes], desk: Desk, servers: Servers) -> None:
    configuration = named(servers(kind), desk, "there.conf")
    desk.run("tw-copy", "brexit", "there.conf:brexit", check=0)
    assert there(configuration, desk) == filled
    desk.run("tw-copy", "there.conf:brexit", "back", check=0)
    with closing(files(desk)) as archive:
        assert whole(archive, "back") == filled


@many
@pytest.mark.parametrize("kind", ["es953"])
def test_killed_in_the_midst_it_goes_on(kind: str, filled: dict[str, bytes], desk: Desk, servers: Servers) -> None:
    server = servers(kind)
    configuration = named(server, desk, "there.conf")
    for documents in (1, 1_000, 2_000):
        process = desk.start("tw-copy", "brexit", "there.conf:brexit")
        wait_for(server, process, documents)
        process.kill()
        process.communicate(timeout=60)
        assert process.returncode == -9, "it was not done yet"
        assert not covered(configuration, desk), "no coverage before all documents"
    ended = desk.run("tw-copy", "brexit", "there.conf:brexit", check=0)
    assert "resumed; " in ended.stderr
    assert there(configuration, desk) == filled


@many
@pytest.mark.last  # of what is asked of it after a start, the first costs as much again
@pytest.mark.parametrize("kind", ["es654-sg"])
def test_a_server_that_dies_is_told_and_the_copy_goes_on(
    kind: str, filled: dict[str, bytes], desk: Desk, servers: Servers
) -> None:
    server = servers(kind)
    configuration = named(server, desk, "there.conf")
    process = desk.start("tw-copy", "brexit", "there.conf:brexit")
    wait_for(server, process, 1_000)
    server.kill()
    _, said = process.communicate(timeout=120)
    assert process.returncode == 69, said
    assert "Traceback" not in said
    server.start()
    desk.run("tw-copy", "brexit", "there.conf:brexit", check=0)
    assert there(configuration, desk) == filled


def wait_for(server: Any, process: Any, documents: int) -> None:
    """Until the server has so many tweets."""
    until = time.monotonic() + 120
    while count(server) < documents:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)


def count(server: Any) -> int:
    try:
        server.ask("POST", "/twbrexit/_refresh")
        return int(server.ask("GET", "/twbrexit/_count")["count"])
    except OSError:  # not there yet
        return 0


@pytest.mark.parametrize("kind", ["es654-sg"])
def test_what_the_recorder_of_2019_left_is_brought_over(kind: str, desk: Desk, servers: Servers) -> None:
    server = servers(kind)
    for index, name, items in (("twold", "tweets", STATUSES), ("tuold", "userid", [SOME, OTHER])):
        lines = ([{"index": {"_index": index, "_type": name, "_id": item["id_str"]}}, item] for item in items)
        assert not bulk(server, [line for pair in lines for line in pair])["errors"]
    named(server, desk, "old.conf")
    ended = desk.run("tw-copy", "old.conf:old", "brought", check=0)
    assert f"twbrought: {len(STATUSES):,} in FROM, {len(STATUSES):,} in TO" in ended.stderr
    with closing(files(desk)) as archive:
        kept = {body["id"]: body["netwar"]["v1"] for body in archive.scan("twbrought")}
        assert kept == {status["id_str"]: status for status in STATUSES}
    found = desk.run("tw-search", "brought", "naïve", check=0).stdout
    assert "@Some_One" in found
    again = desk.run("tw-copy", "old.conf:old", "brought", check=0)
    assert "0 new, 0 newer" in again.stderr
    assert "left by the recorder of 2019" in desk.run("tw-copy", "brought", "old.conf:old", check=78).stderr
