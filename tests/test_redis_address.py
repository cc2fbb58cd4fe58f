"""Where Redis is, as the configuration says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwar.config import Settings, load
from netwar.config.redis_address import RedisAddress, parsed
from netwar.errors import ConfigError
from tests.rows import rows

ADDRESSES = [
    ("redis://here", RedisAddress((("here", 6379),))),
    ("redis://here:6380/3", RedisAddress((("here", 6380),), db=3)),
    ("redis://here/?db=3", RedisAddress((("here", 6379),), db=3)),
    ("redis://[::1]:6380", RedisAddress((("::1", 6380),))),
    ("rediss://me:p%40ss%2Fw%3Aord@here", RedisAddress((("here", 6379),), tls=True, user="me", password="p@ss/w:ord")),
    ("rediss://:only@here", RedisAddress((("here", 6379),), tls=True, password="only")),
    ("rediss://here?ssl_ca_certs=/ca.pem", RedisAddress((("here", 6379),), tls=True, ca=Path("/ca.pem"))),
    ("rediss://here?ssl_cert_reqs=required&ssl_check_hostname=True", RedisAddress((("here", 6379),), tls=True)),
    ("unix:///run/redis.sock", RedisAddress(socket="/run/redis.sock")),
    ("unix://me:word@/run/redis.sock?db=1", RedisAddress(socket="/run/redis.sock", user="me", password="word", db=1)),
    ("redis+sentinel://a,b:26380/netwar", RedisAddress((("a", 26379), ("b", 26380)), service="netwar")),
    (
        "rediss+sentinel://me:word@a/netwar/2?sentinel_user=it&sentinel_password=other",
        RedisAddress((("a", 26379),), None, "netwar", True, None, "me", "word", 2, "it", "other"),
    ),
]


@rows(("url", "address"), ADDRESSES)
def test_what_an_address_means(url: str, address: RedisAddress) -> None:
    assert parsed(url) == address


@rows(
    ("url", "fault"),
    [
        ("http://here", "must begin with redis://, rediss://"),
        ("here:6379", "must begin with"),
        ("redis://", "must name a host"),
        ("redis://here:hush", "must name a host"),
        ("redis://[::hush", "is no address"),
        ("redis://me:hush@hush@here", "second @"),
        ("redis://me:hu#sh@here", "has a #"),
        ("redis://me:hush/sh@here/1", "must name a host, and may name its port"),
        ("redis://me:hu?sh@here/1", "not known here"),
        ("redis://here/1/2", "more behind the host"),
        ("redis://here/hush", "database that is no number"),
        ("redis://a,b/1", "only Sentinels may be several"),
        ("redis+sentinel://a,b", "must name the master"),
        ("unix://run/redis.sock", "the whole path of a socket"),
        ("unix://", "the whole path of a socket"),
        ("rediss://here?ssl_cert_reqs=none", r"TLS that is not verified \(ssl_cert_reqs\)"),
        ("rediss://here?ssl_check_hostname=false", r"TLS that is not verified \(ssl_check_hostname\)"),
        ("redis://here?socket_timeout=5", "not known here"),
    ],
)
def test_what_cannot_be_meant_is_told_without_showing_a_password(url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault) as no:
        parsed(url)
    assert "hush" not in str(no.value)


def test_the_single_keys_fill_in_what_the_address_leaves_out() -> None:
    settings = Settings(redisurl="rediss://here/4", redisuser="me", redispass="word", redisca=Path("/ca"), redisdb=7)
    assert settings.redis == RedisAddress((("here", 6379),), None, None, True, Path("/ca"), "me", "word", 4)
    assert Settings(redisurl="redis://here", redishost="elsewhere", redisdb=7).redis == RedisAddress((("here", 6379),), db=7)


def test_a_host_alone_is_plain_with_redisca_it_is_tls_and_a_path_is_a_socket() -> None:
    assert Settings(redishost="here", redisport=6380).redis == RedisAddress((("here", 6380),), db=0)
    assert Settings(redishost="here", redisca=Path("/ca")).redis == RedisAddress(
        (("here", 6379),), tls=True, ca=Path("/ca"), db=0
    )
    assert Settings(redishost="/run/redis.sock").redis == RedisAddress(socket="/run/redis.sock", db=0)
    assert Settings().redis is None


def test_it_is_shown_without_user_and_password() -> None:
    shown = [str(parsed(url)) for url, _ in ADDRESSES] + [repr(parsed(url)) for url, _ in ADDRESSES]
    assert shown[3:5] == ["[::1]:6380", "here:6379"]
    assert shown[10] == "netwar (Sentinels a:26379, b:26380)"
    assert not [text for text in shown if "word" in text or "@" in text]


def test_passwords_in_an_address_are_secrets() -> None:
    url = "rediss+sentinel://me:p%40ss@a/netwar?sentinel_password=other%21"
    assert {url, "p@ss", "other!"} <= set(Settings(redisurl=url).secrets)
    assert "p%40ss" not in repr(Settings(redisurl=url))


@rows(
    ("lines", "fault"),
    [
        ("redisurl = rediss://here?ssl_cert_reqs=none", "[STREAM] redisurl asks for TLS that is not verified"),
        ("redishost = redis://here", "[STREAM] redishost must be the name of a host: write an address as redisurl"),
        ("redishost = here:6380", "[STREAM] redishost must be the name of a host alone: write its port as redisport"),
        ("redisurl = redis://here\nredisca = /ca", "[STREAM] redisca is set, and redisurl asks for no TLS"),
        ("redishost = here\nredispass = hush", "everybody on the way to here could read the password for Redis"),
        ("redishost = 10.0.0.7\nredispass = hush", "everybody on the way to 10.0.0.7 could read"),
        ("redishost = ::ffff:10.0.0.7\nredispass = hush", "everybody on the way to ::ffff:10.0.0.7 could read"),
        ("redisurl = redis://here\nredispass = hush", "everybody on the way to here could read"),
        ("redisurl = redis://me:hush@localhost.example.org", "everybody on the way to localhost.example.org could read"),
        ("redisurl = redis+sentinel://127.0.0.1,b/netwar\nredispass = hush", "everybody on the way to b could read"),
        ("redisurl = redis+sentinel://b/netwar?sentinel_password=hush", "everybody on the way to b could read"),
    ],
)
def test_faults_are_told_with_the_others(tmp_path: Path, lines: str, fault: str) -> None:
    path = tmp_path / ".twitter"
    path.touch(mode=0o600)
    path.write_text(f"[API]\nbudget = much\n[STREAM]\n{lines}\n")
    with pytest.raises(ConfigError) as no:
        load(environ={"HOME": str(tmp_path), "NETWAR_SYSTEM_CONF": str(tmp_path / "none")})
    assert any(fault in problem for problem in no.value.problems), no.value.problems
    assert len(no.value.problems) == 2
    assert "hush" not in str(no.value.problems)


@rows(
    "keys",
    [
        {"redishost": "localhost", "redispass": "hush"},
        {"redishost": "127.8.8.8", "redispass": "hush"},
        {"redishost": "::1", "redispass": "hush"},
        {"redishost": "/run/redis.sock", "redispass": "hush"},
        {"redishost": "here", "redispass": "hush", "redisca": Path("/ca")},
        {"redishost": "here", "redisuser": "me"},
        {"redisurl": "rediss://me:hush@here"},
        {"redisurl": "unix://me:hush@/run/redis.sock"},
        {"redisurl": "redis+sentinel://:hush@127.0.0.1,[::1]/netwar?sentinel_password=hush"},
        {"redisurl": "rediss+sentinel://:hush@a,b/netwar?sentinel_password=hush"},
    ],
)
def test_a_password_may_go_over_tls_and_to_this_machine(keys: dict[str, object]) -> None:
    assert Settings(**keys).redis
