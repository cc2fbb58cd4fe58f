"""Documents out of their table: by id, by user, by words, or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from netwar.archive.base import Within
from netwar.archive.sqlite import outbox, profiles, renewal
from netwar.archive.sqlite.columns import Body, Kind
from netwar.archive.sqlite.file import ArchiveFile
from netwar.archive.sqlite.fulltext import expression
from netwar.archive.sqlite.schema import ERA_BITS
from netwar.archive.sqlite.tweets import TWEETS
from netwar.records.documents import TOMBSTONE, has_content
from netwar.records.ids import LARGEST, SNOWFLAKE_EPOCH, first_id, number
from netwar.records.text_query import Question, matches

CHUNK = 200
# So many matches are sorted at once; a word with more is looked for era by era.
MANY = 5_000
UNREAD = 10_000  # rows looked at at once
FOREVER = LARGEST // 2**20
# As in the index tweet_odd: tweets older than such ids.
ODD = f"created <> ((id >> 22) + {SNOWFLAKE_EPOCH}) / 1000"
TEXTS = {
    "tweet": "tweet.text",
    "profile": "profile.spoken",
}


@dataclass(frozen=True, slots=True)
class Whose:
    """A condition on rows and its values; '' is no condition."""

    condition: str = ""
    values: tuple[Any, ...] = ()


def _seconds(ms: int | None, otherwise: int) -> int:
    """The first whole second that is not before a time."""
    return otherwise if ms is None else -(-ms // 1000)


def counting(kind: Kind) -> str:
    """SQL for how many documents of a kind have content; its first parameter is the word for those that have none.

    Those have no author, or no screen name, by which an index finds them.
    """
    nobodys = "user" if kind is TWEETS else "username"
    return f"(SELECT count(*) FROM {kind.table}) - (SELECT count(*) FROM {kind.table} WHERE {nobodys} IS NULL AND via = ?1)"


class DocumentTable:
    """The documents of one kind in one file."""

    def __init__(self, file: ArchiveFile, kind: Kind) -> None:
        self._file = file
        self._kind = kind
        self._row = ", ".join((*kind.columns, "document"))

    def get(self, ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Body]:
        numbers = [one for one in map(number, ids) if one is not None]
        if fields and self._kind is profiles.PROFILES and profiles.TOLD.issuperset(fields):
            return self._told(numbers)
        return {str(id): body for id, body in self._contents(self._among("id", numbers))}

    def _told(self, ids: Sequence[int]) -> dict[str, Body]:
        """What the columns tell of profiles, without unpacking them; whole ones where the columns do not tell all."""
        sql = f"SELECT {profiles.TELLING} FROM profile WHERE id IN (SELECT value FROM json_each(?)) AND via IS NOT ?"
        rows = self._file.rows(sql, (orjson.dumps(list(ids)).decode(), TOMBSTONE))
        told = {str(row[0]): profiles.told(row) for row in rows if None not in row[profiles.SURE :]}
        odd = [row[0] for row in rows if None in row[profiles.SURE :]]
        return told | ({str(id): body for id, body in self._contents(self._among("id", odd))} if odd else {})

    def known_ids(self, ids: Sequence[str]) -> set[str]:
        numbers = orjson.dumps([one for one in map(number, ids) if one is not None]).decode()
        rows = self._file.rows(f"SELECT id FROM {self._kind.table} WHERE id IN (SELECT value FROM json_each(?))", (numbers,))
        return {str(row[0]) for row in rows}

    def known_names(self, names: Sequence[str]) -> set[str]:
        """Which of the screen names are kept, lower-cased."""
        column = "name" if self._kind is TWEETS else "username"
        wanted = orjson.dumps([name.lower() for name in names]).decode()
        rows = self._file.rows(
            f"SELECT value FROM json_each(?) WHERE EXISTS "
            f"(SELECT 1 FROM {self._kind.table} WHERE {column} = value COLLATE NOCASE AND {column} IS NOT NULL)",
            (wanted,),
        )
        return {row[0] for row in rows}

    def count(self) -> int:
        return int(self._file.rows(f"SELECT {counting(self._kind)}", (TOMBSTONE,))[0][0])

    def scan(self, after: str | None, gone: bool = False) -> Iterator[Body]:
        """In the order of ids, some at a time: memory stays constant and nobody waits for us."""
        last = -1 if after is None else int(after)
        while rows := self._file.rows(
            f"SELECT {self._row} FROM {self._kind.table} WHERE id > ? ORDER BY id LIMIT {CHUNK}", (last,)
        ):
            yield from (body for _, body in (self._bodies_in if gone else self._contents)(rows))
            last = rows[-1][0]

    def forget(self, ids: Sequence[str], fed: str = "") -> int:
        """Remove documents, and make them due under the index that is `fed` to a graph."""
        numbers = orjson.dumps([one for one in map(number, ids) if one is not None]).decode()
        with self._file.writing() as connection:
            sql = f"DELETE FROM {self._kind.table} WHERE id IN (SELECT value FROM json_each(?))"
            gone = connection.execute(sql, (numbers,)).rowcount
            if fed:
                outbox.put(connection, fed, ids, fresh=False)
        return gone

    def find(self, whose: Whose, within: Within, limit: int | None) -> Iterator[Body]:
        """Newest first, of a user or (of tweets) of whomever."""
        first, end = _seconds(within.since, 0), _seconds(within.until, FOREVER)
        times = "created >= ? AND created < ?" if within.bounds_time else "? <= ?"
        if whose.condition:
            sql = f"SELECT key FROM {self._kind.table} WHERE ({whose.condition}) AND {times} ORDER BY id DESC"
            keys = iter([row[0] for row in self._file.rows(sql, (*whose.values, first, end))])
        elif self._kind is TWEETS:
            keys = self._by_time(times, first, end)
        else:
            sql = f"SELECT key FROM profile WHERE {times} ORDER BY id DESC"
            keys = iter([row[0] for row in self._file.rows(sql, (first, end))])
        return self._bodies(keys, limit)

    def _by_time(self, times: str, first: int, end: int) -> Iterator[int]:
        """The keys of tweets of whomever. Their ids tell their time; those whose id does not have an index of their own."""
        low, high = first_id(first * 1000), first_id(end * 1000)
        sql = (
            f"SELECT key, id FROM tweet WHERE id >= ? AND id < ? AND {times} "
            f"UNION ALL SELECT key, id FROM tweet WHERE {ODD} AND NOT (id >= ? AND id < ?) AND id < ? AND {times} "
            f"ORDER BY id DESC LIMIT {CHUNK}"
        )
        below = LARGEST
        while rows := self._file.rows(sql, (low, min(high, below), first, end, low, high, below, first, end)):
            yield from (row[0] for row in rows)
            below = rows[-1][1]

    def search(self, asked: Question, limit: int | None) -> Iterator[Body]:
        return self._bodies(self._matches(asked), limit)

    def _matches(self, asked: Question) -> Iterator[int]:
        """The keys of what matches, newest first."""
        match = f"{{spelled}} : ({expression(asked)})"
        unread = list(self._unread(asked))
        if unread:
            yield from (key for _, key in sorted({*unread, *self._sorted(match)}, reverse=True))
        elif self._kind is TWEETS and self._is_common(match):
            yield from self._era_by_era(match)
        else:
            yield from (key for _, key in self._sorted(match))

    def _is_common(self, match: str) -> bool:
        words = f"{self._kind.table}_spelled"
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {words} WHERE {words} MATCH ? LIMIT {MANY + 1})"
        return bool(self._file.rows(sql, (match,))[0][0] > MANY)

    def _era_by_era(self, match: str) -> Iterator[int]:
        below = LARGEST
        while (newest := self._file.rows("SELECT max(id) FROM tweet WHERE id < ?", (below,))[0][0]) is not None:
            era = newest >> ERA_BITS
            yield from (key for _, key in self._sorted(f'({match}) AND era : "{era}"'))
            below = era << ERA_BITS

    def _sorted(self, match: str) -> list[tuple[int, int]]:
        """The ids and keys of all that matches, newest first."""
        table, words = self._kind.table, f"{self._kind.table}_spelled"
        joined = f"{words} JOIN {table} ON {table}.key = {words}.rowid"
        return self._file.rows(f"SELECT id, key FROM {joined} WHERE {words} MATCH ? ORDER BY id DESC", (match,))

    def _unread(self, asked: Question) -> Iterator[tuple[int, int]]:
        """The ids and keys of what matches among the rows that the full text does not have yet: each is looked at."""
        first, last = renewal.unread(self._file, self._kind.table)
        text = TEXTS[self._kind.table]
        while first <= last:
            upto = min(last, first + UNREAD - 1)
            rows = self._file.rows(f"SELECT id, key, {text} FROM {self._kind.table} WHERE key BETWEEN ? AND ?", (first, upto))
            yield from ((id, key) for id, key, spoken in rows if matches(asked, spoken or ""))
            first = upto + 1

    def _among(self, column: str, values: Sequence[int]) -> list[Any]:
        wanted = orjson.dumps(list(values)).decode()
        return self._file.rows(
            f"SELECT {self._row} FROM {self._kind.table} WHERE {column} IN (SELECT value FROM json_each(?))", (wanted,)
        )

    def _bodies(self, keys: Iterator[int], limit: int | None) -> Iterator[Body]:
        """The documents with these keys, in their order, `limit` of them if so many have content; some are read at a time."""
        return islice(self._in_order(keys, CHUNK if limit is None else min(limit, CHUNK)), limit)

    def _in_order(self, keys: Iterator[int], size: int) -> Iterator[Body]:
        while chunk := list(islice(keys, size)):
            wanted = orjson.dumps(chunk).decode()
            rows = self._file.rows(
                f"SELECT key, {self._row} FROM {self._kind.table} WHERE key IN (SELECT value FROM json_each(?))", (wanted,)
            )
            found = {row[0]: row[1:] for row in rows}
            yield from (body for _, body in self._contents(found[key] for key in chunk if key in found))

    def _contents(self, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, Body]]:
        """The documents in rows, by their ids, but for those without content. All that is shown comes through here."""
        return ((id, body) for id, body in self._bodies_in(rows) if has_content(body))

    def _bodies_in(self, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, Body]]:
        for row in rows:
            body = self._file.packer.unpack(row[-1])
            self._kind.restore(body, tuple(row))
            yield row[0], body
