"""How the history of lists meets the operator: who was put on which, and taken off, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from typing import TYPE_CHECKING

from netwar.cli.forms import Form
from netwar.cli.services import Services
from netwar.cli.tables import Column, Kind, Table
from netwar.errors import NetwarError

if TYPE_CHECKING:
    from netwar.lists.membership import ListLog

Change = tuple[int, str, str, str, str, str, str]  # when (ms), list by its slug, + or -, id, screen name, why, the list's id

NAMES = ("list", "change", "id", "name", "why")
COLUMNS = (Column("time", Kind.TIME), *map(Column, NAMES), Column("list_id", on_terminal=False))
CHANGES: Table[Change] = Table(COLUMNS, lambda one: one)


def show(services: Services, index: str, given: str | None, form: Form) -> str:
    """Print what happened on the lists that are followed into an index, or on one, in the order of times; the outcome."""
    from netwar.lists.membership import ListLog, logs
    from netwar.records.documents import tweets_index
    from netwar.records.text import plural

    tweets = tweets_index(services.index(index))  # which may have no tweets yet
    kept = [ListLog(services.archive, tweets, list_id) for list_id in logs(services.archive, tweets)]
    if not kept:
        services.recorded("tw", index)
        raise NetwarError(f"no list is followed into {index}")
    chosen = _chosen(kept, given) if given else kept
    counts = {"+": 0, "-": 0}

    def counted() -> Iterator[Change]:
        for change in _changes(services, tweets.replace("tw", "tu", 1), chosen):
            counts[change[2]] += 1
            yield change

    CHANGES.write(form, counted())
    now = len({user for log in chosen for user in log.members()})
    outcome = f"{counts['+']:,} put on and {counts['-']:,} taken off {plural(len(chosen), 'list')}; {plural(now, 'user')} on now"
    return "; ".join([outcome, *_troubles(chosen)])


def _chosen(logs: Sequence[ListLog], given: str) -> list[ListLog]:
    """The lists that an id, a slug or a name means. Raises NetwarError where there is none."""
    from netwar.lists.slugs import slug

    found = [log for log in logs if given == log.list_id] or [log for log in logs if slug(log.state().name) == slug(given) != ""]
    if found:
        return found
    raise NetwarError(f"no list {given} is followed; there are {', '.join(log.label() for log in logs)}")


def _changes(services: Services, users: str, logs: Sequence[ListLog]) -> Iterator[Change]:
    """Every event of the lists, with names as they are recorded."""
    from netwar.lists.membership import LISTED
    from netwar.profiles.identity import names
    from netwar.profiles.membership import BATCH_SIZE
    from netwar.records.idlists import portions

    labels = {log.list_id: log.label() for log in logs}
    events = merge(*([(event, log.list_id) for event in log.events()] for log in logs), key=lambda one: one[0].at)
    for some in portions(events, BATCH_SIZE):
        known = names(services.archive, users, list({event.user for event, _ in some}))
        for event, list_id in some:
            sign = "+" if event.what == LISTED else "-"
            yield event.at, labels[list_id], sign, event.user, known.get(event.user, ""), event.detail, list_id


def _troubles(logs: Sequence[ListLog]) -> Iterator[str]:
    """Lists that X does not show, since when."""
    from netwar.records.times import minute

    for log in logs:
        state = log.state()
        if state.trouble:
            yield f"list {log.label()} is {state.trouble} since {minute(state.since)}, its members stay"
