"""crontab.txt and the roles of conf/ fit together, and what the snapshots bring back claims nothing that they do not have."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from netwar.archive.base import Within
from tests import clusters
from tests.operator import Operator
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on
from tests.servers.users import ADMIN
from tests.test_crontab_with_redis import ELASTIC, as_cron_would

WORLD = """
[[users]]
posts = 12
[[users]]
posts = 9
[[users]]
posts = 7
"""


@pytest.fixture
def recorder(server: ElasticServer, operator: Callable[..., Operator]) -> Operator:
    """An operator whose archive is in the server, with the recorder's role, where crontab.txt looks for the configuration."""
    begun = operator(WORLD)
    known = {"elksg": server.url, "elksguser": server.user, "elksgpass": server.password, "elksgca": server.ca}
    told = {key: value for key, value in known.items() if value}
    begun.desk.configure(begun.sandbox.url, budget=100, maxcpu=100, maxmem=100, **told)
    (begun.desk.home / "accounts").mkdir()
    (begun.desk.home / "accounts" / "first.conf").symlink_to(begun.desk.home / ".twitter")
    return begun


@on("es654-sg", "es953-sec", "os2194-sec")
def test_what_is_recorded_while_snapshots_are_taken_is_claimed_only_if_they_have_it(
    recorder: Operator, server: ElasticServer, tmp_path: Path
) -> None:
    """Between the commands of the line as it is shipped another user is recorded, and one more when all is taken."""
    server.ask("PUT", "/_snapshot/backup", {"type": "fs", "settings": {"location": str(server.snapshots / tmp_path.parent.name)}})
    before, *others = [user["id"] for user in recorder.users()[:3]]
    recorder.queue([before, *others])
    recorder.run("tw-idu3elk", "brexit", "--limit", 1)
    [line] = ELASTIC
    for part in line.split(" && "):
        assert as_cron_would(recorder.desk, [part]) == [(part, 0, "")]
        wait_until_taken(server)
        recorder.run("tw-idu3elk", "brexit", "--limit", 1)

    restore(server)
    with closing(clusters.opened(clusters.configured(server, tmp_path / "conf"), tmp_path)) as archive:
        complete = [user for user in (before, *others) if archive.record("twbrexit", user).outcome == "complete"]
        for user in complete:
            assert {int(body["id"]) for body in archive.find("twbrexit", Within(user=user))} >= set(recorder.truth(user))
    assert complete == [before]


def wait_until_taken(server: ElasticServer) -> None:
    while any(one["state"] == "IN_PROGRESS" for one in taken(server)):
        pass


def taken(server: ElasticServer) -> list[dict[str, str]]:
    answer = server.ask("GET", "/_snapshot/backup/_all")
    return answer.get("snapshots") or [one for response in answer.get("responses", ()) for one in response["snapshots"]]


def restore(server: ElasticServer) -> None:
    """Lose all, and go back to the snapshots."""
    server.ask("DELETE", "/twbrexit,tubrexit,tcbrexit", user=ADMIN)
    for one in taken(server):
        body = {"indices": "tw*,tu*,tc*", "include_global_state": False}
        server.ask("POST", f"/_snapshot/backup/{one['snapshot']}/_restore?wait_for_completion=true", body)
