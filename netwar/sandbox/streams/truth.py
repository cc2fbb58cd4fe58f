"""What is true of a stream: which posts there were, and which of them which rule had. Computed anew, not remembered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from netwar.sandbox.query.parser import Query
from netwar.sandbox.state import Box
from netwar.sandbox.streams.rules import Rule, Rules
from netwar.sandbox.streams.voices import Voices, sampled
from netwar.sandbox.world.chorus import Sung


class Made(NamedTuple):
    """A post: its id, its time (ms), its author's id, and the ids of the rules that had it."""

    id: int
    time: int
    author: int
    rules: tuple[int, ...] = ()


class StreamTruth:
    """Asked by who judges a recorder."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._voices = Voices(box.world)

    def all(self, since: int, until: int) -> Iterator[Made]:
        """Every post of the chorus in a time that could be read, whether or not a rule had it."""
        world = self._box.world
        for post in self._posts(since, until):
            yield Made(post.id, post.time, world.people.id(post.author))

    def saying(self, query: Query, since: int, until: int) -> Iterator[Made]:
        """Those that a rule like this one would have had at any time."""
        among, varies = set(self._voices.matching(query)), sampled(query.term)
        for post in self._posts(since, until):
            if post.voice in among and (not varies or query.matches(self._voices.said(post.voice, post.id))):
                yield Made(post.id, post.time, self._box.world.people.id(post.author))

    def matched(self, app: str, rule: str | None, since: int, until: int) -> Iterator[Made]:
        """Those that a rule of the app, or any of them, had while it worked."""
        rules = self._box.streams.of(app).rules
        wanted = [one for one in _ever(rules) if rule in (None, str(one.id))]
        by_voice: dict[int, list[Rule]] = {}
        for one in wanted:
            for voice in rules.voices_of(one):
                by_voice.setdefault(voice, []).append(one)
        for post in self._posts(since, until) if wanted else ():
            found = tuple(one.id for one in by_voice.get(post.voice, ()) if one.works(post.time) and self._has(one, post))
            if found:
                yield Made(post.id, post.time, self._box.world.people.id(post.author), found)

    def rules(self, app: str) -> list[dict[str, Any]]:
        """Every rule that stands or stood, the oldest first. `since` and `until` (ms): the posts of which times it has."""
        times = {one.id: {"since": one.since, "until": one.until} for one in _ever(self._box.streams.of(app).rules)}
        return [one.told() | times[one.id] for one in _ever(self._box.streams.of(app).rules)]

    def _has(self, rule: Rule, post: Sung) -> bool:
        return not rule.sampled or rule.query.matches(self._voices.said(post.voice, post.id))

    def _posts(self, since: int, until: int) -> Iterator[Sung]:
        chorus = self._box.world.chorus
        last = chorus.before(min(until - 1, self._box.clock.now()))
        for post in chorus.between(chorus.starting(since), last):
            if chorus.heard(post.author, post.time):
                yield post


def _ever(rules: Rules) -> list[Rule]:
    return sorted([*rules.removed, *rules.standing.values()], key=lambda one: one.id)
