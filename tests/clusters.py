"""The archive in real servers of the Elasticsearch family."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

from netwar.archive.elastic.store import ElasticArchive
from netwar.archive.winning import XTime, unknown
from netwar.config import Settings, load
from netwar.connections.elastic import connect
from tests.servers.elastic import ElasticServer
from tests.servers.users import RECORDER

API = "https://api.x.com"

# The oldest, the newest and the other family, with all three ways to ask who somebody is, one of which is not to: what is to
# hold on every server is proved on these. tests/contract/test_generations.py says why they are enough.
KINDS = ["es654-sg", "es953-sec", "os360"]
# The generations between, with the fourth way.
BETWEEN = ["es6823", "es7102", "es71729", "es81921-sec", "os2194-sec"]


def configured(server: ElasticServer, path: Path, **more: object) -> Path:
    """A configuration that names this server, for us and for the processes that a test starts."""
    known = {"elksg": server.url, "elksguser": server.user, "elksgpass": server.password, "elksgca": server.ca, **more}
    path.touch(mode=0o600)
    path.write_text("[STREAM]\n" + "".join(f"{key} = {value}\n" for key, value in known.items() if value is not None))
    return path


def settings(server: ElasticServer, user: str | None = None) -> Settings:
    """How to reach it as the recorder, or as another of its users."""
    known = server.users.get(user or RECORDER)
    name, password = (known.name, known.password) if known else (None, None)
    return Settings(elksg=server.url, elksguser=name, elksgpass=password, elksgca=server.ca)


def opened(configuration: Path, folder: Path, now: XTime = unknown) -> ElasticArchive:
    """The archive that a configuration names; its dead letters are in the folder."""
    return ElasticArchive(connect(load(configuration)), folder / "dead-letters", API, now)


def from_timelines(archive: ElasticArchive, index: str) -> dict[str, set[int]]:
    """Whose tweets timelines have brought, and their ids; read once, as to ask for each user takes the server much longer."""
    found: dict[str, set[int]] = defaultdict(set)
    for body in archive.find(index):
        if body["netwar"]["via"] == "timeline":
            found[body["author_id"]].add(int(body["id"]))
    return found


def remember(kind: str, configuration: Path) -> None:
    """Tell the processes that a test starts where a server is."""
    os.environ[_name(kind)] = str(configuration)


def remembered(kind: str) -> Path:
    return Path(os.environ[_name(kind)])


def _name(kind: str) -> str:
    return f"NETWAR_TEST_{kind.upper().replace('-', '_')}"
