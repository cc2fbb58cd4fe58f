"""Finding recorded documents by words, user and time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from netwar.archive.base import Archive, Body, Within
from netwar.coverage import Record
from netwar.errors import NetwarError
from netwar.profiles.identity import Who, ids_meant
from netwar.records.text_query import question
from netwar.records.times import milliseconds

__all__ = ["Within", "authors_meant", "check", "find"]


def check(archive: Archive, index: str, words: str, within: Within) -> None:
    """Raises NetwarError for words that ask for nothing, and for a user of whom the index knows nothing."""
    if words.strip() and not _asks(words):
        raise NetwarError(f"there is no word to search for in {words}")
    asked = _who(within)
    if asked and not _is_known(archive, index, asked):
        raise NetwarError(f"nothing is recorded of {asked} in {index.removeprefix('tw')}")


def _who(within: Within) -> Who | None:
    """Whose tweets are meant; None for everybody's."""
    return Who(within.user or "", within.name or "") if within.user or within.name else None


def _asks(words: str) -> bool:
    try:
        return question(words) is not None
    except ValueError as error:
        raise NetwarError(str(error)) from None


def _is_known(archive: Archive, index: str, asked: Who) -> bool:
    """Has the index a tweet, a profile or a record of the user?"""
    users = index.replace("tw", "tu", 1)
    if next(archive.find(index, Within(asked.id or None, asked.name or None), 1), None):
        return True
    if asked.id:
        return bool(archive.profiles(users, [asked.id])) or archive.record(index, asked.id) != Record(asked.id)
    return bool(authors_meant(archive, index, asked))


def find(archive: Archive, index: str, words: str, within: Within, limit: int | None) -> Iterator[Body]:
    """Documents that have all the words (any, if there are none) and lie within, newest first."""
    if not words.strip():
        return archive.find(index, within, limit)
    if within == Within():
        return archive.search(index, words, limit)
    asked = _who(within)
    ids = authors_meant(archive, index, asked) if asked else None
    return islice((body for body in archive.search(index, words) if _lies_within(body, within, ids)), limit)


def authors_meant(archive: Archive, index: str, asked: Who) -> set[str]:
    """The ids of the users who are meant: by name all that are known to bear it or to have borne it, by profile or ledger."""
    if asked.id:
        return {asked.id}
    known = ids_meant(archive, index.replace("tw", "tu", 1), asked)
    return {*known, *(record.user for record in archive.by_name(index, asked.name))}


def _lies_within(body: Body, within: Within, ids: set[str] | None) -> bool:
    if ids is not None and str(body.get("author_id")) not in ids:
        return False
    return within.holds(milliseconds(body.get("created_at")))
