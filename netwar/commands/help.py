"""All programs by task: what tw-help shows, and the README's table of commands. A new program gets its place in TASKS."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

WIDTH = 80


@dataclass(frozen=True, slots=True)
class Task:
    """What somebody wants to do, and the programs for it: in `rows` twins stand together, and have one phrase."""

    name: str
    title: str
    rows: tuple[tuple[str, str], ...]

    @property
    def programs(self) -> tuple[str, ...]:
        """All the programs of the task."""
        return tuple(name for names, _ in self.rows for name in names.split())


TASKS = (
    Task(
        "begin",
        "Begin: keys, a rehearsal, a store",
        (
            ("tw-help", "This list, and the programs of a task"),
            ("tw-auth", "Get keys for an account by PIN"),
            ("tw-myname", "Say whose keys these are"),
            ("tw-sandbox", "Serve a made-up X to rehearse with, without keys or money"),
            ("tw-elkinit", "Put the index templates into Elasticsearch"),
            ("tw-touchindex", "Make an index before anything is recorded into it"),
        ),
    ),
    Task(
        "queue",
        "Say whom to record: queues",
        (
            ("tw-quser2work tw-quser2usertest", "Queue users for timelines; for profiles"),
            ("tw-showwork tw-showusertest", "Show who waits there, and who failed"),
            ("tw-failed", "Retry users who were set aside, or drop them"),
            ("tw-dequeue", "Remove one user, or several"),
            ("tw-wipework tw-wipeusertest", "Remove everybody from there"),
        ),
    ),
    Task(
        "record",
        "Record timelines and profiles",
        (
            ("tw-idu3elk", "Record the timelines of queued users"),
            ("tw-queue2usertest", "Record the profiles of queued users"),
        ),
    ),
    Task(
        "track",
        "Record whoever is on the account's lists",
        (
            ("tw-tracklists", "Record the members of lists, for as long as they are listed"),
            ("tw-showmywork", "Show the members, who is due, and who is held"),
            ("tw-wipemywork", "Forget them all until the lists are read again"),
        ),
    ),
    Task(
        "stream",
        "Record posts as they are made",
        (
            ("tw-stream", "Record by search terms, users, or a list of X, all the time"),
            ("tw-rules", "Show the rules at X, and let X check new ones"),
        ),
    ),
    Task(
        "find",
        "Search X, and record what is found",
        (
            ("tw-count", "Count the posts of a query, and say what they would cost"),
            ("tw-search2elk", "Record what queries find, recent or of any time"),
            ("tw-conversation", "Record the conversation that a tweet belongs to"),
            ("tw-usersearch", "Record users found by name"),
        ),
    ),
    Task(
        "follows",
        "Record who follows whom",
        (
            ("tw-follow2usertest tw-friend2usertest", "Record followers; friends"),
            ("tw-followquick tw-friendquick", "Write their ids into a file"),
            ("tw-followdiff", "Tell who came and who left"),
        ),
    ),
    Task(
        "look",
        "Look at what is recorded",
        (
            ("tw-indices", "Show each index, its size and its times"),
            ("tw-coverage", "Show what is complete, and what is missing"),
            ("tw-gaps", "Show when a capture by stream was not complete"),
            ("tw-chkstreams", "Say of each capture by stream whether it is well"),
            ("tw-search", "Search the tweets or users of an index"),
            ("tw-1tweet", "Show one tweet"),
            ("tw-1name tw-1num", "Show a user by screen name; by number"),
        ),
    ),
    Task(
        "graph",
        "Ask who interacts with whom: the graph",
        (
            ("tw-graph", "Feed the graph from what is recorded, and hold it against that"),
            ("tw-neighbors", "Show with whom a user had to do, and how often"),
            ("tw-amplifiers", "Show who retweets whom most"),
            ("tw-top", "Show the most frequent tags, links and users"),
            ("tw-tagnode", "Put a property on users"),
        ),
    ),
    Task(
        "members",
        "Follow X's lists, and search for their members",
        (
            ("tw-lists", "Show the lists of the account, or of a user"),
            ("tw-listmembers", "Print who is on a list"),
            ("tw-listlog", "Show who was put on a list and taken off, and when"),
            ("tw-list2filt tw-file2filt", "Make a query of a list's members; of a file's users"),
        ),
    ),
    Task(
        "lists",
        "Hold lists against what is recorded",
        (
            ("tw-tumsearch tw-tnamesearch", "Tell known ids from unknown ones; names"),
            ("tw-usersearchadd", "The same for both, and queue the unknown ones"),
            ("tw-fixgraph", "Put screen names into an edge list of ids"),
        ),
    ),
    Task(
        "bring",
        "Bring in what others have kept",
        (
            ("tw-import", "Import files of twarc, X's archive, Elasticsearch, exports"),
            ("tw-hydrate", "Buy the posts of a file of ids"),
        ),
    ),
    Task(
        "export",
        "Hand on what is recorded, and know who got it",
        (
            ("tw-dumptweets tw-dumpusers", "Write tweets for other tools; users"),
            ("tw-exports", "Show the export log: what, how many, to whom"),
            ("tw-harvestlinks", "Show what addresses tweets share, by host or day"),
        ),
    ),
    Task(
        "take",
        "Take out graphs and tables for other tools",
        (
            ("tw-gexf", "Write who interacts with whom as a graph for Gephi"),
            ("tw-coaction", "List users who did the same within seconds"),
            ("tw-followdump", "Print a table of followers with their counts"),
        ),
    ),
    Task(
        "operate",
        "See that everything runs",
        (
            ("tw-status", "Show how everything is, on all hosts, and what is wrong"),
            ("tw-perflog", "Write down what happened, and show what did"),
        ),
    ),
    Task(
        "costs",
        "Watch costs and limits",
        (
            ("tw-spend", "Show what was spent, and what is left of the budget"),
            ("tw-rates", "Show the rate windows and the month's usage"),
        ),
    ),
    Task(
        "keep",
        "Look after the archive and its servers",
        (
            ("tw-backup tw-verify tw-restore", "Take a backup of all; check it; restore it"),
            ("tw-doctor", "Say what a host lacks, and how to mend it"),
            ("tw-supervise", "Print units for supervisord, lines for cron"),
            ("tw-copy", "Copy an index from one archive into another"),
            ("tw-mend", "Rebuild a damaged file of meter or queues"),
            ("tw-elk tw-elkauth", "Run a recipe at Elasticsearch; let curl ask it"),
        ),
    ),
)


def overview() -> Iterator[str]:
    """All programs by task, on one screen."""
    for task in TASKS:
        yield f"{task.title}{f'tw-help {task.name}':>{WIDTH - len(task.title)}}"
        width = max(len(names) for names, _ in task.rows)
        yield from (f"  {names:{width}}  {phrase}" for names, phrase in task.rows)
    yield "tw-NAME -h explains a program; README.md leads through a first run."


def find(word: str) -> Task:
    """The task of this name, or that of a program. Raises ValueError."""
    for task in TASKS:
        if word in (task.name, *task.programs, *(name.removeprefix("tw-") for name in task.programs)):
            return task
    raise ValueError(f"there is no task or program {word[:40]!r}: the tasks are {', '.join(task.name for task in TASKS)}")


def details(task: Task, folder: Path) -> Iterator[str]:
    """The programs of a task, which are in this folder: each with the first line of its help and its first example."""
    yield task.title
    for name in task.programs:
        sentence, example = _told(folder / name)
        yield ""
        yield from wrap(f"{name}: {sentence}", WIDTH, subsequent_indent="    ", break_on_hyphens=False)
        yield f"    $ {example or name}"


def _told(program: Path) -> tuple[str, str]:
    """What a program's docstring says first, and the first command line that it shows."""
    text = ast.get_docstring(ast.parse(program.read_text(encoding="utf-8"))) or ""
    examples = (line.strip() for line in text.splitlines() if line.startswith("  "))
    return text.partition("\n")[0], next((line for line in examples if line.startswith(program.name)), "")
