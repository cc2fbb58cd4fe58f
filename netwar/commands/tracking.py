"""How tracking meets the operator: what is recorded of whom, what it would cost, what is known of the lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from netwar.cli import click
from netwar.cli.metering import price
from netwar.cli.services import Services
from netwar.commands.recording import failures, read_so_far, replayed
from netwar.records.documents import tweets_index, users_index
from netwar.records.text import plural

if TYPE_CHECKING:
    from netwar.lists.watch import Watch
    from netwar.queues.roster import Member
    from netwar.tracking.listing import Listing
    from netwar.tracking.tracker import Tracker

LEFT = "whoever was not done is recorded by the next run"


@dataclass(frozen=True, slots=True)
class TrackingOptions:
    """What the operator asked for: which lists, by the beginning of their slugs or by their ids; within how many seconds
    everybody shall be asked; how often the lists are read (seconds); whether to go on for ever; how deep newcomers are read
    (Bounds)."""

    prefix: str | None
    lists: tuple[str, ...]
    within: float
    relist: float
    wait: bool
    bounds: Any


def tracked(services: Services, index: str, wish: TrackingOptions) -> str:
    """Record the members of the lists whose turn it is; the outcome. What stopped it early is raised after that is said."""
    from netwar.cli.signals import Stopped
    from netwar.errors import ItemsFailed, NetwarError
    from netwar.tracking import kept_bound

    services.modest = True  # there may be as many observers as there is memory for
    services.exclusive(f"lists into {index}", LEFT)
    before = replayed(services, tweets_index(index), users_index(index))
    kept_bound.keep(services.archive, tweets_index(index), services.observer, wish.within)
    label = f"{services.observer} into {tweets_index(index)}"
    with services.report.work(label, len(services.roster(index))) as bar:
        run = _tracker(services, index, wish, bar)
        services.report.counting(run.summary)
        try:
            run.run(wait=wish.wait, sleep=services.report.sleep)
        except (NetwarError, Stopped) as error:
            error.add_note(f"{_who(services)}: {run}")
            raise
        finally:
            services.report.counted(run.summary)
    told = f"{before}{_who(services)}: {run}"
    if run.summary.failed:
        failed = failures(services.archive, users_index(index), run.summary.failed)
        raise ItemsFailed(f"{told}; failed: {failed}; tw-showmywork {index} shows why")
    return told


def forgotten(services: Services, index: str, wish: TrackingOptions, list_id: str) -> str:
    """Take everybody off a list that X does not show any more; the outcome. Raises NetwarError for one that is not followed."""
    from netwar.errors import NetwarError

    services.exclusive(f"lists into {index}", LEFT)
    listing = _listing(services, index, wish)
    if not listing.knows(list_id):
        raise NetwarError(
            f"no list {list_id} of {_who(services)} is followed into {index}; tw-listlog {index} shows those that are"
        )
    shown = listing.is_shown(list_id)
    left = listing.forget(list_id, services.twitter.now())
    told = f"list {list_id} is forgotten: {plural(left, 'member')} on no other list of {_who(services)}, not recorded any more"
    again = "; X showed the list when it was looked at last: if it still does, they join again with the next run"
    return told + again if shown else told


def estimated(services: Services, index: str, wish: TrackingOptions) -> str:
    """What the members who are known cost a day and a month."""
    from netwar.tracking.costs import costs
    from netwar.tracking.schedule import planned

    services.looks = True
    everybody = list(services.roster(index).members())
    members = _on_lists(services, index, wish, everybody)
    if everybody and not members:
        return f"nobody is known to be on these lists yet; without --lists and --prefix all that {_who(services)} follows count"
    if not members:
        return (
            f"nobody is known to be on a list of {_who(services)} yet: the first run reads the lists, at {price('list')} a list "
            f"and {price('user')} a member, and then records each member (tw-idu3elk --estimate tells what that costs)"
        )
    schedule = planned((member.rate for member in members), wish.within, services.twitter.timelines_in_a_window())
    short = f"; {schedule}" if schedule.is_short else ""
    return f"{_who(services)}: {costs(members, services.money)}{short}"


def _on_lists(services: Services, index: str, wish: TrackingOptions, members: Sequence[Member]) -> Sequence[Member]:
    """Those on the lists that the command line names, with these lists alone; all of them where it names none."""
    if not wish.lists and wish.prefix is None:
        return members
    meant = set(wish.lists or _beginning_with(services, index, wish.prefix or ""))
    chosen = (replace(member, lists=tuple(one for one in member.lists if one in meant)) for member in members)
    return [member for member in chosen if member.lists]


def _beginning_with(services: Services, index: str, prefix: str) -> list[str]:
    """The ids of the lists whose slug, as they were named last, begins with this."""
    from netwar.lists.membership import ListLog, logs

    archive, tweets = services.archive, tweets_index(index)
    return [one for one in logs(archive, tweets) if ListLog(archive, tweets, one).label().startswith(prefix)]


def _tracker(services: Services, index: str, wish: TrackingOptions, bar: Any) -> Tracker:
    from netwar.archive.base import Store
    from netwar.timelines.worker import TimelineWorker
    from netwar.tracking.rounds import Rounds
    from netwar.tracking.tracker import Tracker

    roster, archive = services.roster(index), services.archive

    def make(queue: Any) -> TimelineWorker:
        return TimelineWorker(
            queue,
            services.twitter,
            Store(archive, services.spool),
            index,
            bounds=replace(wish.bounds, newcomers=True),
            report=lambda user, progress: bar.update(0, read_so_far(user, progress)),
            user_done=lambda: bar.update(1),
            room=services.room,
        )

    rounds = Rounds(roster, archive, index, within=wish.within, capacity=services.twitter.timelines_in_a_window())
    return Tracker(roster, services.twitter, _listing(services, index, wish), rounds, make, relist=wish.relist)


def _listing(services: Services, index: str, wish: TrackingOptions) -> Listing:
    from netwar.tracking.listing import Listing

    watch = _watch(services, index, wish.prefix, wish.lists)
    return Listing(watch, services.roster(index), services.archive, index, _who(services))


def _watch(services: Services, index: str, prefix: str | None, lists: Sequence[str]) -> Watch:
    from netwar.archive.base import Store
    from netwar.lists.watch import Watch

    store = Store(services.archive, services.spool)
    prefix = services.settings.prefix if prefix is None else prefix
    return Watch(services.twitter, store, services.observer, index, prefix=prefix, lists=lists)


def _who(services: Services) -> str:
    """The account, for messages: those of many observers end up in one mailbox."""
    from netwar.records.text import named

    return named(services.observer, services.settings.account)


def ids(given: str | None) -> tuple[str, ...]:
    """Ids of lists on the command line, with commas between, one at least where the option is given. Raises UsageError for what
    is none."""
    return () if given is None else tuple(_list_id(one.strip()) for one in given.rstrip(",").split(","))


def one_id(given: str) -> str:
    """The id of a list on the command line. Raises UsageError for what is none, or several."""
    return _list_id(given.strip())


def _list_id(given: str) -> str:
    if not (given.isascii() and given.isdigit() and len(given) < 20):
        raise click.UsageError(f"{given[:20]!r} is no id of a list: tw-lists shows the ids")
    return given


def seconds(given: str) -> float:
    """A length of time on the command line: 90m, 12h, 1d, or seconds. Raises UsageError for what is none."""
    units = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
    number, unit = (given[:-1], given[-1]) if given[-1:] in units else (given, "s")
    try:
        value = float(number) * units[unit]
    except ValueError:
        value = 0
    if not 60 <= value <= 100 * 86_400:
        raise click.UsageError(f"{given[:20]!r} is no length of time such as 90m, 12h or 1d, from a minute to 100 days")
    return value
