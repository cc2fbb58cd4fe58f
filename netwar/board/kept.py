"""How states are kept: as JSON that an older or a newer program can read, too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from math import isfinite, nan
from typing import Any, TypeVar

from netwar.board.base import Run, RunState
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


def stamped(state: RunState, now: float, before: float | None) -> RunState:
    """A state with when its run began, by the store's clock, and as it was told `before`. The earliest is kept: a run's own clock
    stands still while its host sleeps, and the store's may be set."""
    began = now - state.age
    return replace(state, began=began if before is None else min(began, before))


def told_by(rows: Iterable[tuple[str, Any, Any]], now: float, odd: dict[str, str]) -> list[Run]:
    """All runs of rows as `readable` takes them."""
    found = readable(RunState, rows, odd)
    return [Run(state, max(now - said, 0.0), now - state.began) for state, said in found]


def ordered(runs: Sequence[Run]) -> list[Run]:
    """Runs as the contract lists them."""
    good = _stood_in(runs)
    up = [run for run in runs if not (run.lost and run.state.id in good)]
    return sorted(up, key=lambda run: (run.state.lineage, run.silent))


def made_good(runs: Iterable[Run], state: RunState, now: float) -> list[str]:
    """The ids of those whose work a run does. Who was at work beside one that died does not: nobody would know of it."""
    began, others = now - state.began, [run for run in runs if run.state.id != state.id and run.state.lineage in state.lineages]
    return [run.state.id for run in others if run.state.status is not None or (run.lost and began < run.silent)]


def seen_to(runs: Sequence[Run]) -> list[str]:
    """The ids of those that `forget` takes down. One that was killed and is not lost yet goes with the one that stands in for it,
    or it would be told of after that; one that lives comes back with its next word."""
    gone = _stood_in(runs) - _stood_in([run for run in runs if not over(run)])
    return [run.state.id for run in runs if over(run) or run.state.id in gone]


def over(run: Run) -> bool:
    """Whether nothing more is expected of a run."""
    return run.state.status is not None or run.lost


def _stood_in(runs: Sequence[Run]) -> set[str]:
    """The ids of those that did not end, and whose last word is older than the beginning of another run that does the same."""
    newest: dict[str, float] = {}
    for run in runs:
        for lineage in run.state.lineages if run.began >= 0 else ():  # else the clock was set back since, and tells nothing
            began = max(run.began, run.silent)  # it stands in for others and not for itself, however numbers were rounded
            newest[lineage] = min(began, newest.get(lineage, began))
    up = [run for run in runs if run.state.status is None]
    return {run.state.id for run in up if newest.get(run.state.lineage, run.silent) < run.silent}
