"""What the recorder of 2019 left: statuses and profiles of X's API v1.1, in indices with dynamic mapping."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.elastic.store import ElasticArchive
from netwar.archive.marks import Cover
from netwar.archive.sqlite.store import SqliteArchive
from netwar.coverage import Span
from netwar.errors import ConfigError
from netwar.records.documents import Document
from netwar.reports.search import Within, find
from tests import clusters
from tests.archive.elastic.conftest import NOW, tweet
from tests.desk import Desk
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on

EPOCH = 1_288_834_974_657
# 6.x as 2019 wrote it, one that was updated since, and a copy in the newest.
SERVERS = ("es654-sg", "es7102", "es953-sec")


def profile(id: int, name: str, description: str = "") -> dict[str, Any]:
    made = "Wed Nov 15 13:18:50 +0000 2006"
    more = {"created_at": made, "followers_count": 5, "friends_count": 6, "statuses_count": 7, "listed_count": 0}
    return {"id": id, "id_str": str(id), "screen_name": name, "name": name.title(), "description": description, **more}


def status(id: int, text: str, user: dict[str, Any], written: str = "Wed Sep 04 13:51:55 +0000 2019") -> dict[str, Any]:
    return {
        "id": id,
        "id_str": str(id),
        "full_text": text,
        "created_at": written,
        "user": user,
        "retweet_count": 3,
        "entities": {"hashtags": [{"text": "brexit", "indices": [0, 7]}]},
        "lang": "en",
    }


SOME, OTHER = profile(7, "Some_One", "writes of things"), profile(8, "other")
YOUNG = 1169246717864136705
STATUSES = [
    status(YOUNG, "#brexit, the long naïve text", SOME),
    status(YOUNG + 1, "nothing of it", OTHER),
    status(20, "just setting up", SOME, "Tue Mar 21 20:50:14 +0000 2006"),
    *(status((1_500_000_000_000 - EPOCH + n) << 22, f"number {n}", OTHER, "Fri Jul 14 02:40:00 +0000 2017") for n in range(1100)),
]


@pytest.fixture
def old(server: ElasticServer, archive: ElasticArchive) -> ElasticArchive:
    """twold and tuold, as 2019's recorder wrote them."""
    typed = archive.cluster.typed
    for index, kind, items in (("twold", "tweets", STATUSES), ("tuold", "userid", [SOME, OTHER])):
        for start in range(0, len(items), 500):
            lines = []
            for item in items[start : start + 500]:
                lines += [{"index": {"_index": index, "_id": item["id_str"], **({"_type": kind} if typed else {})}}, item]
            told = bulk(server, lines)
            assert not told["errors"], told
    server.ask("POST", "/twold,tuold/_refresh")
    return archive


def bulk(server: ElasticServer, lines: list[dict[str, Any]]) -> Any:
    import requests

    user = server.users.get("admin")
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    answer = requests.post(
        f"{server.url}/_bulk",
        body,
        auth=(user.name, user.password) if user else None,
        verify=str(server.ca) if server.ca else True,
        headers={"content-type": "application/x-ndjson"},
        timeout=60,
    )
    return answer.json()


def ids(bodies: Any) -> list[int]:
    return [int(body["id"]) for body in bodies]


def they_are_read_like_others(old: ElasticArchive) -> None:
    assert old.indices() == ["tuold", "twold"]
    assert (old.count("twold"), old.count("tuold")) == (1103, 2)
    kept = old.get("twold", [str(YOUNG), "5"])
    assert list(kept) == [str(YOUNG)]
    one = kept[str(YOUNG)]
    assert (one["text"], one["author_id"], one["username"]) == ("#brexit, the long naïve text", "7", "Some_One")
    assert one["created_at"] == "2019-09-04T13:51:55.000Z"
    assert one["netwar"]["v1"] == STATUSES[0]
    assert ids(old.search("twold", "brexit")) == [YOUNG]
    assert ids(old.search("twold", '"the long"')) == [YOUNG]
    assert ids(old.search("twold", "numb* 7")) == [STATUSES[10]["id"]]
    assert ids(old.scan("twold")) == sorted(status["id"] for status in STATUSES)
    assert ids(old.scan("twold", after=str(YOUNG))) == [YOUNG + 1]
    assert old.missing("twold", "id", [str(YOUNG), "5"]) == ["5"]


def users_are_known_by_name(old: ElasticArchive) -> None:
    assert ids(old.find("twold", Within(name="some_one"))) == [YOUNG, 20]
    assert ids(old.find("twold", Within(user="7"))) == [YOUNG, 20]
    assert ids(old.find("tuold", Within(name="OTHER"))) == [8]
    assert ids(old.search("tuold", "things")) == [7]
    assert old.missing("tuold", "username", ["SOME_one", "nobody"]) == ["nobody"]
    assert old.profiles("tuold", ["7"])["7"].name == "Some_One"
    assert [one.user for one in old.name_holders("tuold", ["Some_One"])["some_one"]] == ["7"]
    assert old.history("tuold", "7")[0].fields["description"] == "writes of things"


def times_are_read_off_the_ids_and_of_old_tweets_off_themselves(old: ElasticArchive) -> None:
    late = 1_567_000_000_000
    assert ids(old.find("twold", Within(since=late))) == [YOUNG + 1, YOUNG]
    assert ids(old.find("twold", Within(since=late), limit=1)) == [YOUNG + 1]
    assert ids(old.find("twold", Within(until=1_200_000_000_000))) == [20]
    assert len(ids(old.find("twold", Within(until=late)))) == 1101
    assert ids(find(old, "twold", "number", Within(since=1_500_000_000_000), 2)) == [STATUSES[-1]["id"], STATUSES[-2]["id"]]


def nothing_is_written_into_them(old: ElasticArchive) -> None:
    for use in (
        lambda: old.ready("twold"),
        lambda: old.write([tweet(5), Document("twold", "5", {"id": "5"}, True, NOW)], [Cover("twold", "7", Span(0, 5, 1), NOW)]),
        lambda: old.write([Document("tuold", "5", {"id": "5"}, True, NOW)]),
        lambda: old.forget("twold", ["20"]),
    ):
        with pytest.raises(ConfigError, match=r"left by the recorder of 2019.*record into another INDEX, or .*tw-copy"):
            use()
    assert old.count("twold") == 1103
    assert old.record("twold", "7").spans == ()


PROMISES = (
    they_are_read_like_others,
    users_are_known_by_name,
    times_are_read_off_the_ids_and_of_old_tweets_off_themselves,
    nothing_is_written_into_them,
)


@on(*SERVERS)
def test_they_are_read_and_not_written(old: ElasticArchive, subtests: pytest.Subtests) -> None:
    """All of it on indices that are made once: nothing changes them."""
    for promise in PROMISES:
        with subtests.test(promise.__name__):
            promise(old)


@on("es654-sg")
def test_the_commands_show_them(old: ElasticArchive, server: ElasticServer, desk: Desk) -> None:
    clusters.configured(server, desk.home / ".twitter")
    shown = desk.run("tw-search", "old", "brexit", check=0)
    line = f"2019-09-04T13:51:55Z\t@Some_One\thttps://x.com/Some_One/status/{YOUNG}\ttweet\t#brexit, the long naïve text"
    assert shown.stdout == line + "\n"
    assert desk.run("tw-1tweet", str(YOUNG), check=0).stdout == line + "\ttwold\n"
    assert desk.run("tw-search", "old", "--user", "other", "--limit", "2", check=0).stdout.count("\n") == 2
    told = desk.run("tw-elkinit", check=0).stdout.splitlines()
    assert "twold: left by the recorder of 2019; it is searched, and not written into" in told


@on("es654-sg")
def test_a_capture_into_one_of_them_is_refused_before_anything_is_paid(
    old: ElasticArchive, server: ElasticServer, desk: Desk, tmp_path: Path
) -> None:
    clusters.configured(server, desk.home / ".twitter", data=tmp_path / "data")
    desk.run("tw-quser2work", "-", input="7\n", check=0)
    told = desk.run("tw-idu3elk", "old", check=78).stderr
    assert "left by the recorder of 2019" in told
    assert "keys" not in told, "X has not been asked"


HALF = status(YOUNG + 2, "oddly cut in an emoji \ud83d", {**SOME, "name": None, "description": "\ude00"})
ODD = [
    HALF,
    status(YOUNG + 3, "oddly quoted", OTHER, "2019-09-04 13:51:55") | {"quoted_status": {"id": "none", "user": 5}, "place": "x"},
    {
        "id": YOUNG + 4,
        "full_text": "oddly bare",
        "user": {"id": 7, "screen_name": "Some_One"},
        "entities": None,
        "retweet_count": None,
    },
]


@on("es654-sg")
def test_what_is_odd_in_them_is_searched_and_copied(old: ElasticArchive, server: ElasticServer, desk: Desk) -> None:
    for item in ODD:
        head = {"index": {"_index": "twold", "_type": "tweets", "_id": str(item["id"])}}
        told = bulk(server, [head, item])
        assert not told["errors"], told
    server.ask("POST", "/twold/_refresh")
    clusters.configured(server, desk.home / ".twitter")
    shown = [json.loads(line) for line in desk.run("tw-search", "old", "oddly", "--json", check=0).stdout.splitlines()]
    assert [one["text"] for one in shown] == ["oddly bare", "oddly quoted", "oddly cut in an emoji \ufffd"]
    assert shown[1]["created_at"] == "2019-09-04T13:51:55.000Z"
    assert shown[2]["netwar"]["v1"]["user"]["description"] == "\ufffd"
    assert desk.run("tw-search", "old", "oddly", "--since", "2019-09-04", check=0).stdout.count("\n") == 2
    assert "Traceback" not in desk.run("tw-copy", "old", "files:new").stderr
    data = desk.home / ".local/share/netwar"
    with closing(SqliteArchive(data / "archive", data / "dead-letters")) as files:
        assert files.count("twnew") == old.count("twold") == 1106
        assert [one["text"] for one in files.search("twnew", "oddly")] == [one["text"] for one in shown]
        assert ids(files.find("twnew", Within(since=1_567_605_115_000, until=1_567_605_116_000))) == [
            YOUNG + 3,
            YOUNG + 2,
            YOUNG + 1,
            YOUNG,
        ]
