"""Recording into Elasticsearch through the real command: all that is true is there, whatever happens to the cluster."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.elastic.store import ElasticArchive
from netwar.archive.spool import Spool
from tests import clusters
from tests.operator import Operator
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on, on_one_of

WORLD = """
[world]
users = 12
prolific = 0
most_posts = 120
[[users]]
posts = 500
[[users]]
state = "suspended"
[[users]]
posts = 0
"""
SERVERS = ("es654-sg", "es953-sec")


class Recorder(Operator):
    """An operator whose archive is in a server."""

    server: ElasticServer

    def archive(self) -> ElasticArchive:
        return clusters.opened(self.desk.home / ".twitter", self.desk.home)

    def has_recorded_what_is_true(self) -> None:
        """Every tweet that there is of every user who is to be had."""
        users = self.users()
        with closing(self.archive()) as archive:
            kept = clusters.from_timelines(archive, "twtrial")
            records = archive.records_of("twtrial", [user["id"] for user in users])
            for user in users:
                truth = set(self.truth(user["id"])) if user["state"] == "active" else set()
                assert kept[user["id"]] == truth
                there = "complete" if truth else "empty"
                expected = there if user["state"] == "active" else user["state"]
                assert records[user["id"]].outcome == expected

    def has_paid_for_it_once(self) -> None:
        assert self.spent() == self.bill()["micro"]
        assert Spool(self.data / "spool").waiting() == 0

    @property
    def data(self) -> Path:
        return self.desk.home / ".local" / "share" / "netwar"


@pytest.fixture
def recorder(server: ElasticServer, operator: Callable[..., Operator]) -> Recorder:
    """With all users of a made-up world on the queue."""
    begun = operator(WORLD)
    recorder = Recorder(begun.desk, begun.sandbox)
    recorder.server = server
    known = {"elksg": server.url, "elksguser": server.user, "elksgpass": server.password, "elksgca": server.ca}
    told = {key: value for key, value in known.items() if value}
    recorder.desk.configure(begun.sandbox.url, budget=10_000, maxcpu=100, maxmem=100, **told)
    recorder.queue(user["id"] for user in recorder.users())
    return recorder


def begun(recorder: Recorder, pages: int = 3) -> Any:
    """A run that has written some pages."""
    process = recorder.desk.start("tw-idu3elk", "trial")
    while len([line for line in recorder.log() if line["path"].endswith("/tweets")]) < pages:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return process


@on_one_of(*SERVERS)
def test_what_is_true_is_recorded(recorder: Recorder) -> None:
    told = recorder.run("tw-idu3elk", "trial").stderr
    assert "12 users done" in told
    assert "warning" not in told.lower()
    recorder.has_recorded_what_is_true()
    recorder.has_paid_for_it_once()
    assert "12 users in twtrial" in recorder.run("tw-coverage", "trial").stderr
    assert not (recorder.data / "archive").exists(), "nothing is kept in files"


@on_one_of(*SERVERS)
def test_a_server_that_is_killed_in_the_middle(recorder: Recorder) -> None:
    process = begun(recorder)
    recorder.server.kill()
    _, told = process.communicate(timeout=60)
    assert process.returncode == 69, told
    assert "Traceback" not in told
    assert "is it down?" in told
    assert Spool(recorder.data / "spool").waiting() == 1, "what was paid for is put by"
    before = recorder.bill()["micro"]
    again = recorder.run("tw-idu3elk", "trial", check=69)
    assert "does not answer" in again.stderr
    assert recorder.bill()["micro"] == before, "nothing is bought as long as it is down"
    recorder.server.start()
    assert "written out of the spool: 1 page;" in recorder.run("tw-idu3elk", "trial").stderr
    recorder.has_recorded_what_is_true()
    recorder.has_paid_for_it_once()


@on("es953-sec")
def test_a_server_that_hangs_in_the_middle(recorder: Recorder) -> None:
    process = begun(recorder)
    recorder.server.pause()
    try:
        _, told = process.communicate(timeout=90)
    finally:
        recorder.server.resume()
    assert process.returncode == 69, told
    assert "gave no answer in time" in told
    recorder.run("tw-idu3elk", "trial")
    recorder.has_recorded_what_is_true()
    recorder.has_paid_for_it_once()


@on("es654-sg")
def test_a_recorder_that_is_killed_goes_on(recorder: Recorder) -> None:
    for pages in (2, 5, 9):
        process = begun(recorder, pages)
        process.kill()
        process.communicate()
    recorder.run("tw-idu3elk", "trial")
    recorder.has_recorded_what_is_true()
