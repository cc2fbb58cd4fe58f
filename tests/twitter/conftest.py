"""A client with a real meter, and the sandbox that it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from netwar.cli.services import Services
from netwar.twitter.client import Client
from tests.operator import Operator

Asking = Callable[..., tuple[Operator, Client]]


@pytest.fixture
def asking(request: pytest.FixtureRequest, operator: Callable[..., Operator]) -> Iterator[Asking]:
    """A client of a sandbox with the WORLD of the module."""
    opened = []

    def begin(**settings: object) -> tuple[Operator, Client]:
        one = operator(request.module.WORLD, **settings)
        opened.append(Services("test", one.desk.home / ".twitter"))
        return one, opened[-1].twitter

    yield begin
    for services in opened:
        services.close()
