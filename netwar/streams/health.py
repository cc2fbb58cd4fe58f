"""How captures are: what the registry and the archive tell, judged in a word. Asks X nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from netwar.archive.base import Ledger
from netwar.captures.base import Capture, Captures, CaptureState, Holder, Live
from netwar.errors import NetwarError
from netwar.records.documents import tweets_index
from netwar.records.text import plural
from netwar.streams import gaps
from netwar.streams.counters import aged, there_since

Word = Literal["running", "silent", "behind", "blind", "over budget", "refused", "down", "waiting", "stopped"]
WELL = ("running", "stopped", "waiting")

STALE = 30_000  # ms after which a holder should have said how it stands
DEAD = 45_000  # ms without a line, also a keep-alive, on a connection
LAG = 60_000  # ms from a post to the archive
BEGINNING = 60_000  # ms in which a new capture, or a new holder, may be waiting
FEW = 20  # posts of a day below which silence means nothing
UNUSUAL = 10  # times the usual time between two posts


@dataclass(frozen=True, slots=True)
class Health:
    """How a capture is, and since when (ms, 0 unknown). Posts of the last minute, hour and day; `gaps` are open. `expected` and
    `recorded` are X's count of posts for an hour and ours, None where nobody asked."""

    index: str
    word: Word
    since: int
    minute: int = 0
    hour: int = 0
    day: int = 0
    last_post: int = 0
    gaps: int = 0
    rejected: int = 0
    micro: int = 0
    detail: str = ""
    expected: int | None = None
    recorded: int | None = None

    @property
    def well(self) -> bool:
        return self.word in WELL

    @property
    def complete(self) -> float | None:
        """The share of X's count that is recorded, in per cent."""
        if self.expected is None or self.recorded is None:
            return None
        return 100.0 * self.recorded / self.expected if self.expected else 100.0


def healths(captures: Captures, ledger: Ledger, now: int) -> Iterator[Health]:
    """Every capture's, by index, at a time of X's (ms)."""
    live, holder = captures.live(), captures.holder()
    for capture in captures.captures():
        yield _with_gaps(health(capture, live, holder, now, there_since(captures, capture)), ledger, now)


def health(capture: Capture, live: Live, holder: Holder | None, now: int, there: int | None = None) -> Health:
    """How one capture, which is `there` since a time (by default that of its lines), is by what the holder said last."""
    state = live.captures.get(capture.index, CaptureState(capture.index))
    word, since, why = _judged(capture, state, live, holder, now)
    counts = state.minute, state.hour, state.day
    if now - live.at >= STALE:
        counts = aged(state, (now - live.at) / 1000, (live.at - (capture.since if there is None else there)) / 1000)
    unread = f"{plural(state.rejected, 'line')} could not be read" if state.rejected else ""
    detail = "; ".join(filter(None, (why or state.detail or live.detail, unread)))
    return Health(capture.index, word, since, *counts, state.last_post, 0, state.rejected, state.micro, detail)


def _judged(capture: Capture, state: CaptureState, live: Live, holder: Holder | None, now: int) -> tuple[Word, int, str]:
    if not capture.on:
        return "stopped", capture.until or 0, ""
    if holder is None:
        began = max(capture.since, live.at)
        if not live.at and now - capture.since < BEGINNING:
            return "waiting", capture.since, "nobody holds the connection yet"
        return "down", began, f"nobody holds the connection: tw-stream {capture.index} takes it"
    if now - max(live.at, holder.since) > STALE:
        return "down", live.at, f"process {holder.pid} on {holder.host} holds the connection and says nothing"
    if state.state in ("over budget", "refused"):
        return ("over budget" if state.state == "over budget" else "refused"), state.last_post or capture.since, state.detail
    if not live.connected or now - live.line > DEAD:
        young = now - max(holder.since, capture.since) < BEGINNING
        return ("waiting" if young else "blind"), live.line or holder.since, live.detail
    if state.state == "waiting":
        return ("waiting" if now - capture.since < BEGINNING else "blind"), capture.since, state.detail
    if state.state == "behind" or live.lag > LAG:
        return "behind", 0, state.detail or f"{live.behind:,} bytes wait, posts come {live.lag / 1000:.0f} s late"
    usual = 86_400_000 / state.day if state.day >= FEW else 0
    # While nobody held nothing could come, and the counts of the day go on.
    if usual and now - max(state.last_post, holder.since) > max(UNUSUAL * usual, BEGINNING):
        return "silent", state.last_post, f"usually a post comes each {usual / 1000:.0f} s"
    return "running", max(live.connected, capture.since), ""


def _with_gaps(found: Health, ledger: Ledger, now: int) -> Health:
    """How many gaps are open, the present edge left out."""
    try:
        open_ = [one for one in gaps.gaps(ledger, tweets_index(found.index), now) if one.state == "open" and one.until < now]
    except NetwarError:
        return found
    return replace(found, gaps=len(open_))


def outcome(found: Sequence[Health]) -> str:
    """One line about all of them."""
    bad = [f"{one.index} is {one.word}" for one in found if not one.well]
    word = "capture" if len(found) == 1 else "captures"
    return f"{len(found)} {word}, " + (", ".join(bad) if bad else "all well")
