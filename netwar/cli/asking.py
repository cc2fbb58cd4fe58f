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
    from netwar.twitter.client import connect

    def aside(request: str, content: bytes, reason: str) -> None:
        keep_answer(services.data / "dead-letters", request, content, reason)

    return connect(services.settings, services.money, services.windows, services.command, aside, services.run_budget)


def streaming(services: Services) -> XStream:
    """The filtered stream of the app."""
    from netwar.twitter.stream import XStream

    return XStream(services.settings, services.money, services.windows)
