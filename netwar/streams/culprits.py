"""Which expressions of refused rules X does not take: told by checking ever smaller parts of all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from netwar.records.expressions import joined, split
from netwar.records.idlists import portions
from netwar.twitter.streaming import RefusedRule, RulesTaken, Streaming

PORTION = 500  # rules in a request: half a megabyte
PARTS = 4  # into which a refused rule is cut: 73 short lines are told apart in four more requests
REQUESTS = 4  # at most, for a first check


@dataclass(slots=True)
class Checked:
    """What X said of rules that it was asked to check: `refused` expressions, with its reason; and the parts into which rules
    have to be cut that X refuses whole though nothing in them alone, by their values."""

    refused: dict[str, str] = field(default_factory=dict)
    parts: dict[str, list[str]] = field(default_factory=dict)


def check(streaming: Streaming, values: Sequence[str], *, room: int, tag: str) -> Checked:
    """Let X check rules, and find what it does not take. Nothing is changed there. `room` is how many more rules X would take
    at all: where there is hardly any, nothing is checked, and what is wrong is found when rules are added."""
    checked = Checked()
    if room * REQUESTS < len(values) or room < 1:
        return checked
    failing = dict(_refused(streaming, values, room, tag))
    _search(streaming, failing, checked, room, tag)
    return checked


def search(streaming: Streaming, refused: Sequence[RefusedRule], *, room: int, tag: str) -> Checked:
    """The same of rules that X has refused just now."""
    checked = Checked()
    _search(streaming, {rule.value: rule.reason for rule in refused if not rule.duplicate}, checked, max(room, 1), tag)
    return checked


def _search(streaming: Streaming, failing: Mapping[str, str], checked: Checked, room: int, tag: str) -> None:
    while failing:
        cut = {value: _cut(expressions) for value in failing if len(expressions := split(value)) > 1}
        checked.refused |= {split(value)[0]: reason for value, reason in failing.items() if value not in cut}
        failing = dict(_refused(streaming, [part for parts in cut.values() for part in parts], room, tag))
        for value, parts in cut.items():
            if not any(part in failing for part in parts):
                checked.parts[value] = parts


def _cut(expressions: Sequence[str]) -> list[str]:
    size = -(-len(expressions) // PARTS)
    return [joined(some) for some in portions(expressions, size)]


def _refused(streaming: Streaming, values: Sequence[str], room: int, tag: str) -> Iterator[tuple[str, str]]:
    for some in portions(values, min(PORTION, room)):
        for rule in told(streaming, some, tag, dry_run=True).refused:
            if not rule.duplicate:
                yield rule.value, rule.reason


def told(streaming: Streaming, values: Sequence[str], tag: str, *, dry_run: bool = False) -> RulesTaken:
    """What X says of rules with our tag."""
    return streaming.add_rules([(value, tag) for value in values], dry_run=dry_run)
