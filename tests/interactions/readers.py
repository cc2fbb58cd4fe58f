"""Graph files as other programs read them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import networkx
from lxml import etree

from tests.interactions.corpus import Edges

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).with_name("gexf.rng")))


def check(path: Path) -> None:
    """Is it valid, with every reference leading somewhere, and the counts those that it says?"""
    tree = etree.parse(path)
    assert SCHEMA.validate(tree), SCHEMA.error_log
    found: dict[str, list[Any]] = {name: tree.findall(f".//{{*}}{name}") for name in ("node", "edge", "attribute")}
    ids = {name: [one.get("id") for one in elements] for name, elements in found.items()}
    assert len(set(ids["node"])) == len(ids["node"]) == int(tree.find(".//{*}nodes").get("count"))
    assert len(set(ids["edge"])) == len(ids["edge"]) == int(tree.find(".//{*}edges").get("count"))
    assert {edge.get(end) for edge in found["edge"] for end in ("source", "target")} <= set(ids["node"])
    assert {one.get("for") for one in tree.findall(".//{*}attvalue")} <= set(ids["attribute"])
    during = {one.get("id"): (one.get("start"), one.get("end")) for one in found["node"]}
    for one in (*found["node"], *found["edge"]):
        assert not one.get("start") or one.get("start") < one.get("end")
    for edge in found["edge"]:
        for start, end in (during[edge.get("source")], during[edge.get("target")]):
            assert not start or start <= edge.get("start") < edge.get("end") <= end


def read(path: Path) -> networkx.MultiDiGraph:
    """As networkx has it, whether or not any two nodes have several edges."""
    return networkx.MultiDiGraph(networkx.read_gexf(path))


def edges(graph: networkx.MultiDiGraph) -> Edges:
    """Its edges with their weights."""
    told = graph.edges(data=True)
    assert all(float(data["weight"]).is_integer() for _, _, data in told)
    return Counter({(data["kind"], source, target): int(data["weight"]) for source, target, data in told})
