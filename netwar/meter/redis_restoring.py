"""Money in a Redis that was restored from a backup, so that it never says less than what may have been spent today."""

from __future__ import annotations

import json

from netwar.connections.redis import Server
from netwar.connections.runs import Run
from netwar.meter.base import EVERYTHING
from netwar.meter.redis_apps import RedisApps
from netwar.meter.redis_money import RedisMoney

PROGRAM = "tw-restore"  # the id of the reservation, too: who does it twice reserves once


def restore_money(server: Server, app: str | None, run: Run, spent: int | None = None) -> str | None:
    """Count as spent, in doubt, what was spent since the backup; money is micro-dollars, and `run` holds nothing.

    That is as much as any budget, of every app that is known there, or of `app` what is missing of `spent`, as X's console
    shows it. The app whose money it is: of a bearer token alone, the one that this is known to be of. Raises ServiceDown,
    ConfigError.
    """
    app = None if app is None else RedisApps(server).of(app) or app
    known = {key.split(b":")[2].decode() for key in server.scan_iter(match="tw:money:*", count=1000)}
    for one in known if app is None else known | {app}:
        money = RedisMoney(server, one, run, 0)
        _doubt(server, money, one, EVERYTHING if spent is None or one != app else spent - money.spent())
    return app


def _doubt(server: Server, money: RedisMoney, app: str, micro: int) -> None:
    if micro > 0:
        about = {"request": PROGRAM, "holder": PROGRAM, "micro": str(micro), "opened": str(money.now())}
        told = json.dumps({**about, "doubt": True, "command": PROGRAM, "index": "-"})
        server.hset(f"tw:money:{app}:reservations", PROGRAM, told)
    else:  # an earlier restore may have been told otherwise
        server.hdel(f"tw:money:{app}:reservations", PROGRAM)
