"""How what is recorded of one user meets the operator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from netwar.cli import click
from netwar.cli.metering import price
from netwar.cli.output import as_json, echo
from netwar.cli.services import Services
from netwar.errors import NetwarError, ServiceDown
from netwar.records.text import row

if TYPE_CHECKING:
    from netwar.profiles.identity import Who

F = TypeVar("F", bound=Callable[..., Any])


def check_index(index: str | None, ask: bool) -> None:
    """Raise UsageError for --ask with another index than usertest, where what X says is kept."""
    if ask and index not in (None, "usertest"):
        raise click.UsageError("--ask keeps what X says in usertest: leave out --index")


def ask_x(services: Services, asked: Who) -> bool:
    """Ask X about a user now, and record it; whether X said anything at all."""
    import logging

    from netwar.archive.base import Store
    from netwar.commands.recording import replayed
    from netwar.profiles.user_history import ask

    replayed(services, "usertest")
    micro, answered = ask(services.twitter, Store(services.archive, services.spool), asked)
    logging.getLogger("netwar.profiles").info("asked X for $%.3f", micro / 1e6)
    return answered


def tell(
    found: Iterable[Any], said: Any, asked_for: str, index: str, *, history: bool, json: bool, answered: bool = True
) -> None:
    """Print identities, newest first, and what X said of the name itself.

    Raises ServiceDown where X was asked and not `answered`, and NetwarError where there is nothing.
    """
    from netwar.profiles.user_history import line, plain, story
    from netwar.records.times import minute

    found = list(found)
    if said:
        told = {"name": said.name, "outcome": said.outcome, "detail": said.detail, "at": said.at}
        echo(as_json(told) if json else row(f"@{said.name}", said.outcome, f"asked {minute(said.at)}", said.detail))
    for one in found:
        echo(as_json(plain(one)) if json else line(one))
        for change in story(one) if history and not json else ():
            echo(change)
    if not answered:
        older = "what is shown was recorded before" if found or said else f"nothing is recorded in {index} either"
        raise ServiceDown(f"X said nothing about {asked_for}, neither a profile nor why there is none ({older}): try again later")
    if not found and not said:
        also = "--index NAME looks in another index, " if index == "usertest" else ""
        raise NetwarError(f"nothing is recorded of {asked_for} in {index}; {also}--ask asks X ({price('user')})")
