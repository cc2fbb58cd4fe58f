"""Rules out of what captures want: as few as fit, and those that stand already changed as little as can be.

A rule has many expressions, joined with OR, all wanted by the same captures: whatever it matches belongs to each of these and
to no other. So an expression that two captures share stands once, in a rule of both, and a post goes exactly where it should.
An expression that comes or goes changes the rule in which it stood and the one in which it will stand, and no third.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from netwar.records.expressions import JOINT, joined, split, wrapped

Members = frozenset[str]  # the indexes of the captures that want something
Wanted = Mapping[str, Members]  # expression -> who wants it

MAX_LENGTH, MAX_RULES = 1_024, 1_000  # docs.x.com, filtered stream; what X says of the app (RuleCaps) goes before


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule that stands at X. One that is `fixed` belongs to somebody else: it may be used as it is, and is never changed."""

    id: str
    value: str
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Packed:
    """A rule as it should be: whose its matches are, its value, and the id under which it stands already, "" if it is new."""

    members: Members
    value: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What should stand at X: `rules`; of what stands `removed` goes (ids). `missing` are the expressions for which there is no
    room among the rules that X allows, `long` those that are longer than a rule may be."""

    rules: tuple[Packed, ...]
    removed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    long: tuple[str, ...] = ()

    @property
    def new(self) -> list[Packed]:
        """The rules that are to be added."""
        return [rule for rule in self.rules if not rule.id]


@dataclass(slots=True)
class _Bin:
    """A rule in the making. `changed`: it will be another rule than what stands under `id`."""

    members: Members
    expressions: dict[str, None] = field(default_factory=dict)
    length: int = 0
    id: str = ""
    value: str = ""
    changed: bool = True
    fixed: bool = False

    def put(self, expression: str) -> None:
        self.length += len(wrapped(expression)) + (len(JOINT) if self.expressions else 0)
        self.expressions[expression] = None

    def packed(self) -> Packed:
        return Packed(self.members, joined(self.expressions)) if self.changed else Packed(self.members, self.value, self.id)


def pack(wanted: Wanted, standing: Sequence[Standing] = (), *, length: int = MAX_LENGTH, rules: int = MAX_RULES) -> Plan:
    """Rules of at most so many characters for everything that is wanted, at most so many of them beside those of others.

    What stands is kept where it can be; if there are then too many rules, everything is packed anew. The same arguments
    give the same plan, in whatever order a mapping has them.
    """
    long = tuple(sorted(expression for expression in wanted if len(wrapped(expression)) > length))
    fitting = {expression: members for expression, members in wanted.items() if len(wrapped(expression)) <= length and members}
    bins = _filled(fitting, _kept(fitting, standing, length), length)
    if _ours(bins) > rules:
        bins = _filled(fitting, _kept(fitting, [rule for rule in standing if rule.fixed], length), length)
    bins.sort(key=lambda bin: (not bin.fixed, -len(bin.expressions), sorted(bin.members), joined(bin.expressions)))
    room = rules + len(bins) - _ours(bins)
    missing = sorted(expression for bin in bins[room:] for expression in bin.expressions)
    return _planned(bins[:room], standing, tuple(missing), long)


def too_many(mine: Wanted, others: Wanted, *, length: int, rules: int) -> int:
    """How many of my expressions there is no room for beside those of others."""
    taken = len(pack(others, length=length, rules=len(others)).rules)
    return len(pack(mine, length=length, rules=max(rules - taken, 0)).missing)


def wishes(lines: Iterable[tuple[str, Iterable[str]]]) -> dict[str, Members]:
    """What captures want, out of each one's index and its expressions."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for index, expressions in lines:
        for expression in expressions:
            found[expression].add(index)
    return {expression: frozenset(indexes) for expression, indexes in found.items()}


def _ours(bins: Iterable[_Bin]) -> int:
    """How many rules take up room of ours."""
    return sum(not bin.fixed for bin in bins)


def _planned(bins: Sequence[_Bin], standing: Sequence[Standing], missing: tuple[str, ...], long: tuple[str, ...]) -> Plan:
    """A new rule whose value stands already is that one: X takes each value once."""
    ids = {rule.value: rule.id for rule in standing}
    packed = [bin.packed() for bin in bins]
    whole = [Packed(rule.members, rule.value, rule.id or ids.get(rule.value, "")) for rule in packed]
    used = {rule.id for rule in whole}
    return Plan(tuple(whole), tuple(rule.id for rule in standing if rule.id not in used and not rule.fixed), missing, long)


def _kept(wanted: Wanted, standing: Sequence[Standing], length: int) -> list[_Bin]:
    """What stays of the rules that stand: each belongs to those who want most of it, and loses what others want. Those that
    may stay as they are come first, and of them the largest: what replaces a rule stands beside it for a while."""
    bins, placed = [], set[str]()
    parts = [(rule, dict.fromkeys(split(rule.value))) for rule in standing]
    parts.sort(key=lambda part: (_is_broken(wanted, part[1]), -len(part[1])))
    for rule, there in parts:
        owners = Counter(wanted[expression] for expression in there if expression in wanted and expression not in placed)
        if not owners or (rule.fixed and owners.total() < len(there)) or (rule.fixed and len(owners) > 1):
            continue
        members = min(owners, key=lambda one: (-owners[one], sorted(one)))
        bin = _Bin(members, id=rule.id, value=rule.value, fixed=rule.fixed)
        for expression in there:
            if wanted.get(expression) == members and expression not in placed:
                bin.put(expression)
        bin.changed = len(bin.expressions) < len(there) or len(rule.value) > length
        if bin.length <= length:  # X may have lowered what it allows
            placed.update(bin.expressions)
            bins.append(bin)
    return bins


def _is_broken(wanted: Wanted, expressions: Iterable[str]) -> bool:
    """Whether a rule cannot stay as it is."""
    owners = {wanted.get(expression) for expression in expressions}
    return len(owners) > 1 or None in owners


def _filled(wanted: Wanted, bins: list[_Bin], length: int) -> list[_Bin]:
    """Put whatever is in no rule yet into the first with room: one that changes anyway, one that stands, a new one."""
    placed = {expression for bin in bins for expression in bin.expressions}
    new: defaultdict[Members, list[str]] = defaultdict(list)
    for expression in sorted(wanted.keys() - placed, key=lambda one: (-len(wrapped(one)), one)):
        new[wanted[expression]].append(expression)
    for members, expressions in sorted(new.items(), key=lambda item: sorted(item[0])):
        theirs = [bin for bin in bins if bin.members == members and not bin.fixed]
        theirs.sort(key=lambda bin: not bin.changed)
        bins += _first_fit(members, expressions, theirs, length)
    return bins


def _first_fit(members: Members, expressions: Sequence[str], bins: Sequence[_Bin], length: int) -> list[_Bin]:
    """Put expressions, the longest first, into bins; those that had to be added."""
    least = len(JOINT) + len(wrapped(expressions[-1]))
    open_bins, added = [bin for bin in bins if bin.length + least <= length], list[_Bin]()
    for expression in expressions:
        needed = len(JOINT) + len(wrapped(expression))
        found = next((bin for bin in open_bins if bin.length + needed <= length), None)
        if found is None:
            found = _Bin(members)
            added.append(found)
            open_bins.append(found)
        found.put(expression)
        found.changed = True
        if found.length + least > length:
            open_bins.remove(found)
    return added
