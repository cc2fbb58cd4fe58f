"""Connecting to each kind of server, as the recorder, and with what operators get wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netwar.connections.elastic import connect
from netwar.errors import ConfigError, ServiceDown
from tests.clusters import settings
from tests.servers import ELASTIC_KINDS, KINDS
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import on

SECURED = [kind for kind in ELASTIC_KINDS if KINDS[kind].secured]
OPEN = [kind for kind in ELASTIC_KINDS if not KINDS[kind].secured]
NAMES = {"none": "none", "searchguard": "searchguard", "elasticsearch": "xpack", "opensearch": "opensearch"}


@on(*ELASTIC_KINDS)
def test_what_stands_there_is_found_out_by_asking(server: ElasticServer) -> None:
    known = settings(server)
    cluster = connect(replace(known, elksg=f"127.0.0.1:{server.port}"))  # no word of http or https
    assert cluster.product == ("opensearch" if server.of.is_opensearch else "elasticsearch")
    assert ".".join(map(str, cluster.version)) == server.of.version
    assert cluster.security == NAMES[server.of.guard.value]
    assert cluster.typed == (server.of.major == 6)
    assert cluster.client.info()["version"]["number"] == server.of.version, "the library's own words work, too"
    cluster.close()


@on(*SECURED)
def test_what_is_wrong_is_told_with_the_line_to_write(server: ElasticServer) -> None:
    right = settings(server)
    untrusted = r"is not signed by anybody trusted here .*under \[STREAM\]:  elksgca = FILE"
    for ca in (None, server.wrong_ca):
        with pytest.raises(ConfigError, match=untrusted):
            connect(replace(right, elksgca=ca))
    with pytest.raises(ConfigError, match="does not accept the password of recorder: correct elksguser and elksgpass"):
        connect(replace(right, elksgpass="wrong"))
    with pytest.raises(ConfigError, match="wants to know who asks: write elksguser and elksgpass"):
        connect(replace(right, elksguser=None, elksgpass=None))
    with pytest.raises(ConfigError, match="speaks https, not http"):
        connect(replace(right, elksg=f"http://127.0.0.1:{server.port}"))


@on(*SECURED)
def test_an_index_outside_the_role_is_named(server: ElasticServer) -> None:
    cluster = connect(settings(server))
    with pytest.raises(
        ConfigError, match=r"recorder lacks a right on other at .*give them the role netwar_recorder, which conf/ has"
    ):
        cluster.ask("POST", "/other/_search", {}, index="other")
    cluster.close()


@pytest.mark.last
@on("es71729")
def test_a_server_that_hangs_is_told_as_such(server: ElasticServer) -> None:
    cluster = connect(settings(server))
    server.pause()
    try:
        with pytest.raises(ServiceDown, match="gave no answer in time"):
            cluster.ask("GET", "/", seconds=1)
    finally:
        server.resume()
    assert cluster.ask("GET", "/")["version"]
    server.kill()
    with pytest.raises(ServiceDown, match=r"the connection to http://127\.0\.0\.1:\d+ is lost .*: is it down\?"):
        cluster.ask("GET", "/")
    cluster.close()
