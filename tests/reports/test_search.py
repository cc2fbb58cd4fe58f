"""tw-search by words, user and time, read back from a recorded timeline."""

from __future__ import annotations

import json

import pytest

from tests.operator import Operator
from tests.rows import rows


@pytest.fixture
def recorded(desk, new_sandbox, tmp_path):
    file = tmp_path / "scenario.toml"
    file.write_text("[world]\nusers = 4\nprolific = 0\n[[users]]\nindex = 0\nposts = 60\n[[users]]\nindex = 1\nposts = 40\n")
    sandbox = new_sandbox("--scenario", file)
    desk.configure(sandbox.url, budget=100, maxcpu=100, maxmem=100)
    one = Operator(desk, sandbox)
    one.queue(user["id"] for user in one.users()[:2])
    one.run("tw-idu3elk", "found")
    return one


def search(operator, *words):
    return [json.loads(line) for line in operator.run("tw-search", "found", "--json", *words).stdout.splitlines()]


def test_a_users_tweets_newest_first_by_name_or_number(recorded):
    user = recorded.users()[0]
    for who in (user["name"].upper(), "@" + user["name"], user["id"]):
        ids = [int(tweet["id"]) for tweet in search(recorded, "--user", who)]
        assert [number for number in ids if number in set(recorded.truth(user["id"]))] == recorded.truth(user["id"])


def test_words_and_bounds_together_are_what_is_in_both(recorded):
    user = recorded.users()[0]
    mine = search(recorded, "--user", user["id"])
    middle = sorted(tweet["created_at"] for tweet in mine)[len(mine) // 2][:19]
    wanted = {tweet["id"] for tweet in search(recorded, "https") if tweet["author_id"] == user["id"]}
    assert wanted
    assert {tweet["id"] for tweet in search(recorded, "https", "--user", user["name"])} == wanted
    late = {tweet["id"] for tweet in search(recorded, "https", "--user", user["name"], "--since", middle)}
    early = {tweet["id"] for tweet in search(recorded, "https", "--user", user["name"], "--until", middle)}
    assert late | early == wanted
    assert not late & early
    assert late
    assert early


def test_a_user_is_meant_by_a_name_that_they_bore_too(recorded):
    user = recorded.users()[0]
    recorded.post("state", {"user": user["id"], "name": "brand_new_name"})
    recorded.post("posts", {"user": user["id"], "count": 3})
    recorded.queue([user["id"]])
    recorded.run("tw-idu3elk", "found")
    for words in ([], ["https"]):
        told = [search(recorded, *words, "--user", who) for who in (user["id"], user["name"], "brand_new_name")]
        assert told[0] == told[1] == told[2] != []


def test_users_are_found_by_the_beginning_of_their_name(recorded):
    user = recorded.users()[0]
    lines = recorded.run("tw-search", "found", "--users", user["name"][:4] + "*").stdout.splitlines()
    assert [user["id"], user["name"]] in [line.split("\t")[:2] for line in lines]


@rows("options", [["--users", "--user", "x"], ["x", "--since", "yesterday"]])
def test_what_makes_no_sense_is_a_usage_error(tw, options):
    assert tw("tw-search", "found", *options).status == 2


def test_words_that_must_not_be_there_and_alternatives(recorded):
    everything = {tweet["id"]: tweet for tweet in search(recorded, "https")}
    word = next(w for w in sorted(search(recorded, "https")[0]["text"].split(), key=len) if w.isalpha() and len(w) > 3)
    with_it = {tweet["id"] for tweet in search(recorded, "https", word)}
    assert {tweet["id"] for tweet in search(recorded, "https", f"-{word}")} == everything.keys() - with_it
    assert {tweet["id"] for tweet in search(recorded, f"(https -{word})", "OR", f"(https {word})")} == everything.keys()
    for words in ([f"-{word}"], ["https", "OR", f"-{word}"]):
        ended = recorded.run("tw-search", "found", *words, check=1)
        assert "tw-search: a search needs a word that must be there" in ended.stderr
    assert "there is no word to search for" in recorded.run("tw-search", "found", "!!", check=1).stderr
    assert recorded.desk.run("tw-search", "found", "https", "--limt", "3").status == 2
    assert recorded.desk.run("tw-search", "found", "https", "-x").status == 2


def test_a_user_of_whom_nothing_is_recorded_is_told(recorded):
    for who, told in (("@nobody_here", "@nobody_here"), ("nobody_here", "@nobody_here"), ("1234567", "1234567")):
        for words in ([], ["https"]):
            ended = recorded.run("tw-search", "found", *words, "--user", who, check=1)
            assert ended.stderr.splitlines()[-1] == f"tw-search: nothing is recorded of {told} in found"
    known = recorded.users()[0]
    assert "0 tweets found" in recorded.run("tw-search", "found", "nosuchword", "--user", known["name"]).stderr


def test_a_vanished_index_is_told(recorded):
    (recorded.desk.home / ".local/share/netwar/archive/found.sqlite").unlink()
    assert "there is no index found (nothing is recorded yet)" in recorded.run("tw-search", "found", "https", check=1).stderr
