"""tw-hydrate: what ids name is bought once, and what is gone is known to be gone."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

import pytest

from netwar.imports import id_files
from netwar.imports.id_files import ids
from netwar.imports.opening import Content
from tests.desk import BIN
from tests.imports.samples import jsonl, status
from tests.operator import THREE, Operator

KILLER = Path(__file__).parents[1] / "timelines" / "killer.py"

POSTS = "/2/tweets"


class Buyer(Operator):
    """Who buys posts by their ids into brexit."""

    def file(self, name: str, content: str) -> None:
        (self.desk.home / name).write_text(content)

    def buy(self, *arguments: object, check: int | None = 0, **more: Any) -> Any:
        return self.run("tw-hydrate", *arguments, check=check, **more)

    def asked(self) -> list[list[str]]:
        lines = [line for line in self.log() if line["path"] == POSTS and line["method"] == "GET" and line["status"] == 200]
        return [line["parameters"]["ids"].split(",") for line in lines]

    def kept(self, via: str = "lookup") -> set[int]:
        return {row[0] for row in self.select("brexit", "SELECT id FROM tweets WHERE via = ?", via)}

    def of(self, state: str) -> list[int]:
        return [id for user in self.users() if user["state"] == state for id in self.truth(user["id"])]


def test_what_is_there_is_bought_once_and_what_is_not_is_known_to_be_gone(operator: Callable[..., Operator]) -> None:
    begun = operator(THREE)
    one = Buyer(begun.desk, begun.sandbox)
    active, away = one.of("active"), [*one.of("suspended"), *one.of("gone"), *one.of("protected"), 99]
    named = [*active, *away, *active[:50]]
    one.file("ids.txt", "id\n" + "".join(f"{id}\n" for id in named))
    price = one.buy("ids.txt", "brexit", "--estimate").stderr
    assert "171 posts to buy: $0.85" in price
    assert "nothing was bought" in price
    assert one.asked() == []
    ended = one.buy("ids.txt", "brexit", "--yes", "--json")
    assert "171 posts to buy: $0.85, and with their authors" in ended.stderr
    assert f"{len(active)} posts bought for " in ended.stderr
    assert one.kept() == set(active)
    assert [len(ids) for ids in one.asked()] == [100, len(active) + len(away) - 100]
    told = {int(row["id"]): row["why"] for row in map(json.loads, ended.stdout.splitlines())}
    assert told.keys() == set(away)
    assert {told[id] for id in (*one.of("gone"), 99)} == {"gone"}
    assert {told[id] for id in one.of("protected")} == {"protected"}
    assert one.spent() == one.bill()["micro"] > len(active) * 5000
    assert "nothing is left to buy of 171 ids" in one.buy("ids.txt", "brexit", "--yes").stderr
    assert len(one.asked()) == 2
    counted = one.run("tw-indices", "--json").stdout
    assert json.loads(counted.splitlines()[0])["tweets"] >= len(active), "what is gone is shown nowhere"
    assert "not to be had: " in one.buy("ids.txt", "brexit", "--yes", "--again").stderr
    assert sorted(map(int, one.asked()[2])) == sorted(away)


def test_a_kept_copy_takes_the_place_of_what_is_gone(operator: Callable[..., Operator]) -> None:
    begun = operator(THREE)
    one = Buyer(begun.desk, begun.sandbox)
    one.buy("-", "brexit", "--yes", input="\n".join(status(n)["id_str"] for n in (1, 2)))
    assert one.run("tw-1tweet", status(1)["id_str"], check=1)
    one.run("tw-import", "-", "brexit", input=jsonl([status(1), status(3, retweeted_status=status(2))]))
    for n in (1, 2):
        assert f"status {n}" in one.run("tw-1tweet", status(n)["id_str"]).stdout


def test_of_what_x_says_nothing_is_asked_again(operator: Callable[..., Operator]) -> None:
    begun = operator(THREE)
    one = Buyer(begun.desk, begun.sandbox)
    some = one.of("active")[:10]
    one.post("faults", {"kind": "leave-out", "times": 1, "ids": [str(id) for id in some[:4]]})
    ended = one.buy("-", "brexit", "--yes", "--csv", input="\n".join(map(str, some)), check=None)
    left = set(some) - one.kept()
    assert left == set(some[:4])
    assert (ended.status, f"X said nothing of {len(left)} post" in ended.stderr) == (1, True)
    assert {line.split(",")[0] for line in ended.stdout.splitlines()[1:]} == set(map(str, left))
    one.buy("-", "brexit", "--yes", input="\n".join(map(str, some)))
    assert one.kept() == set(some)


def test_a_budget_holds_and_the_next_run_buys_the_rest(operator: Callable[..., Operator]) -> None:
    begun = operator(THREE)
    one = Buyer(begun.desk, begun.sandbox)
    some = one.of("active")
    one.file("ids.json", json.dumps([{"id": str(id), "text": "x"} for id in some], indent=1))
    assert "say --yes" in one.buy("ids.json", "brexit", "--budget", "0.01", check=77).stderr
    stopped = one.buy("ids.json", "brexit", "--yes", "--budget", "0.5", check=77)
    assert "posts bought for" in stopped.stderr
    assert one.spent() <= 500_000
    first = one.kept()
    assert 0 < len(first) < len(some)
    one.buy("ids.json", "brexit", "--yes")
    assert one.kept() == set(some)
    asked = [id for ids in one.asked() for id in ids]
    assert len(asked) == len(set(asked)), "nothing was asked for twice"
    assert one.spent() == one.bill()["micro"]


def test_up_to_is_as_much_as_is_reserved_whatever_comes_along(operator: Callable[..., Operator]) -> None:
    """A post may bring two others and, with  expand = full, their authors and fifty users whom it mentions."""
    for expand, most, reserved in (("default", "0.05", "0.025"), ("full", "1.09", "0.545")):
        begun = operator(THREE, expand=expand)
        one = Buyer(begun.desk, begun.sandbox)
        two = "".join(f"{id}\n" for id in one.of("active")[:2])
        assert f"up to ${most}; nothing was bought" in one.buy("-", "brexit", "--estimate", input=two).stderr
        assert f"up to ${most}, and $" in one.buy("-", "brexit", "--budget", "0.01", input=two, check=77).stderr
        refused = one.buy("-", "brexit", "--yes", "--budget", "0.01", input=two, check=77).stderr
        assert f"the next request may cost ${reserved}" in refused


def test_lines_that_name_no_post_are_told(operator: Callable[..., Operator]) -> None:
    begun = operator(THREE)
    one = Buyer(begun.desk, begun.sandbox)
    a, b = one.of("active")[:2]
    table = f'tweet_id;text\n{a};"x\n{b};y"\nhttps://x.com/i/status/{b}?s=20\n1.23E+18;z\n1169246717864136000;w\nnasa\nx.com/a/status/9999999999999999999\n'
    ended = one.buy("-", "brexit", "--yes", input=table, check=1)
    assert "4 lines without an id of a post (listed above)" in ended.stderr
    assert ended.stderr.count("a spreadsheet") == 2
    assert one.kept() == {a, b}


def test_ids_that_share_a_line_are_told_and_not_left_out(operator: Callable[..., Operator]) -> None:
    """The first would be bought, and the others not: nobody would miss them."""
    begun = operator(THREE)
    one = Buyer(begun.desk, begun.sandbox)
    old, new = ["20", "21", "99"], [f"150000000000000012{n}" for n in range(3)]
    for text in (
        *(sign.join(old) for sign in ",;\t"),
        *(sign.join(new) + f"\n{new[0]}\n" for sign in ",;\t"),
        ", ".join(new) + ",\r",
    ):
        ended = one.buy("-", "brexit", "--estimate", input=text, check=1)
        assert "these are 3 ids on one line" in ended.stderr, text
        assert ("1 post to buy" in ended.stderr) == text.endswith("\n"), text
    for text in (
        f"tweet_id,user_id\n{new[0]},{new[1]}\n",
        f"{new[0]},20\n{new[1]},21\n",
        f"{new[0]},\n",
        "id,retweets,likes\n20,7,8\n",
    ):
        one.buy("-", "brexit", "--estimate", input=text)


def test_lines_end_in_every_way(operator: Callable[..., Operator]) -> None:
    begun = operator(THREE)
    one = Buyer(begun.desk, begun.sandbox)
    for text in ("20\r21\r22\r", "20\r21\r22", "20\r\n21\r22\n", 'id,text\r20,"a\rb"\r21,c\r22,d', "id\r20\r\r21\n\n22\r\n"):
        assert "3 posts to buy" in one.buy("-", "brexit", "--estimate", input=text).stderr, text
    assert one.buy("-", "brexit", "--estimate", input="20\r\ntweet\r21\n", check=1).stderr.startswith("-: line 2: tweet: ")


def test_a_hole_in_a_file_of_ids_is_told(operator: Callable[..., Operator]) -> None:
    begun = operator(THREE)
    one = Buyer(begun.desk, begun.sandbox)
    ended = one.buy("-", "brexit", "--estimate", input="20\n" + "\0" * 5000 + "21\n22\0\n", check=1)
    assert "2 posts to buy" in ended.stderr
    assert "-: line 2: �21: this is no id of a post" in ended.stderr


def test_ids_of_users_are_not_bought_as_posts(operator: Callable[..., Operator]) -> None:
    """Those of the first years are ids of posts as well, of others."""
    begun = operator(THREE)
    one = Buyer(begun.desk, begun.sandbox)
    for table in (
        "user_id,count\n20,7\n",
        "Author ID\n20\n",
        "id,username,name,created_at,description,followers\n20,a,A,,,3\n",
        "id;screen_name;followers_count\n20;a;3\n",
        '{"id": "20", "username": "a", "name": "A"}\n',
        '{"id_str": "20", "id": 20, "screen_name": "a", "lang": null, "description": ""}\n',
        '{"data": [{"id": "20", "username": "a", "public_metrics": {"followers_count": 3}}]}\n',
    ):
        assert "1 line without an id of a post" in one.buy("-", "brexit", "--yes", input=table, check=1).stderr, table
    assert "ids of users, not of posts" in one.buy("-", "brexit", "--yes", input="user_id\n20\n21\n", check=1).stderr
    assert one.asked() == []
    assert one.spent() == 0
    post = one.of("active")[0]
    for table in (f"id,username\n{post},a\n", f"id,user,followers_count,text\n{post},a,3,b\n", f"source\n{post}\n"):
        assert "1 post" in one.buy("-", "brexit", "--estimate", input=table).stderr, table


def test_a_line_that_never_ends_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id_files, "LONGEST", longest := id_files.LONGEST >> 3)
    packed = gzip.compress(b"9," * 8 * longest + b"\n5\n", 1)
    tracemalloc.start()
    found = list(ids(Content("ids.gz", cast(IO[bytes], io.BufferedReader(io.BytesIO(packed))), len(packed))))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    fault, *others = found
    assert (getattr(fault, "line", 0), others) == (1, [(2, "5")])
    assert most < 16 * longest, "its cells included"


def test_killed_wherever_it_goes_on_and_pays_for_nothing_twice(operator: Callable[..., Operator]) -> None:
    begun = operator(THREE)
    one = Buyer(begun.desk, begun.sandbox)
    some = [*one.of("active"), *one.of("gone"), *one.of("suspended"), *one.of("protected")]
    one.file("ids.txt", "\n".join(map(str, some)))
    for moment, number in (("billed", 1), ("before", 1), ("between", 1), ("billed", 1)):
        given = (str(KILLER), moment, number, BIN / "tw-hydrate", "ids.txt", "brexit", "--yes")
        assert one.run(*given, check=None).status == -9
    one.buy("ids.txt", "brexit", "--yes")
    assert one.kept() | one.kept("reference") >= {*one.of("active")}
    assert one.kept("tombstone") == {*one.of("gone"), *one.of("protected"), *one.of("suspended")}
    assert one.spent() == one.bill()["micro"]
    money = json.loads(one.run("tw-spend", "--no-ask", "--json").stdout)["micro_dollars"]
    assert (money["held"], money["in_doubt"]) == (0, 0), "what a kill left in doubt is made good"
    first, *others = one.asked()
    assert others[:2] == [first, first], "what was not written is asked for once more, as the same request"
    assert not set(first) & {id for ids in others[2:] for id in ids}, "and what was written is not"
    assert "nothing is left" in one.buy("ids.txt", "brexit").stderr
