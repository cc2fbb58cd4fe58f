"""The archive in Elasticsearch or OpenSearch, used by many hosts at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from netwar.archive import deadletters
from netwar.archive.base import EVERYTHING, Body, Extent, NameHolder, ProfileChange, Tally, Version, Within
from netwar.archive.elastic import bulk
from netwar.archive.elastic.extent import extent
from netwar.archive.elastic.history import History
from netwar.archive.elastic.indices import OURS, SOME, Indices, ledger_index
from netwar.archive.elastic.ledger import ElasticLedger
from netwar.archive.elastic.reading import DocumentIndex, numbers, refresh, search
from netwar.archive.elastic.writing import Batch, stored
from netwar.archive.incoming import by_index
from netwar.archive.marks import Cover, Mark
from netwar.archive.missing import missing
from netwar.archive.sqlite.outbox import DueFile, SqliteOutbox, put
from netwar.archive.winning import XTime, unknown
from netwar.connections.elastic import Cluster
from netwar.connections.elastic_templates import Json
from netwar.errors import ConfigError, NetwarError
from netwar.records.documents import USERTEST, Document, IndexName, parted
from netwar.records.text_query import question

AT_ONCE = 30  # names of indices in one request: servers take 4,096 bytes as its first line


class ElasticArchive(ElasticLedger):
    """Fills the contract `netwar.archive.base.Archive`.

    Tweets are in the index twNAME, users in tuNAME, their ledger in tcNAME; indices and templates are made by the first
    write. What is of several names takes as few requests as what is of one. `dead_letters` is the file for documents that
    cannot be stored; `api` is where they come from; `now` tells X's time; `due` is the file of the outbox, if a graph is fed
    from here. A page and its marks are steps of their own here, the marks after the documents: what is covered is always
    there. Between them all of the page is made due, new or not: a page that is written again, since a run was killed before
    it had done so, is due all the same.
    """

    joint = True

    def __init__(self, cluster: Cluster, dead_letters: Path, api: str, now: XTime = unknown, due: DueFile | None = None) -> None:
        super().__init__(Indices(cluster, api))
        self._due = due
        self.outbox = SqliteOutbox(due) if due else None
        self.cluster = cluster
        self.dead_letters = dead_letters
        self._now = now
        self._past = History(self._indices, now)

    def ready(self, index: str) -> None:
        """See Documents.ready. Makes the index, and that of its ledger.

        Raises ConfigError where the ledger speaks of tweets that were deleted with their index: nobody would ask for them again.
        """
        gone = self._indices.there(index) is None and any(record.spans for record in self.records(index))
        if gone and self._indices.there(index) is None:  # and no other run has just begun it
            ledger = ledger_index(index)
            raise ConfigError(
                f"{index} at {self.cluster.where} is gone, and {ledger} has what was in it as recorded, so it would not be asked "
                f"for again: restore {index}, or forget that by  tw-elk delete {ledger}"
            )
        for one in (index, ledger_index(index)):
            self._indices.made(one)

    def touch(self, indices: Sequence[str]) -> list[str]:
        for index in indices:
            parted(index)
        missing = [index for index in indices if self._indices.there(index) is None]
        for index in indices:
            self.ready(index)
        return missing

    def write(self, documents: Sequence[Document], marks: Sequence[Mark] = ()) -> Tally:
        """See Documents.write. Other documents of the page are not held up by one that is refused.

        What the page contradicts is taken back first of all: a run that dies before the span leaves a gap, never a hole.
        """
        for mark in marks:
            parted(mark.index)
        for mark in marks:
            if isinstance(mark, Cover) and mark.back:
                self.change(mark.index, mark.user, mark.take_back)
        sorted_out, refused = by_index(documents)
        batches = list(self._batches(sorted_out))
        self._past.keep({batch.index: batch.ready for batch in batches if parted(batch.index)[1]})
        tally = stored(batches, self.cluster, self._now)
        for batch in batches:
            self._make_due(batch)
        refused += [one for batch in batches for one in batch.refused]
        if refused:
            deadletters.keep(self.dead_letters, refused)
        self.apply(marks)
        return tally + Tally(rejected=len(refused))

    def get(self, index: str, ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Body]:
        shelf = self._shelf(index)
        return shelf.get(ids) if shelf else {}

    def missing(self, index: str, field: str, values: Sequence[str]) -> list[str]:
        return missing(self._shelf(index), field, values)

    def profiles(self, index: str, ids: Sequence[str]) -> dict[str, NameHolder]:
        shelf = self._with_profiles(index)
        return self._past.profiles(index, numbers(ids), shelf) if shelf else {}

    def name_holders(self, index: str, names: Sequence[str]) -> dict[str, list[NameHolder]]:
        shelf = self._with_profiles(index)
        return self._past.name_holders(index, names, shelf) if shelf else {}

    def history(self, index: str, user: str) -> list[Version]:
        shelf = self._with_profiles(index)
        return self._past.history(index, user) if shelf and numbers([user]) else []

    def changes(self, index: str) -> Iterator[ProfileChange]:
        if self._with_profiles(index):
            yield from self._past.changes(index)

    def keep_changes(self, index: str, changes: Sequence[ProfileChange]) -> None:
        self._with_profiles(index)
        self._past.keep_changes(index, changes)

    def find(self, index: str, within: Within = EVERYTHING, limit: int | None = None) -> Iterator[Body]:
        shelf = self._shelf(index)
        if shelf:
            yield from shelf.find(self._whose(index, within), within, limit)

    def search(self, index: str, words: str, limit: int | None = None) -> Iterator[Body]:
        asked, shelf = question(words), self._shelf(index)
        if asked and shelf:
            yield from shelf.search(asked, limit)

    def count(self, index: str) -> int:
        shelf = self._shelf(index)
        return shelf.count() if shelf else 0

    def extent(self, name: str) -> Extent:
        kept = IndexName(name)
        tweets = None if kept.tweets == kept.users else self._shelf(kept.tweets)
        return extent(self.cluster, tweets, self._shelf(kept.users), ",".join((*kept.indices, kept.ledger)))

    def scan(self, index: str, after: str | None = None, *, gone: bool = False) -> Iterator[Body]:
        shelf = self._shelf(index)
        if shelf:
            yield from shelf.scan(-1 if after is None else int(after), gone)

    def forget(self, index: str, ids: Sequence[str]) -> int:
        """See Documents.forget. Users go with what they said before."""
        shelf = self._shelf(index)
        if shelf is None:
            return 0
        self._indices.made(index)
        wanted = numbers(ids)
        if parted(index)[1]:
            self._past.forget(index, wanted)
        gone = sum(result.status == 200 for result in bulk.send(self.cluster, index, [bulk.delete(id) for id in wanted]))
        if self.outbox:
            self.outbox.add(index, wanted)
        return gone

    def indices(self, among: Sequence[str] | None = None, left_out: dict[str, NetwarError] | None = None) -> list[str]:
        holding = self._with_documents(list(self._indices.listed()))
        found = sorted(holding | self._with_records(holding))
        return found if among is None else [index for index in found if index in among]

    def close(self) -> None:
        self.cluster.close()
        if self._due:
            self._due.close()

    def _make_due(self, batch: Batch) -> None:
        if self._due is None or batch.index == USERTEST:
            return
        refused = {one.document.id for one in batch.refused}
        with self._due.writing() as connection:
            for fresh in (True, False):
                ids = [one.id for one in batch.ready if (one.id in batch.created) is fresh and one.id not in refused]
                put(connection, batch.index, ids, fresh=fresh)

    def _with_documents(self, indices: list[str]) -> set[str]:
        """Those that have documents, or may have some: what is closed, or has no shard left, is not among the figures.

        Only what looks empty is made to show what was just written: a lost shard of another index holds nobody up.
        """
        counts = self._counts()
        empty = [index for index in indices if counts.get(index) == 0]
        for start in range(0, len(empty), AT_ONCE):
            refresh(self.cluster, ",".join(empty[start : start + AT_ONCE]))
        counts = self._counts() if empty else counts
        return {index for index in indices if counts.get(index) != 0}

    def _counts(self) -> dict[str, int]:
        """How many documents can be found in the indices that are open."""
        told = self.cluster.ask("GET", f"/{OURS}/_stats/docs", params={**SOME, "level": "indices"}, index=OURS)
        return {index: one["primaries"]["docs"]["count"] for index, one in told["indices"].items()}

    def _with_records(self, holding: set[str]) -> set[str]:
        """Those that have records, and are not known to be there already."""
        ledgers = {ledger: IndexName(ledger.removeprefix("tc")).indices for ledger in self._indices.ledgers()}
        asked = [ledger for ledger, indices in ledgers.items() if not holding.issuperset(indices)]
        found = set()
        for start in range(0, len(asked), AT_ONCE):
            names = ",".join(asked[start : start + AT_ONCE])
            refresh(self.cluster, names)
            each = {"indices": {"terms": {"field": "index", "size": 2 * AT_ONCE}}}
            body = {"size": 0, "query": {"term": {"kind": "record"}}, "aggs": each}
            answer = search(self.cluster, names, body)
            found |= {bucket["key"] for bucket in answer.get("aggregations", {}).get("indices", {}).get("buckets", [])}
        return found

    def _whose(self, index: str, within: Within) -> list[Json]:
        """The conditions of a user. A tweet knows its author's id; names come from profiles and the ledger, old ones too."""
        layout = self._indices.there(index)
        assert layout
        users, name = parted(index)[1], within.name
        found: list[Json] = []
        if within.user is not None:
            found.append({"term": {"id" if users else layout.author: within.user}})
        if name is not None and users:
            found.append(layout.named([name.lower()]))
        elif name is not None:
            name_holders = {"terms": {layout.author: self._bearers_of(index, name)}}
            found.append({"bool": {"should": [name_holders, layout.named([name.lower()])], "minimum_should_match": 1}})
        return found

    def _bearers_of(self, index: str, name: str) -> list[str]:
        shelf = self._shelf(IndexName.of(index).users)
        known = [one.user for one in shelf.named([name])] if shelf else []
        return known + [record.user for record in self.by_name(index, name) if record.user.isdigit()]

    def _batches(self, documents: Mapping[str, Sequence[Document]]) -> Iterator[Batch]:
        """Documents by index, ready to be sent. Makes the indices."""
        for index, mine in documents.items():
            batch = Batch(index, self._indices.made(index))
            batch.prepare(mine)
            yield batch

    def _with_profiles(self, index: str) -> DocumentIndex | None:
        """An index of users. Raises ValueError for another one."""
        if not parted(index)[1]:
            raise ValueError(f"{index} is no index of users")
        return self._shelf(index)

    def _shelf(self, index: str) -> DocumentIndex | None:
        _, users = parted(index)
        layout = self._indices.there(index)
        return DocumentIndex(self.cluster, index, layout, users) if layout else None
