"""Finding recorded documents by words, user and time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from netwar.archive.base import Archive, Body, Documents, Within
from netwar.coverage import Record
from netwar.errors import NetwarError
from netwar.records.text_query import question
from netwar.records.times import milliseconds

__all__ = ["Within", "check", "find"]


def check(archive: Archive, index: str, words: str, within: Within) -> None:
    """Raises NetwarError for words that ask for nothing, and for a user of whom the index knows nothing."""
    if words.strip() and not _asks(words):
        raise NetwarError(f"there is no word to search for in {words}")
    if (within.user or within.name) and not _is_known(archive, index, within):
        raise NetwarError(f"nothing is recorded of {within.user or '@' + (within.name or '')} in {index.removeprefix('tw')}")


def _asks(words: str) -> bool:
    try:
        return question(words) is not None
    except ValueError as error:
        raise NetwarError(str(error)) from None


def _is_known(archive: Archive, index: str, within: Within) -> bool:
    """Has the index a tweet, a profile or a record of the user?"""
    users = index.replace("tw", "tu", 1)
    if next(archive.find(index, Within(within.user, within.name), 1), None):
        return True
    if within.user:
        return bool(archive.profiles(users, [within.user])) or archive.record(index, within.user) != Record(within.user)
    return bool(within.name and (archive.name_holders(users, [within.name]) or archive.by_name(index, within.name)))


def find(archive: Documents, index: str, words: str, within: Within, limit: int | None) -> Iterator[Body]:
    """Documents that have all the words (any, if there are none) and lie within, newest first."""
    if not words.strip():
        return archive.find(index, within, limit)
    if within == Within():
        return archive.search(index, words, limit)
    ids = _ids(archive, index, within)
    return islice((body for body in archive.search(index, words) if _lies_within(body, within, ids)), limit)


def _ids(archive: Documents, index: str, within: Within) -> set[str] | None:
    """The ids of the users who are meant; None for everybody."""
    if within.user:
        return {within.user}
    if within.name:
        return {str(body["id"]) for body in archive.find(index.replace("tw", "tu", 1), Within(name=within.name))}
    return None


def _lies_within(body: Body, within: Within, ids: set[str] | None) -> bool:
    if ids is not None and str(body.get("author_id")) not in ids:
        return False
    return within.holds(milliseconds(body.get("created_at")))
