"""Documents out of an index: by id, by user, by words, or all of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from netwar.archive.base import Body, NameHolder, Within
from netwar.archive.elastic import bulk
from netwar.archive.elastic.layout import Layout
from netwar.archive.elastic.text_query import about, exact
from netwar.connections.elastic import Cluster
from netwar.connections.elastic_errors import lacking
from netwar.connections.elastic_templates import Json
from netwar.errors import NetwarError, ServiceDown
from netwar.records.documents import TOMBSTONE, has_content
from netwar.records.ids import LARGEST, first_id, number
from netwar.records.text_query import Question, matches, spoken
from netwar.records.times import milliseconds

log = logging.getLogger("netwar.archive")

OLDER = (
    "was laid out by an earlier version: emoji, accents of some scripts, & and Latin words beside Chinese, Japanese or Thai "
    "may not be found in it; tw-copy into a new INDEX lays it out again"
)
VANISHED = "vanished"  # in place of an answer of an index that is not there
PAGE = 1_000
BEARERS = 5_000  # users asked for at once: they take columns only, not whole documents
MAX_HITS = 10_000  # of one search, as servers have it if nobody has changed it
SEARCH_SECONDS = 120
PROBED = 10  # tweets that are looked at for a time: odd ones have none
OLD_IDS = 3 * 10**10  # all ids from before they told the time are below
# Windows that turn out empty grow by so much.
STRIDE = 16
NOTED, VIA = "netwar.retrieved", "netwar.via"
NOTED_COLUMN = {"field": NOTED, "format": "epoch_millis"}

Place = tuple[str, str]  # an index, and the id of a document in it


def refresh(cluster: Cluster, index: str) -> None:
    """Make what was written findable. Who may only read sees what the index's own refresh shows."""
    cluster.ask("POST", f"/{index}/_refresh", ignore=(403, 404), index=index)


def search(cluster: Cluster, index: str, body: Json) -> Json:
    """One page of a search, out of all shards or none; nothing for an index that is not there.

    Without the parameter a lost shard would look like one that has nothing.
    """
    params = {"allow_partial_search_results": "false"}
    answer: Json = cluster.ask(
        "POST", f"/{index}/_search", body, params=params, ignore=(404,), index=index, seconds=SEARCH_SECONDS
    )
    return answer if "error" not in answer else {"hits": {"hits": [], "total": 0}, VANISHED: True}


def by_ids(cluster: Cluster, index: str, ids: Sequence[str], whole: bool = True) -> Iterator[Json]:
    """Those documents that are there, as they are now: `_id`, `_version` and, of whole ones, `_source`.

    Parts are not asked for: servers build a filter anew for each document, and take up to six times as long as for all of it.
    """
    return (told for _, told in by_places(cluster, [(index, id) for id in ids], whole))


def by_places(cluster: Cluster, places: Sequence[Place], whole: bool = True) -> Iterator[tuple[Place, Json]]:
    """The same of documents in several indices, each with its place."""
    params = {"_source": str(whole).lower()}
    for start in range(0, len(places), PAGE):
        yield from cluster.patiently(_found, cluster, places[start : start + PAGE], params)


def _found(cluster: Cluster, places: Sequence[Place], params: Json) -> list[tuple[Place, Json]]:
    """Those of the documents that are there. Raises TransientError while a shard of theirs cannot say."""
    first, *others = dict.fromkeys(index for index, _ in places)
    each = {"docs": [{"_index": index, "_id": id} for index, id in places]} if others else {"ids": [id for _, id in places]}
    path = "/_mget" if others else f"/{first}/_mget"
    answer = cluster.ask("POST", path, each, params=params, index=bulk.some((first, *others)))["docs"]
    found = [*zip(places, answer, strict=True)]
    for index, error in ((index, told["error"]) for (index, _), told in found if "error" in told):
        if error.get("type") != "index_not_found_exception":
            status = 403 if error.get("type") == "security_exception" else 503
            raise cluster.refusal(error, status, index) or NetwarError(f"{index}: {error.get('reason')}")
    return [(place, told) for place, told in found if told.get("found")]


class DocumentIndex:
    """The documents of one index."""

    def __init__(self, cluster: Cluster, index: str, layout: Layout, users: bool) -> None:
        self._cluster = cluster
        self._index = index
        self._layout = layout
        self._users = users

    def get(self, ids: Sequence[str]) -> dict[str, Body]:
        found = by_ids(self._cluster, self._index, numbers(ids))
        return dict(self._contents(found))

    def known_ids(self, ids: Sequence[str]) -> set[str]:
        return {told["_id"] for told in by_ids(self._cluster, self._index, numbers(ids), False)}

    def known_names(self, names: Sequence[str]) -> set[str]:
        """Which of the screen names are kept, lower-cased."""
        return {one.name.lower() for one in self.named(names)}

    def named(self, names: Sequence[str]) -> Iterator[NameHolder]:
        """Who has these screen names."""
        self.refresh()
        wanted = sorted({name.lower() for name in names})
        for start in range(0, len(wanted), BEARERS):
            yield from self._bearers(self._layout.named(wanted[start : start + BEARERS]))

    def known(self, ids: Sequence[str]) -> Iterator[NameHolder]:
        """Who the users of these ids are."""
        if not self._layout.shown:
            yield from self._read(ids)
            return
        self.refresh()
        for start in range(0, len(ids), BEARERS):
            yield from self._bearers({"terms": {self._layout.number: list(map(int, ids[start : start + BEARERS]))}})

    def _bearers(self, condition: Json) -> Iterator[NameHolder]:
        """The users that meet a condition.

        They are read out of columns: a whole document takes a block of others to be unpacked, which is ten to twenty times
        slower. Those that have no such columns, for being of an odd shape or of an index of old, are read whole.
        """
        if not self._layout.shown:
            yield from self._read([hit["_id"] for hit in self._hits([condition], _source=False)])
            return
        odd = []
        columns: Json = {"stored_fields": "_none_", "docvalue_fields": [self._layout.shown, NOTED_COLUMN]}
        for hit in self._hits([condition], size=MAX_HITS, **columns):
            told, id = hit.get("fields", {}), str(hit["sort"][0])
            if self._layout.shown in told and NOTED in told:
                yield NameHolder(id, told[self._layout.shown][0], int(told[NOTED][0]))
            else:
                odd.append(id)
        yield from self._read(odd)

    def _read(self, ids: Sequence[str]) -> Iterator[NameHolder]:
        """The same out of whole documents."""
        for told in by_ids(self._cluster, self._index, numbers(ids)):
            name = str(self._layout.body(told["_source"]).get("username") or "")
            yield NameHolder(told["_id"], name, self._layout.shown_at(told))

    def count(self) -> int:
        self.refresh()
        asked = {"query": {"bool": {"must_not": [{"term": {VIA: TOMBSTONE}}]}}}
        told = self._cluster.ask("POST", f"/{self._index}/_count", asked, ignore=(404,), index=self._index)
        if "error" in told:
            return 0
        shards = told["_shards"]
        if shards["successful"] < shards["total"]:
            raise ServiceDown(lacking(self._cluster.where, self._index, f"{shards['successful']} of {shards['total']} answer"))
        return int(told["count"])

    def posted(self, newest: bool = False) -> int | None:
        """When the first tweet was posted, or the newest one (ms), by their ids; None where none says."""
        hits = self._hits([], newest=newest, limit=PROBED)
        told = (milliseconds(self._layout.body(hit["_source"]).get("created_at")) for hit in hits)
        return next((at for at in told if at is not None), None)

    def scan(self, after: int = -1, gone: bool = False) -> Iterator[Body]:
        self.refresh()
        hits = self._hits([], after=after)
        return (body for _, body in self._bodies_in(hits)) if gone else self._bodies(hits)

    def find(self, whose: Sequence[Json], within: Within, limit: int | None) -> Iterator[Body]:
        """Newest first, of a user (by the conditions `whose`) or of whomever."""
        self.refresh()
        told = self._layout.created is not None or not within.bounds_time
        conditions = [*whose, *self._times(within)]
        hits = self._hits(conditions, newest=True, limit=limit if told else None)
        bodies = self._bodies(hits)
        return islice((body for body in bodies if told or within.holds(milliseconds(body.get("created_at")))), limit)

    def search(self, asked: Question, limit: int | None) -> Iterator[Body]:
        self.refresh()
        if self._layout.spelled:
            hits = self._hits([exact(asked, self._layout.spelled)], newest=True, limit=limit)
            return islice(self._bodies(hits), limit)
        log.warning("%s %s", self._index, OLDER)
        bodies = self._bodies(self._hits([about(asked, self._layout.words)], newest=True))
        return islice((body for body in bodies if matches(asked, spoken(body, self._users))), limit)

    def refresh(self) -> None:
        refresh(self._cluster, self._index)

    def _bodies(self, hits: Iterable[Json]) -> Iterator[Body]:
        return (body for _, body in self._contents(hits))

    def _contents(self, hits: Iterable[Json]) -> Iterator[tuple[str, Body]]:
        """The documents in hits, by their ids, but for those without content. All that is shown comes through here."""
        return ((id, body) for id, body in self._bodies_in(hits) if has_content(body))

    def _bodies_in(self, hits: Iterable[Json]) -> Iterator[tuple[str, Body]]:
        return ((str(hit["_id"]), self._layout.body(hit["_source"])) for hit in hits)

    def _times(self, within: Within) -> list[Json]:
        if not within.bounds_time:
            return []
        since, until = within.since, within.until
        if self._layout.created:
            bounds: Json = {"gte": since, "lt": until, "format": "epoch_millis"}
            return [{"range": {self._layout.created: {name: value for name, value in bounds.items() if value is not None}}}]
        # Ids tell the time since November 2010. What is older is looked at itself.
        young = {"gte": first_id(since or 0), "lt": first_id(until) if until is not None else LARGEST}
        return [_any_of({"range": {self._layout.number: young}}, {"range": {self._layout.number: {"lt": OLD_IDS}}})]

    def _hits(
        self,
        conditions: Sequence[Json],
        *,
        newest: bool = False,
        limit: int | None = None,
        after: int = -1,
        size: int = PAGE,
        **more: Any,
    ) -> Iterator[Json]:
        """What meets all the conditions, in the order of ids, page by page; `more` says what of it is wanted. The first page has
        `limit` of it at most, which is all as a rule.

        After the first page the ids are walked in windows that hold about a page each, so that the cost is that of
        what is found, on servers of all ages: the old ones look at all matches for each page of a search.
        """
        first = size if limit is None else min(limit, size)
        asked: Json = {**more, "sort": [self._sort(newest)]}
        place, end = (LARGEST + 1, -1) if newest else (after, LARGEST + 1)
        page, _ = self._page({**asked, "size": first}, conditions, place, end, False)
        yield from page
        if len(page) == first:
            yield from self._windows({**asked, "size": size}, conditions, page, end, newest)

    def _windows(self, asked: Json, conditions: Sequence[Json], page: list[Json], end: int, newest: bool) -> Iterator[Json]:
        """The rest of the hits, behind a first page."""
        place = page[-1]["sort"][0]
        step = max(1, abs(page[0]["sort"][0] - place))
        while place != end:
            edge = max(end, place - step) if newest else min(end, place + step)
            page, total = self._page(asked, conditions, place, edge, True)
            yield from page
            if total > len(page):
                place, step = page[-1]["sort"][0], max(1, step * PAGE // total)
            else:
                place = edge
                step *= STRIDE if not page else 2 if total < PAGE // 2 else 1

    def _page(self, asked: Json, conditions: Sequence[Json], place: int, edge: int, total: bool) -> tuple[list[Json], int]:
        """Hits that lie behind `place` and not behind `edge`, and how many there are of them (if `total`)."""
        low, high = (place, edge) if place < edge else (edge - 1, place - 1)
        bounds = {"range": {self._layout.number: {"gt": max(low, -1), "lte": min(high, LARGEST)}}}
        query = {"bool": {"filter": [*conditions, bounds]}}
        answer = search(self._cluster, self._index, {**asked, "query": query, "track_total_hits": total})
        if VANISHED in answer:
            raise NetwarError(
                f"{self._index} vanished from {self._cluster.where} while it was read: what was shown is a part of it"
            )
        told = answer["hits"]
        count = told.get("total") or 0
        return told["hits"], count["value"] if isinstance(count, dict) else count

    def _sort(self, newest: bool) -> Json:
        return {self._layout.number: {"order": "desc" if newest else "asc", "unmapped_type": "long"}}


def numbers(ids: Iterable[str]) -> list[str]:
    """Those that can be ids."""
    return [one for one in ids if number(one) is not None]


def _any_of(*queries: Json) -> Json:
    return {"bool": {"should": list(queries), "minimum_should_match": 1}}
