"""tw-search: words, quotes and stars, against the texts themselves."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.operator import Recorded


@pytest.fixture(scope="module")
def tweets(recorded: Recorded) -> list[dict[str, Any]]:
    """Every recorded tweet, newest first."""
    shown = recorded.run("tw-search", "shown", "--json", "--since", "2006-01-01").stdout.splitlines()
    found = [json.loads(line) for line in shown]
    assert {int(one["id"]) for one in found} >= set(recorded.truth(recorded.user["id"]))
    return found


def words(tweet: dict[str, Any]) -> list[str]:
    note = tweet.get("note_tweet", {}).get("text")
    return re.findall("[a-z]+", re.sub(r"https?://\S+|[@#]\w+", " ", note or tweet["text"]).lower())


def a_pair(tweets: list[dict[str, Any]]) -> tuple[str, str]:
    """Two plain words that stand side by side in a text."""
    for tweet in tweets:
        match = re.search(r"(?<![\w@#/])([a-z]{4,}) ([a-z]{4,})(?![\w/])", tweet["text"])
        if match:
            return match[1], match[2]
    raise AssertionError("no text has two words")


def ids(recorded: Recorded, *query: str) -> list[str]:
    return [json.loads(line)["id"] for line in recorded.run("tw-search", "shown", "--json", *query).stdout.splitlines()]


def test_all_words_are_in_what_is_found_newest_first(recorded: Recorded, tweets: list[dict[str, Any]]) -> None:
    first, second = a_pair(tweets)
    found = ids(recorded, second.upper(), first)
    by_id = {tweet["id"]: tweet for tweet in tweets}
    assert found
    for number in found:
        assert {first, second} <= set(words(by_id[number]))
    made = [by_id[number]["created_at"] for number in found]
    assert made == sorted(made, reverse=True)


def test_quotes_keep_words_together_and_a_star_is_a_beginning(recorded: Recorded, tweets: list[dict[str, Any]]) -> None:
    first, second = a_pair(tweets)
    together = ids(recorded, f'"{first} {second}"')
    assert together
    assert set(together) <= set(ids(recorded, first, second))
    assert not set(ids(recorded, f'"{second} {first}"')) & set(together)
    assert set(ids(recorded, first)) <= set(ids(recorded, first[:3] + "*"))


@pytest.mark.parametrize("query", ["*", "(", "-", "!?"])
def test_what_has_no_word_is_told(recorded: Recorded, query: str) -> None:
    assert f"there is no word to search for in {query}" in recorded.run("tw-search", "shown", query, check=1).stderr


@pytest.mark.parametrize("query", ['"unclosed', "a OR", "NEAR(", "user:x", "'; DROP TABLE tweet"])
def test_whatever_is_typed_is_only_looked_for(recorded: Recorded, query: str) -> None:
    assert "bug" not in recorded.run("tw-search", "shown", query, "--limit", 1).stderr


def test_lines_for_people(recorded: Recorded, tweets: list[dict[str, Any]]) -> None:
    first, _ = a_pair(tweets)
    ended = recorded.run("tw-search", "shown", first, "--limit", 1)
    when, user, address, kind, text = ended.stdout.rstrip("\n").split("\t")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", when)
    assert re.fullmatch(r"@\w+|\d+", user)
    assert re.fullmatch(r"https://x.com/\w+/status/\d+", address)
    assert kind.split(",")[0] in ("tweet", "retweeted", "quoted", "replied_to")
    assert first in text.lower()
    assert re.search("1 tweets? found in twshown", ended.stderr)
