"""How captures, rules and what is said of them are kept: as JSON that an older or a newer program can read, too."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar

from netwar.captures.base import EARLIER, RETIRED, Capture, CaptureOptions, CaptureState, Holder, KnownRule, Live

T = TypeVar("T")


def written(capture: Capture) -> str:
    """A capture; 35,000 ids are half as long packed, and nobody reads them there."""
    packed = base64.b64encode(zlib.compress("\n".join(capture.lines).encode())).decode()
    return _json(asdict(capture) | {"lines": packed})


def read(kept: str | bytes) -> Capture:
    """A capture as `written`."""
    told = json.loads(kept)
    lines = zlib.decompress(base64.b64decode(told["lines"])).decode()
    told["options"] = _made(CaptureOptions, told["options"])
    return _made(Capture, told | {"lines": tuple(lines.split("\n")) if lines else ()})


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
    """A rule as `rule_written`."""
    told = json.loads(kept)
    return _made(KnownRule, told | {"id": id, "until": until or None, "captures": tuple(told["captures"])})


def forgotten(put: Sequence[KnownRule], removed: Sequence[int]) -> int:
    """Rules that were removed before this are forgotten, when these are told of."""
    return max([*removed, *(rule.since for rule in put)], default=0) - RETIRED


def holder_written(host: str, pid: int, index: str, since: int) -> str:
    """Who holds, but for the fence."""
    return _json({"host": host, "pid": pid, "index": index, "since": since})


def holder_read(fence: int, kept: str | bytes) -> Holder:
    """A holder as `holder_written`."""
    return _made(Holder, json.loads(kept) | {"fence": fence})


def live_written(live: Live) -> str:
    """What a holder says."""
    states = {index: asdict(state) for index, state in live.captures.items()}
    return _json({**{field.name: getattr(live, field.name) for field in fields(live)}, "captures": states})


def live_read(kept: str | bytes | None) -> Live:
    """What a holder said; an empty Live if nothing."""
    if not kept:
        return Live()
    told = json.loads(kept)
    states = {index: _made(CaptureState, state) for index, state in told["captures"].items()}
    return _made(Live, told | {"captures": states})


def _json(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _made(kind: type[T], told: dict[str, Any]) -> T:
    """What a newer program may have noted beside what is known here is left out."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{key: value for key, value in told.items() if key in known})
