"""What a graph must hold, worked out from documents by other means than the program's: a reading of X's fields in a few lines."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

KINDS = {"retweeted": "RETWEETS", "quoted": "QUOTES", "replied_to": "REPLIES_TO"}
OLD = 1241172000000  # ms; when the tweets of tests were posted whose ids do not tell that


def truth(bodies: dict[str, dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Of each type of edges how many there are, and the sum of their digests. `bodies` are tweets of X by id."""
    sums = dict.fromkeys(["MENTIONS", "TAGS", "SHARES", *KINDS.values()], (0, 0))
    for id, body in bodies.items():
        at = (int(id) >> 22) + 1288834974657 if int(id) > 2**42 else OLD
        for type, end in _ends(body, bodies):
            line = f"{type}\t{body['author_id']}\t{end}\t{id}\t{at}"
            count, total = sums[type]
            sums[type] = count + 1, (total + int(blake2b(line.encode(), digest_size=8).hexdigest(), 16)) % 2**64
    return sums


def _ends(body: dict[str, Any], bodies: dict[str, dict[str, Any]]) -> set[tuple[str, str]]:
    found = [body.get("entities", {}), body.get("note_tweet", {}).get("entities", {})]
    refers = {one["type"]: one["id"] for one in body.get("referenced_tweets", [])}
    mentions = [one for part in found for one in part.get("mentions", []) if "id" in one]
    links = [one for part in found for one in part.get("urls", []) if "media_key" not in one]
    first = [one["id"] for one in mentions if "retweeted" in refers and one["start"] == 3]
    people = {kind: bodies.get(id, {}).get("author_id") for kind, id in refers.items()}
    people["retweeted"] = first[0] if first else people.get("retweeted")
    people["replied_to"] = body.get("in_reply_to_user_id") or people.get("replied_to")
    ends = {(KINDS[kind], user) for kind, user in people.items() if user}
    ends |= {("MENTIONS", one["id"]) for one in mentions if "retweeted" not in refers or one["start"] != 3}
    ends |= {("TAGS", one["tag"].lower()) for part in found for one in part.get("hashtags", [])}
    own = re.compile(rf"https://(twitter|x)\.com/\w+/status/({refers.get('quoted', 'no')}\b|\d+/(photo|video)/)")
    return ends | {("SHARES", one["expanded_url"]) for one in links if not own.match(one["expanded_url"])}
