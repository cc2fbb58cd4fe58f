"""tw-search: words, quotes and stars, against the texts themselves."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.operator import Recorded
from tests.rows import rows
from tests.terminals import on_a_terminal


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


@rows("query", ["*", "(", "-", "!?"])
def test_what_has_no_word_is_told(recorded: Recorded, query: str) -> None:
    assert f"there is no word to search for in {query}" in recorded.run("tw-search", "shown", query, check=1).stderr


@rows("query", ['"unclosed', "a OR", "NEAR(", "user:x", "'; DROP TABLE tweet"])
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
    assert "1 tweet found in twshown; there are more: --limit 0 shows all" in ended.stderr


def test_what_is_no_time_is_told(recorded: Recorded) -> None:
    said = recorded.run("tw-search", "shown", "--since", "2024-99-99", check=2).stderr
    assert "'2024-99-99' is not a time: write it as 2026-11-01 or 2026-11-01T12:30:00" in said
    assert "%Y" not in recorded.run("tw-search", "-h").stdout


def test_an_index_alone_shows_a_person_the_newest(recorded: Recorded, tweets: list[dict[str, Any]]) -> None:
    """Into a pipe goes all."""
    assert ids(recorded) == [tweet["id"] for tweet in tweets]
    assert ids(recorded, "--limit", "3") == [tweet["id"] for tweet in tweets[:3]]
    assert ids(recorded, "--limit", str(10**20)) == [tweet["id"] for tweet in tweets]
    status, seen = seen_by_a_person(recorded, "tw-search", "shown")
    assert status == 0
    shown = re.findall(r"/status/(\d+)", seen)
    assert shown == [tweet["id"] for tweet in tweets[:20]]
    assert "showing the newest 20 tweets in twshown: --limit 0 shows all" in seen
    _, seen = seen_by_a_person(recorded, "tw-search", "shown", "--limit", "0")
    assert re.findall(r"/status/(\d+)", seen) == [tweet["id"] for tweet in tweets]
    assert f"{len(tweets)} tweets found in twshown" in seen


def test_texts_are_shortened_for_a_person(recorded: Recorded, tweets: list[dict[str, Any]]) -> None:
    _, seen = seen_by_a_person(recorded, "tw-search", "shown")
    lines = [line for line in seen.splitlines() if "/status/" in line]
    assert max(map(len, lines)) <= 160
    assert any(line.endswith("...") for line in lines)
    _, seen = seen_by_a_person(recorded, "tw-search", "shown", "--full")
    assert max(map(len, seen.splitlines())) > 160
    whole = recorded.run("tw-search", "shown", "--limit", "20").stdout
    assert [line for line in seen.splitlines() if "/status/" in line] == whole.expandtabs().splitlines()


def test_a_person_reads_in_the_pager(recorded: Recorded) -> None:
    pager = recorded.desk.home / "pager"
    pager.write_text("#!/bin/sh\necho \"pager with LESS=$LESS\"; sed 's/^/| /'\n")
    pager.chmod(0o755)
    status, seen = seen_by_a_person(recorded, "tw-search", "shown", PAGER=str(pager))
    lines = seen.splitlines()
    assert (status, lines[0]) == (0, "pager with LESS=FX")
    assert len([line for line in lines if line.startswith("| 2")]) == 20
    assert lines[-1].startswith("showing the newest 20 tweets"), "the outcome comes behind it"
    assert not [line for line in lines if line.startswith("| the newest")]
    status, seen = seen_by_a_person(recorded, "tw-search", "shown", PAGER="/nonexistent/pager")
    assert (status, seen.count("/status/")) == (0, 20)


def test_who_leaves_the_pager_ends_the_search(recorded: Recorded) -> None:
    pager = recorded.desk.home / "pager"
    pager.write_text("#!/bin/sh\nexec head -n 1\n")
    pager.chmod(0o755)
    status, seen = seen_by_a_person(recorded, "tw-search", "shown", "--limit", "0", PAGER=str(pager))
    assert (status, len(seen.splitlines())) == (0, 1)


def test_ctrl_c_is_the_pagers_while_a_person_reads(recorded: Recorded) -> None:
    pager = recorded.desk.home / "pager"
    pager.write_text("#!/bin/sh\ncat; sleep 0.5; kill -INT $PPID; sleep 0.5; echo still there\n")
    pager.chmod(0o755)
    status, seen = seen_by_a_person(recorded, "tw-search", "shown", PAGER=str(pager))
    assert status == 0
    assert seen.index("still there") < seen.index("the newest 20 tweets")


def seen_by_a_person(recorded: Recorded, *words: str, **environment: str) -> tuple[int, str]:
    status, seen = on_a_terminal(recorded.desk, list(words), {"TERM": "xterm", "PAGER": "cat", **environment})
    return status, seen.decode().replace("\r\n", "\n").replace("\r\x1b[K", "").expandtabs()


@rows("words", [(), ("the",)])
def test_a_time_that_ends_before_it_begins_is_a_usage_error(recorded: Recorded, words: tuple[str, ...]) -> None:
    for until in ("2024-11-01", "2024-12-01"):
        ended = recorded.desk.run("tw-search", "shown", *words, "--since", "2024-12-01", "--until", until, check=2)
        assert ended.stderr.endswith("Error: --since has to be before --until\n")
