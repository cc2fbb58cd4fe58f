"""Bringing the rules of an app at X to what its captures want, without touching the rules of others.

Ours are those whose tag has the registry's name: also one that was added just before a run was killed, and noted nowhere. A
rule whose value stands already under somebody else's tag is used under its id. New rules are checked first, which changes
nothing, then added; the old ones that they replace are removed when the new ones must work, so that nothing is blind in between.
Where X has no room for both, as many old ones are removed before.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from netwar.captures.base import Captures, KnownRule
from netwar.records.expressions import split
from netwar.records.idlists import portions
from netwar.records.text import plural
from netwar.streams.culprits import PORTION, check, search, told
from netwar.streams.packing import Packed, Plan, Standing, Wanted, pack
from netwar.twitter.base import TransientError
from netwar.twitter.streaming import RuleCaps, RulesTaken, Streaming, StreamRule

log = logging.getLogger("netwar.streams")

TAG = "netwar:"  # and the registry's name
GRACE = 25_000  # ms; nobody has seen a rule take more than some 20 seconds to work
REMEMBERED = 3_600_000  # ms
ROUNDS = 5  # of adding what X did not take at first


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it: expressions that X `refused`, with its reason, or that no rule has room for by itself; those for which
    there is no room among the rules that X allows (`missing`). `rules` of ours stand, or would, of at most `allowed`; `later`
    ones are still there that others replace, until it is asked for again."""

    refused: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    rules: int = 0
    allowed: int = 0
    length: int = 0
    later: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """The rules of the app: `ours` and those of `others` that stand at X, what the registry `known`s of those that do, and
    which of them X has no longer (`gone`)."""

    ours: tuple[StreamRule, ...]
    others: tuple[StreamRule, ...]
    known: Mapping[str, KnownRule]
    gone: tuple[str, ...]
    caps: RuleCaps

    @property
    def allowed(self) -> int:
        """How many rules there may be of ours."""
        return max(self.caps.rules - len(self.others), 0)

    @property
    def room(self) -> int:
        """How many more rules X would take now."""
        return self.caps.rules - len(self.others) - len(self.ours)

    def plan(self, wanted: Wanted) -> Plan:
        """What should stand. Another's rule with just the value of a new one is taken as that."""
        standing = [Standing(rule.id, rule.value) for rule in self.ours]
        standing += [Standing(rule.id, rule.value, fixed=True) for rule in self.others if rule.id in self.known]
        plan = pack(wanted, standing, length=self.caps.length, rules=self.allowed)
        theirs = {rule.value: rule.id for rule in self.others}
        return replace(plan, rules=tuple(replace(rule, id=rule.id or theirs.get(rule.value, "")) for rule in plan.rules))

    def replaced(self, plan: Plan, wanted: Wanted) -> list[str]:
        """Which of the rules that go have expressions that are wanted all the same, and stand, or will, in another."""
        gone = {*plan.removed}
        return [rule.id for rule in self.ours if rule.id in gone and any(part in wanted for part in split(rule.value))]


class Rules:
    """The rules of an app. Every method may raise what Streaming and Captures raise; asked again, it goes on from there."""

    def __init__(self, captures: Captures, streaming: Streaming) -> None:
        self._captures, self._streaming = captures, streaming
        self.tag = TAG + captures.name()
        self.broken: set[str] = set()  # captures that had a rule less for a while, as others removed it or there was no room
        self._left: frozenset[str] = frozenset()
        self._refused: dict[str, str] = {}
        self._unsaid = "it gave no reason"
        self._forget = 0  # what was refused, at this time (ms at X)

    def look(self) -> Seen:
        """What stands now."""
        there, caps = self._streaming.rules(), self._streaming.rule_caps()
        known = {rule.id: rule for rule in self._captures.rules() if rule.until is None}
        ids = {rule.id for rule in there}
        ours = [rule for rule in there if rule.tag == self.tag or (rule.id in known and not known[rule.id].foreign)]
        others = [rule for rule in there if rule not in ours]
        standing = {id: rule for id, rule in known.items() if id in ids}
        return Seen(tuple(ours), tuple(others), standing, tuple(id for id in known if id not in ids), caps)

    def as_left(self) -> bool:
        """Whether the rules stand that `bring` left: one request."""
        return self._left <= {rule.id for rule in self._streaming.rules()}

    def verify(self, wanted: Wanted) -> Verdict:
        """What would come of wanting this. Nothing is changed, at X or here."""
        seen = self.look()
        plan = seen.plan(wanted)
        new = [rule.value for rule in plan.new]
        found = check(self._streaming, new, room=seen.room, tag=self.tag)
        return self._verdict(seen, plan, found.refused)

    def bring(self, fence: int, wanted: Wanted) -> Verdict:
        """Let just this be wanted at X. What X refuses is left out. Raises FenceLost, and TransientError where X does not take
        what it did not refuse either."""
        refused = self._remembered(wanted)
        for _ in range(ROUNDS):
            seen = self.look()
            self._note_gone(fence, seen)
            left = {expression: who for expression, who in wanted.items() if expression not in refused}
            plan = seen.plan(left)
            new = self._new(seen, plan, refused)
            if new is None:
                continue
            self._relabel(fence, seen, plan)
            replaced = seen.replaced(plan, left)
            spare = len(new) - seen.room - (len(plan.removed) - len(replaced))
            first = [id for id in plan.removed if id not in replaced] + replaced[: max(spare, 0)]
            self.broken |= {index for id in first if id in replaced and id in seen.known for index in seen.known[id].captures}
            self._remove(fence, first)
            if self._add(fence, new, refused, room=seen.room + len(first) - len(new)):
                last = [id for id in replaced if id not in first]
                if old := not new and not self._is_young(seen, plan):
                    self._remove(fence, last)
                self._refused = refused
                self._left = frozenset(rule.id for rule in self._captures.rules() if rule.until is None)
                return replace(self._verdict(seen, plan, refused), later=0 if old else len(last))
        raise TransientError(f"X neither took nor refused some rules of the stream ({self._unsaid})", "they are tried again")

    def _remembered(self, wanted: Wanted) -> dict[str, str]:
        """What X refused within the last hour, and why: it is not asked again each time."""
        now = self._streaming.now()
        if not now - REMEMBERED < self._forget - REMEMBERED <= now:
            self._refused, self._forget = {}, now + REMEMBERED
        return {expression: reason for expression, reason in self._refused.items() if expression in wanted}

    def _note_gone(self, fence: int, seen: Seen) -> None:
        """Rules of ours that somebody else removed."""
        if seen.gone:
            gone = {*seen.gone}
            self.broken |= {index for rule in self._captures.rules() if rule.id in gone for index in rule.captures}
            self._note(fence, (), seen.gone)

    def _new(self, seen: Seen, plan: Plan, refused: dict[str, str]) -> list[Packed] | None:
        """The rules to be added, each in one piece or in parts; None if some of it is refused, so that another plan is needed."""
        found = check(self._streaming, [rule.value for rule in plan.new], room=seen.room, tag=self.tag)
        refused |= found.refused
        if found.refused:
            return None
        pieces = [(rule, value) for rule in plan.new for value in found.parts.get(rule.value, [rule.value])]
        return [replace(rule, value=value) for rule, value in pieces]

    def _is_young(self, seen: Seen, plan: Plan) -> bool:
        """Whether a rule of the plan, all of which stand, may not work yet."""
        since = self._streaming.now() - GRACE
        return any(rule.id not in seen.known or seen.known[rule.id].since > since for rule in plan.rules)

    def _relabel(self, fence: int, seen: Seen, plan: Plan) -> None:
        """Note whose the rules are that go on standing, and which of others' are used no longer."""
        now, theirs = self._streaming.now(), {rule.id for rule in seen.others}
        put = []
        for rule in plan.rules:
            captures, known = tuple(sorted(rule.members)), seen.known.get(rule.id)
            if rule.id and (known is None or known.captures != captures):
                lost = known is not None and rule.members <= {*known.captures}
                since = known.since if known and lost else now  # whoever is new to a rule had none of its matches before
                put.append(KnownRule(rule.id, rule.value, captures, since, foreign=rule.id in theirs))
        used = {rule.id for rule in plan.rules}
        self._note(fence, put, [id for id, rule in seen.known.items() if rule.foreign and id not in used])

    def _add(self, fence: int, rules: Sequence[Packed], refused: dict[str, str], room: int) -> bool:
        """Add rules, and note each as soon as X has it; whether X took all of them."""
        whole = True
        for some in portions(rules, PORTION):
            taken = told(self._streaming, [rule.value for rule in some], self.tag)
            self._note(fence, self._taken(some, taken), ())
            self._unsaid = taken.unsaid or self._unsaid
            if wrong := [rule for rule in taken.refused if not rule.duplicate]:
                refused |= search(self._streaming, wrong, room=room + len(wrong), tag=self.tag).refused
            whole = whole and len(taken.taken) + len(taken.refused) - len(wrong) >= len(some)
        return whole

    def _taken(self, rules: Sequence[Packed], taken: RulesTaken) -> list[KnownRule]:
        now, members = self._streaming.now(), {rule.value: tuple(sorted(rule.members)) for rule in rules}
        put = [KnownRule(rule.id, rule.value, members[rule.value], now) for rule in taken.taken]
        theirs = [(rule.duplicate, rule.value) for rule in taken.refused if rule.duplicate]
        return put + [KnownRule(id, value, members[value], now, foreign=True) for id, value in theirs]

    def _remove(self, fence: int, ids: Sequence[str]) -> None:
        for some in portions(ids, PORTION):
            removed = self._streaming.delete_rules(some)
            self._note(fence, (), some)
            if removed != len(some):
                log.info("X says that it removed %s of %s", plural(removed, "rule"), f"{len(some):,}")

    def _note(self, fence: int, put: Sequence[KnownRule], removed: Sequence[str]) -> None:
        if put or removed:
            now = self._streaming.now()
            self._captures.change_rules(fence, put, dict.fromkeys(removed, now))

    def _verdict(self, seen: Seen, plan: Plan, refused: Mapping[str, str]) -> Verdict:
        long = f"it is longer than the {seen.caps.length:,} characters of a rule"
        return Verdict(
            {**refused, **dict.fromkeys(plan.long, long)}, plan.missing, len(plan.rules), seen.allowed, seen.caps.length
        )
