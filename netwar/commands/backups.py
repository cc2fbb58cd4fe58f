"""How backups are taken, checked and put back: out of which stores, and what the operator is told."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from netwar.cli.output import echo
from netwar.cli.services import Services
from netwar.errors import ItemsFailed
from netwar.records.text import amount, plural

if TYPE_CHECKING:
    from netwar.archive.sqlite.file import ArchiveFile
    from netwar.archive.sqlite.outbox import DueFile, Tables
    from netwar.connections.redis import Server
    from netwar.operations.elastic_backup import Snapshots
    from netwar.operations.manifest import Manifest
    from netwar.operations.redis_backup import Keys

CONFIGURATION = "configuration"
UNKNOWN = "what was spent after the backup is not known: all of today's budget counts as spent until the day ends (UTC); "

log = logging.getLogger("netwar.backup")


def taken(services: Services, place: Path, keep: int | None, *, secrets: bool, repository: str | None, files_only: bool) -> str:
    """Take a backup and print where it is; the outcome."""
    from netwar.operations.backup import Source, taken

    services.left = "an unfinished backup was removed"
    data = services.data
    servers: list[Keys | Snapshots] = [] if files_only else [*_keys(services), *_snapshots(services, repository)]
    configure = lambda folder: _configuration(services, folder, secrets=secrets)  # noqa: E731
    elsewhere = _elsewhere(services) if files_only else ()
    source = Source(data, services.settings.api, tuple(servers), configure, secret=secrets, left_out=elsewhere)
    folder, manifest, removed = taken(source, place, keep)
    _tell_left_out("not in the backup", manifest.left_out)
    if not services.quiet:
        echo(str(folder))
    older = f"; {plural(removed, 'older one')} removed" if removed else ""
    return f"a backup with {_told(manifest)}{older}"


def verified(services: Services, place: Path) -> str:
    """Check a backup without restoring it; the outcome. Raises ItemsFailed where something is wrong."""
    from netwar.operations.backup import newest
    from netwar.operations.checking import faults
    from netwar.operations.manifest import read

    services.looks = True
    settings, folder = services.settings, newest(place)
    manifest = read(folder)
    wrong = list(faults(folder, manifest))
    unchecked = ""
    if manifest.snapshots and settings.elksg:
        wrong += [fault for server in _snapshots(services, None, manifest) for fault in server.faults()]
    elif manifest.snapshots:
        unchecked = "; its snapshots of Elasticsearch were not looked at, as the configuration names none"
    for said in wrong:
        log.error("%s", said)
    if wrong:
        raise ItemsFailed(f"{folder} is damaged: {plural(len(wrong), 'fault')} (see above); restore another one")
    return f"{folder} is whole: {_told(manifest)}{unchecked}"


def restored(services: Services, place: Path, spent: float | None) -> str:
    """Put a backup back; the outcome."""
    from netwar.cli.environments import check
    from netwar.operations.backup import newest
    from netwar.operations.manifest import read
    from netwar.operations.restoring import check_fit, restored

    services.left = "the same command continues"
    services.looks = True  # nothing goes to the board, as that would make the data folder
    settings, folder = services.settings, newest(place)
    manifest = read(folder)
    check(f"{folder} was recorded from", manifest.api, "address as `api`, or restore another backup", settings)
    if spent is not None:
        settings.require_app()
    check_fit(folder, manifest, settings.path, redis=settings.redis is not None, elastic=bool(settings.elksg))
    servers: list[Keys | Snapshots] = [*_keys(services, folder, manifest, spent), *_snapshots(services, None, manifest)]
    restored(folder, manifest, settings.data, servers, lambda data: _settle(services, data, spent))
    _tell_left_out("it was not in the backup", manifest.left_out)
    for server in servers:
        for said in server.warnings:
            log.warning("%s", said)
    return f"{folder} is restored into {settings.data}: {_told(manifest)}"


def _tell_left_out(what: str, left_out: Iterable[str]) -> None:
    """Older states are left by every update, and are no news for whom a cron job mails."""
    from netwar.operations.backup import OLDER

    for said in left_out:
        log.log(logging.INFO if said.endswith(OLDER) else logging.WARNING, "%s: %s", what, said)


def _elsewhere(services: Services) -> tuple[str, ...]:
    """What servers keep."""
    from netwar.operations.manifest import kept_by

    servers = {"Redis": services.settings.redis, "Elasticsearch": services.settings.elksg, "Neo4j": services.settings.neo4j}
    return tuple(kept_by(name) for name, named in servers.items() if named)


def _keys(
    services: Services, folder: Path = Path(), manifest: Manifest | None = None, spent: float | None = None
) -> Iterator[Keys]:
    """Redis, where the configuration names one. No data folder is needed. To restore, also where the backup has nothing of it:
    what was spent since then it may not know, either."""
    if services.settings.redis is None:
        return
    from netwar.cli.environments import keep_redis_apart
    from netwar.connections.redis import connect
    from netwar.operations.redis_backup import Keys

    server = connect(services.settings)
    services.at_end(server.close)
    keep_redis_apart(server, services.settings)
    yield Keys(server, folder, manifest, lambda server: _settle_money(services, server, spent))


def _snapshots(services: Services, repository: str | None, manifest: Manifest | None = None) -> Iterator[Snapshots]:
    """Elasticsearch, likewise."""
    if not services.settings.elksg or (manifest and not manifest.snapshots):
        return
    from netwar.operations.elastic_backup import Snapshots

    yield Snapshots(services.cluster, repository, manifest.snapshots if manifest else ())


def _told(manifest: Manifest) -> str:
    """What is in a backup. Documents are counted where they are in files; snapshots have those of Elasticsearch."""
    parts = [plural(len(manifest.parts), "file")]
    if (tweets := manifest.rows("tweet")) + (users := manifest.rows("profile")) or not manifest.snapshots:
        parts += [plural(tweets, "tweet"), plural(users, "user")]
    parts.append(amount(manifest.bytes))
    if manifest.snapshots:
        parts.append(" and ".join(f"snapshot {one['snapshot']}" for one in manifest.snapshots))
    if manifest.keys is not None:
        parts.append(f"{plural(manifest.keys, 'key')} of Redis")
    return ", ".join(parts)


def _settle(services: Services, data: Path, spent: float | None) -> None:
    """What runs had held when the copies were made is nobody's now; and what was spent since then is not in them."""
    from netwar.archive.sqlite.file import ArchiveFile
    from netwar.archive.sqlite.outbox import DueFile, unsure
    from netwar.meter.sqlite_mending import restore_meter
    from netwar.queues.sqlite_restoring import restore_queues

    if (queues := data / "queues.sqlite").exists():
        restore_queues(queues)
    for path in (data / "archive").glob("*.sqlite"):
        _unsure(ArchiveFile(path), unsure)
    if (due := data / "due.sqlite").exists():
        _unsure(DueFile(due), unsure)
    meter, app, counts = data / "meter.sqlite", _app(services), services.settings.redis is None
    if meter.exists() or (counts and app):  # a new one would know of nothing
        restore_meter(meter, app, _micro(spent))
        if counts and spent is None:
            told = f"tw-mend {services.settings.data / meter.name} --spent DOLLARS{services.settings.named}"
            log.warning(f"{UNKNOWN}%s  says what X's console shows", told)
    if app is None:
        log.warning("%s names no app: of one that the backup does not know nothing counts as spent today", services.settings.path)


def _settle_money(services: Services, server: Server, spent: float | None) -> None:
    """The same of the money in Redis."""
    from netwar.connections.folders import restoring
    from netwar.connections.runs import Run
    from netwar.meter.redis_restoring import PROGRAM, restore_money

    idle = Run(restoring(services.settings.data) / "runs")
    app = restore_money(server, _app(services), idle, _micro(spent))
    if spent is None:
        log.warning(f"{UNKNOWN}redis-cli HDEL tw:money:%s:reservations %s  takes that back", app or "APP", PROGRAM)


def _app(services: Services) -> str | None:
    settings = services.settings
    return settings.app if settings.consumer_key or settings.bearer_token else None


def _micro(dollars: float | None) -> int | None:
    return None if dollars is None else round(dollars * 1_000_000)


def _unsure(file: ArchiveFile | DueFile, unsure: Callable[[Tables], None]) -> None:
    try:
        unsure(file)
    finally:
        file.close()


def _configuration(services: Services, folder: Path, *, secrets: bool) -> None:
    """Write down how this host is configured: the user's own file, and the one that all users of the host share."""
    from netwar.config.masked import without_secrets
    from netwar.connections.folders import made, opened
    from netwar.operations.copying import plain_copy

    user, system = services.places
    target = made(folder / CONFIGURATION, own=True)
    target.chmod(0o700)  # and so are the files in it: the group of a shared place may look into the rest alone
    for path, name in ((user, "user.conf"), (system, "system.conf")):
        if not path.is_file():
            continue
        if secrets:
            plain_copy(path, target / name)
            continue
        with os.fdopen(opened(target / name, os.O_WRONLY | os.O_EXCL, own=True), "w") as file:
            file.write(without_secrets(path, shared=path == system))
