"""How states are kept: as JSON that an older or a newer program can read, too."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any, TypeVar

from netwar.board.base import LOST, Run

T = TypeVar("T")


def written(state: Any) -> str:
    """A state, or anything that JSON knows."""
    told = asdict(state) if hasattr(state, "__dataclass_fields__") else state
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def read(kind: type[T], kept: str | bytes) -> T:
    """A state as `written`; what a newer program may have said beside what is known here is left out."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{key: value for key, value in json.loads(kept).items() if key in known})


def ordered(runs: Iterable[Run]) -> list[Run]:
    """Runs as the contract lists them."""
    return sorted(runs, key=lambda run: (run.state.lineage, run.silent))


def over(run: Run) -> bool:
    """Whether another run may stand in the place of this one."""
    return run.state.status is not None or run.silent > LOST
