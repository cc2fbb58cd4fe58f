"""Users found by name, recorded into usertest and printed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from netwar.cli import click
from netwar.cli.forms import Form
from netwar.cli.services import Services
from netwar.cli.tables import Column, Table
from netwar.commands.follow_target import agree_to
from netwar.records.text import plural

if TYPE_CHECKING:
    from netwar.search.people import PeopleSearch

TERM = re.compile(r"(?=.*[A-Za-z0-9_])[A-Za-z0-9_' ]{1,50}")  # docs.x.com, user search; blanks alone would find anybody
Shown = tuple[str, str, str]  # id, screen name, name
USERS: Table[Shown] = Table([Column("id"), Column("username"), Column("name")], lambda one: one)


def found(services: Services, terms: Sequence[str], most: int, form: Form, *, yes: bool) -> str:
    """Print the users whose names have one of the terms, each once; the outcome."""
    from netwar.archive.base import Store
    from netwar.cli.signals import Stopped
    from netwar.commands.recording import replayed
    from netwar.errors import NetwarError
    from netwar.records.documents import USERTEST
    from netwar.search.people import PeopleSearch

    for term in terms:
        if not TERM.fullmatch(term):
            raise click.UsageError(f"{term[:60]!r} is no name to search for: 1 to 50 letters, digits, blanks, _ and '")
    before = replayed(services, USERTEST)
    price = services.money.price({"user": most * len(terms)})
    told = f"up to {plural(most * len(terms), 'user')} for up to ${price / 1e6:,.2f}"
    agree_to(services, "users", told, price, yes=yes)
    search = PeopleSearch(services.twitter, Store(services.archive, services.spool))
    with services.report.work("users", most * len(terms)) as bar:

        def rows() -> Iterator[Shown]:
            for term in terms:
                for user in search.find(term, most):
                    bar.update(1)
                    yield str(user["id"]), str(user.get("username") or ""), str(user.get("name") or "")

        try:
            USERS.write(form, rows())
        except (NetwarError, Stopped) as error:
            error.add_note(_told(search))
            raise
        finally:
            services.report.counted(search.tally)
    return f"{before}{_told(search)}"


def _told(search: PeopleSearch) -> str:
    from netwar.work.summary import documents

    return f"{plural(len(search.seen), 'user')} found for ${search.micro / 1e6:,.3f}; {documents(search.tally)}"
