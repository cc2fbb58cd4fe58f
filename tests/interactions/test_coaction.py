"""tw-coaction: pairs of users who did the same within seconds, held against looking at every pair of tweets."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from itertools import combinations
from typing import Any

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.interactions import coaction
from tests.desk import Desk
from tests.interactions import corpus
from tests.interactions.corpus import BEGAN, EPOCH, Body
from tests.randomly import SEED
from tests.rows import rows

# What two texts say is the same, whatever their links, case and signs.
TEXTS = [
    ("Vote now! https://t.co/1", 1),
    ("vote NOW https://t.co/2", 1),
    ("vote later", 2),
    ("https://t.co/3 👍", 3),
    ("!", None),
]
Action = tuple[Any, int, int, int]  # what, when (ms), who, in which tweet


def made(count: int) -> tuple[list[Body], dict[str, list[Action]]]:
    """Tweets of seven users, often at the same time, and what each of them did."""
    chance = random.Random(SEED)
    bodies: list[Body] = []
    did: dict[str, list[Action]] = defaultdict(list)
    for number in range(count):
        at, user, (text, said) = BEGAN + chance.randrange(count) * 700, 11 + chance.randrange(7), chance.choice(TEXTS)
        id = (at - EPOCH) << 22 | number
        tags, urls = chance.sample(["Brexit", "bREXIT", "eu"], chance.randrange(3)), [f"https://e.org/{chance.randrange(5)}"]
        body: Body = {"id": str(id), "author_id": str(user), "text": text, "created_at": corpus.iso(at)}
        body["entities"] = {"hashtags": [{"tag": tag} for tag in tags], "urls": [{"expanded_url": url} for url in urls]}
        things: dict[str, set[Any]] = {"hashtag": {tag.lower() for tag in tags}, "link": set(urls), "text": {said} - {None}}
        if chance.random() < 0.3:
            other = str(chance.randrange(1, 6))
            body["referenced_tweets"] = [{"type": "retweeted", "id": other}]
            things = {"retweet": {other}}
        for by, some in things.items():
            did[by] += [(thing, at, user, id) for thing in some]
        bodies.append(body)
    return bodies, did


def pairs(actions: list[Action], within: float, most: int, least: int) -> dict[tuple[str, str], tuple[int, int, str, str]]:
    """Every action against every other one: weight, things, first and last time of two users."""
    before: dict[Action, list[Action]] = defaultdict(list)
    for earlier, later in combinations(sorted(actions), 2):
        if earlier[0] == later[0] and later[1] - earlier[1] <= within * 1000:
            before[later].append(earlier)
    met: dict[tuple[int, int], list[Action]] = defaultdict(list)
    for later, some in before.items():
        for earlier in some if len(some) <= most else []:
            if earlier[2] != later[2]:
                met[min(earlier[2], later[2]), max(earlier[2], later[2])].append(later)
    return {
        (str(low), str(high)): (
            *(len(found), len({thing for thing, *_ in found})),
            *(corpus.iso(limit(at for _, at, _, _ in found)) for limit in (min, max)),
        )
        for (low, high), found in met.items()
        if len(found) >= least
    }


@rows(
    ("by", "within", "most", "least"),
    [("retweet", 10, 200, 1), ("link", 3.5, 200, 2), ("hashtag", 30, 8, 1), ("text", 0, 200, 1), ("text", 20, 5, 3)],
)
def test_pairs_are_those_of_all_pairs(
    desk: Desk, acted: dict[str, list[Action]], by: str, within: float, most: int, least: int
) -> None:
    options = ("--by", by, "--within", within, "--most", most, "--least-weight", least)
    ended = desk.run("tw-coaction", "brexit", *map(str, options), check=0)
    found = list(csv.DictReader(ended.stdout.splitlines()))
    told = {(one["source"], one["target"]): (int(one["weight"]), int(one["things"]), one["first"], one["last"]) for one in found}
    assert told == pairs(acted[by], within, most, least)
    assert all(0 <= float(one["seconds"]) <= within for one in found)
    assert f"{len(found)} pairs, of {len(acted[by])} actions in 300 tweets" in ended.stderr
    assert ("left out, of what more than" in ended.stderr) is (most < 200)


@pytest.fixture
def acted(archive: SqliteArchive) -> dict[str, list[Action]]:
    bodies, did = made(300)
    corpus.keep(archive, "brexit", bodies)
    return did


def test_the_actions_themselves_as_cooRTweet_reads_them(desk: Desk, acted: dict[str, list[Action]]) -> None:
    desk.run("tw-coaction", "brexit", "--by", "link", "--actions", "-o", "links.csv", check=0)
    found = list(csv.DictReader((desk.home / "links.csv").read_text().splitlines()))
    truth = [(thing, str(user), str(tweet), str(at // 1000)) for thing, at, user, tweet in sorted(acted["link"])]
    assert [(one["object_id"], one["account_id"], one["content_id"], one["timestamp_share"]) for one in found] == truth


def test_pairs_that_outgrow_memory_are_added_up(
    desk: Desk, acted: dict[str, list[Action]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from netwar.connections.sqlite_scratch import Scratch

    monkeypatch.setattr(coaction, "KEPT", 3)
    bodies, did = made(300)
    with Scratch(coaction.TABLES) as scratch:
        one = coaction.Coaction(scratch, "hashtag", 30, 200)
        one.add(bodies)
        found = {(str(pair.source), str(pair.target)): (pair.weight, pair.things) for pair in one.pairs(2)}
    assert found == {ends: told[:2] for ends, told in pairs(did["hashtag"], 30, 200, 2).items()}
