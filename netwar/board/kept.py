"""How states are kept: as JSON that an older or a newer program can read, too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from math import isfinite, nan
from typing import Any, TypeVar

from netwar.board.base import LOST, Run
from netwar.records.shaped import parsed, shaped

T = TypeVar("T")
SHOWN = 80  # characters of a name
FORGET = "see who else may write there, and take it down with  tw-status --forget"


def written(state: Any) -> str:
    """A state, or anything that JSON knows."""
    told = asdict(state) if hasattr(state, "__dataclass_fields__") else state
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def readable(kind: type[T], rows: Iterable[tuple[str, Any, Any]], odd: dict[str, str]) -> Iterator[tuple[T, float]]:
    """States as `written`, and when each was said, of (name, said, kept). What a newer program may have said beside what is known
    here is left out; a row that none of our programs wrote is left out, too, and told in `odd` by its name."""
    for name, said, kept in rows:
        try:
            yield shaped(kind, parsed(kept)), moment(said)
        except ValueError as error:
            odd[str(name)[:SHOWN]] = str(error)


def moment(said: Any) -> float:
    """When something was said. Raises ValueError for what is no time."""
    try:
        at = float(said)
    except (TypeError, ValueError, OverflowError):
        at = nan
    if not isfinite(at):
        raise ValueError("when it was said is no time")
    return at


def noted(kept: Any) -> Any:
    """A note as `written`; None for what is none, as it can be worked out again."""
    try:
        return parsed(kept)
    except ValueError:
        return None


def told_of(odd: Mapping[str, str]) -> list[str]:
    """Sentences about rows that cannot be read."""
    return [f"the board: what {name} said cannot be read ({why}): {FORGET}" for name, why in odd.items()]


def ordered(runs: Iterable[Run]) -> list[Run]:
    """Runs as the contract lists them."""
    return sorted(runs, key=lambda run: (run.state.lineage, run.silent))


def over(run: Run) -> bool:
    """Whether another run may stand in the place of this one."""
    return run.state.status is not None or run.silent > LOST
