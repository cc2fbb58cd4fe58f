"""What stands in `_source` on a server of the Elasticsearch family: more than the document that the archive was given."""

from __future__ import annotations

from typing import Any

from netwar.records.dialects import Object

# The keys of a document that X's own form kept from being indexed: the whole of it, and why.
WHOLE, BECAUSE = "kept_whole", "kept_because"
# Our part of a document, its words, and whether it had no such part when it was given.
OURS, WORDS, ADDED = "netwar", "words", "words_alone"


def given(source: Object) -> Object:
    """The document that was given. `source` itself is changed, not copied."""
    whole = source.get(WHOLE)
    if isinstance(whole, dict):
        return whole
    ours: Any = source.get(OURS)
    if isinstance(ours, dict) and ours.pop(WORDS, None) is not None and ours.pop(ADDED, False):
        del source[OURS]
    return source
