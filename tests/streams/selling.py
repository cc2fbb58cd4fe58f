"""An X that sends posts as fast as they are read, bills each as it sends it, and who holds its stream with real stores."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Event, Thread

from netwar.archive.base import Archive
from netwar.captures.base import Capture, CaptureOptions, Captures, Live
from netwar.connections.runs import Run
from netwar.meter.base import Money, Purpose
from netwar.records.ids import first_id
from netwar.streams import gaps
from netwar.streams.holder import Hold
from netwar.streams.keeper import Keeper
from netwar.streams.stores import Stores
from tests.contract.conftest import opened_archive
from tests.contract.opening import new_run, open_captures, open_money
from tests.streams.ruled import RuledX

POST, USER = 5_000, 10_000  # micro-dollars
COMES_BY = 30.0  # seconds for which something is waited for


class SellingX(RuledX):
    """`rate` is posts a second, 0 for none; each has an author whom nobody has bought yet. `sent` are their ids, and `connects`
    what stood at X when a connection was opened."""

    def __init__(self, rate: float = 1e9) -> None:
        super().__init__()
        self.rate, self.sent, self.connects = rate, list[str](), list[set[str]]()
        self._number = count(1)

    @property
    def bill(self) -> int:
        """Micro-dollars."""
        return len(self.sent) * (POST + USER)

    def now(self) -> int:
        return int(time.time() * 1000)

    def open_stream(self, *, authors: bool = True) -> Selling:
        self.connects.append(self.values())
        return Selling(self)

    def post(self) -> bytes:
        number = next(self._number)
        id, user = str(first_id(self.now()) + number % 4096), str(10**9 + number)
        self.sent.append(id)
        body = {
            "data": {"id": id, "text": f"post {number}", "author_id": user},
            "includes": {"users": [{"id": user, "name": "x", "username": f"x{user}"}]},
            "matching_rules": [{"id": rule} for rule in self.standing],
        }
        return json.dumps(body).encode() + b"\r\n"


class Selling:
    """One connection."""

    def __init__(self, x: SellingX) -> None:
        self._x, self.connected, self._closed = x, x.now(), Event()

    def chunks(self) -> Iterator[bytes]:
        while not self._closed.wait(1 / self._x.rate if self._x.rate else 0.01):
            if self._x.rate and self._x.standing:
                yield self._x.post()

    def close(self) -> None:
        self._closed.set()


class Told(BaseException):
    """To end, as by a signal."""


class Holding:
    """A desk with a budget of so many micro-dollars, at which somebody holds."""

    def __init__(self, folder: Path, budget: int, x: SellingX) -> None:
        self.folder, self.x, self._budget = folder, x, budget
        self._opened = ExitStack()
        self.where = f"sqlite:{folder}"
        self.captures: Captures = self._opened.enter_context(closing(open_captures(self.where, Run(folder / "runs"))))
        self.archive: Archive = self._opened.enter_context(closing(opened_archive("sqlite", folder)))
        self.money = self.meter()
        self.money.learn_time(x.now() / 1000, 0)
        self.failed: BaseException | None = None
        self.hold: Hold
        self._told = False

    def meter(self) -> Money:
        """The meter, as another process sees it."""
        return open_money(self.where, new_run(self.where), self._budget)

    def register(self, index: str, *lines: str, budget: int | None = None) -> None:
        self.captures.register(Capture(index, "terms", lines, CaptureOptions(budget=budget), since=self.x.now()))

    def buy(self, index: str, posts: int) -> None:
        """Have so many posts booked for a capture."""
        purpose = Purpose("tw-stream", index)
        self.money.settle(
            self.money.reserve("earlier", {"post": posts}, purpose),
            [("post", f"{index} {number}") for number in range(posts)],
            datetime.fromtimestamp(self.x.now() / 1000, UTC),
        )

    def begin(self, *, once: bool = False) -> Hold:
        """A hold that has not begun yet."""
        holder = self.captures.hold("here", 1, "one", self.x.now())
        assert holder
        given = (self.captures, self.x, self.archive, self.money, self.folder, lambda lines: None, lambda index, users: None)
        stores = Stores(*given, account="me", command="tw-stream")
        return Hold(stores, holder, lambda live: self._keeper(holder.fence, live), once=once)  # type: ignore[arg-type]

    def _keeper(self, fence: int, live: Live) -> Keeper:
        return Keeper(self.captures, self.x, fence, live)  # type: ignore[arg-type]

    @contextmanager
    def holding(self, *, once: bool = False) -> Iterator[Thread]:
        """One hold, until the block ends."""
        thread = self.held(self.begin(once=once))
        try:
            yield thread
        finally:
            self._told = True
            thread.join(COMES_BY)
        assert not thread.is_alive()

    def held(self, hold: Hold) -> Thread:
        """It runs until it ends by itself, or is told to."""
        self.hold = hold

        def tell(live: Live) -> None:
            if self._told:
                raise Told

        def run() -> None:
            try:
                hold.run(tell, 0.05)
            except Told:
                pass
            except BaseException as error:
                self.failed = error

        thread = Thread(target=run, daemon=True)
        thread.start()
        return thread

    def state(self, index: str) -> str:
        known = self.hold.live().captures.get(index)
        return known.state if known else ""

    def spent_for(self, index: str) -> int:
        """Micro-dollars."""
        return sum(charge.micro for charge in self.money.charges() if charge.index == index)

    def recorded(self, index: str) -> set[str]:
        return {str(post["id"]) for post in self.archive.scan(f"tw{index}")}

    def causes(self, index: str) -> list[str]:
        """Why nothing is covered for a time, as it is noted."""
        return [str(words) for _, words in self.archive.note(f"tw{index}", gaps.CAUSES) or ()]

    def doubtful(self) -> int:
        """Micro-dollars that are in doubt, or set aside, as another process sees it."""
        balance = self.meter().balance()
        return balance.doubtful + balance.reserved

    def close(self) -> None:
        self._opened.close()
