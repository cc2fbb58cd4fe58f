"""What is exported and imported again, into whatever archive, is what it was: documents, versions, what profiles said before."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests import clusters
from tests.copying.archives import whole
from tests.desk import Desk
from tests.imports.kept import all_of
from tests.imports.samples import LATER, jsonl, page, status, user
from tests.rows import rows
from tests.servers.fixtures import Servers, one_of, skip_without

REAL = Path(__file__).parents[3] / "shared" / "real-data"
FORMS: tuple[list[str], ...] = ([], ["--raw"])


@pytest.fixture
def files(desk: Desk) -> list[str]:
    """All real answers, where they are at hand; else made-up ones. And profiles that changed, of which one came before.

    They are copies: beside a file that is imported stands what it held that nobody can import.
    """
    found = sorted(path.name for path in REAL.glob("*.json*"))
    for name in found:
        shutil.copy(REAL / name, desk.home)
    if not found:
        (desk.home / "made.jsonl").write_bytes(jsonl([page(0, 50), page(50, 50, __twarc={"retrieved_at": LATER}), status(1)]))
        found = ["made.jsonl"]
    changes = [
        {**user(n % 3), "name": f"Name {n}", "description": "\u2028", "__twarc": {"retrieved_at": LATER.replace("20T", f"{n}T")}}
        for n in (21, 22, 24, 23, 25)
    ]
    (desk.home / "changed.jsonl").write_bytes(jsonl(changes))
    return [*found, "changed.jsonl"]


def carry(desk: Desk, source: list[str], target: list[str], name: str, form: list[str]) -> None:
    """Export an index from one archive and import it into another, each named by its options."""
    desk.run("tw-dumptweets", name, "tweets.jsonl.gz", *form, *source, check=0)
    desk.run("tw-dumpusers", name, "users.jsonl.zst", "--versions", *form, *source, check=0)
    desk.run("tw-import", "tweets.jsonl.gz", "users.jsonl.zst", name, *target, check=0)
    for file in ("tweets.jsonl.gz", "users.jsonl.zst"):
        (desk.home / file).unlink()


@pytest.fixture
def before(desk: Desk, files: list[str]) -> dict[str, Any]:
    """All that an index has into which they were imported."""
    desk.configure()
    desk.run("tw-import", *files, "real", check=None)
    return all_of(desk, "real")


@rows("form", FORMS)
def test_between_files(form: list[str], desk: Desk, before: dict[str, Any]) -> None:
    other = desk.home / "other.conf"
    desk.configure(data=desk.home / "other", path=other)
    carry(desk, [], ["--config", str(other)], "real", form)
    assert sum(key.startswith("change ") for key in before) >= 2
    assert all_of(desk, "real", "other/archive") == before
    carry(desk, ["--config", str(other)], [], "real", form)
    assert all_of(desk, "real") == before, "and back again, which changes nothing"
    (desk.home / "other/archive/real.sqlite").unlink()


@pytest.mark.parametrize("kind", one_of(["es654-sg", "es953"], "imports"))
def test_between_files_and_servers(kind: str, desk: Desk, files: list[str], servers: Servers) -> None:
    skip_without(kind)
    server: Any = servers(kind)
    there = clusters.configured(server, desk.home / "there.conf", data=desk.home / "there")
    desk.configure()
    desk.run("tw-import", *files, "real", check=None)
    before = all_of(desk, "real")
    desk.run("tw-import", *files, "real", "--config", str(there), check=None)
    server.ask("POST", "/twreal,tureal/_refresh")
    with closing(clusters.opened(there, desk.home)) as archive:
        assert whole(archive, "real") == {key: value for key, value in before.items() if not key.endswith(" version")}
    assert versions(server) == {key: value for key, value in before.items() if key.endswith(" version")}
    desk.configure(data=desk.home / "back", path=desk.home / "back.conf")
    carry(desk, ["--config", str(there)], ["--config", str(desk.home / "back.conf")], "real", [])
    assert all_of(desk, "real", "back/archive") == before


def versions(server: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, name in (("twreal", "tweet"), ("tureal", "profile")):
        told = server.ask("POST", f"/{index}/_search?version=true", {"size": 10_000, "_source": False})
        found |= {f"{name} {hit['_id']} version": hit["_version"] for hit in told["hits"]["hits"]}
    return found


def test_what_twarc_alone_would_know_is_read_too(desk: Desk, files: list[str]) -> None:
    """Without what is ours, as other tools pass it on."""
    desk.configure()
    desk.run("tw-import", *files, "real", check=None)
    told = desk.run("tw-dumptweets", "real", "--twarc", check=0).stdout
    assert '"netwar":' not in told
    ended = desk.run("tw-import", "-", "bare", input=told, check=0)
    assert f"{told.count(chr(10)):,} posts; " in ended.stderr
