"""Reading a connection: what time a line proves anything of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import pytest

from netwar.streams import reader
from netwar.streams.reader import Begun, Inbox, Item, Line, read

T = 1_800_000_000_000


class Told:
    """A connection whose chunks come after so many seconds each, and the clock that they come by."""

    connected = T

    def __init__(self, chunks: Sequence[tuple[float, bytes]]) -> None:
        self._chunks, self._now = chunks, 5.0

    def monotonic(self) -> float:
        return self._now

    def chunks(self) -> Iterator[bytes]:
        for seconds, chunk in self._chunks:
            self._now += seconds
            yield chunk

    def close(self) -> None:
        pass


def items(monkeypatch: pytest.MonkeyPatch, *chunks: tuple[float, bytes]) -> list[Item]:
    stream, inbox = Told(chunks), Inbox()
    monkeypatch.setattr(reader, "time", SimpleNamespace(monotonic=stream.monotonic))
    read(stream, inbox, lambda: False, lambda at: None)
    monkeypatch.undo()
    return inbox.take(0, 99)


def test_what_is_read_late_proves_nothing_of_the_time_in_which_nobody_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was stopped (Ctrl-Z, a host that slept) reads what was sent before; the connection may be long gone."""
    found = items(monkeypatch, (1, b"{}\r\n"), (90, b"{}\r\n"), (0, b"{}\r\n"))
    again = T + 91_000
    assert found == [
        Line(T + 1_000, b"{}"),
        Begun(again, "the stream was not read for 90 s"),
        Line(again, b"{}"),
        Line(again, b"{}"),
    ]


def test_keep_alives_prove_that_there_was_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = items(monkeypatch, (20, b"\r\n"), (20.5, b"\r\n"))
    assert found == [Line(T + 20_000, b""), Line(T + 40_500, b"")]
