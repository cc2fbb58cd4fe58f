#!/usr/bin/env python3
"""Train the dictionary with which the embedded archive compresses documents.

    python -m benchmarks.train_dictionary PAGES.jsonl…

PAGES are answers of X, a JSON object a line, as twarc keeps them; every second line is left out, for
benchmarks/archive.py to measure with. Only their structure is used: each word, name, id, time and
address is replaced by a made-up one before training. The same pages give the same dictionary.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from benchmarks.likeness import Likeness, Words, held_out, pages
from netwar.archive.sqlite.packing import SHIPPED
from netwar.archive.sqlite.profiles import PROFILES
from netwar.archive.sqlite.tweets import TWEETS
from netwar.records.documents import Document
from netwar.records.ids import number
from netwar.records.pages import documents, read

# Never two dictionaries with one number: files name theirs by it. Below 256 it takes one byte of each document.
NUMBER = 1
BYTES = 32 * 1024
ROUNDS = 3

_SMALL_WORDS = """
the and you for that with this have are not but was from they will what all your can has just who about our out like get
more one when their been people now there how would make new time know today please thanks to in of is it on be at we me
my so do no or by an as us if he go up am que los las por una para con del como más pero sus está este todo la de el en
un se lo al der die das und ist nicht ein eine mit auf für von den auch sich dem zu les des est pas pour dans qui sur
avec plus ce le et che non per sono della anche come questo di il não uma mais ser foi os do da em
"""
_SYLLABLES = "ba be bo da de do fa fe ka ke ko la le lo ma me mo na ne no pa pe po ra re ro sa se so ta te to va ve vo"
_POST_DIALECT = {
    "note_tweet": "note_post",
    "referenced_tweets": "referenced_posts",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "retweet_count": "repost_count",
    "tweet_count": "post_count",
    "pinned_tweet_id": "pinned_post_id",
    "most_recent_tweet_id": "most_recent_post_id",
}


def main() -> None:
    samples = list(_samples([Path(name) for name in sys.argv[1:]]))
    if not samples:
        sys.exit(__doc__)
    trained = zstd.train_dict(samples, BYTES).dict_content
    SHIPPED.parent.mkdir(exist_ok=True)
    # The format: 4 bytes of magic, 4 bytes of number (RFC 8878, section 5).
    SHIPPED.write_bytes(trained[:4] + NUMBER.to_bytes(4, "little") + trained[8:])
    print(f"{SHIPPED.name}: {len(trained)} bytes out of {len(samples)} samples of {sum(map(len, samples)) // len(samples)} bytes")


def _samples(paths: list[Path]) -> Iterator[bytes]:
    """Likenesses of all documents in the form in which they are compressed, some as X writes them today, in both dialects."""
    chance = random.Random(0)
    likeness = Likeness(Words(_words(chance), invented=0.1), seed=0, keep_signs=False)
    for turn in range(ROUNDS):
        for place, answer in pages(paths):
            if not held_out(place):
                made = documents(read(answer), tweets="twx", users="tux", retrieved=0, account="account", via="timeline")
                yield from (_sample(document, likeness, chance, turn) for document in made)


def _sample(document: Document, likeness: Likeness, chance: random.Random, turn: int) -> bytes:
    kind = TWEETS if document.index == "twx" else PROFILES
    body = likeness.of(document.body)
    if turn:
        ours = body.pop("netwar")
        body = {**body, **(_new_in_tweets(body, chance) if kind is TWEETS else _new_in_profiles(chance)), "netwar": ours}
    if turn == ROUNDS - 1:
        body = _renamed(body)
    body["netwar"]["retrieved"] = document.body["netwar"]["retrieved"]
    return orjson.dumps(kind.take(body, number(body["id"]) or 0, document.version)[1])


def _new_in_tweets(body: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """What X has added to posts since the pages were taken (docs.x.com, OpenAPI 2.166)."""
    new: dict[str, Any] = {
        "edit_history_tweet_ids": [body["id"]],
        "edit_controls": {
            "edits_remaining": 5,
            "is_edit_eligible": chance.random() < 0.5,
            "editable_until": body.get("created_at"),
        },
        "public_metrics": {
            **body.get("public_metrics", {}),
            "bookmark_count": int(chance.expovariate(0.5)),
            "impression_count": int(chance.expovariate(0.001)),
        },
        "display_text_range": [0, len(body.get("text", ""))],
    }
    if chance.random() < 0.1:
        new["note_tweet"] = {"text": body.get("text", ""), "entities": body.get("entities", {})}
    return new


def _new_in_profiles(chance: random.Random) -> dict[str, Any]:
    """The same for users."""
    banner = f"https://pbs.twimg.com/profile_banners/{chance.randrange(10**9, 10**10)}/{chance.randrange(10**9, 2 * 10**9)}"
    return {
        "verified_type": chance.choice(["none", "none", "blue"]),
        "is_identity_verified": False,
        "parody": False,
        "subscription_type": "None",
        "most_recent_tweet_id": str(chance.randrange(10**18, 2 * 10**18)),
        "profile_banner_url": banner,
        "affiliation": {},
    }


def _renamed(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {_POST_DIALECT.get(key, key): _renamed(value) for key, value in thing.items()}
    return [_renamed(value) for value in thing] if isinstance(thing, list) else thing


def _words(chance: random.Random) -> list[str]:
    """Little words that every text has, and made-up long ones."""
    made = ["".join(chance.choices(_SYLLABLES.split(), k=length)) for length in (1, 2, 3, 4, 5, 6) for _ in range(300)]
    odd = [word + "s" for word in made[::3]]
    return _SMALL_WORDS.split() * 8 + made + odd


if __name__ == "__main__":
    main()
