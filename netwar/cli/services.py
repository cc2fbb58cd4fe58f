"""The services of one program, each opened when it is first used and closed when the program ends.

The only module that knows which implementation stands behind which contract.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from netwar.cli import asking, boarding, capturing, graphing, metering, queueing
from netwar.cli.index_names import IndexNames
from netwar.cli.on_board import OnBoard
from netwar.cli.run_report import OutcomeLine, ProgressBar, RunReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from netwar.archive.base import Archive
    from netwar.archive.elastic.indices import Indices
    from netwar.archive.spool import Spool
    from netwar.board.base import Board, PerfLog
    from netwar.captures.base import Captures
    from netwar.config import Settings
    from netwar.connections.elastic import Cluster
    from netwar.connections.redis import Server
    from netwar.connections.runs import Run
    from netwar.graph.base import Graph
    from netwar.meter.base import Apps, Money, Windows
    from netwar.queues.base import Queue
    from netwar.queues.roster import Roster
    from netwar.twitter.client import Client
    from netwar.twitter.stream import XStream

T = TypeVar("T")


class Services(IndexNames):
    """What a program is handed. Nothing is read, opened or imported before it is asked for."""

    def __init__(self, command: str, config: Path | None = None, *, quiet: bool = False, makes_config: bool = False) -> None:
        self.command, self.quiet = command, quiet
        self.report = RunReport(ProgressBar(quiet), OutcomeLine(), OnBoard(self))
        self._config = config
        self._makes_config = makes_config
        self._closing = ExitStack()
        self._queues: dict[str, Queue] = {}
        self._rosters: dict[str, Roster] = {}  # by index
        self.left, self.looks = "", False  # who only reads sets `looks` first: its files need not be writable then
        self.modest = False  # set first by who runs many times side by side, on one archive: little of it is kept in memory
        self.hidden: set[str] = set()
        self.run_budget: int | None = None  # micro-dollars that the operator allows this run, beside the day's budget

    @cached_property
    def settings(self) -> Settings:
        """The configuration. Raises ConfigError with all its faults."""
        from netwar.config import load

        settings = load(self._config, missing_ok=self._makes_config)
        self.hide(*settings.secrets)
        return settings

    @property
    def places(self) -> tuple[Path, Path]:
        """The files of the configuration, there or not: the user's own, and that of all users of the host."""
        from netwar.config.places import places

        return places(self._config)

    def read_from(self, file: Path) -> None:
        """Read this configuration and no other: for a program that takes one as its argument, before it uses anything."""
        self._config = file

    def for_config(self, path: Path) -> Services:
        """The same program's services with another configuration file; closed together with these."""
        other = Services(self.command, path, quiet=self.quiet)
        other.hidden, other.report = self.hidden, self.report
        self._closing.callback(other.close)
        return other

    def at_end(self, close: Callable[[], object]) -> None:
        """Do this, too, when the program ends."""
        self._closing.callback(close)

    def hide(self, *secrets: str) -> None:
        """Never show these, nor what they look like in an address: not in the log, not in a traceback."""
        from urllib.parse import quote

        for secret in secrets:
            self.hidden |= {secret, quote(secret, safe=""), repr(secret)[1:-1]}

    @cached_property
    def data(self) -> Path:
        """The folder where everything is kept, made if need be."""
        from netwar.cli.environments import keep_apart
        from netwar.connections.folders import made, restoring, trouble
        from netwar.errors import ServiceDown

        folder = self.settings.data
        try:
            if (begun := restoring(folder)).exists():  # a folder made now would have a meter that knows nothing of today
                raise ServiceDown(f"tw-restore has begun {folder}: let it end, or remove {begun} if nobody goes on with it")
            made(folder)
        except OSError as error:
            raise ServiceDown(f"{folder} cannot be made: {trouble(error)}") from error
        keep_apart(folder, self.settings, looks=self.looks)
        return folder

    @cached_property
    def run(self) -> Run:
        """This run, in whose name claims and reservations are held."""
        from netwar.connections.runs import Run

        run = Run(self.data / "runs")
        self._closing.callback(run.end)
        return run

    @cached_property
    def redis(self) -> Server | None:
        """The Redis of the configuration, None if it names none. Raises ServiceDown and ConfigError, as connect() does."""
        if self.settings.redis is None:
            return None
        from netwar.cli.environments import keep_redis_apart
        from netwar.connections.redis import connect

        server = self._opened(connect(self.settings))
        if server.get("tw:api") is None:  # who only looks writes nothing, and sees what fills a server
            server.set("tw:api", self.settings.api, nx=True)
        keep_redis_apart(server, self.settings)
        return server

    def queue(self, name: str) -> Queue:
        """A queue by name."""
        if name not in self._queues:
            self._queues[name] = self._opened(queueing.queue(self, name))
        return self._queues[name]

    def roster(self, index: str) -> Roster:
        """Who is on the lists of the account and recorded into an index."""
        index = self.index(index)
        if index not in self._rosters:
            self._rosters[index] = self._opened(queueing.roster(self, index))
        return self._rosters[index]

    @property
    def observer(self) -> str:
        """The account whose lists are tracked, by its numeric id. Raises ConfigError where the keys do not tell it."""
        return self.settings.observer

    @cached_property
    def money(self) -> Money:
        """What may be spent and was."""
        return self._opened(metering.money(self))

    @cached_property
    def apps(self) -> Apps:
        """Which app the bearer tokens belong to."""
        return self._opened(metering.apps(self))

    @cached_property
    def windows(self) -> Windows:
        """The rate windows."""
        return self._opened(metering.windows(self))

    @cached_property
    def captures(self) -> Captures:
        """What the app's stream connection records, and who holds it."""
        return self._opened(capturing.captures(self))

    @cached_property
    def board(self) -> Board:
        """What all runs say of themselves."""
        return self._opened(boarding.board(self))

    @cached_property
    def perflog(self) -> PerfLog:
        """What happened."""
        return self._opened(boarding.perflog(self))

    @cached_property
    def archive(self) -> Archive:
        """Documents and ledger: in the cluster that `elksg` names, else in files."""
        if self.settings.elksg:
            from netwar.archive.elastic.store import ElasticArchive

            api, letters, due = self.settings.api, self.data / "dead-letters", graphing.due_file(self)
            return self._opened(ElasticArchive(self.cluster, letters, api, metering.clock(self), due))
        return self.files

    @cached_property
    def files(self) -> Archive:
        """The archive in files under `data`, also where the configuration names a cluster."""
        from netwar.archive.sqlite.store import SqliteArchive

        folder, letters = self.data / "archive", self.data / "dead-letters"
        how = {"looks": self.looks, "feeds": self.settings.feeds_graph, "modest": self.modest}
        return self._opened(SqliteArchive(folder, letters, metering.clock(self), **how))

    @cached_property
    def graph(self) -> Graph:
        """The graph of interactions. Raises ConfigError where none is configured."""
        return self._opened(graphing.graph(self))

    @cached_property
    def cluster(self) -> Cluster:
        """Elasticsearch or OpenSearch itself. Raises ConfigError where the configuration names none."""
        from netwar.connections.elastic import connect
        from netwar.errors import ConfigError

        if not self.settings.elksg:
            raise ConfigError(f"{self.settings.path} names no Elasticsearch: write  elksg = HOST  under [STREAM]")
        cluster = connect(self.settings)
        self._closing.callback(cluster.close)  # holds nothing in the run's name, and needs no folder
        return cluster

    @cached_property
    def indices(self) -> Indices:
        """The indices of the cluster and their templates."""
        from netwar.archive.elastic.indices import Indices

        return Indices(self.cluster, self.settings.api)

    @cached_property
    def spool(self) -> Spool:
        """Where paid pages wait while the archive is down."""
        from netwar.archive.spool import Spool

        return self._opened(Spool(self.data / "spool"))

    @cached_property
    def twitter(self) -> Client:
        """X itself, asked within the rate windows and the budget."""
        return self._opened(asking.twitter(self))

    @cached_property
    def streaming(self) -> XStream:
        """X's filtered stream of the app: its rules, its connections, and the stream itself."""
        return asking.streaming(self)

    def exclusive(self, queue: str, left: str = "users not done yet are back on the queue") -> None:
        """Be the only run of this program on this queue with this configuration, till the end. Raises Busy.

        `left` is what to say of a run that is stopped.
        """
        from urllib.parse import quote

        from netwar.connections.folders import trouble
        from netwar.connections.runs import exclusive
        from netwar.errors import ServiceDown

        self.left = left
        told = f"{self.command} is already working on {queue} with {self.settings.path}: one run at a time"
        try:
            name = f"{self.command}-{quote(queue, safe='')}-{self.settings.instance}"
            exclusive(self.data / "runs", name, told, among_own=True)
        except OSError as error:
            raise ServiceDown(f"{self.data} cannot be used: {trouble(error)}") from error
        self.report.subject(queue)

    def room(self) -> None:
        """Wait until the machine has room for work. Raises Busy if it does not come, and at once what is wrong with the keys."""
        from netwar.cli.machine_load import wait_for_room

        self.settings.require_keys()
        wait_for_room(self.settings.maxcpu, self.settings.maxmem)

    @property
    def consequence(self) -> str:
        """What a run that is stopped leaves behind, as the end of a sentence."""
        return f"; {self.left}" if self.left else ""

    def close(self) -> None:
        """Close what was opened, the newest first; the run ends last, when nothing is held in its name."""
        self._closing.close()

    def _opened(self, service: T) -> T:
        self.run  # noqa: B018  (its end must be the last thing that is closed)
        close: Any = getattr(service, "close", None)
        if close is not None:
            self._closing.callback(close)
        return service
