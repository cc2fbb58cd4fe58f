"""tw-file2filt and tw-list2filt: what the queries find, on the oldest and the newest servers, with ten thousand users."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netwar.config import load
from netwar.connections.elastic import connect
from netwar.lists.filters import MAX_TERMS, field_of, query
from netwar.records.documents import Document
from tests import clusters
from tests.contract.conftest import emptied, opened_archive
from tests.operator import ALL_OPEN, Operator
from tests.servers.fixtures import Servers

WORLD = f"""
[world]
users = 30
{ALL_OPEN}
[[users]]
name = "observer"
[[lists]]
name = "NSCE Brexit"
members = [3, 4, 5]
"""
AT = 1_790_000_000_000


def found(text: str) -> dict[str, list[str]]:
    """The terms of a printed query by their fields."""
    [inner] = json.loads(text)["query"]["bool"]["filter"]
    clauses = inner["bool"]["should"] if "bool" in inner else [inner]
    return {field: values for clause in clauses for field, values in clause["terms"].items()}


@pytest.fixture
def one(operator: Callable[..., Operator]) -> Operator:
    return operator(WORLD)


def test_a_query_for_a_file(one: Operator) -> None:
    given = "11\n@Some_Name\n12\n@123\n11\n"
    ended = one.run("tw-file2filt", "mentions", "-", input=given)
    assert found(ended.stdout) == {"entities.mentions.id": ["11", "12"], "entities.mentions.username": ["some_name", "123"]}
    assert (
        "a query for 2 ids and 2 screen names of <stdin> in entities.mentions.id and entities.mentions.username" in ended.stderr
    )
    assert found(one.run("tw-file2filt", "user.screen_name", "-", input=given).stdout) == {
        "user.screen_name": ["11", "some_name", "12", "123"]
    }
    assert "is no field" in one.run("tw-file2filt", "a b", "-", input=given, check=2).stderr
    assert "a query needs a user" in one.run("tw-file2filt", "author", "-", input="\n", check=1).stderr
    assert "not a text file" in one.run("tw-file2filt", "author", "-", input="\x01\x02", check=1).stderr
    assert one.bill()["micro"] == 0


def test_users_are_looked_up_where_the_field_has_the_other_kind(one: Operator) -> None:
    one.run("tw-listmembers", "nsce-brexit", "--yes")
    users = one.users()[3:6]
    names, ids = [user["name"] for user in users], [user["id"] for user in users]
    lines = "\n".join([ids[0], names[1], "nobody_at_all", "77", f"@{names[2].upper()}"]) + "\n"
    ended = one.run("tw-file2filt", "author", "-", input=lines, check=1)
    assert sorted(found(ended.stdout)["author_id"]) == sorted([*ids, "77"])
    assert "a query for 4 users of <stdin> in author_id; lines that are not in it" in ended.stderr
    twice = f"{ids[0]}\n@{names[0]}\n{names[0].upper()}\n{ids[0]}\n"
    assert "a query for 1 user of <stdin>" in one.run("tw-file2filt", "author", "-", input=twice).stderr
    assert "line 3: nobody_at_all: the id of this user is not recorded in usertest" in ended.stderr
    ended = one.run("tw-file2filt", "username", "-", input=lines, check=1)
    assert sorted(found(ended.stdout)["username"]) == sorted([*(name.lower() for name in names), "nobody_at_all"])
    assert "line 4: 77: the screen name of this user is not recorded in usertest" in ended.stderr
    assert (
        "there is no index nothing" in one.run("tw-file2filt", "author", "-", "--index", "nothing", input=lines, check=1).stderr
    )


def test_a_query_for_a_list(one: Operator) -> None:
    users = one.users()[3:6]
    names, ids = [user["name"].lower() for user in users], [user["id"] for user in users]
    by = {"author_id": ids}
    mentioning = {"entities.mentions.id": ids, "entities.mentions.username": names}
    assert found(one.run("tw-list2filt", "nsce-brexit", "--yes").stdout) == by | mentioning
    assert found(one.run("tw-list2filt", "observer", "nsce-brexit", "--by", "--yes").stdout) == by
    assert found(one.run("tw-list2filt", "nsce-brexit", "--mentioning").stdout) == mentioning
    assert one.spent() == one.bill()["micro"]
    assert "name a LIST" in one.run("tw-list2filt", "a", "b", "c", check=2).stderr
    one.post("faults", {"kind": "repeat-token", "endpoint": "/2/lists/:id/members", "times": 0})
    one.post("faults", {"kind": "short-page", "endpoint": "/2/lists/:id/members", "keep": 1, "times": 0})
    refused = one.run("tw-list2filt", "nsce-brexit", "--yes", check=1)
    assert (refused.stdout, "was not read to its end" in refused.stderr) == ("", True)


def test_too_many_and_fields() -> None:
    with pytest.raises(ValueError, match="takes 65,536 users, and these are 65,537"):
        query({"author_id": map(str, range(MAX_TERMS + 1))})
    assert field_of("author") == field_of("author_id")
    assert field_of("other.field").plain == "other.field"


@pytest.mark.parametrize("kind", clusters.KINDS)
def test_ten_thousand_users_on_real_servers(
    kind: str, servers: Servers, tmp_path: Path, one: Operator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Tweets by some and mentioning others, of users who are in the file and who are not."""
    emptied(kind, servers, tmp_path_factory.mktemp("cluster") / "conf")
    archive = opened_archive(kind, tmp_path)
    bodies: list[dict[str, Any]] = [
        {"id": "1", "author_id": "10000", "text": "in the file"},
        {"id": "2", "author_id": "99999", "text": "not in the file"},
        {"id": "3", "author_id": "5", "text": "@Name_77", "entities": {"mentions": [{"username": "Name_77", "id": "6"}]}},
        {"id": "4", "author_id": "5", "text": "@Nobody", "entities": {"mentions": [{"username": "Nobody", "id": "7"}]}},
        {"id": "5", "author_id": "19999", "text": "the last", "entities": {"mentions": [{"username": "x", "id": "10001"}]}},
    ]
    archive.write([Document("twfound", body["id"], body, True, AT) for body in bodies])
    archive.write([Document("tufound", "8", {"id": "8", "username": "Name_78", "name": "n"}, True, AT)])
    ids, names = range(10_000, 20_000), range(10_000)
    by_id, by_name = "".join(f"{id}\n" for id in ids), "".join(f"Name_{name}\n" for name in names)
    cases = [
        ("author", by_id, "twfound", {"1", "5"}),
        ("mentions", by_name, "twfound", {"3"}),
        ("mentions", by_id, "twfound", {"5"}),
        ("mentions", by_id + by_name, "twfound", {"3", "5"}),
        ("author", "10000\n", "twfound", {"1"}),
        ("username", by_name, "tufound", {"8"}),
    ]
    cluster = connect(load(clusters.remembered(kind)))
    for field, given, index, wanted in cases:
        made = json.loads(one.run("tw-file2filt", field, "-", input=given).stdout)
        cluster.ask("POST", f"/{index}/_refresh")
        answer = cluster.ask("POST", f"/{index}/_search", made)
        assert {hit["_id"] for hit in answer["hits"]["hits"]} == wanted, (field, len(given))
    cluster.close()
    archive.close()
