"""What profiles said before: an entry of the ledger for each change, with the values that it replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from netwar.archive.base import Body, NameHolder, ProfileChange, Version
from netwar.archive.elastic.atomic import AtomicDocuments, slip_id
from netwar.archive.elastic.indices import Indices, ledger_index
from netwar.archive.elastic.reading import BEARERS, PAGE, DocumentIndex, Place, by_places
from netwar.archive.elastic.yielding import version_of
from netwar.archive.name_holders import order_holders
from netwar.archive.versions import replacing, versions
from netwar.archive.winning import TIME, XTime, wins
from netwar.connections.elastic_templates import Json
from netwar.records.dialects import username
from netwar.records.documents import Document

Kept = tuple[str, Body, int]  # a user, their profile that is kept, and its version


class History:
    """The versions of the profiles of all indices of users.

    An entry is written before the profile that makes it: a run that is killed between them leaves an entry that the next
    write of the profile makes true. Two runs that write the same user within milliseconds read the same former profile;
    what one of them showed for that moment may be lost as a version, while the newest one is kept, as everywhere.
    """

    def __init__(self, indices: Indices, x_time: XTime) -> None:
        self._x_time = x_time
        self._cluster = indices.cluster
        self._indices = indices
        self._slips = AtomicDocuments(indices)

    def keep(self, profiles: Mapping[str, Sequence[Document]]) -> None:
        """Write down what these profiles, by index, replace, where they are newer than those that are kept."""
        kept = self._now({index: [document.id for document in documents] for index, documents in profiles.items()})
        entries: dict[Place, Json] = {}
        for index, documents in profiles.items():
            entries |= _entries(index, self._replaced(documents, kept[index]))
        self._slips.add(entries)

    def _replaced(self, documents: Sequence[Document], kept: Sequence[Kept]) -> list[ProfileChange]:
        newest = {id: version for id, _, version in kept}
        newer = []
        for document in documents:
            if wins(document.version, newest.get(document.id), self._x_time):
                newest[document.id] = document.version
                newer.append(document)
        return replacing(newer, {id: (body, version & TIME) for id, body, version in kept})

    def history(self, index: str, user: str) -> list[Version]:
        """See Documents.history."""
        if not (now := self._now({index: [user]})[index]):
            return []
        past = [(int(entry["until"]), entry["fields"]) for entry in self._found(index, {"term": {"user": user}})]
        return versions(now[0][1], sorted(past, key=lambda change: change[0], reverse=True))

    def changes(self, index: str) -> Iterator[ProfileChange]:
        """See Documents.changes."""
        for hit in self._slips.find(ledger_index(index), _of(index), "key"):
            told = hit["_source"]
            yield ProfileChange(told["user"], told["until"], told["seen"], told["fields"])

    def keep_changes(self, index: str, changes: Sequence[ProfileChange]) -> None:
        """See Documents.keep_changes."""
        self._slips.add(_entries(index, changes))

    def name_holders(self, index: str, names: Sequence[str], shelf: DocumentIndex) -> dict[str, list[NameHolder]]:
        """See Documents.name_holders."""
        found: dict[str, list[NameHolder]] = {}
        for bearer in shelf.named(names):
            found.setdefault(bearer.name.lower(), []).append(bearer)
        wanted = sorted({name.lower() for name in names})
        for start in range(0, len(wanted), BEARERS):
            for entry in self._found(index, {"terms": {"username": wanted[start : start + BEARERS]}}):
                bore = NameHolder(entry["user"], entry["username"], entry["seen"], entry["until"])
                found.setdefault(bore.name.lower(), []).append(bore)
        return {name: order_holders(bore) for name, bore in found.items()}

    def profiles(self, index: str, ids: Sequence[str], shelf: DocumentIndex) -> dict[str, NameHolder]:
        """See Documents.profiles."""
        known = {one.user: one for one in shelf.known(ids)}
        name_holders = self.name_holders(index, [one.name for one in known.values() if one.name], shelf)
        later = {name: bore[0] for name, bore in name_holders.items()}
        for id, one in known.items():
            last = later.get(one.name.lower(), one)
            if last.user != id and last.retrieved > one.retrieved:
                known[id] = replace(one, until=one.retrieved)
        return known

    def forget(self, index: str, ids: Sequence[str]) -> None:
        """Remove what is known of these users' past."""
        for start in range(0, len(ids), PAGE):
            wanted = {"terms": {"user": list(ids[start : start + PAGE])}}
            found = self._slips.find(ledger_index(index), [*_of(index), wanted], "key")
            self._slips.remove(ledger_index(index), [hit["_id"] for hit in found])

    def _now(self, users: Mapping[str, Sequence[str]]) -> dict[str, list[Kept]]:
        """Those of these users, by index, who are kept."""
        layouts = {index: layout for index in users if (layout := self._indices.there(index))}
        places = [(index, id) for index in layouts for id in dict.fromkeys(users[index])]
        found: dict[str, list[Kept]] = {index: [] for index in users}
        for (index, id), told in by_places(self._cluster, places):
            layout = layouts[index]
            found[index].append((id, layout.body(told["_source"]), version_of(layout, told)))
        return found

    def _found(self, index: str, condition: Json) -> list[Json]:
        return [hit["_source"] for hit in self._slips.find(ledger_index(index), [*_of(index), condition], "key")]


def _of(index: str) -> list[Json]:
    return [{"term": {"kind": "past"}}, {"term": {"index": index}}]


def _entries(index: str, changes: Sequence[ProfileChange]) -> dict[Place, Json]:
    """Slips of changes; of two with the same time the first one stands."""
    return {(ledger_index(index), _id(index, change)): _entry(index, change) for change in reversed(changes)}


def _id(index: str, change: ProfileChange) -> str:
    return slip_id("past", index, change.user, str(change.until))


def _entry(index: str, change: ProfileChange) -> Json:
    name = username(change.fields)
    named = {"username": name} if name else {}
    place = {"kind": "past", "index": index, "user": change.user, "key": f"{change.user} {change.until}"}
    return {**place, "until": change.until, "seen": change.seen, **named, "fields": change.fields}
