"""Finding out what stands at an address, and telling what is wrong with it. (Real clusters: test_clusters.py.)"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from netwar.config import Settings, load
from netwar.connections.elastic import connect
from netwar.errors import ConfigError, ServiceDown
from tests.rows import rows
from tests.servers.certificates import certificates
from tests.serving import Answering, serving

ROOT = Path(__file__).parents[2]


@contextmanager
def answering(body: bytes, status: int = 200, host: str = "127.0.0.1") -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that gives one answer to everything: its address, and the headers that it was sent."""
    heard: list[dict[str, str]] = []

    class Handler(Answering):
        def do_GET(self) -> None:
            heard.append({name.lower(): value for name, value in self.headers.items()})
            self.answer(status, body)

        do_POST = do_GET

    with serving(Handler, host) as address:
        yield address, heard


def told(number: str, **more: str) -> bytes:
    return json.dumps({"version": {"number": number, **more}}).encode()


@rows(
    ("answer", "shown", "typed", "composable", "sequences"),
    [
        (told("6.5.4"), "Elasticsearch 6.5.4", True, False, False),
        (told("6.8.23"), "Elasticsearch 6.8.23", True, False, True),
        (told("7.7.1"), "Elasticsearch 7.7.1", False, False, True),
        (told("9.5.3-SNAPSHOT"), "Elasticsearch 9.5.3", False, True, True),
        (told("2.19.4", distribution="opensearch"), "OpenSearch 2.19.4", False, True, True),
    ],
)
def test_which_generation_it_is(answer: bytes, shown: str, typed: bool, composable: bool, sequences: bool) -> None:
    with answering(answer) as (address, _):
        cluster = connect(Settings(elksg=address))
        assert str(cluster) == f"{shown} at http://{address}"
        assert (cluster.typed, cluster.composable, cluster.numbers_sequences) == (typed, composable, sequences)
        cluster.close()


def test_a_host_that_is_away_does_not_matter_while_another_answers() -> None:
    with answering(told("8.19.21")) as (address, _):
        cluster = connect(Settings(elksg=f"127.0.0.1:{unused_port()} {address}"))
        assert cluster.version == (8, 19, 21)
        cluster.close()


def test_nobody_there_is_told_at_once() -> None:
    with pytest.raises(ServiceDown, match=r"127\.0\.0\.1:\d+ does not answer: Connection refused \(elksg in the configuration"):
        connect(Settings(elksg=f"127.0.0.1:{unused_port()}"))
    with pytest.raises(ServiceDown, match=r"nosuchhost\.invalid:9200 does not answer"):
        connect(Settings(elksg="nosuchhost.invalid"))


def test_what_is_no_elasticsearch_is_told() -> None:
    for body in (b"{}", b'{"version": 3}', b"[]", b'"x"', b"<html>", told("7" * 5_000 + ".1.1")):
        with answering(body) as (address, _), pytest.raises(ConfigError, match=r"is no Elasticsearch"):
            connect(Settings(elksg=address))
    with answering(told("5.6.16")) as (address, _), pytest.raises(ConfigError, match=r"too old: Elasticsearch 6\.5 or newer"):
        connect(Settings(elksg=address))


def test_the_scheme_that_is_written_must_be_the_one_that_is_spoken() -> None:
    with answering(told("8.19.21")) as (address, _), pytest.raises(ConfigError, match="speaks http, not https"):
        connect(Settings(elksg=f"https://{address}"))


@rows(
    ("settings", "sent"),
    [
        ({"elksguser": "me", "elksgpass": "päss"}, "Basic bWU6cMOkc3M="),
        ({"elksgkey": "id:key"}, "ApiKey aWQ6a2V5"),
        ({"elksgkey": "aWQ6a2V5"}, "ApiKey aWQ6a2V5"),
        ({}, None),
    ],
)
def test_who_asks_is_said_to_a_server_on_this_machine(settings: dict[str, str], sent: str | None) -> None:
    with answering(told("8.19.21")) as (address, heard):
        connect(Settings(elksg=address, **settings)).close()  # type: ignore[arg-type]
        # The first question, which finds out the scheme, tells nothing.
        assert [one.get("authorization") for one in heard] == [None, sent]


def test_a_password_never_travels_openly() -> None:
    away = away_address()
    with answering(told("8.19.21"), host=away) as (address, heard):
        for secret in ({"elksguser": "me", "elksgpass": "word"}, {"elksgkey": "id:key"}):
            with pytest.raises(ConfigError, match=f"{away} speaks http only, so everybody on the way could read the password"):
                connect(Settings(elksg=address, **secret))  # type: ignore[arg-type]
        assert not any("authorization" in one for one in heard)
        connect(Settings(elksg=address)).close()


def test_who_asks_is_not_said_in_clear_where_a_ca_is_named() -> None:
    """The server may be down, and somebody else of this machine have taken its port."""
    ca = certificates().ca
    for host in ("127.0.0.1", away_address()):
        for secret in ({"elksguser": "me", "elksgpass": "word"}, {"elksgkey": "id:key"}, {}):
            for scheme in ("", "http://"):
                with answering(told("8.19.21"), host=host) as (address, heard):
                    with pytest.raises(ConfigError, match=f"{address} speaks http, though elksgca names who signs"):
                        connect(Settings(elksg=f"{scheme}{address}", elksgca=ca, **secret))  # type: ignore[arg-type]
                    assert [one.get("authorization") for one in heard] == [None], "the question which of both it speaks"


def test_a_ca_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"elksgca = .*: there is no such file"):
        connect(Settings(elksg="localhost", elksgca=tmp_path / "none"))
    (tmp_path / "ca").write_text("no certificate")
    with pytest.raises(ConfigError, match=r"elksgca = .* cannot be used: it must hold certificates in PEM form"):
        connect(Settings(elksg="localhost", elksgca=tmp_path / "ca"))


def test_a_ca_that_others_may_write_is_not_trusted(tmp_path: Path) -> None:
    """Whoever writes it can be whoever they like, and is told the password."""
    (ca := tmp_path / "ca").write_text("no certificate")
    for mode in (0o664, 0o646):
        ca.chmod(mode)
        with pytest.raises(ConfigError, match=r"elksgca = .*/ca can be written by others than its owner: run  chmod go-w .*/ca"):
            connect(Settings(elksg="localhost", elksgca=ca))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_an_authority_that_is_another_users_is_refused(tmp_path: Path) -> None:
    (ca := tmp_path / "ca").write_text("no certificate")
    ca.chmod(0o644)
    os.chown(ca, 12345, -1)
    with pytest.raises(ConfigError, match=r"elksgca = .*/ca belongs to user 12345"):
        connect(Settings(elksg="localhost", elksgca=ca))


@rows(
    ("given", "read"),
    [
        ("host", "host"),
        ("a, b:9201,https://c:9200", "a b:9201 https://c:9200"),
        ("[::1]:9200", "[::1]:9200"),
    ],
)
def test_addresses_in_the_configuration(tmp_path: Path, given: str, read: str) -> None:
    file = tmp_path / "conf"
    file.write_text(f"[STREAM]\nelksg = {given}\n")
    file.chmod(0o600)
    assert load(file).elksg == read


@rows("given", ["ftp://host", "host:port", "https://me:word@host", "host/path", "host:0", "https://"])
def test_addresses_that_are_none(tmp_path: Path, given: str) -> None:
    file = tmp_path / "conf"
    file.write_text(f"[STREAM]\nelksg = {given}\n")
    file.chmod(0o600)
    with pytest.raises(ConfigError, match=r"\[STREAM\] elksg must"):
        load(file)


def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def away_address() -> str:
    """An address of this machine by which others reach it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))  # sends nothing; the system says which address it would send from
            found = str(asking.getsockname()[0])
        except OSError:
            found = "127.0.0.1"
    if found.startswith("127."):
        pytest.skip("needs a network interface besides the loopback")
    return found


def test_the_library_is_loaded_without_its_side_for_asyncio() -> None:
    """It brings aiohttp with it, which reads the system's CAs: 100 ms of the processor, more than all else of a short program."""
    loaded = """
import sys
import netwar.connections.elastic_client
from elasticsearch import compat
assert "aiohttp" not in sys.modules
assert all(issubclass(caught, BaseException) for caught in compat.reraise_exceptions), "what it catches is not there"
"""
    subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, check=True)
