"""What Elasticsearch and Redis keep, backed up by the recorder as it is shipped, and restored by somebody who may."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from netwar.config import Settings
from netwar.connections.redis import connect
from netwar.connections.runs import Run
from netwar.operations.redis_backup import QUEUES, Keys
from netwar.queues.redis import RedisQueue
from tests.contract.opening import DATABASES
from tests.operations.test_backups import backup, signed
from tests.operator import ALL_OPEN, Operator
from tests.redis_server import Redis
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on
from tests.servers.users import ADMIN

WORLD = f"[world]\nusers = 4\n{ALL_OPEN}"


@pytest.mark.long
@on("es953-sec")
def test_both(operator: Callable[..., Operator], server: ElasticServer, redis: Redis, tmp_path: Path) -> None:
    """Recorded, backed up in the middle, gone; what comes back is claimed only if it is there, and is completed."""
    server.ask("PUT", "/_snapshot/nightly", {"type": "fs", "settings": {"location": str(server.snapshots / tmp_path.name)}})
    known = {"elksg": server.url, "elksguser": server.user, "elksgpass": server.password, "elksgca": server.ca}
    common = {"budget": 1000, "maxcpu": 100, "maxmem": 100}
    who = operator(WORLD, **known, **redis.settings("redis-tls", next(DATABASES)))
    users = [user["id"] for user in who.users()]
    who.queue(users)
    who.run("tw-idu3elk", "brexit", "--limit", 2)
    taken = backup(who, tmp_path / "place")
    who.run("tw-idu3elk", "brexit", "--limit", 1)
    whole = who.run("tw-verify", taken).stderr
    assert "is whole" in whole
    assert "0 tweets" not in whole, "they are in the snapshot"

    admin = {**known, "elksguser": ADMIN, "elksgpass": server.users[ADMIN].password}
    where = redis.settings("redis-tls", next(DATABASES))
    fresh = who.desk.configure(who.sandbox.url, tmp_path / "fresh.conf", data=tmp_path / "fresh", **common, **admin, **where)
    there = who.run("tw-restore", taken, "--config", fresh, check=1).stderr
    assert "twbrexit" in there
    for index in server.ask("GET", "/_cat/indices/t*?format=json", user=ADMIN):
        server.ask("DELETE", f"/{index['index']}", user=ADMIN)
    without = who.desk.configure(who.sandbox.url, tmp_path / "without.conf", data=tmp_path / "without", **common, **where)
    told = who.run("tw-restore", taken, "--config", without, check=78).stderr
    assert f"has 2 snapshots of Elasticsearch, and {without} names none: " in told
    refused = who.run("tw-restore", taken, "--config", fresh, check=78).stderr
    assert "ACL SETUSER netwar +restore" in refused, refused
    with redis.server.admin() as may:
        may.execute_command("ACL", "SETUSER", "netwar", "+restore")
    try:
        spent = f"{who.bill()['micro'] / 1e6:.6f}"
        who.run("tw-restore", taken, "--config", fresh, "--spent", spent)
    finally:
        with redis.server.admin() as may:
            may.execute_command("ACL", "SETUSER", "netwar", "-restore")
    assert "twbrexit" not in who.run("tw-restore", taken, "--config", fresh, check=1).stderr  # the folder is not empty
    waiting = who.run("tw-showwork", "--names", "--config", fresh).stdout.split()
    assert len(waiting) == 2
    who.run("tw-idu3elk", "brexit", "--config", fresh)
    for user in users:
        told = who.run("tw-search", "brexit", "--user", user, "--json", "--limit", 10_000, "--config", fresh).stdout
        assert len(told.splitlines()) >= len(who.truth(user))


def test_what_a_restored_redis_does_not_know_is_spent(operator: Callable[..., Operator], redis: Redis, tmp_path: Path) -> None:
    """All of today's budget, as with files, or what X's console shows; of another app in it, too."""
    who = operator(WORLD, **redis.settings("redis", next(DATABASES)))
    who.run("tw-quser2work", "-", input=who.users()[0]["id"])
    taken = backup(who, tmp_path / "place")
    said = []
    for number, (spent, status) in enumerate({(): 77, ("--spent", "999"): 77, ("--spent", "1"): 0}.items()):
        where = {**redis.settings("redis", next(DATABASES)), "data": tmp_path / str(number), "maxcpu": 100, "maxmem": 100}
        config = who.desk.configure(who.sandbox.url, tmp_path / f"{number}.conf", budget=999, **where)
        said.append(who.run("tw-restore", taken, "--config", config, *spent).stderr)
        higher = who.desk.configure(who.sandbox.url, tmp_path / "higher.conf", budget=9999, **where)
        for account in (config,) if spent else (config, higher):
            who.run("tw-idu3elk", "brexit", "--config", account, check=status)
    assert ["HDEL" in one for one in said] == [True, False, False]
    differing(who, taken, redis, tmp_path)
    path, where = taken / "redis-queues.jsonl", redis.settings("redis", next(DATABASES))
    config = who.desk.configure(who.sandbox.url, tmp_path / "forged.conf", data=tmp_path / "forged", **where)
    content = path.read_bytes()
    for line, says in (('["b3RoZXI6YXBw", 0, ""]', "b'other:app', which is not the recorder's"), ("[1]", "cannot be read")):
        path.write_bytes(content + line.encode())
        manifest = json.loads((taken / "manifest.json").read_text())
        (part,) = (part for part in manifest["parts"] if part["name"] == path.name)
        part |= {"bytes": path.stat().st_size, "sha256": sha256(path.read_bytes()).hexdigest()}
        (taken / "manifest.json").write_text(signed(manifest, {}))
        assert says in who.run("tw-restore", taken, "--config", config, check=1).stderr


def differing(who: Operator, taken: Path, redis: Redis, place: Path) -> None:
    """A queue that the restored configuration would not look at is not restored in silence, and no meter begins with nothing."""

    def config(name: str, **settings: object) -> Path:
        common = {"data": place / name, "budget": 99, "maxcpu": 100, "maxmem": 100}
        return who.desk.configure(who.sandbox.url, place / f"{name}.conf", **common, **settings)

    database = redis.settings("redis", next(DATABASES))
    with_redis, files = config("with-redis", **database), config("files")
    refused = who.run("tw-restore", taken, "--config", files, check=78).stderr
    assert f"keys of Redis, and {files} names none: " in refused
    kept = config("kept")
    who.run("tw-quser2work", "-", "--config", kept, input=who.users()[0]["id"])
    in_files = backup(who, place / "in-files", "--config", kept)
    refused = who.run("tw-restore", in_files, "--spent", 1, "--config", with_redis, check=78).stderr
    assert f"has its queues, captures or money in files, and {with_redis} names Redis" in refused
    assert not [*place.glob("files*/"), *place.glob("with-redis*/")], "nothing is begun"
    who.run("tw-restore", in_files, "--config", files)
    assert json.loads(who.run("tw-showwork", "--json", "--config", files).stdout)["waiting"] == 1

    left_out = backup(who, place / "left-out", "--files-only")
    strange = config("strange", **(settings := redis.settings("redis", next(DATABASES))))
    with closing(connect(Settings(**settings))) as server:  # type: ignore[arg-type]
        server.set("tw:api", "https://api.x.com")
    for one in (taken, left_out):
        assert "is used with https://api.x.com" in who.run("tw-restore", one, "--config", strange, check=78).stderr
    nobodys = config("nobodys", access_token_key="")
    assert "names no app" in who.run("tw-restore", left_out, "--spent", 1, "--config", nobodys, check=78).stderr
    assert f"{nobodys} names no app: of one that the" in who.run("tw-restore", left_out, "--config", nobodys).stderr
    spent: tuple[object, ...]
    for number, (spent, status) in enumerate({(): 77, ("--spent", 98.99): 77, ("--spent", 1): 0}.items()):
        for name, where, mend in (("redis", database, "HDEL"), ("nowhere", {}, "tw-mend")):
            fresh = config(f"{name}{number}", **where)
            said = who.run("tw-restore", left_out, "--config", fresh, *spent).stderr
            assert "it was not in the backup: what Redis keeps" in said
            assert ("all of today's budget counts as spent" in said, mend in said) == (not spent, not spent)
            who.run("tw-quser2work", "-", "--config", fresh, input=who.users()[0]["id"])
            who.run("tw-idu3elk", "brexit", "--config", fresh, check=status)


def test_who_is_claimed_meanwhile_is_in_the_copy(redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first claim of all makes new keys, between finding the keys that there are and writing them down."""
    settings = Settings(**redis.settings("redis-tls", next(DATABASES)))  # type: ignore[arg-type]
    with closing(connect(settings)) as server, closing(connect(settings)) as other:
        queue = RedisQueue(other, "work", Run(tmp_path / "runs"))
        queue.put(["1", "2"])
        script, calls = server.register_script, count()

        def registered(text: str) -> Callable[..., Any]:
            def run(*given: Any, **more: Any) -> Any:
                if next(calls) == 1:
                    queue.take(1)
                return script(text)(*given, **more)

            return run

        monkeypatch.setattr(server, "register_script", registered)
        (place := tmp_path / "copy").mkdir()
        Keys(server).before(place, "copy")
        copied = [b64decode(json.loads(line)[0]) for line in (place / QUEUES).read_text().splitlines()]
        assert {b"tw:work:claims", b"tw:work:claimed", b"tw:work:holders", b"tw:work:leases"} <= {*copied}
