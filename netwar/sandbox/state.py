"""What the sandbox is made of, what a request to it is, and what comes out."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from netwar.sandbox.bill import Bill
from netwar.sandbox.bodies import BodyBuilder
from netwar.sandbox.dialects import FIELD_PARAMETERS, wanted
from netwar.sandbox.faults import Faults
from netwar.sandbox.found_posts import Searched
from netwar.sandbox.keys import Caller, Keys
from netwar.sandbox.problems import Body
from netwar.sandbox.rate_windows import Windows
from netwar.sandbox.replay import Replay
from netwar.sandbox.signin import SignIn
from netwar.sandbox.streams.streams import Streams
from netwar.sandbox.world.clock import Clock
from netwar.sandbox.world.world import World

LOG_LENGTH = 10_000
STREAM = "/2/tweets/search/stream"
GoesOn = Callable[[web.Request, dict[str, str]], Awaitable[web.StreamResponse]]


@dataclass
class Box:
    """One sandbox: the world, the books, the clock, the faults."""

    world: World
    replay: Replay
    clock: Clock
    faults: Faults
    keys: Keys
    sign_in: SignIn
    streams: Streams
    bill: Bill = field(default_factory=Bill)
    windows: Windows = field(default_factory=Windows)
    limits: dict[str, dict[str, int]] = field(default_factory=dict)
    trailing_page: bool = False
    compress: bool = False
    users_in_post_dialect: bool = False
    requests: int = 0
    searched: Searched = field(init=False)
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))

    def __post_init__(self) -> None:
        self.searched = Searched(self.world)

    def tick(self) -> None:
        """Let the world come to this moment: it stands still until the next tick, so that an answer is of one piece."""
        self.world.moment = self.clock.now()


@dataclass(frozen=True)
class Paging:
    """How a fault bends a page: at most `keep` objects on it, the token that was sent once more, users told who are
    not to be had, no way to the next page (`ends`), or so many members of a list too many (`miscount`)."""

    keep: int | None = None
    repeat: bool = False
    told: bool = False
    ends: bool = False
    miscount: int = 0


@dataclass(frozen=True)
class Call:
    """One request to one endpoint, its caller known."""

    box: Box
    caller: Caller
    parameters: Mapping[str, str]
    path: Mapping[str, str]
    paging: Paging = Paging()
    body: Any = None  # the JSON that came along

    def builder(self, *, users: bool = False) -> BodyBuilder:
        """For an answer; `users`: for one of users, whose dialect the scenario may choose."""
        asked = wanted(self.parameters, new=users and self.box.users_in_post_dialect)
        return BodyBuilder(self.box.world, asked, self.box.clock.now(), self.caller.user)


@dataclass
class Answer:
    """An answer that carries data, and what X would bill for it; `owner` is the user of whose list it is a page."""

    body: Body
    sold: list[tuple[str, int]] = field(default_factory=list)
    owner: int = 0
    status: int = 200
    goes_on: GoesOn | None = None  # what is sent from then on, where an answer has no end


@dataclass(frozen=True)
class Endpoint:
    """What X offers at one address. `limits` are requests per window in app and in user context; 0: not to be had so. Where
    the method is not GET, `answer` changes something: it is called once for each request that arrives, whatever becomes of its
    answer."""

    path: str
    app_limit: int
    user_limit: int
    parameters: frozenset[str]
    answer: Callable[[Call], Answer]
    method: str = "GET"
    spacing: int = 0  # ms between two requests of a token, however much is left of the window

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def endpoint(
    path: str, app: int, user: int, answer: Callable[[Call], Answer], parameters: str = "", method: str = "GET", spacing: int = 0
) -> Endpoint:
    """`parameters` beyond those for fields and expansions, which every endpoint takes."""
    return Endpoint(path, app, user, frozenset((*parameters.split(), *FIELD_PARAMETERS)), answer, method, spacing)
