"""The commands of docs/imports.md do what they are said to do."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable

from tests.desk import ROOT
from tests.imports.samples import NOW, archived, id_at, jsonl, page, status, user, zipped
from tests.operator import THREE, Operator


def commands() -> list[list[str]]:
    found = re.findall(r"^ +(tw-(?:import|hydrate) .*)$", (ROOT / "docs/imports.md").read_text(), re.MULTILINE)
    return [shlex.split(line) for line in found]


def test_every_command_of_the_guide(operator: Callable[..., Operator]) -> None:
    one = operator(THREE)
    home = one.desk.home
    (home / "tweets").mkdir()
    (home / "data").mkdir()
    for n in range(3):
        zipped(home / f"tweets/{n}.jsonl.gz", jsonl([page(n * 9, 9)]))
    tweets = f"window.YTD.tweets.part0 = {json.dumps([archived(1)])}"
    (home / "data/account.js").write_text('window.YTD.account.part0 = [{"account": {"accountId": "5", "username": "me"}}]')
    for path in (home / "tweets.js", home / "data/tweets.js"):
        path.write_text(tweets)
    zipped(home / "twbrexit.json.gz", jsonl([{"_index": "twbrexit", "_source": status(7)}]))
    zipped(home / "tubrexit.json.gz", jsonl([{"_index": "tubrexit", "_source": status(7)["user"]}]))
    one.run("tw-import", "-", "other", input=jsonl([page(70, 9), user(1)]))
    one.run("tw-dumptweets", "other", "brexit.jsonl.zst")
    one.run("tw-dumpusers", "other", "users.jsonl.zst", "--versions")
    (home / "ids.txt").write_text("\n".join([*map(str, one.truth(one.users()[0]["id"])[:5]), id_at(NOW - 1)]))
    (home / "ids.csv").write_text((home / "ids.txt").read_text())
    tried = commands()
    assert len(tried) >= 9
    for name, *arguments in tried:
        given = [str(path) for one in arguments for path in (sorted(home.glob(one)) if "*" in one else [one])]
        one.run(name, *given)
    assert one.select("brexit", "SELECT count(*) FROM tweets WHERE via = 'lookup'") == [(5,)]
