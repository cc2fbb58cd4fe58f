"""How queries for the tweets of very many users meet the operator: out of a file, or out of a list of X's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BufferedReader
from typing import TYPE_CHECKING

from netwar.cli import click
from netwar.cli.files import chunks
from netwar.cli.output import as_json, echo
from netwar.cli.rejected import Rejected
from netwar.cli.services import Services
from netwar.errors import ItemsFailed, NetwarError

if TYPE_CHECKING:
    from netwar.lists.filters import Field
    from netwar.records.entries import Entry

BY, MENTIONING, EITHER = "by", "mentioning", "either"
BATCH_SIZE = 10_000


def from_file(services: Services, field: str, file: BufferedReader, index: str | None) -> str:
    """Print a query for documents whose field has any of the users in a file; the outcome.

    Lines that name no user, or one that the collection does not know by what the field holds, are listed, and raise ItemsFailed
    at the end.
    """
    from netwar.lists.filters import field_of
    from netwar.records.entries import NotText

    try:
        meant = field_of(field)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    users, rejected = _collection(services, index), Rejected(services, file.name)
    terms: dict[str, list[str]] = {name: [] for name in (*meant.ids, *meant.names, meant.plain) if name}
    try:
        with rejected:
            for found in _known(services, meant, file, users, rejected):
                for name in _fields(meant, found):
                    terms[name].append(found.removeprefix("@"))
    except NotText as error:
        raise NetwarError(f"{file.name}: {error}; there is no query") from error
    _print(terms, file.name)
    outcome = f"a query for {_counted(meant, terms)} of {file.name} in {' and '.join(terms)}"
    if rejected.count:
        raise ItemsFailed(f"{outcome}; lines that are not in it ({rejected.where}): {rejected.count:,}")
    return outcome


def from_list(services: Services, user: str | None, given: str, which: str, *, yes: bool) -> str:
    """Print a query for tweets by the members of a list, or mentioning them, or either; the outcome.

    Raises NetwarError for a list that was not read to its end: a query that lacks some would be taken for whole.
    """
    from netwar.commands.list_target import chosen, members_of, told
    from netwar.commands.recording import replayed
    from netwar.lists.filters import AUTHORS, MENTIONS

    before = replayed(services, "usertest")
    shown = chosen(services, given, user)
    read = members_of(services, shown, yes=yes)
    if not read.complete:
        raise NetwarError(f"there is no query, as {shown} was not read to its end: {read.why}; run again")
    names = [name.lower() for name in read.names.values() if name]
    terms = dict.fromkeys(AUTHORS.ids if which in (BY, EITHER) else (), read.ids)
    if which in (MENTIONING, EITHER):
        terms |= dict.fromkeys(MENTIONS.ids, read.ids) | dict.fromkeys(MENTIONS.names, names)
    _print(terms, str(shown))
    return f"{before}a query for {told(read, shown)}"


def _collection(services: Services, index: str | None) -> str:
    """Where users are looked up; what is wrong with the configuration is told, whether anybody has to be or not."""
    return services.collection(index) if services.settings else ""


def _print(terms: dict[str, list[str]], source: str) -> None:
    from netwar.lists.filters import query

    try:
        made = query(terms)
    except ValueError as error:
        raise NetwarError(f"{source}: {error}") from error
    echo(as_json(made))


def _counted(meant: Field, terms: Mapping[str, Sequence[str]]) -> str:
    """How many users, each once; where ids and names are searched for as they are given, how many of both: who has which is
    not looked up."""
    from netwar.records.text import plural

    if meant.plain:
        return plural(len(set(terms[meant.plain])), "value")
    if not (meant.ids and meant.names):
        return plural(len({value for some in terms.values() for value in some}), "user")
    ids, names = (len({value for name in some for value in terms[name]}) for some in (meant.ids, meant.names))
    return f"{plural(ids, 'id')} and {plural(names, 'screen name')}"


def _fields(meant: Field, entry: str) -> Iterator[str]:
    """The fields in which a user, as a queue has them, is searched for."""
    if meant.plain:
        yield meant.plain
    yield from meant.ids if entry.isdigit() else meant.names


def _known(services: Services, meant: Field, file: BufferedReader, users: str, rejected: Rejected) -> Iterator[str]:
    """The users of a file, each by what the field holds: the others are looked up in the collection, or rejected."""
    from netwar.records.entries import Fault, read
    from netwar.records.idlists import portions

    both = bool(meant.plain or (meant.ids and meant.names))
    for some in portions(read(chunks(file)), BATCH_SIZE):
        wrong: list[Entry] = []
        for found in some:
            if isinstance(found, Fault):
                rejected.add(found)
            elif both or found.user.isdigit() is bool(meant.ids):
                yield found.user
            else:
                wrong.append(found)
        if wrong:
            yield from _looked_up(services, wrong, users, rejected)


def _looked_up(services: Services, entries: list[Entry], users: str, rejected: Rejected) -> Iterator[str]:
    """The ids of names, and the names of ids, as they are recorded."""
    from netwar.profiles.membership import found
    from netwar.records.entries import Fault, by_name

    for entry, known in zip(entries, found(services.archive, users, [one.user for one in entries]), strict=True):
        other = next((one for one in known if one.isdigit() is not entry.user.isdigit()), None)
        if other:
            yield other if other.isdigit() else by_name(other.removeprefix("@"))
            continue
        lacks = "screen name" if entry.user.isdigit() else "id"
        rejected.add(Fault(entry.line, entry.text or entry.user, f"the {lacks} of this user is not recorded in {users}"))
