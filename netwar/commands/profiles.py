"""How the recording of profiles meets the operator."""

from __future__ import annotations

from shlex import quote
from typing import Any

from netwar.cli.services import Services
from netwar.commands.recording import fresh_since, worked


def record(services: Services, queue: str, *, limit: int | None, wait: bool, fresh: float | None, again: bool) -> str:
    """Record the profiles of who waits on a queue, and say what was done."""
    from netwar.archive.base import Store
    from netwar.profiles.worker import ProfileWorker
    from netwar.records.documents import USERTEST

    waiting = services.queue(queue)

    def make(bar: Any) -> ProfileWorker:
        return ProfileWorker(
            waiting,
            services.twitter,
            Store(services.archive, services.spool),
            fresh=fresh_since(services, fresh),
            again=again,
            limit=limit,
            user_done=bar.update,
            room=services.room,
        )

    filler = "tw-quser2usertest" if queue == USERTEST else f"tw-quser2usertest --queue {quote(queue)}"
    return worked(services, waiting, [USERTEST], make, limit=limit, wait=wait, filler=filler)
