"""Secured servers refuse whom they should; the roles in conf/ let a recorder do its work, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis
from redis.exceptions import AuthenticationError, ConnectionError, NoPermissionError

from tests.rows import rows
from tests.servers import KINDS, places
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on
from tests.servers.redis import RedisServer
from tests.servers.sgadmin import sgadmin
from tests.servers.users import READER, RECORDER

SECURED = [kind for kind, of in KINDS.items() if of.secured and not of.is_redis]
OURS = ["twspace", "tuspace", "tcspace", "usertest", "perflog"]


def get(server: ElasticServer, verify: str | bool, password: str | None = None, host: str = "127.0.0.1") -> requests.Response:
    """What the recorder gets for GET /."""
    auth = (RECORDER, password or str(server.password))
    return requests.get(f"https://{host}:{server.port}", auth=auth, verify=verify, timeout=30)


def refused(ask: Callable[[], Any]) -> int:
    """The status with which a request is refused."""
    with pytest.raises(requests.HTTPError) as refusal:
        ask()
    return refusal.value.response.status_code


def a_wrong_password_is_refused(server: ElasticServer) -> None:
    assert get(server, str(server.ca), password="guessed").status_code == 401
    assert requests.get(server.url, verify=str(server.ca), timeout=30).status_code == 401


def a_wrong_authority_is_refused(server: ElasticServer) -> None:
    for authority in (str(server.wrong_ca), True):
        with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            get(server, authority)


def the_certificate_is_for_both_names_of_the_loopback(server: ElasticServer) -> None:
    for host in ("127.0.0.1", "localhost"):
        assert get(server, str(server.ca), host=host).ok


def the_recorder_records(server: ElasticServer, index: str) -> None:
    def ask(method: str, path: str, body: Any = None) -> Any:
        return server.ask(method, path, body, user=RECORDER)

    typed = server.of.major == 6
    mapping: dict[str, Any] = {"properties": {"text": {"type": "text"}}}
    ask("PUT", f"/{index}", {"settings": {"number_of_replicas": 0}, "mappings": {"_doc": mapping} if typed else mapping})
    ask("PUT", f"/{index}/_mapping{'/_doc' if typed else ''}", {"properties": {"lang": {"type": "keyword"}}})
    action = {"index": {"_index": index, "_id": "1"} | ({"_type": "_doc"} if typed else {})}
    bulk = ask("POST", "/_bulk?refresh=true", f'{json.dumps(action)}\n{{"text": "one", "lang": "en"}}\n'.encode())
    assert not bulk["errors"]
    ask("PUT", f"/{index}/_doc/2", {"text": "two", "lang": "en"})
    ask("POST", f"/{index}/_refresh")
    found = ask("POST", f"/{index}/_search?scroll=1m", {"size": 1, "query": {"term": {"lang": "en"}}})
    more = ask("POST", "/_search/scroll", {"scroll": "1m", "scroll_id": found["_scroll_id"]})
    assert {hit["_id"] for hit in found["hits"]["hits"] + more["hits"]["hits"]} == {"1", "2"}
    assert all(one["found"] for one in ask("POST", f"/{index}/_mget", {"ids": ["1", "2"]})["docs"])
    assert ask("GET", f"/{index}/_count")["count"] == 2
    update = f"/{index}/_doc/1/_update" if typed else f"/{index}/_update/1"
    assert ask("POST", update, {"doc": {"lang": "de"}})["result"] == "updated"
    ask("DELETE", f"/{index}/_doc/2?refresh=true")
    assert index in ask("GET", f"/{index}/_mapping")
    assert index in ask("GET", f"/{index}/_settings")
    assert ask("GET", f"/{index}/_stats")["_all"]["primaries"]["docs"]["count"] == 1


def the_recorder_brings_its_templates(server: ElasticServer) -> None:
    path = "/_template/tw" if server.of.major == 6 else "/_index_template/tw"
    settings = {"index.number_of_replicas": "0"}
    body = {"settings": settings} if server.of.major == 6 else {"template": {"settings": settings}}
    server.ask("PUT", path, {"index_patterns": ["tw*"], **body}, user=RECORDER)
    assert server.ask("GET", path, user=RECORDER)
    assert server.ask("GET", "/_cluster/health", user=RECORDER)["number_of_nodes"] == 1


def the_recorder_keeps_to_its_indices(server: ElasticServer) -> None:
    server.ask("PUT", "/other/_doc/1?refresh=true", {"a": 1})
    server.ask("PUT", "/twspace/_doc/1?refresh=true", {"a": 1})

    def status(method: str, path: str, body: Any = None) -> int:
        return refused(lambda: server.ask(method, path, body, user=RECORDER))

    assert status("PUT", "/other/_doc/2", {"a": 2}) == 403
    assert status("GET", "/other/_doc/1") == 403
    assert status("GET", "/other/_search") == 403
    assert status("DELETE", "/other") == 403
    assert status("DELETE", "/twspace") == 403, "whoever breaks into a recorder deletes no archive"
    assert status("PUT", "/_cluster/settings", {"persistent": {"cluster.blocks.read_only": "true"}}) == 403


def a_reader_reads(server: ElasticServer) -> None:
    for index in OURS:
        server.ask("PUT", f"/{index}/_doc/1?refresh=true", {"a": 1})
    for index in ("twspace", "tuspace", "tcspace", "usertest"):
        assert server.ask("GET", f"/{index}/_search", user=READER)["hits"]["hits"]
        assert server.ask("GET", f"/{index}/_mapping", user=READER)
    assert refused(lambda: server.ask("GET", "/perflog/_search", user=READER)) == 403
    assert refused(lambda: server.ask("PUT", "/twspace/_doc/2", {"a": 2}, user=READER)) == 403
    assert refused(lambda: server.ask("PUT", "/twnew", user=READER)) == 403


@on(*SECURED)
def test_each_may_do_what_they_must_and_no_more(server: ElasticServer, subtests: pytest.Subtests) -> None:
    for index in OURS:
        with subtests.test("the_recorder_records", index=index):
            the_recorder_records(server, index)
    for promise in (
        a_wrong_password_is_refused,
        a_wrong_authority_is_refused,
        the_certificate_is_for_both_names_of_the_loopback,
        the_recorder_brings_its_templates,
        the_recorder_keeps_to_its_indices,
        a_reader_reads,
    ):
        server.wipe()
        with subtests.test(promise.__name__):
            promise(server)


@on("es654-sg")
def test_operators_load_roles_with_sgadmin(server: ElasticServer, tmp_path: Path) -> None:
    loaded = server.folder / "config/sgconfig"
    changed = (loaded / "sg_roles.yml").read_text().replace("usertest/", "extra/")
    for path in loaded.glob("*.yml"):
        (tmp_path / path.name).write_text(changed if path.name == "sg_roles.yml" else path.read_text())
    server.ask("PUT", "/extra/_doc/1?refresh=true", {"a": 1})
    assert refused(lambda: server.ask("GET", "/extra/_doc/1", user=READER)) == 403
    assert "Done with success" in sgadmin(server, tmp_path)
    assert server.ask("GET", "/extra/_doc/1", user=READER)["found"]
    sgadmin(server, loaded)
    assert refused(lambda: server.ask("GET", "/extra/_doc/1", user=READER)) == 403


@on("redis-tls")
def test_redis_refuses(server: RedisServer) -> None:
    def ping(**options: Any) -> None:
        with Redis.from_url(server.url, **{"ssl_ca_certs": str(server.ca), "username": server.user, **options}) as client:
            client.ping()

    ping(password=server.password)
    with pytest.raises(AuthenticationError):
        ping(password="guessed")
    with pytest.raises(AuthenticationError):
        ping(username=None)
    for authority in (str(server.wrong_ca), None):
        with pytest.raises(ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            ping(password=server.password, ssl_ca_certs=authority)


@on("redis-tls")
def test_redis_lets_each_do_as_much_as_it_must(server: RedisServer) -> None:
    with server.connect(RECORDER) as recorder, server.connect(READER) as reader:
        recorder.sadd("work", "nasa")
        assert reader.smembers("work") == {b"nasa"}
        for forbidden in (lambda: reader.sadd("work", "esa"), recorder.flushall, lambda: recorder.config_get("*")):
            with pytest.raises(NoPermissionError):
                forbidden()


def test_redis_takes_the_users_of_a_file(new_server: Callable[..., RedisServer], tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("user default off\nuser queue on >CHANGE-ME ~work +sadd +smembers\n")
    (tmp_path / "conf").write_text("maxmemory 64mb\nmaxmemory-policy noeviction\nport 1\n")
    server = new_server("redis-tls", conf=tmp_path / "conf", acl=tmp_path / "acl")
    with server.connect("queue") as queue, server.connect() as admin:
        queue.sadd("work", "nasa")
        with pytest.raises(NoPermissionError):
            queue.sadd("other", "nasa")
        assert admin.config_get("maxmemory") == {"maxmemory": "67108864"}


@rows("file", sorted((places.ROOT / "conf").glob("*/*role*.yml")))
def test_files_to_copy_hold_no_secret(file: Path) -> None:
    assert not re.search(r"password|hash|secret|\$2[aby]\$", file.read_text())
