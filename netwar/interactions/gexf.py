"""Graphs as GEXF 1.3 (gexf.net), which Gephi, networkx and sigma.js read; written as a stream.

What readers need beyond the schema: networkx knows no `kind` of an edge, so it is an attribute as well; both it and Gephi
read whole times with `timeformat="date"`, and networkx fails on `dateTime`; an interval ends after it begins, since Gephi drops
others in silence; and ids of edges are unique.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Protocol

from netwar.interactions.attributes import ATTRIBUTES, UNKNOWN, Described, Value
from netwar.interactions.gathered import NEVER_IN_XML, Grouped, Size
from netwar.interactions.moments import moment
from netwar.records.text import one_line

LINES = 1_000  # written at once
SECOND = 1_000  # ms
NODE_COLUMNS = (("kind", "string"), *((attribute.name, attribute.type) for attribute in ATTRIBUTES))
EDGE_COLUMNS = (("kind", "string"), ("first", "string"), ("last", "string"))


class Writing(Protocol):
    """Whatever takes texts."""

    def write(self, text: str, /) -> int:
        """Take a text."""


def write(
    out: Writing,
    nodes: Iterable[Described],
    edges: Iterable[Grouped],
    size: Size,
    *,
    about: str,
    timeline: bool = False,
) -> None:
    """Write a directed graph; `size` is how much there is of it, `about` says what it is of.

    With a `timeline` it is dynamic: an edge is there from its first tweet to a second after its last one, and a node as long as
    its edges. Raises what `out` and the iterables do.
    """
    parts = _head(size.nodes, about, timeline), _nodes(nodes, timeline), _between(size.edges), _edges(edges, timeline), _foot()
    for lines in parts:
        while some := "".join(islice(lines, LINES)):
            out.write(some)


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
    names = [f'<attvalue for="{attribute.name}" value="' for attribute in ATTRIBUTES]
    for node, label, values in nodes:
        during = _during(node.first, node.last) if timeline else ""
        told = ""
        if values is not UNKNOWN:
            some = [f'{name}{_value(value)}"/>' for name, value in zip(names, values, strict=True) if value is not None]
            told = "".join(some)
        id = quoted(node.id)
        yield (
            f'<node id="{id}" label="{id if label == node.id else quoted(label)}"{during}><attvalues>'
            f'<attvalue for="kind" value="{node.kind}"/>{told}</attvalues></node>\n'
        )


def _edges(edges: Iterable[Grouped], timeline: bool) -> Iterator[str]:
    for number, (kind, source, target, weight, first, last) in enumerate(edges):
        during = times = ""
        if first is not None and last is not None:
            begun = moment(first)
            ended = begun if first == last else moment(last)
            times = f'<attvalue for="first" value="{begun}"/><attvalue for="last" value="{ended}"/>'
            during = f' start="{begun}" end="{moment(last + SECOND)}"' if timeline else ""
        end = quoted(target) if isinstance(target, str) else target
        yield (
            f'<edge id="{number}" source="{source}" target="{end}" weight="{weight}" kind="{kind}"{during}>'
            f'<attvalues><attvalue for="kind" value="{kind}"/>{times}</attvalues></edge>\n'
        )


def _during(first: int | None, last: int | None) -> str:
    if first is None or last is None:
        return ""
    return f' start="{moment(first)}" end="{moment(last + SECOND)}"'


def _value(value: Value) -> str:
    if isinstance(value, str):
        return quoted(value)
    return str(value) if type(value) is int else str(value).lower()


def quoted(text: str) -> str:
    """A text as it may stand in an attribute or an element: without what XML has no way to write, control characters for one."""
    fit = text if text.isprintable() else one_line(text).translate(NEVER_IN_XML)
    return fit.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
