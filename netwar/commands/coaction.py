"""How coordination meets the operator: tweets in, an edge list of users who did the same out."""

from __future__ import annotations

import csv
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from netwar.cli.files import replaced
from netwar.cli.output import data
from netwar.cli.services import Services

if TYPE_CHECKING:
    from netwar.interactions.choice import Choice
    from netwar.interactions.coaction import Coaction

WAYS = ("retweet", "link", "hashtag", "text")
PAIRS = ("source", "target", "weight", "things", "seconds", "first", "last")
ACTIONS = ("object_id", "account_id", "content_id", "timestamp_share")  # as CooRTweet calls them


@dataclass(frozen=True, slots=True)
class CoactionOptions:
    """What makes a match, which pairs are written, or whether the actions themselves are."""

    by: str
    within: float
    most: int
    least_weight: int
    actions: bool


def listed(services: Services, index: str, output: str | None, choice: Choice, asked: CoactionOptions) -> str:
    """Write the pairs of users of an index, or all actions; the outcome."""
    from netwar.connections.sqlite_scratch import Scratch
    from netwar.interactions.coaction import TABLES, Coaction
    from netwar.records.idlists import portions
    from netwar.records.text import plural

    services.looks = True
    tweets, meant = services.recorded("tw", index), 0
    with (
        replaced(Path(output)) if output else nullcontext(data()) as out,
        Scratch(TABLES) as scratch,
        services.report.work(f"tweets of {tweets}", services.archive.count(tweets)) as bar,
    ):
        coaction = Coaction(scratch, asked.by, asked.within, asked.most)
        for some in portions(choice.of(services.archive, tweets), 1000):
            bodies = [body for body in some if choice.holds(body)]
            meant += len(bodies)
            coaction.add(bodies)
            bar.update(len(some))
        written = _write_actions(out, coaction) if asked.actions else _write_pairs(out, coaction, asked.least_weight)
    told = coaction.told
    outcome = f"{written}, of {plural(told.actions, 'action')} in {plural(meant, 'tweet')}"
    if told.crowded:
        outcome += f"; {plural(told.crowded, 'action')} left out, of what more than {asked.most:,} did within {asked.within:g} s"
    return outcome


def _write_pairs(out: TextIO, coaction: Coaction, least_weight: int) -> str:
    from netwar.interactions.moments import moment
    from netwar.records.text import plural

    table, count = csv.writer(out, lineterminator="\n"), 0
    table.writerow(PAIRS)
    for one in coaction.pairs(least_weight):
        seconds = f"{one.seconds:.3f}"
        table.writerow([one.source, one.target, one.weight, one.things, seconds, moment(one.first), moment(one.last)])
        count += 1
    return plural(count, "pair")


def _write_actions(out: TextIO, coaction: Coaction) -> str:
    from netwar.records.text import one_line, plural

    table = csv.writer(out, lineterminator="\n")
    table.writerow(ACTIONS)
    table.writerows([one_line(one.thing), one.user, one.tweet, one.at // 1000] for one in coaction.actions())
    return plural(coaction.told.actions, "action")
