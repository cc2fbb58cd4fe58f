"""Made-up tweets for graphs: pages in any order, references that come later or never, copies that change, odd links."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from netwar.records.documents import Document

EPOCH = 1_288_834_974_657
BEGAN = 1_600_000_000_000
INDEX = "brexit"
Body = dict[str, Any]


@dataclass(frozen=True)
class World:
    """Pages as a recorder writes them, in an order that differs from that of their versions; `final` is what must be kept."""

    pages: list[list[Document]]

    @property
    def final(self) -> dict[str, Body]:
        """The copy of each tweet that wins, by id."""
        kept: dict[str, Document] = {}
        for page in self.pages:
            for one in page:
                if one.index == f"tw{INDEX}" and (one.id not in kept or one.version > kept[one.id].version):
                    kept[one.id] = one
        return {id: one.body for id, one in kept.items()}


def world(seed: int, tweets: int = 600, users: int = 40, page: int = 20) -> World:
    """Everybody tweets, and quotes, answers, retweets what others did; a sixth of the tweets comes again, changed."""
    chance = Random(seed)
    ids = sorted(
        {(BEGAN - EPOCH + chance.randrange(10**9)) << 22 | number for number in range(tweets - 5)} | set(range(900, 905))
    )
    authors = {id: str(chance.randrange(1, users + 1)) for id in ids}
    documents = [_tweet(chance, id, authors, users) for id in ids]
    documents += [_changed(chance, one, authors, users) for one in chance.sample(documents, tweets // 6)]
    documents += [_profile(chance, user, number) for number in range(3) for user in range(1, users + 1)]
    chance.shuffle(documents)
    return World([documents[start : start + page] for start in range(0, len(documents), page)])


def _tweet(chance: Random, id: int, authors: dict[int, str], users: int) -> Document:
    body: Body = {"id": str(id), "author_id": authors[id], "text": "hello"}
    if id < 1000:
        body["created_at"] = "2009-05-01T10:00:00.000Z"  # its id does not tell that
    others = chance.sample(sorted(authors), 2)
    kind = chance.choice(["", "", "quoted", "replied_to", "retweeted", "never"])
    if kind == "never":
        body["referenced_tweets"] = [{"type": "quoted", "id": str(chance.randrange(1, 900))}]
    elif kind:
        body["referenced_tweets"] = [{"type": kind, "id": str(others[0])}]
    if kind == "retweeted" and chance.random() < 0.5:
        body["text"] = "RT @them: hello"
    body["entities"] = _entities(chance, users, prefix=body["text"].startswith("RT"))
    return Document(f"tw{INDEX}", str(id), body, True, BEGAN + chance.randrange(1000))


def _entities(chance: Random, users: int, *, prefix: bool) -> Body:
    mentions: list[Body] = [{"start": 9, "id": str(chance.randrange(1, 2 * users))} for _ in range(chance.randrange(3))]
    if prefix:
        mentions.insert(0, {"start": 3, "username": "them"})
    tags = [{"tag": chance.choice(["Brexit", "BREXIT", "été", "a"])} for _ in range(chance.randrange(3))]
    pages = [f"https://example.org/{chance.randrange(30)}" for _ in range(chance.randrange(2))]
    if chance.random() < 0.02:
        pages.append("https://example.org/?q=" + "%20x" * 1500)  # longer than an index of Neo4j takes
    return {"mentions": mentions, "hashtags": tags, "urls": [{"expanded_url": one, "url": "https://t.co/x"} for one in pages]}


def _changed(chance: Random, before: Document, authors: dict[int, str], users: int) -> Document:
    """A later copy: of an edited tweet, or one with other counts only."""
    body = {**before.body, "public_metrics": {"like_count": 7}}
    if chance.random() < 0.5:
        body["entities"] = _entities(chance, users, prefix=before.body["text"].startswith("RT"))
    return replace(before, body=body, retrieved=before.retrieved + chance.randrange(-500, 5000) or before.retrieved + 1)


def _profile(chance: Random, user: int, number: int) -> Document:
    """A user, called something else each time that X shows them."""
    body = {"id": str(user), "username": f"user{user}_{number}", "name": "Somebody"}
    return Document(f"tu{INDEX}", str(user), body, True, BEGAN + number * 1000)
