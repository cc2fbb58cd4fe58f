"""How far tracking is: the three sets, the round and its pace, who is due, who is held and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from netwar.cli.forms import Form
from netwar.cli.output import as_json, echo
from netwar.cli.prompts import consented
from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.records.documents import tweets_index, users_index
from netwar.records.idlists import portions
from netwar.records.text import plural
from netwar.records.times import iso, minute

if TYPE_CHECKING:
    from netwar.queues.roster import Member, Roster, Round
    from netwar.tracking.schedule import Schedule

BATCH_SIZE = 1_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A member as they are shown: by what screen name, in which set beside SEEN, when they are due (ms, 0 at once), and their
    lists as people know them."""

    member: Member
    name: str
    where: str
    due: int
    slugs: str


def _cells(one: Shown) -> tuple[Cell, ...]:
    member = one.member
    lists = ",".join(member.lists)
    return (
        one.where, member.user, one.name, lists, member.since, member.asked, one.due or None, member.held or None,
        round(member.rate), one.slugs, member.detail,
    )  # fmt: skip


MEMBERS: Table[Shown] = Table(
    [
        *map(Column, ("state", "id", "name")),
        Column("lists", on_terminal=False),
        *(Column(name, Kind.TIME, on_terminal=False) for name in ("since", "asked")),
        Column("due", Kind.TIME),
        Column("held_until", Kind.TIME, on_terminal=False),
        Column("posts_a_day", Kind.COUNT, on_terminal=False),
        *map(Column, ("slugs", "detail")),
    ],
    _cells,
)


def show(services: Services, index: str, form: Form, within: float | None) -> None:
    """Print the sets, the round, and everybody who is on the lists, those who are due first; or one JSON object; or CSV.

    `within` is the bound (seconds), None for that of the last run."""
    from netwar.tracking import kept_bound
    from netwar.tracking.rounds import known
    from netwar.tracking.schedule import DAY, planned

    roster = services.roster(index)
    within = within or kept_bound.kept(services.archive, tweets_index(index), services.observer) or DAY
    members = known(list(roster.members()), services.archive, tweets_index(index))
    schedule = planned((member.rate for member in members), within, services.twitter.timelines_in_a_window())
    shown = sorted(_shown(services, index, roster, members, schedule), key=lambda one: (one.due, one.member.user))
    if form is Form.JSON:
        bound = {"within": within, "bound": schedule.bound}
        echo(as_json({**_state(roster, index), **bound, "members": [MEMBERS.of(one) for one in shown]}))
        return
    if form is not Form.CSV:
        for line in _lines(services, roster, index, members, shown, schedule):
            echo(line)
    MEMBERS.write(form, shown)


def wipe(services: Services, index: str, *, yes: bool) -> str:
    """Empty the three sets, after asking; the outcome. Raises UsageError where nobody can be asked."""
    from netwar.errors import Declined

    roster = services.roster(index)
    would_go = (
        f"{plural(len(roster), 'member')}, {len(roster.adds):,} on ADDS and {len(roster.work):,} on WORK would be forgotten"
    )
    if not consented(would_go, f"{would_go}. Forget them?", yes=yes):
        raise Declined("nothing was wiped")
    gone = roster.clear()
    return (
        f"{plural(gone.members, 'member')} forgotten, {gone.adds.waiting:,} on ADDS and {gone.work.waiting:,} on WORK; "
        "whoever is on a list joins again at the next run of tw-tracklists, and nothing that is recorded is read again"
    )


def _shown(services: Services, index: str, roster: Roster, members: Sequence[Member], schedule: Schedule) -> list[Shown]:
    from netwar.lists.membership import ListLog

    claimed = {one.user for queue in (roster.adds, roster.work) for one in queue.claimed()}
    failed = {one.user for queue in (roster.adds, roster.work) for one in queue.failed()}
    places = {**dict.fromkeys(roster.work.waiting(), "work"), **dict.fromkeys(roster.adds.waiting(), "adds")}
    places |= dict.fromkeys(failed, "failed") | dict.fromkeys(claimed, "claimed")
    names: dict[str, str] = {}
    for some in portions((member.user for member in members), BATCH_SIZE):
        names |= {user: kept.name for user, kept in services.archive.profiles(users_index(index), some).items()}
    lists = {id for one in members for id in one.lists}
    labels = {id: ListLog(services.archive, tweets_index(index), id).label() for id in lists}
    return [
        Shown(
            *(one, names.get(one.user, ""), places.get(one.user, "held" if one.held else "seen"), schedule.due(one)),
            ",".join(labels[id] for id in one.lists),
        )
        for one in members
    ]


def _state(roster: Roster, index: str) -> dict[str, Any]:
    current = roster.round()
    return {
        "index": index,
        "seen": len(roster),
        "adds": len(roster.adds),
        "work": len(roster.work),
        "round": {**asdict(current), "began_utc": iso(current.began)},
    }


def _lines(
    services: Services, roster: Roster, index: str, members: Sequence[Member], shown: Sequence[Shown], schedule: Schedule
) -> list[str]:
    from netwar.tracking.schedule import spoken

    now, current = services.twitter.now(), roster.round()
    due, held = sum(1 for one in shown if one.due <= now), sum(1 for one in shown if one.member.held > now)
    asked = sum(1 for one in members if 0 <= now - one.asked < 3_600_000)
    lines = [
        f"{index}: SEEN {len(roster):,}, ADDS {len(roster.adds):,}, WORK {len(roster.work):,}; {due:,} due, {held:,} held",
        f"{_told(current, len(roster.work))}; {asked:,} asked in the last hour",
        f"each is asked within {spoken(schedule.bound)}, the busiest sooner; asking everybody once takes "
        f"{spoken(schedule.round_seconds)} at {schedule.capacity:,} requests of the account in 15 minutes",
    ]
    return [*lines, str(schedule)] if schedule.is_short else lines


def _told(current: Round, left: int) -> str:
    if not current.number:
        return "no round has begun yet"
    done = max(current.size - left, 0)
    return f"round {current.number:,}: {done:,} of {current.size:,} done, begun {minute(current.began)} UTC"
