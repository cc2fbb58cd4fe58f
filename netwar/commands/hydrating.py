"""How the buying of posts by ids meets the operator: which are left to buy, the price, the bar, what is gone, the outcome."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netwar.cli.forms import Form
from netwar.cli.services import Services
from netwar.cli.tables import Column, Table
from netwar.commands.post_price import post_price
from netwar.records.text import plural

if TYPE_CHECKING:
    from netwar.cli.rejected import Rejected
    from netwar.imports.hydrate import Hydration, HydrationProgress

log = logging.getLogger("netwar.imports")
PORTION = 1_000  # ids that the archive is asked for at once
UNTOLD = "unknown"  # X says nothing of it

GONE: Table[tuple[str, str, str]] = Table([Column("id"), Column("why"), Column("words")], lambda row: row)


@dataclass(frozen=True, slots=True)
class HydrateOptions:
    """Whether to wait for rate windows, to buy without asking, to ask again for what was gone, and only to say the price."""

    wait: bool = False
    yes: bool = False
    again: bool = False
    estimate: bool = False


@dataclass(slots=True)
class Wanted:
    """The ids that are left to buy, in the order of the file, and how many different ones it has."""

    ids: array[int]
    named: int = 0

    def some(self, first: int, count: int) -> list[str]:
        """The ids from a place on."""
        return list(map(str, self.ids[first : first + count]))


def hydrated(services: Services, file: str, index: str, wish: HydrateOptions, form: Form) -> str:
    """Buy the posts that a file names and an index lacks; the outcome. Raises ItemsFailed where lines name no post, and where X
    says nothing of some."""
    from netwar.cli.rejected import Rejected
    from netwar.commands.recording import replayed
    from netwar.records.documents import tweets_index, users_index

    name = services.index(index)
    before = ""
    if not wish.estimate:
        services.exclusive(f"posts of {name}", "what was bought is kept, and the same command goes on there")
        before = replayed(services, tweets_index(name), users_index(name))
    with Rejected(services, file) as rejected:
        wanted = _wanted(services, file, tweets_index(name), wish.again, rejected)
    silent = 0
    if not wanted.ids:
        outcome = f"nothing is left to buy of {plural(wanted.named, 'id')}"
    elif wish.estimate:
        outcome = f"{_price(services, wanted)[0]}; nothing was bought"
    else:
        progress = _bought(services, name, wanted, wish, form)
        outcome, silent = _told(progress), progress.silent
    return _checked(f"{before}tw{name}: {outcome}", silent, rejected)


def _checked(outcome: str, silent: int, rejected: Rejected) -> str:
    from netwar.errors import ItemsFailed

    wrong = [f"X said nothing of {plural(silent, 'post')}: run again"] if silent else []
    wrong += [f"{plural(rejected.count, 'line')} without an id of a post ({rejected.where})"] if rejected.count else []
    if wrong:
        raise ItemsFailed("; ".join([outcome, *wrong]))
    return outcome


def _wanted(services: Services, file: str, tweets: str, again: bool, rejected: Rejected) -> Wanted:
    from netwar.cli.distinct import Distinct
    from netwar.imports.hydrate import wanted
    from netwar.records.idlists import portions

    found = Wanted(array("Q"))
    with Distinct() as distinct:
        for some in portions(_ids(file, rejected), PORTION):
            new = [some[place] for place in distinct.new(some)]
            found.named += len(new)
            found.ids.extend(map(int, wanted(services.archive, tweets, new, again=again)))
    return found


def _ids(file: str, rejected: Rejected) -> Iterator[str]:
    from netwar.connections.given_files import opener
    from netwar.errors import NetwarError
    from netwar.imports.id_files import ids
    from netwar.imports.opening import Damaged, opened
    from netwar.records.entries import Fault

    with opened(file, opener) as content:
        try:
            for one in ids(content):
                if isinstance(one, Fault):
                    rejected.add(one)
                else:
                    yield one[1]
        except Damaged as error:
            raise NetwarError(f"{file}: {error}: nothing was bought") from error


def _price(services: Services, wanted: Wanted) -> tuple[str, int]:
    """What the posts cost, in words, and at most (micro-dollars)."""
    count = len(wanted.ids)
    price, most = post_price(services, count)
    known = f"{wanted.named - count:,} of {plural(wanted.named, 'id')} are known already; "
    return f"{known if wanted.named > count else ''}{plural(count, 'post')} to buy: {price}", most


def _bought(services: Services, name: str, wanted: Wanted, wish: HydrateOptions, form: Form) -> HydrationProgress:
    """Say the price, have it agreed to, and buy them all. What stops that early is raised with a note of what was done."""
    from netwar.archive.base import Store
    from netwar.commands.follow_target import agree_to
    from netwar.imports.hydrate import Hydration
    from netwar.records.dialects import DIALECTS

    told, most = _price(services, wanted)
    agree_to(services, "posts", told, most, yes=wish.yes)
    absent: list[tuple[str, str, str]] = []
    run = Hydration(
        services.twitter,
        Store(services.archive, services.spool),
        name,
        told=lambda id, why, words: absent.append((id, why or UNTOLD, words)),
        checked=DIALECTS[services.twitter.dialect].checked,
    )
    with _told_in_the_end(services, name, run):
        GONE.write(form, _rows(services, run, wanted, wish, absent, name))
    return run.progress


def _rows(
    services: Services, run: Hydration, wanted: Wanted, wish: HydrateOptions, absent: list[tuple[str, str, str]], name: str
) -> Iterator[tuple[str, str, str]]:
    """What does not come, while the others are bought."""
    from netwar.imports.hydrate import MAX_POSTS

    with services.report.work(f"tw{name}", len(wanted.ids)) as bar:
        services.report.counting(run.progress)
        done = 0
        while some := wanted.some(done, MAX_POSTS):
            services.room()
            asked = _through_rate_limits(services, run, some, wish)
            done += asked
            bar.update(asked, f"${run.progress.micro / 1e6:.2f}")
            yield from absent
            absent.clear()


def _through_rate_limits(services: Services, run: Hydration, ids: list[str], wish: HydrateOptions) -> int:
    from netwar.errors import RateLimited
    from netwar.work.loop import tell_of_waiting

    while True:
        try:
            return run.buy(ids)
        except RateLimited as limited:
            if not wish.wait:
                raise
            tell_of_waiting(limited.wait, f"{plural(run.progress.posts, 'post')} so far")
            services.report.sleep(limited.wait)


@contextmanager
def _told_in_the_end(services: Services, name: str, run: Hydration) -> Iterator[None]:
    from netwar.cli.signals import Stopped
    from netwar.errors import NetwarError

    try:
        yield
    except (NetwarError, Stopped) as error:
        error.add_note(f"tw{name}: {_told(run.progress)}")
        raise
    finally:
        services.report.counted(run.progress)


def _told(progress: HydrationProgress) -> str:
    from netwar.work.summary import documents

    told = f"{plural(progress.posts, 'post')} bought for ${progress.micro / 1e6:,.3f}; {documents(progress.tally)}"
    absent = ", ".join(f"{count:,} {why}" for why, count in progress.unavailable.most_common() if count)
    return f"{told}; not to be had: {absent}" if absent else told
