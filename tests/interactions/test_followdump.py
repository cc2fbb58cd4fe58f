"""tw-followdump: a row for everybody in a snapshot, with what is recorded of them."""

from __future__ import annotations

import csv
import json

from netwar.archive.sqlite.store import SqliteArchive
from netwar.follows.snapshot_writer import SnapshotWriter
from netwar.follows.snapshots import Snapshots
from netwar.records.documents import Document
from tests.desk import Desk
from tests.interactions import corpus


def test_a_table_of_followers(desk: Desk, archive: SqliteArchive) -> None:
    archive.write(
        [
            Document("usertest", body["id"], {**body, "netwar": {"retrieved": corpus.iso(corpus.BEGAN)}}, True, corpus.BEGAN)
            for body in corpus.profiles()
        ]
    )
    for ids, complete in (([11, 12], True), ([12, 13, 1439800001232728069], True), ([5], False)):
        writer = SnapshotWriter(Snapshots(archive, "usertest", "followers", "14"), "me")
        writer.add(ids, None)
        writer.finish(complete=complete)
    ended = desk.run("tw-followdump", "user14", "--csv", check=0)
    table = list(csv.DictReader(ended.stdout.splitlines()))
    assert [one["id"] for one in table] == ["12", "13", "1439800001232728069"]
    assert {(one["followers"], one["following"], one["posts"], one["listed"]) for one in table} == {("3000000000", "2", "3", "4")}
    assert (table[0]["username"], table[0]["verified"], table[0]["seen"]) == ("user12", "true", corpus.iso(corpus.BEGAN))
    assert "followers of user14: 3 (snapshot 2" in ended.stderr
    told = [
        json.loads(line) for line in desk.run("tw-followdump", "14", "--snapshot", "1", "--json", check=0).stdout.splitlines()
    ]
    assert [(one["id"], one["username"], one["followers"], one["verified"]) for one in told] == [
        ("11", None, None, None),
        ("12", "user12", 3_000_000_000, True),
    ]
    assert "1 of them without a recorded profile" in desk.run("tw-followdump", "14", "--snapshot", "1", check=0).stderr
    desk.run("tw-followdump", "14", "--snapshot", "3", check=1)
    desk.run("tw-followdump", "14", "--friends", check=1)
