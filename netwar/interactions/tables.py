"""Graphs as two tables, of nodes and of edges, under headings that Gephi knows; pandas and R read them, too."""

from __future__ import annotations

import csv
from collections.abc import Iterable

from netwar.interactions.attributes import ATTRIBUTES, Described, Value
from netwar.interactions.gathered import Grouped
from netwar.interactions.gexf import Writing
from netwar.interactions.moments import moment
from netwar.records.text import one_line

NODES = ("id", "label", "kind", *(attribute.name for attribute in ATTRIBUTES), "first", "last")
EDGES = ("source", "target", "kind", "weight", "first", "last")


def write_nodes(out: Writing, nodes: Iterable[Described]) -> None:
    """A row a node; what is not known is empty, and every text is on one line."""
    table = csv.writer(out, lineterminator="\n")
    table.writerow(NODES)
    for one in nodes:
        node = one.node
        table.writerow([node.id, one_line(one.label), node.kind, *map(cell, one.values), *_times(node.first, node.last)])


def write_edges(out: Writing, edges: Iterable[Grouped]) -> None:
    """A row an edge."""
    table = csv.writer(out, lineterminator="\n")
    table.writerow(EDGES)
    table.writerows([source, target, kind, weight, *_times(first, last)] for kind, source, target, weight, first, last in edges)


def cell(value: Value) -> str:
    """A value in a table."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else one_line(str(value))


def _times(first: int | None, last: int | None) -> tuple[str, str]:
    return ("", "") if first is None or last is None else (moment(first), moment(last))
