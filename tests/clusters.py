"""The Elasticsearch-like servers that tests run against."""

from __future__ import annotations

import configparser
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import gettempdir

import pytest

from netwar.archive.elastic.indices import SOME
from netwar.archive.elastic.templates import Templates
from netwar.config import Settings
from netwar.connections.elastic import Cluster, connect

KINDS = ("es654", "es6823", "es7102", "es71729", "es81921", "es953", "os2194", "os360")


def settings(kind: str) -> Settings:
    """How to reach a server of this kind; skips the test if there is none."""
    told = configparser.ConfigParser()
    told.read(os.environ.get("NETWAR_TEST_CLUSTERS", os.devnull))
    if kind not in told:
        pytest.skip(f"needs an {kind} server")
    ca = told[kind].get("elksgca")
    keys = ("elksg", "elksguser", "elksgpass")
    return Settings(**{key: told[kind].get(key) for key in keys}, elksgca=Path(ca) if ca else None)  # type: ignore[arg-type]


@cache
def cluster(kind: str) -> Cluster:
    """One connection for all the tests of a process, to a cluster that has our templates as they are now."""
    opened = connect(settings(kind))
    list(Templates(opened).put())
    return opened


@contextmanager
def emptied(kind: str) -> Iterator[Cluster]:
    """A cluster without any index of ours, for one test of all processes at a time."""
    opened = cluster(kind)
    with open(Path(gettempdir()) / f"netwar-test-{kind}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wipe(opened)
        yield opened


def wipe(cluster: Cluster) -> None:
    """Remove all indices of ours (by name: some generations take no wildcard)."""
    names = cluster.ask("GET", "/tw*,tu*,tc*,usertest/_mapping", params=SOME, ignore=(404,))
    if "error" not in names and names:
        cluster.ask("DELETE", f"/{','.join(names)}", ignore=(404,))
