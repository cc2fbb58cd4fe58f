"""Times in whatever form X, its older versions and old archives write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

V1 = "%a %b %d %H:%M:%S %z %Y"  # Wed Sep 04 13:51:55 +0000 2019
V1_PARTS = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d):(\d\d):(\d\d) \+0000 (\d{4})", re.ASCII)
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
# What every store reads as it stands.
USUAL = re.compile(r"[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
EPOCH = re.compile(r"\d{9,14}(?:\.\d+)?", re.ASCII)
# Numbers are taken for times only from the first day of X (March 2006) to 2100, in seconds or ms since 1970.
FIRST, LAST = 1_140_000_000, 4_102_444_800
LATEST = 2**44 - 1  # ms; what a version has room for, in the year 2527


def milliseconds(value: Any) -> int | None:
    """A time in ms since 1970; None for what is none. Without a zone it is UTC."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _since_epoch(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if EPOCH.fullmatch(text):
        return _since_epoch(float(text) if "." in text else int(text))
    first = datetime.fromisoformat if text[:1].isdigit() else _v1_parts
    for read in (first, _v1, datetime.fromisoformat, _of_mail):
        try:
            moment = read(text)
            return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def shown(ms: int) -> str:
    """A time as X writes it. With whole numbers: ms / 1000 is not always the same ms."""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment.isoformat()[:19]}.{ms % 1000:03}Z"  # a third of the time of strftime


def iso(ms: int) -> str | None:
    """A time for programs; None for 0, which is never, and for what can be no time."""
    return shown(ms) if 0 < ms <= LATEST else None


def usual(value: Any) -> Any:
    """A time as X writes it nowadays; what is none, or can be read by all as it stands, stays as it is."""
    if isinstance(value, str) and USUAL.fullmatch(value):
        return value
    ms = milliseconds(value)
    return value if ms is None or not 0 <= ms <= LATEST else shown(ms)


def seen(value: Any) -> int:
    """When something was seen (ms); 0 for what is no time, or none at which anybody can have seen anything at X."""
    ms = milliseconds(value)
    return ms if ms is not None and FIRST * 1000 <= ms <= LATEST else 0


def minute(ms: int) -> str:
    """A time for people, to the minute: `never` for 0."""
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M") if ms else "never"
    except (ValueError, OverflowError, OSError):
        return f"at {ms} ms"


@lru_cache(1024)  # a tweet's and its author's are asked for more than once
def _v1_parts(text: str) -> datetime:
    """X's time of v1.1 as nearly all of them are; ten times as quick as by strptime."""
    found = V1_PARTS.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day, hour, minute, second, year = map(int, found.group(2, 3, 4, 5, 6))
    return datetime(year, MONTHS.find(found[1]) // 4 + 1, day, hour, minute, second, tzinfo=UTC)


def _v1(text: str) -> datetime:
    return datetime.strptime(text, V1)


def _of_mail(text: str) -> datetime:
    from email.utils import parsedate_to_datetime  # half of what a program loads, for archives that are seldom seen

    return parsedate_to_datetime(text)


def _since_epoch(number: float) -> int | None:
    if FIRST <= number < LAST:
        return round(number * 1000)
    return round(number) if FIRST * 1000 <= number < LAST * 1000 else None
