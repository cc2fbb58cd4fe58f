"""Tweets of a few users who do everything that makes an edge, and a program of a few lines that knows what edges those are."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from netwar.archive.base import Archive
from netwar.records.documents import Document

BEGAN = 1_795_000_000_000  # ms
EPOCH = 1_288_834_974_657
USERS = [11, 12, 13, 14, 15, 1439800001232728069]
EVIL = "a\x00b\x1b[31m \"<&>' \ufffe\u2028\u202e end"
TAGS = ["Brexit", "BREXIT", "été", "日本", "🔥fire", "a\x07b", "x" * 90]
URLS = ["https://example.org/?a=1&b=<2>", 'https://example.org/"q"', "https://example.org/\x01\ufffe", "HTTPS://e.org/ü😀"]

Body = dict[str, Any]


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03}Z"


def tweets(count: int, seed: int) -> list[Body]:
    """So many tweets, most of which speak of an earlier one; some of those are not recorded. In both dialects of X."""
    chance = random.Random(seed)
    made: list[Body] = []
    for number in range(count):
        at = BEGAN + number * 1000 - number % 3 * 500
        id, author = str((at - EPOCH) << 22 | number), str(chance.choice(USERS))
        body: Body = {"id": id, "author_id": author, "created_at": iso(at), "lang": chance.choice(["en", "de"]), "text": EVIL}
        earlier = chance.choice(made)["id"] if made and chance.random() < 0.9 else "1000000000000000001"
        kinds = chance.sample(["retweeted", "quoted", "replied_to"], chance.choice([0, 1, 1, 2]))
        referenced = [{"type": kind, "id": earlier} for kind in kinds]
        if referenced:
            body["referenced_tweets" if chance.random() < 0.5 else "referenced_posts"] = referenced
        mentioned = [{"id": str(user), "username": f"name{user % 100}"} for user in chance.sample(USERS, chance.randrange(3))]
        body["entities"] = {
            "mentions": mentioned * chance.choice([1, 2]),
            "hashtags": [{"tag": tag} for tag in chance.sample(TAGS, chance.randrange(3))],
            "urls": [{"url": "https://t.co/x", "expanded_url": url} for url in chance.sample(URLS, chance.randrange(2))],
        }
        made.append(body)
    return made


def profiles() -> list[Body]:
    """Of all users but one, with names of the worst and of emoji; one has counts that no 32 bits hold."""
    counts = {"followers_count": 3_000_000_000, "following_count": 2, "tweet_count": 3, "listed_count": 4}
    return [
        {
            "id": str(user),
            "username": f"user{user % 100}",
            "name": f"{EVIL} 👩🏻‍💻",
            "public_metrics": counts,
            "verified": user % 2 == 0,
        }
        for user in USERS[1:]
    ]


def keep(archive: Archive, name: str, bodies: Iterable[Body], users: Iterable[Body] = ()) -> None:
    """Record tweets and profiles."""
    archive.write(
        [
            *(Document(f"tw{name}", body["id"], body, True, BEGAN) for body in bodies),
            *(Document(f"tu{name}", body["id"], body, True, BEGAN) for body in users),
        ]
    )


Edges = Counter[tuple[str, str, str]]


def truth(bodies: list[Body], meant: Callable[[Body], bool] = lambda body: True) -> Edges:
    """The edges that those tweets make that are meant, (kind, source, target), with their weights: by X's documentation, and by
    nothing of ours. An edge to the author of a tweet that is not recorded is none."""
    author = {body["id"]: body["author_id"] for body in bodies}
    edges: Edges = Counter()
    for body in filter(meant, bodies):
        entities = body["entities"]
        found = {("mention", one["id"]) for one in entities["mentions"]}
        for one in body.get("referenced_tweets", body.get("referenced_posts", [])):
            kind = {"retweeted": "retweet", "quoted": "quote", "replied_to": "reply"}[one["type"]]
            found |= {(kind, author[one["id"]])} if one["id"] in author else set()
        found |= {("tag", "#" + _fit(one["tag"].lower())) for one in entities["hashtags"]}
        found |= {("link", _fit(one["expanded_url"])) for one in entities["urls"]}
        edges.update((kind, body["author_id"], target) for kind, target in found)
    return edges


def lacking(bodies: list[Body], meant: Callable[[Body], bool]) -> list[str]:
    """The kinds of the edges that lead to nobody, as the tweets that they are about are not recorded."""
    known = {body["id"] for body in bodies}
    found = [one for body in filter(meant, bodies) for one in body.get("referenced_tweets", body.get("referenced_posts", []))]
    return [
        {"retweeted": "retweet", "quoted": "quote", "replied_to": "reply"}[one["type"]] for one in found if one["id"] not in known
    ]


def _fit(text: str) -> str:
    """Without what XML 1.0 has no way to write (section 2.2)."""
    return text.translate({**dict.fromkeys(range(32), " "), 0xFFFE: None}).strip()


def degrees(edges: Edges) -> Counter[str]:
    """How many edges each node has."""
    return Counter(end for _, source, target in edges for end in (source, target))
