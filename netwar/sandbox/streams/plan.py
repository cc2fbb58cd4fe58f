"""What can be chosen about streams: how X behaves, who posts how fast, which rules are there, what goes wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from netwar.sandbox.streams.faults import StreamFault, stream_fault
from netwar.sandbox.world.chorus import FIRST_INDEX, VOICES
from netwar.sandbox.world.prng import POPULATION

SECOND = ("refuse", "replace")
MOST_VOICES = 100_000


@dataclass
class Behaviour:
    """How X behaves, where that can be chosen. Seconds of the sandbox's clock; `buffer` is in bytes: who reads so much too
    slowly is cut. `second`: what becomes of a second connection."""

    second: str = "refuse"
    rule_cap: int = 1_000
    rule_length: int = 1_024
    rule_delay: float = 5.0  # X takes some seconds, and has taken 20
    linger: float = 0.0
    keep_alive: float = 20.0
    buffer: int = 4 << 20

    def change(self, given: dict[str, Any]) -> None:
        """Raises ValueError in words for what cannot be chosen so."""
        for name, value in given.items():
            usual = getattr(self, name)
            fits = value in SECOND if name == "second" else isinstance(value, int | float) and not isinstance(value, bool)
            if not fits or (name != "second" and value < 0):
                raise ValueError(f"{name} cannot be {value!r}" + (f": one of {', '.join(SECOND)}" if name == "second" else ""))
            setattr(self, name, type(usual)(value))


BEHAVIOUR = frozenset(one.name for one in fields(Behaviour))


def told(behaviour: Behaviour) -> dict[str, Any]:
    """As the control API shows it."""
    return {name: getattr(behaviour, name) for name in sorted(BEHAVIOUR)}


@dataclass(frozen=True)
class StreamPlan:
    """[stream] of a scenario. `rate` in posts a second; `voices` users post, from number `first_voice` on. `rules` are tables
    with `value`, and if wanted `tag` and `app`: somebody else has put them there."""

    rate: float = 0.0
    voices: int = VOICES
    first_voice: int = FIRST_INDEX
    rules: tuple[Mapping[str, str], ...] = ()
    faults: tuple[StreamFault, ...] = ()
    behaviour: Behaviour = field(default_factory=Behaviour)


def stream_plan(table: Mapping[str, Any]) -> StreamPlan:
    """Out of a scenario. Raises ValueError for anything that no stream has."""
    own = {name: value for name, value in table.items() if name not in BEHAVIOUR}
    names = {one.name for one in fields(StreamPlan)} - {"behaviour"}
    if unknown := sorted(set(own) - names):
        raise ValueError(f"[stream] has no {', '.join(unknown)}: it has {', '.join(sorted(names | BEHAVIOUR))}")
    if not 1 <= int(own.get("voices", VOICES)) <= MOST_VOICES or not 0 <= int(own.get("first_voice", 0)) < POPULATION:
        raise ValueError(f"voices are 1 to {MOST_VOICES:,}, and the first one is a user number below {POPULATION:,}")
    behaviour = Behaviour()
    behaviour.change({name: value for name, value in table.items() if name in BEHAVIOUR})
    return StreamPlan(
        rate=float(own.get("rate", 0)),
        voices=int(own.get("voices", VOICES)),
        first_voice=int(own.get("first_voice", FIRST_INDEX)),
        rules=tuple(_rules(own.get("rules", ()))),
        faults=tuple(stream_fault(one) for one in own.get("faults", ())),
        behaviour=behaviour,
    )


def _rules(tables: Iterable[Mapping[str, str]]) -> Iterable[Mapping[str, str]]:
    for one in tables:
        if "value" not in one or not set(one) <= {"value", "tag", "app"}:
            raise ValueError("a rule of [[stream.rules]] has a value, and may have a tag and an app")
        yield one
