"""tw-1tweet: one recorded tweet."""

from __future__ import annotations

import json

from tests.operator import Recorded


def test_by_number_and_by_address(recorded: Recorded) -> None:
    newest = recorded.truth(recorded.user["id"])[0]
    line = recorded.run("tw-1tweet", newest).stdout
    name = recorded.user["name"]
    assert line.split("\t")[1:3] == [f"@{name}", f"https://x.com/{name}/status/{newest}"]
    assert line.rstrip("\n").split("\t")[-1] == "twshown"
    for address in (f"https://x.com/{recorded.user['name']}/status/{newest}", f"twitter.com/i/status/{newest}?s=20"):
        assert recorded.run("tw-1tweet", address).stdout == line


def test_the_whole_document(recorded: Recorded) -> None:
    newest = recorded.truth(recorded.user["id"])[0]
    document = json.loads(recorded.run("tw-1tweet", "--json", newest).stdout)
    assert document["id"] == str(newest)
    assert document["author_id"] == recorded.user["id"]
    assert document["netwar"]["via"] == "timeline"
    assert {"text", "created_at", "public_metrics", "conversation_id", "lang"} <= set(document)


def test_one_that_is_not_recorded(recorded: Recorded) -> None:
    ended = recorded.run("tw-1tweet", 123, check=1)
    assert (ended.stdout, ended.stderr) == ("", "tw-1tweet: tweet 123 is not recorded in twshown\n")
    assert "there is no index other (there is: shown)" in recorded.run("tw-1tweet", 123, "--index", "other", check=1).stderr


def test_what_is_no_tweet(recorded: Recorded) -> None:
    assert "'hello' is not a tweet's id or address" in recorded.run("tw-1tweet", "hello", check=2).stderr
