"""How exports meet the operator: the bar, the outcome, and what X allows to be shared."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from netwar.cli import click
from netwar.cli.services import Services
from netwar.commands.export_options import Way, Wish
from netwar.commands.search_options import check_order, ms
from netwar.errors import NetwarError

if TYPE_CHECKING:
    from netwar.exports.log import Entry, ExportLog, Shared
    from netwar.exports.run import Exporter, Order
    from netwar.exports.selection import Chosen

IDS_OF = "tw-dumptweets INDEX --ids"  # what has the ids that somebody may be given, for programs that have none
LOG = "exports.jsonl"


def tweets(services: Services, index: str, wish: Wish, way: Way) -> str:
    """Export tweets of an index; the outcome."""
    name = services.recorded("tw", index)
    return _exported(services, chosen(services, name, wish), way)


def users(services: Services, index: str, query: str, way: Way, *, versions: bool) -> str:
    """Export users of an index or of usertest, with what their profiles said before if `versions`; the outcome."""
    if versions and way.form.name in ("ids", "twarc"):
        raise click.UsageError("--versions goes with JSON lines, --csv and --parquet")
    name = services.collection(index)
    return _exported(services, chosen(services, name, Wish(query)), way, versions=versions)


def chosen(services: Services, index: str, wish: Wish) -> Chosen:
    """The documents of an index (a full name) that are wanted. Raises as `reports.search.check` does."""
    from netwar.exports.selection import Chosen, Selection
    from netwar.profiles.identity import who
    from netwar.reports.search import Within, authors_meant, check

    check_order(wish.since, wish.until)
    check(services.archive, index, wish.query, Within.of(wish.user))
    authors = frozenset(authors_meant(services.archive, index, who(wish.user))) if wish.user else None
    times = ms(wish.since), ms(wish.until)
    return Chosen(index, Selection(wish.query, *times, authors, frozenset(wish.lang), frozenset(wish.kind)))


def _exported(services: Services, chosen: Chosen, way: Way, *, versions: bool = False) -> str:
    from netwar.exports.log import ExportLog
    from netwar.exports.run import Order

    log = ExportLog(services.data / LOG)
    order = Order(chosen, way.form, way.to, versions, _identity(services))
    try:
        with _exporter(services, log, order) as exporter:
            done = _made(services, exporter, order, way)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    services.report.counted(done)
    return "; ".join([_told(done), *shared(log, way.to, ids="--ids" if chosen.index.startswith("tw") else IDS_OF)])


@contextmanager
def _exporter(services: Services, log: ExportLog, order: Order) -> Iterator[Exporter]:
    """With a bar, unless what is exported is shown where that would be."""
    from netwar.exports.run import Exporter

    index = order.chosen.index
    if order.form.shown:
        yield Exporter(services.archive, log, lambda count: None)
        return
    with services.report.work(index, services.archive.count(index)) as bar:
        yield Exporter(services.archive, log, bar.update)


def _made(services: Services, exporter: Exporter, order: Order, way: Way) -> Entry:
    from netwar.cli.output import put_bytes

    if way.file:
        services.left = f"{way.file} is as it was" + ("; the same command goes on" if way.resume else "")
        return exporter.to_file(order, way.file, resume=way.resume)
    if order.form.name == "parquet" and order.form.shown:
        raise NetwarError("Parquet is nothing for a terminal: name a FILE, or put a pipe behind this")
    return exporter.to_stream(order, put_bytes, sys.stdout.flush)


def _identity(services: Services) -> str:
    """The archive by a name that it has for all hosts that ask it."""
    from netwar.connections.runs import HOST

    return services.cluster.where if services.settings.elksg else f"{HOST}:{services.data.resolve()}"


def _told(done: Entry) -> str:
    from netwar.records.text import plural

    what = plural(done.count, "tweet" if done.index.startswith("tw") else "user")
    where = f" into {done.path}" if done.path else ""
    return f"{what} of {done.index}{where}: {done.bytes:,} bytes, sha256 {done.sha256}"


def shared(log: ExportLog, to: str, *, ids: str = IDS_OF) -> Iterator[str]:
    """What somebody was given of late, beside what X allows; `ids` is how ids are had instead."""
    from netwar.exports import log as limits

    if not to:
        return
    told = log.shared(to, int(time.time() * 1000))
    given = f"{told.ids:,} post ids in {limits.IDS_DAYS} days, of {limits.IDS_SHARED:,} that X allows"
    objects = f"{told.objects:,} whole posts and users in a day, of {limits.OBJECTS_SHARED:,}"
    yield f"{to} was given {given}, and {objects}"
    if told.is_too_much:
        yield from _too_much(told, ids)


def _too_much(told: Shared, ids: str) -> Iterator[str]:
    from netwar.exports import log as limits

    if told.objects > limits.OBJECTS_SHARED:
        yield f"that is more than X allows: share ids ({ids}), with which the recipient can buy the posts"
    if told.ids > limits.IDS_SHARED:
        yield "that is more ids than X allows without its consent"
