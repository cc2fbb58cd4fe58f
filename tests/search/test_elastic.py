"""Searches into Elasticsearch: the same posts, and the same coverage, whatever characters a line has."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing

from tests import clusters
from tests.search.conftest import Searcher
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on_one_of

LINES = ("#выборы OR #東京", '"a slow train" OR "ein langsamer Zug"', "train OR " + " OR ".join(f"word{n}" for n in range(45)))


@on_one_of("es654-sg", "es953-sec")
def test_lines_are_searched_for_once_and_known_to_be_complete(server: ElasticServer, searcher: Callable[..., Searcher]) -> None:
    known = {"elksg": server.url, "elksguser": server.user, "elksgpass": server.password, "elksgca": server.ca}
    one = searcher(**{key: value for key, value in known.items() if value})
    lines = (f"from:{one.ids(8)[0]}", *LINES)
    one.write("terms.txt", "\n".join(lines))
    search = ("tw-search2elk", "searched", "terms.txt", "--until", "2026-01-01T11:59:00", "--yes")
    one.run(*search)
    with closing(clusters.opened(one.desk.home / ".twitter", one.desk.home)) as archive:
        found = {int(body["id"]) for body in archive.scan("twsearched") if body["netwar"]["via"] == "search"}
    assert found == set().union(*(one.truth_of(line) for line in lines))
    assert one.spent() == one.bill()["micro"]
    rows = [json.loads(line) for line in one.run(*search[:3], "--coverage", "--json").stdout.splitlines()]
    assert [row["line"] for row in rows] == [*lines]
    assert all(row["gaps"] is None and row["to"] > "2026-01-01T11:58" for row in rows)
    asked = len(one.pages())
    one.run(*search)
    assert len(one.pages()) == asked, "nothing is left"
