"""How each program is called, with what an operator would give it: the rows of the table.

A row makes the command that is to run out of what is around, or None where there is nothing for it to do.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.soak.hosts import Account
from tests.soak.runs import Command
from tests.soak.wishes import CAPTURES, Wishes

INDEX = "brexit"
COPY = "copied"
FAILS = frozenset({1})  # what is asked for may not be there, or not in this list


@dataclass
class Around:
    """What a row may choose from: the account, the world's users as the truth has them, whose followers are read."""

    chance: Random
    account: Account
    users: list[dict[str, str]]
    observed: list[dict[str, str]]
    elastic: bool
    tweets: list[str]
    voices: list[str]  # who post for the stream
    wishes: Wishes
    searched: set[str]  # every line that was searched for

    def some(self, most: int) -> list[dict[str, str]]:
        return self.chance.sample(self.users, self.chance.randint(1, min(most, len(self.users))))

    def entries(self, users: list[dict[str, str]]) -> str:
        """A list of users as people write them: ids and names mixed."""
        return "".join(self.chance.choice((entry(user["id"]), entry(user["id"]), "@" + user["name"])) + "\n" for user in users)

    def one(self) -> dict[str, str]:
        return self.chance.choice(self.users)

    def listed(self) -> str:
        """Somebody whose followers are read, by number or name."""
        user = self.chance.choice(self.observed)
        return self.chance.choice((user["id"], user["name"]))


Row = Callable[[Around], Command | None]


def queued(program: str, queue: str) -> Row:
    def row(around: Around) -> Command:
        return filling(around, program, ["-"], queue)

    return row


def filling(around: Around, program: str, arguments: list[str], queue: str) -> Command:
    """A program that puts users on a queue: what is promised to those who are named by number."""
    given = around.entries(around.some(12))
    ids = tuple(line for line in given.split() if line.isdigit())
    return Command(program, arguments, given, queued=(queue, ids))


def plain(program: str, *arguments: str, expected: frozenset[int] = frozenset()) -> Row:
    return lambda around: Command(program, list(arguments), expected=expected)


def sometimes(*options: list[str]) -> Callable[[Around], list[str]]:
    return lambda around: around.chance.choice(options)


LENGTHS = sometimes([], [], ["--limit", "1"], ["--limit", "3"], ["--wait"])
SHOWN = sometimes([], ["--json"], ["--csv"], ["--names"])
NAMED = sometimes([], ["--history"], ["--json"], ["--ask"])


def capture(around: Around) -> Command:
    plain: list[list[str]] = [[], [], [], ["--refresh", "7"], ["--refresh"], ["--estimate"], ["--queue", "weekly"]]
    more = around.chance.choice([*plain, named_user(around)])
    expected = FAILS if "--user" in more else frozenset[int]()  # who is named may not be to be had
    return Command("tw-idu3elk", [INDEX, *more, *([] if "--estimate" in more else LENGTHS(around))], expected=expected)


def named_user(around: Around) -> list[str]:
    """One user without a queue, whole or in part. (On a queue a part would break the promise to record who is on it.)"""
    user = around.chance.choice((around.one()["id"], around.one()["name"]))
    return ["--user", user, *around.chance.choice(([], ["--most", "30"], ["--since", "2020-01-01"], ["--budget", "0.5"]))]


def profiles(around: Around) -> Command:
    more = around.chance.choice(([], [], ["--again"], ["--fresh", "0"]))
    return Command("tw-queue2usertest", [*more, *LENGTHS(around)])


def follow(program: str) -> Row:
    def row(around: Around) -> Command:
        more = around.chance.choice((["--yes"], ["--yes", "--wait"], ["--yes", "--ids-only"], ["--yes", "--every", "7"]))
        return Command(program, [around.listed(), *more], expected=FAILS)

    return row


def quick(program: str) -> Row:
    return lambda around: Command(
        program, [around.listed(), "ids.txt", "--yes", *sometimes([], ["--wait"])(around)], expected=FAILS
    )


def listed(program: str) -> Row:
    """A program that reads a list: the accounts have one, or none."""
    return lambda around: Command(program, ["nsce-soak", "--yes"], expected=FAILS)


def followed(around: Around) -> Command:
    return Command("tw-graph", ["follows", around.listed(), "--index", INDEX], expected=FAILS)


def neighbors(around: Around) -> Command:
    user = around.chance.choice((around.one()["id"], around.one()["name"]))
    return Command("tw-neighbors", [user, "--index", INDEX, *sometimes([], ["--json"])(around)], expected=FAILS)


def tagged(around: Around) -> Command:
    given = "".join(f"@{user['name']},{around.chance.choice(('leave', 'remain'))}\n" for user in around.some(12))
    return Command("tw-tagnode", ["-", "--index", INDEX], given=given, expected=FAILS)


def filtered(around: Around) -> Command:
    field = around.chance.choice(("author", "mentions"))
    return Command("tw-file2filt", [field, "-"], given=around.entries(around.some(12)), expected=FAILS)


def diff(around: Around) -> Command:
    more = around.chance.choice(([], ["--list"], ["--friends"], ["--csv"]))
    return Command("tw-followdiff", [around.listed(), *more], expected=FAILS)


def search(around: Around) -> Command:
    words = around.chance.choice(
        (["the"], ["--since", "2020-01-01"], ["--user", around.one()["name"]], ["--users", "number"], [])
    )
    return Command("tw-search", [INDEX, *words, "--limit", "50"], expected=FAILS)


def tweet(around: Around) -> Command:
    return Command("tw-1tweet", [around.chance.choice(around.tweets or ["1439800001232728069"])], expected=FAILS)


def coverage(around: Around) -> Command:
    shown: tuple[list[str], ...] = ([], [around.one()["id"]], ["--json"], ["--summary"], ["--missing", "--sort", "time", "--csv"])
    return Command("tw-coverage", [INDEX, *around.chance.choice(shown)], expected=FAILS)


def audit(program: str, key: str) -> Row:
    def row(around: Around) -> Command:
        lines = around.entries(around.some(20)) if not key else "".join(user[key] + "\n" for user in around.some(20))
        return Command(program, ["-", "audited"], lines, expected=FAILS)

    return row


def edges(around: Around) -> Command:
    lines = "".join(f"{one['id']},{two['id']}\n" for one, two in zip(around.some(9), around.some(9), strict=False))
    return Command("tw-fixgraph", ["-"], "Source,Target\n" + lines)


def gexf(around: Around) -> Command:
    """The graph of an index, or of followers; into a file of the account, which another run may be writing, too."""
    kinds: tuple[list[str], ...] = (
        [],
        ["--timeline"],
        ["--csv"],
        ["--bipartite", "users-hashtags"],
        ["--least-degree", "2"],
        ["--lang", "en"],
    )
    if around.chance.random() < 0.2:
        return Command("tw-gexf", ["usertest", "follows.gexf", "--follows", around.listed()], expected=FAILS)
    return Command("tw-gexf", [INDEX, "graph.gexf", *around.chance.choice(kinds)], expected=FAILS)


def coaction(around: Around) -> Command:
    by = around.chance.choice(("retweet", "link", "hashtag", "text"))
    return Command(
        "tw-coaction", [INDEX, "--by", by, *sometimes([], ["--actions"], ["--within", "3600"])(around)], expected=FAILS
    )


def dump(around: Around) -> Command:
    return Command("tw-followdump", [around.listed(), *sometimes([], ["--csv"], ["--json"])(around)], expected=FAILS)


def copy(around: Around) -> Command:
    return Command("tw-copy", [INDEX, COPY], expected=FAILS)


def elk(around: Around) -> Command | None:
    recipe = around.chance.choice((["health"], ["indices-by-size", "tw*"], ["GET", "/_cat/health"], ["--list"], ["nodes"]))
    return Command("tw-elk", recipe) if around.elastic else Command("tw-elk", ["--list"])


def elkauth(around: Around) -> Command:
    expected = frozenset() if around.elastic else frozenset({78})
    return Command("tw-elkauth", ["/_cat/health"], expected=expected, shows_secrets=True)


def elkinit(around: Around) -> Command:
    return Command("tw-elkinit", [], expected=frozenset() if around.elastic else frozenset({78}))


def rates(around: Around) -> Command:
    return Command("tw-rates", around.chance.choice(([], ["--no-ask"], ["--json"], [str(around.account.config), "--no-ask"])))


def wipe(program: str, queue: str) -> Row:
    def row(around: Around) -> Command:
        return Command(program, ["--queue", queue, "--yes"], wiped=queue)

    return row


def dequeue(around: Around) -> Command:
    """Users who may or may not be on the queue; those who are promised to be recorded stand on others."""
    return Command("tw-dequeue", [around.one()["id"], around.one()["name"], "--queue", "weekly"], expected=FAILS, wiped="weekly")


def mend(around: Around) -> Command | None:
    """Of files that are whole nothing is lost, whoever works on them meanwhile."""
    file = around.account.host.data / around.chance.choice(("meter.sqlite", "queues.sqlite"))
    return Command("tw-mend", [str(file)]) if file.exists() else None


def backed_up(around: Around) -> Command:
    return Command("tw-backup", [str(backups(around)), "--keep", "1", "--files-only"])


def verified(around: Around) -> Command:
    """There may be none yet; a backup that is there is whole, whoever was killed while it was taken."""
    return Command("tw-verify", [str(backups(around))], expected=frozenset() if any(backups(around).glob("netwar-*z")) else FAILS)


def restored(around: Around) -> Command:
    """Never into a folder that is in use."""
    return Command("tw-restore", [str(backups(around))], expected=FAILS)


def supervised(around: Around) -> Command:
    """Other accounts of the folder may belong to another user, or be half written."""
    return Command("tw-supervise", [str(around.account.config.parent)], expected=FAILS | {78})


def backups(around: Around) -> Path:
    return around.account.home / "backups"


def entry(user: str) -> str:
    """An id for a file: one that ends in zeros, as those do that a spreadsheet has damaged, is taken for sound as an address."""
    return f"https://x.com/i/user/{user}" if user.endswith("000") else user


def put_on_work(account: Account, ids: list[str]) -> Command:
    """Users as soon as they are known."""
    given = "".join(f"{entry(one)}\n" for one in ids)
    return Command("tw-quser2work", ["-", "--config", str(account.config)], given, queued=("work", tuple(ids)))


FOUND = "found"  # what searches record has an index of its own


def query(around: Around) -> str:
    """What somebody may search for."""
    one, other = around.some(1)[0], around.one()
    return around.chance.choice(
        (
            f"from:{one['id']} OR from:{other['name']}",
            "harbour OR train",
            "#news",
            f"from:{around.chance.choice(around.voices)}",
            f"to:{one['name']} -match",
        )
    )


def searched(around: Around) -> Command:
    """One query, or several as a file; now and then in the full archive, as far as a little money goes."""
    options = around.chance.choice(([], ["--wait"], ["--all", "--since", "2025-01-01", "--budget", "1"]))
    lines = "".join(f"{query(around)}\n" for _ in range(around.chance.randint(1, 4)))
    around.searched.update(lines.splitlines())
    return Command("tw-search2elk", [FOUND, "-", "--yes", *options], lines, expected=FAILS)


def counted(around: Around) -> Command:
    return Command("tw-count", [query(around), *around.chance.choice(([], ["--json"], ["--by", "day"]))], expected=FAILS)


def conversation(around: Around) -> Command | None:
    one = around.chance.choice(around.tweets) if around.tweets else None
    return Command("tw-conversation", [one, FOUND, "--yes"], expected=FAILS) if one else None


def imported(around: Around) -> Command:
    """What another tool kept of these posts, with a broken line, into an index of its own."""
    posts = [{"id": id, "text": f"post {id}", "author_id": around.one()["id"]} for id in around.tweets[:200]]
    lines = [json.dumps({"data": posts[at : at + 20]}) for at in range(0, len(posts), 20)]
    return Command("tw-import", ["-", "imported"], "\n".join([*lines, "{broken", "12"]) + "\n", expected=FAILS)


def hydrated(around: Around) -> Command:
    """Posts by their ids, some of which nobody ever posted."""
    ids = around.chance.sample(around.tweets, min(30, len(around.tweets)))
    options = around.chance.choice(([], ["--wait"], ["--again"], ["--budget", "0.2"]))
    return Command("tw-hydrate", ["-", "imported", "--yes", *options], "\n".join([*ids, "99", "no id"]), expected=FAILS)


def dumped(program: str) -> Row:
    """An export that goes on where an earlier one was killed, and perhaps meets one that still runs."""

    def row(around: Around) -> Command:
        name, *more = around.chance.choice((["a.jsonl"], ["b.jsonl.gz"], ["c.jsonl.zst", "--raw"], ["d.txt", "--ids"]))
        file = around.account.home / f"{program}-{name}"
        return Command(program, [INDEX, str(file), *more, "--resume", "--to", "Somebody"], expected=FAILS | {75})

    return row


def gaps(around: Around) -> Command:
    more = around.chance.choice(([], ["--open"], ["--json"], ["--longer", "3"]))
    return Command("tw-gaps", [around.chance.choice(CAPTURES), *more], expected=FAILS)


def people(around: Around) -> Command:
    return Command("tw-usersearch", [around.one()["name"], "--most", "5", "--yes"], expected=FAILS)
