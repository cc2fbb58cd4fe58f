"""How captures, rules and what is said of them are kept: as JSON that an older or a newer program can read, too.

Others may write to the store. A row that none of our programs wrote ends whoever needs it with a sentence: without the row a
capture would be taken for stopped, and its rules be removed.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from math import isfinite
from typing import Any

from netwar.captures.base import EARLIER, RETIRED, Capture, CaptureOptions, CaptureState, Holder, KnownRule, Live
from netwar.errors import NetwarError, ServiceDown
from netwar.records.shaped import parsed, shaped

LARGEST = 64 << 20  # bytes of all lines: X's largest number of rules at their full length takes half of that
NOT_TEXT = (ValueError, TypeError, KeyError, zlib.error)


def written(capture: Capture) -> str:
    """A capture; 35,000 ids are half as long packed, and nobody reads them there.

    Raises NetwarError for one that X can never take.
    """
    lines = "\n".join(capture.lines).encode()
    if len(lines) > LARGEST:
        raise NetwarError(
            f"the lines of {capture.index} take {len(lines):,} bytes, more than X has rules for: nothing was changed"
        )
    return _json(asdict(capture) | {"lines": base64.b64encode(zlib.compress(lines)).decode()})


def read(kept: str | bytes) -> Capture:
    """A capture as `written`. Raises ServiceDown for what is none, before it takes more room than a capture can."""
    with _understood("a capture"):
        told = parsed(kept)
        lines = _unpacked(told["lines"])
        options = shaped(CaptureOptions, told["options"])
        return shaped(Capture, {**told, "options": options, "lines": tuple(lines.split("\n")) if lines else ()})


def _unpacked(packed: str) -> str:
    unzip = zlib.decompressobj()
    lines = unzip.decompress(base64.b64decode(packed), LARGEST)
    if not unzip.eof:
        raise ValueError("its lines are cut off, or longer than X has rules for")
    return lines.decode()


def registered(known: Capture | None, given: Capture) -> Capture:
    """What stands in the place of `known` when `given` is registered."""
    if known is None:
        return replace(given, on=True, until=None)
    if known.on and (known.kind, set(known.lines)) == (given.kind, set(given.lines)):
        return replace(given, terms=known.terms, since=known.since, on=True, until=None)
    return replace(given, terms=known.terms + 1, since=max(given.since, known.until or known.since), on=True, until=None)


def ended(known: Capture, after: Capture) -> Capture | None:
    """What is told of `known` as earlier, now that `after` stands; None if it still stands."""
    return replace(known, until=known.until or after.since) if after.terms != known.terms else None


def too_old(until: int, newest: int) -> bool:
    """Whether an earlier capture that ended then is told no longer."""
    return until < newest - EARLIER


def rule_written(rule: KnownRule) -> str:
    """A rule, but for its id and for when it was removed, which are kept beside it."""
    return _json({key: value for key, value in asdict(rule).items() if key not in ("id", "until")})


def rule_read(id: str, until: int | None, kept: str | bytes) -> KnownRule:
    """A rule as `rule_written`. Raises ServiceDown for what is none."""
    with _understood("a rule"):
        told = parsed(kept)
        return shaped(KnownRule, {**told, "id": id, "until": until or None, "captures": tuple(told["captures"])})


def forgotten(put: Sequence[KnownRule], removed: Sequence[int]) -> int:
    """Rules that were removed before this are forgotten, when these are told of."""
    return max([*removed, *(rule.since for rule in put)], default=0) - RETIRED


def holder_written(host: str, pid: int, index: str, since: int) -> str:
    """Who holds, but for the fence."""
    return _json({"host": host, "pid": pid, "index": index, "since": since})


def holder_read(fence: int, kept: str | bytes) -> Holder:
    """A holder as `holder_written`. Raises ServiceDown for what is none."""
    with _understood("who holds the connection"):
        return shaped(Holder, {**parsed(kept), "fence": fence})


def moment(until: object) -> float:
    """Until when the connection is held. Raises ServiceDown for what is no time."""
    with _understood("until when the connection is held"):
        if not isfinite(at := float(until)):  # type: ignore[arg-type]
            raise ValueError(at)
        return at


def live_written(live: Live) -> str:
    """What a holder says."""
    states = {index: asdict(state) for index, state in live.captures.items()}
    return _json({**{field.name: getattr(live, field.name) for field in fields(live)}, "captures": states})


def live_read(kept: str | bytes | None) -> Live:
    """What a holder said; an empty Live if nothing. Raises ServiceDown for what is none."""
    if not kept:
        return Live()
    with _understood("what the holder says"):
        told = parsed(kept)
        states = {index: shaped(CaptureState, state) for index, state in dict(told["captures"]).items()}
        return shaped(Live, {**told, "captures": states})


def _json(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


@contextmanager
def _understood(what: str) -> Iterator[None]:
    try:
        yield
    except NOT_TEXT as error:
        raise ServiceDown(
            f"{what} as it stands among the captures cannot be read ({str(error)[:100]}): see who else may write to their store "
            "(streams.sqlite, or Redis), and restore it"
        ) from error
