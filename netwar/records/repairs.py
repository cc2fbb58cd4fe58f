"""X's objects, put into the shape that all else counts on: ids are text, times are read by every store.

What X sent instead stands in the object's `netwar.sent`, field by field. An object in its usual shape is left untouched.
"""

from __future__ import annotations

from typing import Any

from netwar.records import times
from netwar.records.dialects import Object
from netwar.records.ids import identity

IDS = ("author_id", "conversation_id", "in_reply_to_user_id", "pinned_tweet_id", "most_recent_tweet_id", "username", "name")
OURS = "netwar"


class Nameless(ValueError):
    """An object of X that cannot be told from others: nothing could be kept under its name."""


def repaired(item: Any, key: str = "id") -> Object:
    """The object as it is kept; `key` is where its id stands. Raises Nameless, saying why."""
    if not isinstance(item, dict):
        raise Nameless("it is no object")
    id = identity(item.get(key))
    if id is None:
        raise Nameless(f"it has no {key}" if item.get(key) in (None, "") else f"its {key} is none")
    sent = {key: item[key]} if id != item[key] else {}
    better = {key: id}
    for name in IDS:
        value = item.get(name)
        if value is not None and not isinstance(value, str) and (text := identity(value)) is not None:
            sent[name], better[name] = value, text
    made = item.get("created_at")
    if made is not None and (usual := times.usual(made)) != made:
        sent["created_at"], better["created_at"] = made, usual
    if OURS in item:
        sent[OURS] = item[OURS]
    return {**item, **better, OURS: {"sent": sent}} if sent else item
