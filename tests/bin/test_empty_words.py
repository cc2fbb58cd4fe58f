"""A script whose variable is not set hands over an empty word: that is a wrong command line, and never everybody's tweets."""

from __future__ import annotations

from tests.operator import Recorded
from tests.rows import rows


@rows(
    ("program", "words", "named"),
    [
        ("tw-dumptweets", ["shown", "--ids", "--user", ""], "--user"),
        ("tw-dumptweets", ["shown", "--ids", "--query", " "], "--query"),
        ("tw-dumptweets", ["shown", "--lang", "en", "--lang", ""], "--lang"),
        ("tw-dumptweets", ["shown", ""], "FILE"),
        ("tw-dumpusers", ["shown", "--query="], "--query"),
        ("tw-search", ["shown", "--user", ""], "--user"),
        ("tw-search", ["shown", ""], "WORDS"),
        ("tw-coverage", ["shown", ""], "USER"),
        ("tw-amplifiers", ["shown", ""], "USER"),
        ("tw-gexf", ["shown", "--users", ""], "--users"),
        ("tw-exports", ["--to", ""], "--to"),
        ("tw-failed", ["work", ""], "USERS"),
        ("tw-wipework", ["--queue", "", "--yes"], "--queue"),
        ("tw-backup", [""], "DIR"),
        ("tw-showmywork", [""], "INDEX"),
    ],
)
def test_an_empty_word_is_a_usage_error(recorded: Recorded, program: str, words: list[str], named: str) -> None:
    ended = recorded.desk.run(program, *words, check=2)
    assert not ended.stdout
    assert f"Error: {named} is empty: give it a value" in ended.stderr


@rows("words", [["--user", "", "--help"], ["shown", "--user", "", "--version"]])
def test_help_is_there_all_the_same(recorded: Recorded, words: list[str]) -> None:
    assert recorded.desk.run("tw-dumptweets", *words, check=0).stdout
