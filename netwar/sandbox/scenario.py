"""A scenario: what the world is like and what goes wrong, out of a TOML file. Described in docs/sandbox.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from netwar.sandbox.faults import Fault, fault
from netwar.sandbox.ready_lists import Plan, observer_name, plan, plans
from netwar.sandbox.streams.plan import StreamPlan, stream_plan
from netwar.sandbox.world.clock import Clock, iso, parse_time
from netwar.sandbox.world.population import STATES, Cast, Role
from netwar.sandbox.world.world import EARLIEST_END, KINDS, USUAL_END

_SECTIONS = frozenset(("world", "mix", "users", "lists", "limits", "server", "clock", "faults", "stream"))
_CAST = frozenset(one.name for one in fields(Cast)) - {"roles", "seed"}
_WORLD = _CAST | {"seed"} | {"users", "end", "observers", "lists", "members"}
_ROLE = frozenset(one.name for one in fields(Role)) | {"index"}
MEMBERS_OF_A_LIST = 20
_PLACE = re.compile(r":(\w+)")
_SERVER = frozenset(("trailing_page", "compress", "users_in_post_dialect"))


@dataclass(frozen=True)
class Scenario:
    """Everything that can be chosen about a sandbox. Times in ms."""

    seed: int = 1
    users: int = 50
    end: int | None = None
    clock: int | None = None
    speed: float = 1.0
    observers: int = 1
    lists: int = 0
    members: int | None = None
    plans: tuple[Plan, ...] = ()
    cast: dict[str, int] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    kinds: dict[str, int] | None = None
    window: int = 900_000
    limits: dict[str, dict[str, int]] = field(default_factory=dict)
    trailing_page: bool = False
    compress: bool = False
    users_in_post_dialect: bool = False
    faults: tuple[Fault, ...] = ()
    stream: StreamPlan = field(default_factory=StreamPlan)

    def world_end(self) -> int:
        """What the seed makes was written before this; never after the clock's start.

        Raises ValueError for a time before the youngest accounts were opened.
        """
        end = USUAL_END if self.end is None else self.end
        end = end if self.clock is None else min(end, self.clock)
        if end < EARLIEST_END:
            raise ValueError(f"the world ends, and its clock starts, not before {iso(EARLIEST_END)}")
        return end

    def altered(self, chosen: Mapping[str, Any]) -> Scenario:
        """As the options of tw-sandbox want it: None leaves a thing as it is. Raises ValueError in words."""
        given = {name: value for name, value in chosen.items() if value is not None}
        if "clock" in given:
            given["clock"] = parse_time(given["clock"])
        if "speed" in given:
            given["speed"] = _speed(given["speed"])
        if "posts_a_day" in given:
            given["cast"] = self.cast | {"posts_a_day": given.pop("posts_a_day")}
        if "posts_a_second" in given:
            given["stream"] = replace(self.stream, rate=given.pop("posts_a_second"))
        return replace(self, **given)

    def members_of_each(self) -> int:
        """How many users are on the lists of one observer."""
        return self.lists * MEMBERS_OF_A_LIST if self.members is None else self.members

    def all_users(self) -> int:
        """How many users the truth lists: observers and members of ready lists are among them."""
        return max(self.users, self.observers * (1 + self.members_of_each())) if self.lists else self.users

    def all_roles(self) -> dict[int, Role]:
        """Those described, and the observers, who have names that can be told."""
        observers = range(self.observers if self.lists else 0)
        return {number: Role(name=observer_name(number)) for number in observers} | self.roles

    def all_lists(self) -> Iterator[Plan]:
        yield from plans(self.observers, self.lists, self.members_of_each())
        yield from self.plans


def read_scenario(file: Path) -> Scenario:
    """Raises ValueError in words that name the file."""
    try:
        return scenario(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ValueError(f"{file}: {error}") from None


def scenario(tables: dict[str, Any]) -> Scenario:
    """Raises ValueError for anything that no scenario has."""
    _known("a scenario", tables, _SECTIONS)
    world, server, limits = tables.get("world", {}), tables.get("server", {}), dict(tables.get("limits", {}))
    _known("[world]", world, _WORLD)
    _known("[server]", server, _SERVER)
    _known("[mix]", tables.get("mix", {}), frozenset(KINDS))
    _known("[clock]", tables.get("clock", {}), frozenset(("now", "speed")))
    window = limits.pop("window", 900)
    clock = tables.get("clock", {}).get("now")
    counts = {name: int(world[name]) for name in ("observers", "lists", "members") if name in world}
    return Scenario(
        seed=int(world.get("seed", 1)),
        users=int(world.get("users", 50)),
        end=_time(world["end"]) if "end" in world else None,
        clock=_time(clock) if clock is not None else None,
        speed=_speed(tables.get("clock", {}).get("speed", 1.0)),
        **counts,
        plans=tuple(plan(table) for table in tables.get("lists", ())),
        cast={name: int(value) for name, value in world.items() if name in _CAST},
        roles=_roles(tables.get("users", ())),
        kinds=tables.get("mix"),
        window=round(window * 1000),
        limits={_endpoint(name): _limit(value) for name, value in limits.items()},
        trailing_page=bool(server.get("trailing_page", False)),
        compress=bool(server.get("compress", False)),
        users_in_post_dialect=bool(server.get("users_in_post_dialect", False)),
        faults=tuple(fault(table) for table in tables.get("faults", ())),
        stream=stream_plan(tables.get("stream", {})),
    )


def _endpoint(name: str) -> str:
    """As endpoints are named: with the method, which may be left out where it is GET."""
    path = _PLACE.sub(r"{\1}", name)
    return path if " " in path else f"GET {path}"


def _roles(tables: Iterable[dict[str, Any]]) -> dict[int, Role]:
    roles = {}
    for number, table in enumerate(tables):
        _known("[[users]]", table, _ROLE)
        if table.get("state", "active") not in STATES:
            raise ValueError(f"state of a user must be one of {', '.join(STATES)}, not {table['state']!r}")
        index = table.get("index", number)
        roles[index] = Role(**{name: value for name, value in table.items() if name != "index"})
    return roles


def _limit(value: Any) -> dict[str, int]:
    if isinstance(value, int):
        return {"app": value, "user": value}
    _known("a limit", value, frozenset(("app", "user")))
    return dict(value)


def _time(value: Any) -> int:
    text = value.isoformat() if isinstance(value, date | datetime) else str(value)
    try:
        return parse_time(text)
    except ValueError:
        raise ValueError(f"{text[:30]!r} is not a time: write it as 2026-11-01T12:30:00Z") from None


def _speed(value: Any) -> float:
    clock = Clock()
    clock.run(float(value))
    return clock.speed


def _known(what: str, table: dict[str, Any], names: Iterable[str]) -> None:
    unknown = sorted(set(table) - set(names))
    if unknown:
        raise ValueError(f"{what} has no {', '.join(unknown)}: it has {', '.join(sorted(names))}")
