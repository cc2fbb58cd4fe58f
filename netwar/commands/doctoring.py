"""What tw-doctor looks at, with which services, and how it is shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from netwar.cli import asking, click
from netwar.cli.forms import Form
from netwar.cli.output import as_json
from netwar.cli.services import Services
from netwar.cli.tables import Column, Table
from netwar.errors import ConfigError, ItemsFailed, NetwarError
from netwar.operations import findings, host_checks
from netwar.operations.findings import Finding
from netwar.records.text import plural

if TYPE_CHECKING:
    from netwar.config import Settings

ENTRIES = 500  # of the perflog, of all hosts

TABLE: Table[Finding] = Table(
    [Column("state"), Column("what"), Column("said"), Column("mend")],
    lambda one: (one.state, one.what, one.said, one.mend),
)


def examined(services: Services, form: Form, bundle: Path | None) -> str:
    """Show a line for each thing that this host needs; the outcome. Raises ItemsFailed where something is wrong."""
    services.looks = True
    if bundle and os.path.lexists(bundle):
        raise click.UsageError(f"{bundle} is there already: name another file")
    try:
        settings = services.settings
    except ConfigError as error:
        if bundle:
            _bundle(services, bundle, [findings.wrong("configuration", one) for one in error.problems])
        raise
    found = [_blanked(services, one) for one in _findings(services, settings)]
    TABLE.write(form, [one for one in found if one.state == "wrong" or not services.quiet])
    if bundle:
        _bundle(services, bundle, found)
    bad, unsure = (sum(one.state == state for one in found) for state in ("wrong", "unknown"))
    kept = f"; {bundle} has all that for whoever helps, and no secret" if bundle else ""
    if bad:
        raise ItemsFailed(f"{bad} of {plural(len(found), 'thing')} {'is' if bad == 1 else 'are'} wrong (see above){kept}")
    return f"{plural(len(found) - unsure, 'thing')} well, {unsure} not known{kept}"


def _blanked(services: Services, one: Finding) -> Finding:
    """A finding without secrets: a server may repeat them."""
    from netwar.cli.logs import blanked

    said, mend = (blanked(text, services.hidden) for text in (one.said, one.mend))
    return replace(one, said=said, mend=mend)


def _findings(services: Services, settings: Settings) -> Iterator[Finding]:
    yield _configuration(services, settings)
    yield from findings.found("keys", lambda: _keys(settings))
    yield from findings.found("clock", lambda: host_checks.clock(asking.clock_ahead(services)))
    yield from _data(settings.data)
    yield from host_checks.schedules()
    if os.path.isdir(settings.data):
        yield from findings.answered("last run", lambda: _last_run(services))
        yield from findings.answered("host", lambda: _host(services))
    yield from findings.answered("redis", lambda: _redis(services))
    yield from findings.answered("elasticsearch", lambda: _elastic(services))
    yield from findings.answered("neo4j", lambda: _neo4j(services))
    yield from findings.found("certificates", lambda: _certificates(settings))
    yield from findings.found("statsd", lambda: _monitor(settings))


def _configuration(services: Services, settings: Settings) -> Finding:
    """Which there is; what is in it could be read."""
    user, system = services.places
    if os.path.isfile(user):
        return findings.well("configuration", f"{user} can be read")
    if os.path.isfile(system):
        return findings.well("configuration", f"{system} can be read; there is no {user}")
    return findings.wrong("configuration", f"{user} is not there", f"run {settings.tw_auth}, which gets the keys and makes it")


def _keys(settings: Settings) -> Iterator[Finding]:
    settings.require_keys()
    yield findings.well("keys", f"those of {settings.account or 'an account'} are there (tw-myname asks X whether it takes them)")


def _data(data: Path) -> Iterator[Finding]:
    try:
        data.stat()  # exists() raises on old Pythons, and says no on new ones, below a folder that one may not enter
    except (FileNotFoundError, NotADirectoryError):
        yield from host_checks.missing(data)
        return
    except OSError as error:
        yield _unreadable(data, error)
        return
    checks = (host_checks.rights, host_checks.disk, host_checks.databases, host_checks.waiting, host_checks.backups)
    for look in (*checks, host_checks.earlier):
        try:
            yield from look(data)
        except OSError as error:
            yield _unreadable(data, error)


def _unreadable(data: Path, error: OSError) -> Finding:
    return findings.wrong("data", f"{data} cannot be read: {error.strerror or error}", "see whose it is")


def _last_run(services: Services) -> Iterator[Finding]:
    from netwar.cli.metering import here
    from netwar.records.times import milliseconds

    try:
        entries = [one for one in services.perflog.last(ENTRIES) if one.host == here()]
    except NetwarError as error:  # the server that keeps it has a line of its own
        yield findings.unknown("last run", f"the perflog cannot be read: {error}")
        return
    yield from host_checks.last_run([(one.event, at) for one in entries if (at := milliseconds(one.date)) is not None])


def _host(services: Services) -> Iterator[Finding]:
    from netwar.cli.metering import here
    from netwar.operations.status import name_of

    try:
        lost = [(run.state.host, name_of(run)) for run in services.board.runs() if run.lost]
    except NetwarError as error:  # the same
        yield findings.unknown("host", f"the board cannot be read: {error}")
        return
    yield from host_checks.host(here(), lost)


def _redis(services: Services) -> Iterator[Finding]:
    if services.settings.redis is None:
        return
    from netwar.connections.redis import connect
    from netwar.operations.server_checks import redis

    server = connect(services.settings)
    services.at_end(server.close)
    yield from redis(server, server.clock.ahead, str(services.settings.redis))


def _elastic(services: Services) -> Iterator[Finding]:
    if not services.settings.elksg:
        return
    from netwar.config.loopback import loopback
    from netwar.operations.server_checks import elastic

    host = urlsplit(services.cluster.where).hostname or ""
    outdated = [str(change) for change in services.indices.templates.changes() if change.new or change.details]
    yield from elastic(services.cluster, outdated, loopback(host))


def _neo4j(services: Services) -> Iterator[Finding]:
    if not services.settings.neo4j:
        return
    from netwar.connections.neo4j import connect

    database = connect(services.settings)
    services.at_end(database.close)
    yield findings.well("neo4j", f"{database} answers, version {'.'.join(map(str, database.version))}")


def _certificates(settings: Settings) -> Iterator[Finding]:
    from netwar.connections import tls
    from netwar.operations.server_checks import authority, certificate

    for key in ("ca", "redisca", "elksgca", "neo4jca"):
        if path := getattr(settings, key):
            yield from authority(key, path)
    if settings.redis and settings.redis.tls:
        for host, port in settings.redis.hosts:
            yield from certificate("redis", host, port, tls.context(settings.redis.ca, "redisca"))
    for one in (settings.elksg or "").split():
        place = urlsplit(one if "://" in one else f"//{one}")
        yield from certificate(
            "elasticsearch", place.hostname or "", place.port or 9200, tls.context(settings.elksgca, "elksgca")
        )


def _monitor(settings: Settings) -> Iterator[Finding]:
    import socket

    if not settings.statsd:
        return
    place = urlsplit(f"//{settings.statsd}")
    try:
        socket.getaddrinfo(place.hostname, place.port or 8125, type=socket.SOCK_DGRAM)
    except (OSError, ValueError):
        yield findings.wrong("statsd", f"{settings.statsd} is no host that is known here", "correct `statsd`")
    else:
        yield findings.well("statsd", f"{settings.statsd} is known (nobody tells whether it listens)")


def _bundle(services: Services, path: Path, found: list[Finding]) -> None:
    from netwar.cli.logs import blanked
    from netwar.config.masked import without_secrets
    from netwar.operations.bundle import listing, versions, written

    user, system = services.places
    texts = {
        "doctor.jsonl": "".join(f"{as_json(one)}\n" for one in found),
        "versions.txt": versions(),
        "user.conf": without_secrets(user),
        "system.conf": without_secrets(system, shared=True),
    }
    with suppress(ConfigError):
        texts["files.txt"] = listing(services.settings.data)
    written(path, texts, lambda text: blanked(text, services.hidden))
