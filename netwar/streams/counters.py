"""What a stream did of late, for whoever asks: posts by capture, lag, lines that could not be read."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock

from netwar.captures.base import Capture, Captures, CaptureState

WIDTH = 10  # seconds that are counted together
DAY = 24 * 3600 // WIDTH
SAMPLES = 5_000  # of the lag


@dataclass(frozen=True, slots=True)
class Unfilled:
    """How many gaps of a capture are `open`, and why some of them are not searched for, "" where nothing hinders that."""

    open: int = 0
    waits: str = ""


def aged(state: CaptureState, seconds: float, known: float) -> tuple[int, int, int]:
    """Posts of the last minute, hour and day, so many seconds after that was told of a capture which had been there for `known`
    ones then. When within the hour, or the day, they came is not known: they are taken for evenly spread."""
    told = ((0, 60, state.minute), (60, 3600, state.hour - state.minute), (3600, 86_400, state.day - state.hour))

    def within(window: float) -> int:
        found = 0.0
        for low, high, posts in told:
            width = max(min(high, known) - low, 1.0)
            found += posts * min(max((window - seconds - low) / width, 0.0), 1.0)
        return round(found)

    return within(60), within(3600), within(86_400)


def there_since(captures: Captures, capture: Capture) -> int:
    """Since when (ms) there is a capture, whatever its lines were."""
    return min([capture.since, *(one.since for one in captures.earlier(capture.index))])


class Counters:
    """Counts of one holder, which go on from what was told `before`; every thread may tell and ask. `known`: for how many seconds
    each capture had been there then, and `ago` how long before these counts begin that was."""

    def __init__(
        self,
        before: Mapping[str, CaptureState],
        clock: Callable[[], float] = time.monotonic,
        *,
        known: Mapping[str, float] | None = None,
        ago: float = 0.0,
    ) -> None:
        self._clock = clock
        self._lock = Lock()
        self._before, self._known, self._told = before, known or {}, clock() - ago
        self._buckets: dict[str, deque[tuple[int, int]]] = {}
        self._posts: Counter[str] = Counter()
        self._micro: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._last: dict[str, int] = {}
        self._long: dict[str, tuple[int, int, int]] = {}  # by index, up to a bucket: of the hour, of the day
        self._lags: deque[tuple[float, int]] = deque(maxlen=SAMPLES)
        self.rejected = 0
        self.gaps: Mapping[str, Unfilled] = {}  # by index, as counted last

    @classmethod
    def following(cls, captures: Captures, now: int) -> Counters:
        """Those of a new holder, at a time of X's (ms)."""
        live = captures.live()
        known = {one.index: (live.at - there_since(captures, one)) / 1000 for one in captures.captures()}
        return cls(live.captures, known=known, ago=max(now - live.at, 0) / 1000)

    def came(self, posts: Mapping[str, int], at: int) -> None:
        """So many posts of each capture came, the last one at a time of X's (ms)."""
        bucket = int(self._clock() // WIDTH)
        with self._lock:
            for index, count in posts.items():
                self._posts[index] += count
                self._last[index] = at
                buckets = self._buckets.setdefault(index, deque(maxlen=DAY))
                if buckets and buckets[-1][0] == bucket:
                    buckets[-1] = (bucket, buckets[-1][1] + count)
                else:
                    buckets.append((bucket, count))

    def cost(self, micro: Mapping[str, int]) -> None:
        """So much was booked for each capture (micro-dollars)."""
        with self._lock:
            self._micro.update(micro)

    def reject(self, captures: tuple[str, ...] = ()) -> None:
        """A line could not be kept."""
        with self._lock:
            self.rejected += 1
            self._rejected.update(captures)

    def committed(self, lags: list[int]) -> None:
        """Posts are in the archive, so many ms after they were made."""
        now = self._clock()
        with self._lock:
            self._lags.extend((now, lag) for lag in lags)

    @property
    def posts(self) -> int:
        """Posts that came, each counted for each of its captures."""
        return self._posts.total()

    def rate(self) -> float:
        """Posts a second within the last minute, each counted for each of its captures."""
        now = int(self._clock() // WIDTH)
        with self._lock:
            return sum(self._since(index, now - 60 // WIDTH) for index in self._buckets) / 60

    def lag(self) -> int:
        """The 99th percentile of the last minute, in ms; 0 of nothing."""
        since = self._clock() - 60
        with self._lock:
            lags = sorted(lag for at, lag in self._lags if at >= since)
        return lags[int(len(lags) * 0.99)] if lags else 0

    def state(self, index: str, state: str, detail: str = "") -> CaptureState:
        """What is to be said of a capture."""
        now = int(self._clock() // WIDTH)
        unfilled = self.gaps.get(index, Unfilled())
        before = self._before.get(index, CaptureState(index))
        older = aged(before, self._clock() - self._told, self._known.get(index, float("inf")))
        with self._lock:
            minute = self._since(index, now - 60 // WIDTH)
            hour, day = self._of_long(index, now)
            return CaptureState(
                index,
                state,
                posts=before.posts + self._posts[index],
                minute=minute + older[0],
                hour=hour + older[1],
                day=day + older[2],
                last_post=self._last.get(index, before.last_post),
                micro=before.micro + self._micro[index],
                rejected=before.rejected + self._rejected[index],
                detail=detail or unfilled.waits,
                gaps=unfilled.open,
            )

    def _of_long(self, index: str, now: int) -> tuple[int, int]:
        """Posts within an hour and a day; what came before this bucket is counted once, as there are thousands of them."""
        if (known := self._long.get(index, (-1, 0, 0)))[0] != now:
            hour, day = (self._since(index, now - seconds // WIDTH) for seconds in (3600, 86_400))
            fresh = self._since(index, now - 1)
            known = self._long[index] = now, hour - fresh, day - fresh
        fresh = self._since(index, now - 1)
        return known[1] + fresh, known[2] + fresh

    def _since(self, index: str, bucket: int) -> int:
        """Posts of a capture that came after a bucket."""
        found = 0
        for at, count in reversed(self._buckets.get(index, ())):
            if at <= bucket:
                break
            found += count
        return found
