"""Many queries against one post: only those are tried of which the post has a key."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from netwar.sandbox.query.parser import Query
from netwar.sandbox.query.said import Said

Name = TypeVar("Name", bound=Hashable)


class Matcher(Generic[Name]):
    """A set of queries by name, indexed once: a post costs a look-up for each of its keys, however many queries there are."""

    def __init__(self, queries: Mapping[Name, Query]) -> None:
        self._queries = {name: query.term.holds for name, query in queries.items()}
        self._by_key: dict[str, list[Name]] = {}
        self._always: list[Name] = []
        for name, query in queries.items():
            keys = query.term.keys()
            if keys is None:
                self._always.append(name)
                continue
            for key in keys:
                self._by_key.setdefault(key, []).append(name)

    def matches(self, said: Said) -> list[Name]:
        """The names of the queries that a post matches, each once, in the order of the mapping's keys found."""
        found = dict.fromkeys(self._always)
        for key in said.keys:
            if key in self._by_key:
                found.update(dict.fromkeys(self._by_key[key]))
        return [name for name in found if self._queries[name](said)]
