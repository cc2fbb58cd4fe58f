"""The rules of an app: who stands, since when they work, and which posts they have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from netwar.sandbox.query.parser import BadQuery, Query, parse
from netwar.sandbox.streams.voices import Voices, sampled
from netwar.sandbox.world.clock import EPOCH

_TAG = b'{"id":"%d","tag":%b}'
_NO_TAG = b'{"id":"%d"}'

_KEPT = 60_000  # ms: posts may still be under way when a rule goes


@dataclass(slots=True)
class Rule:
    """A rule. `since`: the time (ms) of the first post that it has; `until`: that of the first one it has no more."""

    id: int
    value: str
    tag: str
    query: Query
    created: int
    since: int
    until: int | None = None
    sampled: bool = False

    def told(self) -> dict[str, Any]:
        """As X shows it."""
        return {"id": str(self.id), "value": self.value} | ({"tag": self.tag} if self.tag else {})

    def works(self, time: int) -> bool:
        return self.since <= time and (self.until is None or time < self.until)

    def mark(self) -> bytes:
        """As it stands in `matching_rules`."""
        return _TAG % (self.id, orjson.dumps(self.tag)) if self.tag else _NO_TAG % self.id


@dataclass(slots=True)
class Refusal:
    """Why a rule was not taken; `known` is the one that has this value already."""

    value: str
    details: tuple[str, ...] = ()
    known: Rule | None = None


@dataclass
class Rules:
    """Those of one app. `cap` rules of `length` characters each; X heeds what is put in, or removed, after `delay` ms."""

    voices: Voices
    cap: int = 1_000
    length: int = 1_024
    delay: int = 0
    standing: dict[int, Rule] = field(default_factory=dict)
    removed: list[Rule] = field(default_factory=list)
    _by_value: dict[str, Rule] = field(default_factory=dict)
    _by_voice: dict[int, list[Rule]] = field(default_factory=dict)
    _last_id: int = 0
    _marks: dict[int, bytes | None] = field(default_factory=dict)
    _changing: int = 0  # until then (ms) what a voice's posts match may change by itself

    def read(self, value: str, tag: str, now: int) -> Rule | Refusal:
        """What would become of a rule, without putting it in."""
        if value in self._by_value:
            return Refusal(value, known=self._by_value[value])
        if len(value) > self.length:
            return Refusal(value, (f"Rule length is too long: {len(value)}. The maximum length of a rule is {self.length}.",))
        try:
            query = parse(value)
        except BadQuery as bad:
            return Refusal(value, tuple(bad.details))
        self._last_id = max(self._last_id + 1, now - EPOCH << 22)
        return Rule(self._last_id, value, tag, query, now, now + self.delay, sampled=sampled(query.term))

    def put(self, rule: Rule) -> None:
        self.standing[rule.id] = rule
        self._by_value[rule.value] = rule
        for voice in self.voices.matching(rule.query):
            kept = [one for one in self._by_voice.get(voice, ()) if one.until is None or one.until > rule.created - _KEPT]
            self._by_voice[voice] = [*kept, rule]
        self._changed(rule.since)

    def remove(self, rule: Rule, now: int) -> None:
        """Posts after this moment, and the delay with which X heeds any change, it does not have."""
        rule.until = now + 1 + self.delay
        del self.standing[rule.id], self._by_value[rule.value]
        self.removed.append(rule)
        self._changed(rule.until)

    def _changed(self, when: int) -> None:
        self._marks.clear()
        self._changing = max(self._changing, when)

    def by_value(self, value: str) -> Rule | None:
        return self._by_value.get(value)

    def of(self, voice: int, post_id: int, time: int) -> list[Rule]:
        """The rules that have a post of a voice."""
        found = [rule for rule in self._by_voice.get(voice, ()) if rule.works(time)]
        if any(rule.sampled for rule in found):
            said = self.voices.said(voice, post_id)
            found = [rule for rule in found if not rule.sampled or rule.query.matches(said)]
        return found

    def marks(self, voice: int, post_id: int, time: int) -> bytes | None:
        """`matching_rules` of a post of a voice; None if no rule has it."""
        if voice in self._marks:
            return self._marks[voice]
        rules = self.of(voice, post_id, time)
        marks = b"[" + b",".join(rule.mark() for rule in rules) + b"]" if rules else None
        if time >= self._changing and not any(rule.sampled for rule in self._by_voice.get(voice, ())):
            self._marks[voice] = marks
        return marks

    def voices_of(self, rule: Rule) -> list[int]:
        """Which voices a rule may have posts of."""
        return self.voices.matching(rule.query)
