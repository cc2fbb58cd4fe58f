"""Documents on their way into an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

import orjson

from netwar.archive.base import Body, Tally
from netwar.archive.deadletters import Refused
from netwar.archive.elastic import bulk
from netwar.archive.elastic.bulk import Result
from netwar.archive.elastic.layout import Layout, with_words
from netwar.archive.elastic.yielding import Yielding
from netwar.archive.incoming import UNSTORABLE, checked, refused
from netwar.archive.winning import XTime
from netwar.connections.elastic import Cluster
from netwar.records.documents import Document, parted
from netwar.records.sources import BECAUSE, WHOLE
from netwar.records.text_query import spoken
from netwar.records.words import spelled

# What is asked for by these is found even of a document that had to be wrapped up.
SIMPLE = ("author_id", "username", "name", "description", "text", "created_at", "lang", "conversation_id")
MAX_REASON = 300


@dataclass(slots=True)
class Batch:
    """Documents for one index, as they are sent; what was refused of them, and the ids of those that were not there before."""

    index: str
    layout: Layout
    ready: list[Document] = field(default_factory=list)
    items: list[bytes] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    created: set[str] = field(default_factory=set)

    def prepare(self, documents: Sequence[Document]) -> None:
        for document in documents:
            try:
                self.items.append(self._item(document))
                self.ready.append(document)
            except UNSTORABLE as error:
                self.refused.append(refused(document, error))

    def settle(self, cluster: Cluster, results: list[Result], now: XTime) -> Tally:
        """See to what did not pass when all were sent: what the mapping refused is sent wrapped up, and what is refused then,
        too, is in `refused`.

        What is kept with a higher version gives way all the same where that is dated ahead of X's clock.
        """
        yielding = Yielding(cluster, self.index, self.layout, now)
        yielding.replace(self.ready, lambda number: bulk.body_of(self.items[number]), results)
        odd = [number for number, result in enumerate(results) if result.refused]
        if odd:
            reasons = [str(results[number].refused) for number in odd]
            wrapped = [self._wrapped(self.ready[number], reason) for number, reason in zip(odd, reasons, strict=True)]
            again = bulk.send(cluster, self.index, wrapped)
            yielding.replace([self.ready[number] for number in odd], lambda number: bulk.body_of(wrapped[number]), again)
            for number, reason, result in zip(odd, reasons, again, strict=True):
                results[number] = result
                if result.refused:
                    self.refused.append(Refused(self.ready[number], reason))
        self.created |= {one.id for one, result in zip(self.ready, results, strict=True) if result.status == bulk.CREATED}
        statuses = [result.status for result in results if not result.refused]
        created, updated = statuses.count(bulk.CREATED), statuses.count(bulk.UPDATED)
        return Tally(created, updated, len(statuses) - created - updated)

    def _item(self, document: Document) -> bytes:
        checked(document)
        body = document.body
        if "id" not in body or WHOLE in body:
            return self._wrapped(document, "its body has no id" if "id" not in body else f"it has a field {WHOLE}")
        try:
            made = with_words(body, self._words(body)) if self.layout.spelled else body
        except ValueError as error:
            return self._wrapped(document, str(error))
        return bulk.put(document.id, document.version, orjson.dumps(made))

    def _wrapped(self, document: Document, reason: str) -> bytes:
        """A document that the mapping has no place for: kept whole, unread, with what it is asked for by beside it.

        X changes the shape of its objects; what was paid for is kept all the same, and comes back as it was given.
        """
        body = document.body
        shown: Body = {"id": document.id, BECAUSE: reason[:MAX_REASON]}
        shown |= {name: body[name] for name in SIMPLE if isinstance(body.get(name), str)}
        if self.layout.spelled:
            shown = with_words(shown, self._words(body))
        return bulk.put(document.id, document.version, orjson.dumps({**shown, WHOLE: body}))

    def _words(self, body: Body) -> str:
        return spelled(spoken(body, parted(self.index)[1]))


def stored(batches: Sequence[Batch], cluster: Cluster, now: XTime) -> Tally:
    """Send the documents of all indices together; what became of them, and in each batch what was refused."""
    results = iter(bulk.send_all(cluster, [(batch.index, item) for batch in batches for item in batch.items]))
    settled = (batch.settle(cluster, [*islice(results, len(batch.items))], now) for batch in batches)
    return sum(settled, Tally())
