"""Graphs as GEXF 1.3 (gexf.net), which Gephi, networkx and sigma.js read; written as a stream.

What readers need beyond the schema: networkx knows no `kind` of an edge, so it is an attribute as well; both it and Gephi
read whole times with `timeformat="date"`, and networkx fails on `dateTime`; an interval ends after it begins, since Gephi drops
others in silence; and ids of edges are unique.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TextIO

from netwar.interactions.attributes import ATTRIBUTES, Described, Value
from netwar.interactions.gathered import NEVER_IN_XML, Grouped
from netwar.interactions.moments import moment
from netwar.records.text import one_line

LINES = 1_000  # written at once
SECOND = 1_000  # ms
QUOTED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
NODE_COLUMNS = (("kind", "string"), *((attribute.name, attribute.type) for attribute in ATTRIBUTES))
EDGE_COLUMNS = (("kind", "string"), ("first", "string"), ("last", "string"))


def write(
    out: TextIO,
    nodes: Iterable[Described],
    edges: Iterable[Grouped],
    counts: tuple[int, int],
    *,
    about: str,
    timeline: bool = False,
) -> None:
    """Write a directed graph; `counts` are how many nodes and edges there are, `about` says what it is of.

    With a `timeline` it is dynamic: an edge is there from its first tweet to a second after its last one, and a node as long as
    its edges. Raises what `out` and the iterables do.
    """
    for part in (
        _head(counts[0], about, timeline),
        _nodes(nodes, timeline),
        _between(counts[1]),
        _edges(edges, timeline),
        _foot(),
    ):
        _write(out, part)


def _write(out: TextIO, lines: Iterable[str]) -> None:
    some = []
    for line in lines:
        some.append(line)
        if len(some) == LINES:
            out.write("".join(some))
            some.clear()
    out.write("".join(some))


def _head(nodes: int, about: str, timeline: bool) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<gexf xmlns="http://gexf.net/1.3" version="1.3">\n'
    yield f'<meta lastmodifieddate="{datetime.now(UTC):%Y-%m-%d}"><creator>netwar</creator>'
    yield f"<description>{quoted(about)}</description></meta>\n"
    dynamic = 'mode="dynamic" timeformat="date" timerepresentation="interval"' if timeline else 'mode="static"'
    yield f'<graph defaultedgetype="directed" idtype="string" {dynamic}>\n'
    for kind, columns in (("node", NODE_COLUMNS), ("edge", EDGE_COLUMNS)):
        yield f'<attributes class="{kind}">\n'
        yield from (f'<attribute id="{name}" title="{name}" type="{type}"/>\n' for name, type in columns)
        yield "</attributes>\n"
    yield f'<nodes count="{nodes}">\n'


def _between(edges: int) -> Iterator[str]:
    yield f'</nodes>\n<edges count="{edges}">\n'


def _foot() -> Iterator[str]:
    yield "</edges>\n</graph>\n</gexf>\n"


def _nodes(nodes: Iterable[Described], timeline: bool) -> Iterator[str]:
    for node, label, values in ((one.node, one.label, one.values) for one in nodes):
        during = _during(node.first, node.last) if timeline else ""
        told = "".join(
            f'<attvalue for="{attribute.name}" value="{_value(value)}"/>'
            for attribute, value in zip(ATTRIBUTES, values, strict=True)
            if value is not None
        )
        kind = f'<attvalue for="kind" value="{node.kind}"/>'
        yield f'<node id="{quoted(node.id)}" label="{quoted(label)}"{during}><attvalues>{kind}{told}</attvalues></node>\n'


def _edges(edges: Iterable[Grouped], timeline: bool) -> Iterator[str]:
    for number, (kind, source, target, weight, first, last) in enumerate(edges):
        during = _during(first, last) if timeline else ""
        told = f'<attvalue for="kind" value="{kind}"/>'
        if first is not None and last is not None:
            told += f'<attvalue for="first" value="{moment(first)}"/><attvalue for="last" value="{moment(last)}"/>'
        target = target if target.isalnum() else quoted(target)
        yield (
            f'<edge id="{number}" source="{source}" target="{target}" weight="{weight}" kind="{kind}"{during}>'
            f"<attvalues>{told}</attvalues></edge>\n"
        )


def _during(first: int | None, last: int | None) -> str:
    if first is None or last is None:
        return ""
    return f' start="{moment(first)}" end="{moment(last + SECOND)}"'


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    """A text as it may stand in an attribute or an element: without what XML has no way to write, control characters for one."""
    fit = text if text.isprintable() else one_line(text).translate(NEVER_IN_XML)
    return fit.translate(QUOTED)
