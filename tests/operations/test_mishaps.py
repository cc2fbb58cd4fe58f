"""A host that is renamed, has a wrong clock, a full disk, and servers that stop and start: each is named, nothing is lost."""

from __future__ import annotations

import random
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.operations.mishaps import ORDERS, told
from tests.randomly import SEED
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import Servers, skip_without


@pytest.mark.long
@pytest.mark.timeout(900)  # Elasticsearch is started again
@pytest.mark.parametrize("kind", ["es953"])
def test_a_host_to_which_everything_happens(kind: str, servers: Servers, tmp_path: Path) -> None:
    """`python -m tests.operations.mishaps` has the servers in every order."""
    skip_without("redis-tls")
    server = servers(kind)
    assert isinstance(server, ElasticServer)
    chance = random.Random(SEED)
    with ExitStack() as stack:
        print(told(tmp_path, [chance.choice(ORDERS)], chance, stack, server))
