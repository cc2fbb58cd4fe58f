"""Which app a bearer token belongs to, in the meter's file."""

from __future__ import annotations

from pathlib import Path

from netwar.meter.sqlite_file import MeterFile

MOVE = (
    "INSERT OR IGNORE INTO paid SELECT :app, day, kind, id FROM paid WHERE app = :token",
    """
    INSERT INTO charges (app, day, command, "index", kind, objects, free, micro)
    SELECT :app, day, command, "index", kind, objects, free, micro FROM charges WHERE app = :token
    ON CONFLICT DO UPDATE
    SET objects = objects + excluded.objects, free = free + excluded.free, micro = micro + excluded.micro
    """,
    "UPDATE reservations SET app = :app WHERE app = :token",
    "INSERT OR IGNORE INTO budgets SELECT :app, day, host, file, micro FROM budgets WHERE app = :token",
    "INSERT OR IGNORE INTO clocks SELECT :app, ahead, day, boot FROM clocks WHERE app = :token",
)
LEFT = ("paid", "charges", "budgets", "clocks")


class SqliteApps:
    """Fills the contract `netwar.meter.base.Apps`. Who `looks` needs no right to write.

    Raises ServiceDown when the file cannot be used.
    """

    def __init__(self, path: Path, *, looks: bool = False) -> None:
        self._file = MeterFile(path, looks)

    def of(self, token: str) -> str | None:
        with self._file.reading() as db:
            found = db.execute("SELECT app FROM tokens WHERE token = ?", (token,)).fetchone()
        return str(found[0]) if found else None

    def record(self, token: str, app: str) -> None:
        with self._file.writing() as db:
            db.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?)", (token, app))
            for statement in MOVE if token != app else ():
                db.execute(statement, {"app": app, "token": token})
            for table in LEFT if token != app else ():
                db.execute(f"DELETE FROM {table} WHERE app = ?", (token,))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
