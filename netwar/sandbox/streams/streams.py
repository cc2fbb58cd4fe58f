"""What a sandbox knows of filtered streams: for each app its rules and connections, how X behaves, who connected when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from netwar.sandbox.keys import CONSUMER_KEY
from netwar.sandbox.streams.connections import Connections
from netwar.sandbox.streams.faults import StreamFaults
from netwar.sandbox.streams.plan import StreamPlan
from netwar.sandbox.streams.rules import Refusal, Rules
from netwar.sandbox.streams.voices import Voices
from netwar.sandbox.world.world import World


@dataclass
class AppStream:
    """What is one app's."""

    rules: Rules
    connections: Connections


class Streams:
    """Everything about streams of one sandbox."""

    def __init__(self, world: World, plan: StreamPlan) -> None:
        self.behaviour = plan.behaviour
        self.faults = StreamFaults(plan.faults)
        self._world = world
        self._voices = Voices(world)
        self._apps: dict[str, AppStream] = {}
        self.connects: list[tuple[int, int, str]] = []  # when (ms) one was tried, the status of the answer, who asked
        world.chorus.voices, world.chorus.first_index = plan.voices, plan.first_voice
        if plan.rate:
            world.chorus.post(plan.rate, world.moment)
        self._furnish(plan.rules, world.moment)

    def of(self, app: str) -> AppStream:
        if app not in self._apps:
            self._apps[app] = AppStream(Rules(self._voices), Connections(app, self._world.seed))
        found, how = self._apps[app], self.behaviour
        found.rules.cap, found.rules.length, found.rules.delay = how.rule_cap, how.rule_length, round(how.rule_delay * 1000)
        found.connections.linger = round(how.linger * 1000)
        return found

    def apps(self) -> Iterator[tuple[str, AppStream]]:
        return iter(self._apps.items())

    def rules_in_all(self) -> int:
        return sum(len(one.rules.standing) for one in self._apps.values())

    def _furnish(self, rules: Iterable[Mapping[str, str]], now: int) -> None:
        """Put in rules that somebody else has put there. Raises ValueError for one that X would refuse."""
        for one in rules:
            app = self.of(one.get("app", CONSUMER_KEY))
            read = app.rules.read(one["value"], one.get("tag", ""), now)
            if isinstance(read, Refusal):
                raise ValueError(f"the rule {one['value']!r} cannot be: {'; '.join(read.details) or 'it is there already'}")
            read.since = now
            app.rules.put(read)
