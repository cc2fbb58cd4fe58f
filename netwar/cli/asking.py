"""X itself, as a program asks it: within the rate windows, and what costs within the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netwar.cli.services import Services
    from netwar.twitter.client import Client
    from netwar.twitter.stream import XStream


def twitter(services: Services) -> Client:
    """Pages of posts and users, for the account of the configuration."""
    from netwar.archive.deadletters import keep_answer
    from netwar.cli.signals import later
    from netwar.twitter.client import connect

    def aside(request: str, content: bytes, reason: str) -> None:
        keep_answer(services.data / "dead-letters", request, content, reason)

    budgets = services.money, services.windows
    return connect(services.settings, *budgets, services.command, aside, services.run_budget, later)


def clock_ahead(services: Services) -> float:
    """By how many seconds this host's clock is ahead of X's, by a question that costs nothing and shows no keys.

    Raises ServiceDown when X does not answer.
    """
    import time
    from contextlib import closing

    from netwar.errors import ServiceDown
    from netwar.twitter.problems import Glitch
    from netwar.twitter.transport import Transport
    from netwar.twitter.way import way

    settings = services.settings
    transport = Transport(way(settings), timeout=settings.timeout)
    with closing(transport.session):
        try:
            reply = transport.look()
        except Glitch as glitch:
            raise ServiceDown(f"{glitch}: see whether the network is there, and `api`, `proxy` and `ca`") from glitch
    if reply.date is None:
        raise ServiceDown("X's answer has no Date")
    return time.time() - reply.date.timestamp()


def streaming(services: Services) -> XStream:
    """The filtered stream of the app."""
    from netwar.twitter.stream import XStream

    return XStream(services.settings, services.money, services.windows)
