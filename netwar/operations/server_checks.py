"""What tw-doctor looks at of Redis and Elasticsearch: would they keep what they are given, and until when are they trusted?"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from netwar.errors import ConfigError
from netwar.operations.findings import Finding, unknown, well, wrong
from netwar.records.text import plural

FULL = 85  # percent of a disk: Elasticsearch then puts no new shards there, and stops all writes at 95
APART = 60.0  # seconds between clocks
SOON = 21  # days before a certificate ends
SECONDS = 5.0
OLDEST_REDIS = (6, 2)


class RedisServer(Protocol):
    """What `netwar.connections.redis.Server` has of it."""

    def info(self, section: str) -> Mapping[str, Any]:
        """What the server says of itself."""


def redis(server: RedisServer, ahead: float, address: str) -> Iterator[Finding]:
    """Would it survive a restart, and does it keep what it is given? `ahead`: seconds of its clock before this host's."""
    if abs(ahead) > APART:
        yield wrong("redis clock", f"Redis at {address} is {abs(ahead):,.0f} s from this host", "let NTP set both")
    try:
        about, kept, memory = (server.info(section) for section in ("server", "persistence", "memory"))
    except ConfigError:
        mend = "give the user +info, as conf/redis/netwar.acl does"
        yield unknown("redis", f"Redis at {address} answers; whether it would survive a restart it may not tell", mend)
        return
    version = str(about.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST_REDIS:
        yield wrong("redis", f"Redis {version} at {address} is too old", "install 6.2 or newer")
    faults = [*_kept(kept), *_memory(memory)]
    for said, mend in faults:
        yield wrong("redis", f"Redis at {address} {said}", mend)
    if not faults:
        yield well("redis", f"Redis {version} at {address} writes everything down before it acknowledges it")


def _kept(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    conf = "use conf/redis/netwar.conf (appendonly yes)"
    if not int(said.get("aof_enabled", 0)):
        yield "has no append-only file: a crash loses up to an hour of queues and money", conf
    elif said.get("aof_last_write_status") not in ("ok", None):
        yield "cannot write its append-only file", "make room on its disk"
    if said.get("rdb_last_bgsave_status") not in ("ok", None):
        yield "could not save its last snapshot", "make room on its disk, or memory for a fork (vm.overcommit_memory = 1)"


def _memory(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    policy = str(said.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        yield f"throws out what was not recorded yet when its memory is full ({policy})", "maxmemory-policy noeviction"
    most, used = int(said.get("maxmemory", 0)), int(said.get("used_memory", 0))
    if most and used > 0.9 * most:
        yield f"has used {used / most:.0%} of its memory", "raise maxmemory"


class Cluster(Protocol):
    """What answers; `netwar.connections.elastic.Cluster` fills it."""

    @property
    def security(self) -> str:
        """What stands before it."""

    def ask(self, method: str, path: str, *, ignore: Collection[int] = ()) -> Any:
        """The answer to one request. Raises NetwarError."""


def elastic(cluster: Cluster, outdated: Sequence[str], guarded: bool) -> Iterator[Finding]:
    """Health, disks, who may come in, templates: `outdated` are those that differ from what is shipped. `guarded`: nobody from
    another host reaches it."""
    health = cluster.ask("GET", "/_cluster/health")
    lacking = int(health.get("unassigned_shards", 0))
    if health.get("status") == "red":
        yield wrong("elasticsearch", f"{cluster} lacks shards: half an index answers nothing", "tw-elk unassigned")
    else:
        yield well(
            "elasticsearch",
            f"{cluster} is {health.get('status')}, {plural(lacking, 'shard')} {'has' if lacking == 1 else 'have'} no place",
        )
    if cluster.security == "none" and not guarded:
        mend = "put a guard before it (docs/elasticsearch.md), or let it listen on 127.0.0.1"
        yield wrong("guard", f"everybody who reaches {cluster} may read and delete", mend)
    yield from _disks(cluster)
    if outdated:
        yield wrong("templates", f"not as they are shipped: {', '.join(outdated)}", "tw-elkinit")
    else:
        yield well("templates", "as they are shipped")


def _disks(cluster: Cluster) -> Iterator[Finding]:
    rows = cluster.ask("GET", "/_cat/allocation?format=json&h=node,disk.percent")
    full = [f"{row['node']} ({row['disk.percent']} %)" for row in rows if int(row.get("disk.percent") or 0) >= FULL]
    if full:
        yield wrong("watermarks", f"disks of {cluster} are nearly full: {', '.join(full)}", "make room on the server's disks")
    said = cluster.ask("GET", "/_all/_settings/index.blocks.read_only_allow_delete?flat_settings=true", ignore=(403, 404))
    blocked = sorted(name for name, one in said.items() if isinstance(one, dict) and "true" in str(one.get("settings")))
    if blocked:
        mend = "make room on the server's disks, then  tw-elk read-only-off"
        yield wrong("watermarks", f"{cluster} takes nothing for {', '.join(blocked[:5])}: its disk was full", mend)


def authority(key: str, path: Path) -> Iterator[Finding]:
    """Until when the CA certificates in a file are valid."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(path)
    except (OSError, ssl.SSLError) as error:
        yield wrong(key, f"{path} cannot be used: {error}", "name a file with certificates in PEM form")
        return
    ends = [str(one["notAfter"]) for one in context.get_ca_certs() if "notAfter" in one]
    if ends:
        yield _until(key, f"the CA in {path}", min(ends, key=ssl.cert_time_to_seconds))


def certificate(what: str, host: str, port: int, context: ssl.SSLContext) -> Iterator[Finding]:
    """Until when the certificate is valid that a server shows; nothing where it speaks no TLS, which is told elsewhere."""
    try:
        with (
            socket.create_connection((host, port), timeout=SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            shown = secure.getpeercert() or {}
    except (OSError, ssl.SSLError):
        return
    if "notAfter" in shown:
        yield _until(what, f"the certificate of {host}:{port}", str(shown["notAfter"]))


def _until(what: str, whose: str, end: str) -> Finding:
    days = (ssl.cert_time_to_seconds(end) - datetime.now(UTC).timestamp()) / 86_400
    said = f"{whose} is valid for {plural(round(days), 'more day')}" if days > 0 else f"{whose} has expired"
    return wrong(what, said, "have it renewed") if days < SOON else well(what, said)
