"""Made-up pages of X in the legacy dialect, as like real ones as exports need: references, media, places, odd texts.

Page N is the same whenever it is made with the same seed, so that millions need no room.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from netwar.archive.base import Archive
from netwar.records.documents import Document
from netwar.records.pages import documents, read

Object = dict[str, Any]

FIRST = 1_700_000_000_000  # ms: when the first tweet was posted
EPOCH = 1_288_834_974_657
STEP = 400  # ms between tweets
PAGE = 100
WORDS = [
    "the",
    "of",
    "tariff",
    "customs",
    "union",
    "brexit",
    "vote",
    "rain",
    "harbour",
    "train",
    "Ümlaut",
    "東京",
    "выборы",
    "😀",
    "👩\u200d👧",
    "fish",
]
ODD = ["=1+1", '@one, "two"', "-3", "line\nof\r\nlines\t", "'quoted'", "1 May", "+44 20 7946 0000", "TRUE", "", "a,b;c"]
TAGS = ["brexit", "Leave", "東京", "eu"]
HOSTS = ["https://www.example.org/a/", "https://news.example.com/", "https://example.net/x?y=", "https://youtu.be/"]


def iso(ms: int) -> str:
    from netwar.records.times import shown

    return shown(ms)


class Pages:
    """Pages of 100 tweets by `users` users."""

    def __init__(self, seed: int, users: int = 200) -> None:
        self._seed, self._users = seed, users

    def page(self, number: int) -> Object:
        """Page `number`, from 0, as twarc2 writes it."""
        chance = random.Random(f"{self._seed}/{number}")
        data = [self.tweet(number * PAGE + place) for place in range(PAGE)]
        named = {one["id"] for tweet in data for one in tweet.get("referenced_tweets", ()) if chance.random() < 0.95}
        tweets = [self.tweet(self._place(id)) for id in sorted(named)]
        told = [*data, *tweets]
        users = {tweet["author_id"] for tweet in told} | {id for tweet in told if (id := tweet.get("in_reply_to_user_id"))}
        keys = {key for tweet in told for key in tweet.get("attachments", {}).get("media_keys", ())}
        places = {tweet["geo"]["place_id"] for tweet in told if "geo" in tweet}
        includes = {
            "users": [self.user(int(id) - 10**9) for id in sorted(users)],
            "tweets": tweets,
            "media": [_medium(key) for key in sorted(keys)],
            "places": [_place(id) for id in sorted(places)],
        }
        return {
            "data": data,
            "includes": {kind: some for kind, some in includes.items() if some},
            "meta": {"result_count": PAGE, "next_token": f"t{number + 1}"},
            "__twarc": {
                "url": "https://api.x.com/2/tweets/search/all",
                "version": "2.14.0",
                "retrieved_at": iso(self.at(number)),
            },
        }

    @staticmethod
    def at(number: int) -> int:
        """When a page was retrieved (ms)."""
        return FIRST + 10**9 + number * 1000 + 7

    def tweet(self, number: int) -> Object:
        """Tweet `number`, from 0; what it speaks of comes before it."""
        chance = random.Random(f"{self._seed}/tweet/{number}")
        at, author = FIRST + number * STEP, chance.randrange(self._users) ** 2 // self._users
        tweet: Object = {
            "id": self._id(number),
            "author_id": str(10**9 + author),
            "created_at": iso(at // 1000 * 1000),
            "conversation_id": self._id(number),
            "lang": chance.choice(["en", "en", "de", "ja", "und"]),
            "possibly_sensitive": chance.random() < 0.05,
            "reply_settings": "everyone",
            "edit_history_tweet_ids": [self._id(number)],
            "public_metrics": {name: int(chance.paretovariate(1)) - 1 for name in COUNTS},
        }
        text, entities = _said(chance)
        kind = (
            chance.choices(["original", "retweeted", "replied_to", "quoted", "both"], [34, 35, 20, 9, 2])[0]
            if number
            else "original"
        )
        if kind != "original":
            text = self._speaking(chance, tweet, kind, number, text, entities)
        if chance.random() < 0.05 and kind == "original":
            tweet["note_tweet"] = {
                "text": text * 8 + "the end",
                "entities": {"hashtags": [{"start": 0, "end": 4, "tag": "long"}]},
            }
        if chance.random() < 0.2:
            tweet["attachments"] = {"media_keys": [f"3_{number}{n}" for n in range(chance.randint(1, 2))]}
        if chance.random() < 0.03:
            tweet["geo"] = {"place_id": f"{number % 50:016x}"}
        if chance.random() < 0.4:
            tweet["context_annotations"] = [_context(chance) for _ in range(chance.randint(1, 5))]
        return tweet | {"text": text} | ({"entities": entities} if entities else {})

    def _speaking(self, chance: random.Random, tweet: Object, kind: str, number: int, text: str, entities: Object) -> str:
        """Let a tweet speak of an earlier one; its text."""
        before = max(0, number - int(chance.paretovariate(0.7)))
        other = self.author(before)
        name = f"user{other}"
        types = ["replied_to", "quoted"] if kind == "both" else [kind]
        tweet["referenced_tweets"] = [{"type": type, "id": self._id(before)} for type in types]
        if "replied_to" in types:
            tweet["in_reply_to_user_id"] = str(10**9 + other)
            tweet["conversation_id"] = self._id(before)
        start = 3 if kind == "retweeted" else 0
        mention = {"start": start, "end": start + len(name) + 1, "username": name, "id": str(10**9 + other)}
        entities["mentions"] = [mention, *entities.get("mentions", ())]
        return f"RT @{name}: {text}"[:140] if kind == "retweeted" else f"@{name} {text}"

    def author(self, number: int) -> int:
        """The number of the user who wrote a tweet."""
        return int(self.tweet_author(number)) - 10**9

    def tweet_author(self, number: int) -> str:
        chance = random.Random(f"{self._seed}/tweet/{number}")
        return str(10**9 + chance.randrange(self._users) ** 2 // self._users)

    def user(self, number: int) -> Object:
        """User `number`."""
        chance = random.Random(f"{self._seed}/user/{number}")
        return {
            "id": str(10**9 + number),
            "username": f"user{number}",
            "name": chance.choice([f"User {number}", f"=User({number})", "東京 👩‍👧", "Ümlaut"]),
            "description": " ".join(chance.choices(WORDS, k=12)),
            "location": chance.choice(["", "Utrecht", "-1"]),
            "created_at": iso(FIRST - number * 10**7),
            "protected": False,
            "verified": chance.random() < 0.1,
            "profile_image_url": f"https://pbs.example.com/profile_images/{number}/a_normal.jpg",
            "url": "https://t.co/abcdefghij",
            "public_metrics": {name: int(chance.paretovariate(0.5)) for name in USER_COUNTS},
        }

    @staticmethod
    def _id(number: int) -> str:
        return str(FIRST + number * STEP - EPOCH << 22 | number % 4096)

    @staticmethod
    def _place(id: str) -> int:
        return ((int(id) >> 22) + EPOCH - FIRST) // STEP


COUNTS = ("retweet_count", "reply_count", "like_count", "quote_count", "bookmark_count", "impression_count")
USER_COUNTS = ("followers_count", "following_count", "tweet_count", "listed_count")


def _said(chance: random.Random) -> tuple[str, Object]:
    """A text with its entities."""
    words = chance.choices(WORDS, k=chance.randint(3, 25))
    if chance.random() < 0.1:
        words.insert(0, chance.choice(ODD))
    text, entities = " ".join(words), {}
    if chance.random() < 0.4:
        tag = chance.choice(TAGS)
        entities["hashtags"] = [{"start": len(text) + 1, "end": len(text) + 2 + len(tag), "tag": tag}]
        text += f" #{tag}"
    if chance.random() < 0.3:
        url = chance.choice(HOSTS) + str(int(chance.paretovariate(1)))
        entities["urls"] = [
            {
                "start": len(text) + 1,
                "end": len(text) + 24,
                "url": "https://t.co/abcdefghij",
                "expanded_url": url,
                "display_url": url[8:],
            }
        ]
        text += " https://t.co/abcdefghij"
    return text, entities


def _medium(key: str) -> Object:
    return {"media_key": key, "type": "photo", "url": f"https://pbs.example.com/media/{key}.jpg", "width": 1200, "height": 675}


def _place(id: str) -> Object:
    return {
        "id": id,
        "full_name": f"Place {id[-2:]}, The Netherlands",
        "name": f"Place {id[-2:]}",
        "country": "The Netherlands",
        "country_code": "NL",
        "place_type": "city",
        "geo": {"type": "Feature", "bbox": [5.0, 52.0, 5.2, 52.2], "properties": {}},
    }


def _context(chance: random.Random) -> Object:
    domain = {"id": str(chance.randrange(200)), "name": "Politics", "description": "Politics and what is said of it"}
    return {"domain": domain, "entity": {"id": str(chance.randrange(10**19)), "name": chance.choice(WORDS)}}


def recorded(made: Pages, count: int, first: int = 0, index: str = "made") -> Iterator[list[Any]]:
    """The documents of `count` pages for an index, page by page."""
    for number in range(first, first + count):
        answer, at = made.page(number), made.at(number)
        del answer["__twarc"]
        page = read(answer)
        yield documents(page, tweets=f"tw{index}", users=f"tu{index}", retrieved=at, account="observer", via="search")


def fill(archive: Archive, made: Pages, count: int, index: str = "made") -> None:
    """Record so many pages into an index."""
    for page in recorded(made, count, index=index):
        archive.write(page)


def rename(archive: Archive, made: Pages, users: int, index: str = "made") -> None:
    """Let every third of the first users have changed their profile twice since."""
    for version in (1, 2):
        at = FIRST + 2 * 10**9 + version
        bodies = [
            made.user(number) | {"username": f"User{number}v{version}", "location": f"{version}"} for number in range(0, users, 3)
        ]
        ours = {"retrieved": iso(at), "account": "observer", "via": "lookup"}
        archive.write([Document(f"tu{index}", body["id"], {**body, "netwar": ours}, True, at) for body in bodies])
