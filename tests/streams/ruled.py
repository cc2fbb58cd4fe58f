"""An X with rules and nothing else, for tests of what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

from netwar.records.expressions import split
from netwar.twitter.base import TransientError
from netwar.twitter.streaming import OpenStream, RefusedRule, RuleCaps, RulesTaken, StreamConnection, StreamRule

AT = 1_800_000_000_000


class RuledX:
    """`bad` tells of an expression whether X refuses a rule with it; `requests` are the methods that were called. With
    `all_or_nothing` it takes no rule of a request with a refused one, and never one of more than `most` expressions. `before`
    is called before rules are added, `after` behind each change."""

    def __init__(self, rules: int = 1_000, length: int = 1_024) -> None:
        self.standing: dict[str, StreamRule] = {}
        self.caps = RuleCaps(rules, length)
        self.bad: Callable[[str], bool] = lambda expression: False
        self.requests: list[str] = []
        self.all_or_nothing = False
        self.most = 1_000
        self.before: Callable[[], object] = lambda: None
        self.after: Callable[[str], None] = lambda what: None
        self.at = AT
        self._ids = count(1)

    def foreign(self, *values: str) -> list[str]:
        """Rules of somebody else; their ids."""
        return [self._stand(value, "theirs") for value in values]

    def values(self) -> set[str]:
        return {rule.value for rule in self.standing.values()}

    def now(self) -> int:
        return self.at

    def rules(self) -> list[StreamRule]:
        self.requests.append("rules")
        return [*self.standing.values()]

    def rule_caps(self) -> RuleCaps:
        self.requests.append("rule_caps")
        return self.caps

    def add_rules(self, rules: Sequence[tuple[str, str]], *, dry_run: bool = False) -> RulesTaken:
        self.requests.append("dry_run" if dry_run else "add_rules")
        if not dry_run:
            self.before()
        assert len({value for value, _ in rules}) == len(rules) <= 1_000
        there = {rule.value: rule.id for rule in self.standing.values()}
        refused = [refusal for value, _ in rules if (refusal := self._refused(value, there))]
        wrong = {rule.value for rule in refused}
        good = [rule for rule in rules if rule[0] not in wrong]
        if len(self.standing) + len(good) > self.caps.rules:
            return RulesTaken((), (), "cap exceeded")
        if self.all_or_nothing and any(not rule.duplicate for rule in refused):
            good = []
        taken = [StreamRule("checked" if dry_run else self._stand(value, tag), value, tag) for value, tag in good]
        if not dry_run:
            self.after("add")
        return RulesTaken(tuple(taken), tuple(refused))

    def delete_rules(self, ids: Sequence[str]) -> int:
        self.requests.append("delete_rules")
        removed = sum(self.standing.pop(id, None) is not None for id in ids)
        self.after("delete")
        return removed

    def connections(self) -> list[StreamConnection]:
        return []

    def close_connection(self, id: str) -> bool:
        return False

    def open_stream(self, *, authors: bool = True) -> OpenStream:
        raise TransientError("no stream here", "none is needed")

    def _refused(self, value: str, there: dict[str, str]) -> RefusedRule | None:
        if value in there:
            return RefusedRule(value, "Duplicate rule", there[value])
        if len(value) > self.caps.length or len(split(value)) > self.most:
            return RefusedRule(value, "too long")
        wrong = [expression for expression in split(value) if self.bad(expression)]
        return RefusedRule(value, f"no viable alternative at {wrong[0]}") if wrong else None

    def _stand(self, value: str, tag: str) -> str:
        id = str(next(self._ids))
        self.standing[id] = StreamRule(id, value, tag)
        return id
