"""How coordination meets the operator: tweets in, an edge list of users who did the same out."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netwar.cli.services import Services
from netwar.commands.logged import Going, Outgoing, outcome, outgoing, query

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
    to: str

    @property
    def given(self) -> list[tuple[str, Any]]:
        """All that decides which pairs there are."""
        return [("by", self.by), ("within", self.within), ("most", self.most), ("least-weight", self.least_weight)]


def listed(services: Services, index: str, output: str | None, choice: Choice, asked: CoactionOptions) -> str:
    """Write the pairs of users of an index, or all actions; the outcome."""
    from netwar.connections.sqlite_scratch import Scratch
    from netwar.interactions.coaction import TABLES, Coaction
    from netwar.records.idlists import portions
    from netwar.records.text import plural

    services.looks = True
    tweets, meant = services.recorded("tw", index), 0
    users, asked_for = tweets.replace("tw", "tu", 1), query([*choice.given, *asked.given])
    going = Going(tweets, "actions", asked_for, asked.to) if asked.actions else Going(users, "pairs", asked_for, asked.to)
    with (
        outgoing(services, going, output or "-") as out,
        Scratch(TABLES) as scratch,
        services.report.work(f"tweets of {tweets}", services.archive.count(tweets)) as bar,
    ):
        coaction = Coaction(scratch, asked.by, asked.within, asked.most)
        for some in portions(choice.of(services.archive, tweets), 1000):
            bodies = [body for body in some if choice.holds(body)]
            meant += len(bodies)
            coaction.add(bodies)
            bar.update(len(some))
        if asked.actions:
            _write_actions(out, coaction)
        else:
            _write_pairs(out, coaction, asked.least_weight)
    told, what = coaction.told, "action" if asked.actions else "pair"
    done = f"{plural(out.count, what)}, of {plural(told.actions, 'action')} in {plural(meant, 'tweet')}"
    if told.crowded:
        done += f"; {plural(told.crowded, 'action')} left out, of what more than {asked.most:,} did within {asked.within:g} s"
    return outcome(services, done, asked.to)


def _write_pairs(out: Outgoing, coaction: Coaction, least_weight: int) -> None:
    from netwar.interactions.moments import moment

    table = csv.writer(out, lineterminator="\n")
    table.writerow(PAIRS)
    for one in out.counting(coaction.pairs(least_weight)):
        seconds = f"{one.seconds:.3f}"
        table.writerow([one.source, one.target, one.weight, one.things, seconds, moment(one.first), moment(one.last)])


def _write_actions(out: Outgoing, coaction: Coaction) -> None:
    from netwar.records.text import one_line

    table = csv.writer(out, lineterminator="\n")
    table.writerow(ACTIONS)
    actions = out.counting(coaction.actions())
    table.writerows([one_line(one.thing), one.user, one.tweet, one.at // 1000] for one in actions)
