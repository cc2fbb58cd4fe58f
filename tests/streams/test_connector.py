"""Which connection of the app is ended so that ours can be taken: one that is known to be ours, and no other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from netwar.captures.base import Live
from netwar.streams import connector
from netwar.streams.connector import Connector, Hears
from netwar.twitter.streaming import StreamConnection, TooManyConnections
from tests.rows import rows

T = 1_800_000_000_000


class Busy:
    """X with one connection of the app open, which goes after so many looks at it."""

    def __init__(self, opened: int, looks: int = 99) -> None:
        self.there, self.looks, self.closed, self.tries = [StreamConnection("7", opened)], looks, list[str](), 0

    def now(self) -> int:
        return T

    def connections(self) -> list[StreamConnection]:
        self.looks -= 1
        return self.there if self.looks >= 0 and not self.closed else []

    def close_connection(self, id: str) -> bool:
        self.closed.append(id)
        return True

    def open_stream(self, *, authors: bool) -> Any:
        self.tries += 1
        raise TooManyConnections


def connecting(x: Busy, live: Live) -> Connector:
    captures: Any = SimpleNamespace(live=lambda: live, connects=lambda since: [], connecting=lambda fence, at: None)
    slices: Any = SimpleNamespace(open=lambda at: None)
    hears = Hears(lambda: True, lambda: True, lambda: None, lambda ended: None, lambda refused: None, lambda: None)
    made = Connector(x, captures, 1, None, slices, hears)  # type: ignore[arg-type]
    return made


@rows(
    ("live", "ours"),
    [
        (Live(connection="7"), True),
        (Live(connection="8", connected=T - 5_000), True),
        (Live(connected=T - 4_000), True),
        (Live(connected=T - 9_000), False),
        (Live(connection="8"), False),
        (Live(), False),
    ],
)
def test_only_a_connection_that_is_known_to_be_ours_is_ended(live: Live, ours: bool) -> None:
    x = Busy(T - 5_500)
    assert connecting(x, live)._cleared() == ours
    assert x.closed == (["7"] if ours else [])


def test_one_of_somebody_else_is_waited_for_no_longer_than_it_stands() -> None:
    waits: list[float] = []
    quick: Any = SimpleNamespace(wait=waits.append, is_set=lambda: False)
    one, another = connecting(x := Busy(T - 5_500, looks=2), Live()), connecting(Busy(T - 5_500), Live())
    one._stop = another._stop = quick
    one._connect(True)
    assert (x.closed, waits) == ([], [connector.LOOKS[0], connector.LOOKS[1]])
    waits.clear()
    another._connect(True)
    assert waits[:3] == [*connector.LOOKS]
    assert waits[3] == pytest.approx(60, abs=1), "as nobody waited in between"
