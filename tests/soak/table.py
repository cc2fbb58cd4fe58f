"""How often each program runs: a row or more for each program in bin/, and the lines of the shipped crontab.

A new program gets a row here. tests/test_soak.py fails for one that has none.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from random import Random

from tests.desk import ROOT
from tests.soak import programs as do
from tests.soak.programs import Around, Row
from tests.soak.runs import Command, Run
from tests.soak.signing import begin
from tests.soak.streaming import streamed

ROWS: dict[str, list[tuple[int, Row]]] = {
    "tw-1name": [(1, lambda around: Command("tw-1name", [around.one()["name"], *do.NAMED(around)], expected=do.FAILS))],
    "tw-1num": [(1, lambda around: Command("tw-1num", [around.one()["id"], *do.NAMED(around)], expected=do.FAILS))],
    "tw-1tweet": [(1, do.tweet)],
    "tw-amplifiers": [(1, do.plain("tw-amplifiers", do.INDEX, expected=do.FAILS))],
    "tw-auth": [(1, begin)],
    "tw-backup": [(2, do.backed_up)],
    "tw-doctor": [(1, do.plain("tw-doctor", "--json", expected=do.FAILS))],
    "tw-chkstreams": [(1, do.plain("tw-chkstreams", expected=do.FAILS))],
    "tw-coaction": [(1, do.coaction)],
    "tw-conversation": [(1, do.conversation)],
    "tw-copy": [(1, do.copy)],
    "tw-count": [(1, do.counted)],
    "tw-coverage": [(1, do.coverage)],
    "tw-dequeue": [(1, do.dequeue)],
    "tw-dumptweets": [(2, do.dumped("tw-dumptweets")), (1, do.plain("tw-dumptweets", do.INDEX, "--ids", expected=do.FAILS))],
    "tw-dumpusers": [(1, do.dumped("tw-dumpusers"))],
    "tw-elk": [(1, do.elk)],
    "tw-elkauth": [(1, do.elkauth)],
    "tw-elkinit": [(1, do.elkinit)],
    "tw-failed": [
        (1, do.plain("tw-failed", "work", expected=do.FAILS)),
        (1, do.plain("tw-failed", "usertest", "--json", expected=do.FAILS)),
        (1, do.plain("tw-failed", "work", "--retry", expected=do.FAILS)),
    ],
    "tw-file2filt": [(1, do.filtered)],
    "tw-fixgraph": [(1, do.edges)],
    "tw-follow2usertest": [(2, do.follow("tw-follow2usertest"))],
    "tw-followdiff": [(1, do.diff)],
    "tw-followdump": [(1, do.dump)],
    "tw-followquick": [(1, do.quick("tw-followquick"))],
    "tw-friend2usertest": [(2, do.follow("tw-friend2usertest"))],
    "tw-friendquick": [(1, do.quick("tw-friendquick"))],
    "tw-graph": [
        (10, do.plain("tw-graph", "feed", expected=do.FAILS)),
        (1, do.plain("tw-graph", "status", "--json", expected=do.FAILS)),
        (1, do.plain("tw-graph", "check", do.INDEX, expected=do.FAILS)),
        (1, do.plain("tw-graph", "rebuild", do.INDEX, expected=do.FAILS)),
        (1, do.followed),
    ],
    "tw-exports": [(1, do.plain("tw-exports")), (1, do.plain("tw-exports", "--json"))],
    "tw-harvestlinks": [(1, do.plain("tw-harvestlinks", do.INDEX, "--by", "host", expected=do.FAILS))],
    "tw-gexf": [(2, do.gexf)],
    "tw-help": [(1, do.plain("tw-help"))],
    "tw-gaps": [(1, do.gaps)],
    "tw-hydrate": [(2, do.hydrated)],
    "tw-idu3elk": [(20, do.capture)],
    "tw-import": [(2, do.imported)],
    # On a full disk one index can be read and another cannot.
    "tw-indices": [(1, do.plain("tw-indices", expected=do.FAILS)), (1, do.plain("tw-indices", "--json", expected=do.FAILS))],
    "tw-list2filt": [(1, do.listed("tw-list2filt"))],
    "tw-listlog": [(1, do.plain("tw-listlog", do.INDEX, expected=do.FAILS))],
    "tw-listmembers": [(1, do.listed("tw-listmembers"))],
    "tw-lists": [(1, do.plain("tw-lists", expected=do.FAILS))],
    "tw-mend": [(1, do.mend)],
    "tw-myname": [(1, do.plain("tw-myname"))],
    "tw-neighbors": [(1, do.neighbors)],
    "tw-perflog": [(1, do.plain("tw-perflog", "soak", "it goes on")), (1, do.plain("tw-perflog", "--last", "9", "--json"))],
    "tw-queue2usertest": [(5, do.profiles)],
    "tw-quser2usertest": [(3, do.queued("tw-quser2usertest", "usertest"))],
    "tw-quser2work": [(12, do.queued("tw-quser2work", "work"))],
    "tw-rates": [(1, do.rates)],
    "tw-restore": [(1, do.restored)],
    "tw-rules": [(1, do.plain("tw-rules", expected=do.FAILS)), (1, do.plain("tw-rules", "--json", expected=do.FAILS))],
    "tw-sandbox": [],  # is the world
    "tw-search": [(2, do.search)],
    "tw-search2elk": [(4, do.searched)],
    "tw-showmywork": [(1, do.plain("tw-showmywork", do.INDEX)), (1, do.plain("tw-showmywork", do.INDEX, "--json"))],
    "tw-showusertest": [(1, lambda around: Command("tw-showusertest", do.SHOWN(around)))],
    "tw-showwork": [(1, lambda around: Command("tw-showwork", do.SHOWN(around)))],
    "tw-spend": [
        (2, do.plain("tw-spend")),
        (1, do.plain("tw-spend", "--no-ask", "--json")),
        (1, do.plain("tw-spend", "--by", "month")),
    ],
    "tw-status": [
        (2, do.plain("tw-status", expected=do.FAILS)),
        (1, do.plain("tw-status", "--json", expected=do.FAILS)),
        (1, do.plain("tw-status", "-q", "--prometheus", "netwar.prom", expected=do.FAILS)),
    ],
    "tw-stream": [(14, streamed)],
    "tw-supervise": [(1, do.supervised)],
    "tw-tagnode": [(1, do.tagged)],
    "tw-tnamesearch": [(1, do.audit("tw-tnamesearch", "name"))],
    "tw-top": [(1, do.plain("tw-top", do.INDEX, "--json", expected=do.FAILS))],
    "tw-touchindex": [(1, do.plain("tw-touchindex", "touched"))],
    "tw-tracklists": [(6, do.plain("tw-tracklists", do.INDEX, "--relist", "5", expected=do.FAILS))],
    "tw-tumsearch": [(1, do.audit("tw-tumsearch", "id"))],
    "tw-usersearch": [(1, do.people)],
    "tw-usersearchadd": [(1, do.audit("tw-usersearchadd", ""))],
    "tw-verify": [(1, do.verified)],
    "tw-wipemywork": [(1, do.plain("tw-wipemywork", do.INDEX, "--yes"))],
    "tw-wipeusertest": [(1, do.wipe("tw-wipeusertest", "usertest"))],
    "tw-wipework": [(1, do.wipe("tw-wipework", "weekly"))],
}
# How often a line of the crontab comes, by the minutes between two starts; what comes once a day or a week comes seldom.
OFTEN = {"": 25, "2": 25, "5": 8}
SELDOM = 3


def drawn(around: Around, chance: Random) -> Command:
    """The next command of an account."""
    weighted = [*(entry for rows in ROWS.values() for entry in rows), *cron()]
    while True:
        (row,) = chance.choices([row for _, row in weighted], [weight for weight, _ in weighted])
        if command := row(around):
            return command if "--config" in command.arguments else configured(command, around)


def configured(command: Command, around: Around) -> Command:
    return replace(command, arguments=[*command.arguments, "--config", str(around.account.config)])


MAY_FAIL = ("tw-elk", "tw-follow2usertest", "tw-status")  # the last one says that others have


def cron() -> list[tuple[int, Row]]:
    """The lines of crontab.txt, with what an operator would change in them."""
    lines = [line for line in (ROOT / "crontab.txt").read_text().splitlines() if re.match(r"[*0-9]", line)]
    often = [OFTEN[line.split()[0].partition("/")[2]] if line.split()[1] == "*" else SELDOM for line in lines]
    return [(weight, _row(line)) for weight, line in zip(often, lines, strict=True)]


def _row(line: str) -> Row:
    """Commands of one line follow each other as long as they end well."""
    first, *others = re.sub(r"\$\(date [^)]*\)", "DATE", line.split(maxsplit=5)[5]).split(" && ")
    following = [_command(other) for other in others]

    def row(around: Around) -> Command | None:
        command = _command(first)(around)
        return replace(command, then=lambda run: _next(run, around, following)) if command and following else command

    return row


def _next(run: Run, around: Around, rows: list[Row]) -> Command | None:
    command = rows[0](around) if run.poll() == 0 else None
    return replace(command, then=lambda run: _next(run, around, rows[1:])) if command and rows[1:] else command


def _command(text: str) -> Row:
    words = shlex.split(text)

    def row(around: Around) -> Command | None:
        if words[0] == "tw-elk" and not around.elastic:
            return None
        arguments = [_meant(around, word) for word in words[1:]]
        if words[0] == "tw-quser2work":
            queue = "weekly" if "weekly" in words else "work"
            made = do.filling(around, words[0], arguments, queue)
            (around.account.home / "lists" / "watched").write_text(made.given)
            return replace(made, given="")
        # A snapshot is refused while another one is taken, and under a name that is taken.
        return Command(words[0], arguments, expected=do.FAILS if words[0] in MAY_FAIL else frozenset())

    return row


def _meant(around: Around, word: str) -> str:
    """A word of the crontab as this operator writes it."""
    if word.startswith("~/accounts/"):
        return str(around.account.config)
    if word == "our_account":
        return around.listed()
    return word.replace("~", str(around.account.home)).replace("DATE", str(around.chance.randrange(1 << 30)))
