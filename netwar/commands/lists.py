"""How lists of X meet the operator: which there are, who is on them, and their members on a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netwar.cli.forms import Form
from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.commands.list_target import check_whole, chosen, lists_of, members_of, told, user_id

if TYPE_CHECKING:
    from netwar.lists.reading import XList

Member = tuple[str, str]  # id, screen name


def _cells(one: XList) -> tuple[Cell, ...]:
    return one.id, one.slug, one.name, one.count, "private" if one.private else ""


def _json(one: XList) -> dict[str, Any]:
    return {"id": one.id, "slug": one.slug, "name": one.name, "members": one.count, "private": one.private}


LISTS: Table[XList] = Table(
    [Column("id"), Column("slug"), Column("name"), Column("members", Kind.COUNT), Column("private")], _cells, json=_json
)
MEMBERS: Table[Member] = Table([Column("id"), Column("name")], lambda one: one)


def show_lists(services: Services, user: str | None, form: Form) -> str:
    """Print the lists of a user, or of the account; the outcome."""
    from netwar.commands.recording import replayed
    from netwar.records.text import plural

    before = replayed(services, "usertest") if user else ""
    lists, micro = lists_of(services, user_id(services, user))
    LISTS.write(form, lists)
    return f"{before}{plural(len(lists), 'list')} of {user or 'the account'} for ${micro / 1e6:,.3f}"


def show_members(services: Services, given: str, form: Form, *, yes: bool) -> str:
    """Print who is on a list; the outcome. What came of a list that was not read to its end is printed, too."""
    from netwar.commands.recording import replayed
    from netwar.profiles.identity import as_entry

    before = replayed(services, "usertest")
    shown = chosen(services, given)
    read = members_of(services, shown, yes=yes)
    MEMBERS.write(form, ((user, as_entry(read.names[user])) for user in read.ids))
    return check_whole(read, f"{before}{told(read, shown)}")


def put_members(services: Services, given: str, queue: str, *, yes: bool) -> str:
    """Put everybody who is on a list on a queue; the outcome."""
    from netwar.commands.recording import replayed

    before, work = replayed(services, "usertest"), services.queue(queue)
    shown = chosen(services, given)
    read = members_of(services, shown, yes=yes)
    added = work.put(read.ids)
    return check_whole(read, f"{before}{told(read, shown)}; {added:,} added to {queue}, {len(work):,} waiting")
