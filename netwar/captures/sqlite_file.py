"""The file that the captures of all apps of this machine share."""

from __future__ import annotations

from netwar.connections import clocks

# `kept` is JSON as netwar.captures.kept writes it. Times are milliseconds since 1970 by X's clock, but for that until which the
# connection is held: seconds since 1970 on the file's own steady clock.
MIGRATIONS = [
    clocks.TABLE
    + """
    CREATE TABLE captures (
        app TEXT NOT NULL,
        name TEXT NOT NULL,
        kept TEXT NOT NULL,
        PRIMARY KEY (app, name)
    );
    CREATE TABLE earlier (
        app TEXT NOT NULL,
        name TEXT NOT NULL,
        terms INTEGER NOT NULL,
        until INTEGER NOT NULL,
        kept TEXT NOT NULL,
        PRIMARY KEY (app, name, terms)
    );
    CREATE TABLE counts (
        app TEXT NOT NULL,
        what TEXT NOT NULL CHECK (what IN ('generation', 'fence')),
        number INTEGER NOT NULL,
        PRIMARY KEY (app, what)
    ) WITHOUT ROWID;
    CREATE TABLE names (
        app TEXT PRIMARY KEY,
        name TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE holds (
        app TEXT PRIMARY KEY,
        fence INTEGER NOT NULL,
        until REAL NOT NULL,
        run TEXT NOT NULL,
        kept TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE rules (
        app TEXT NOT NULL,
        id TEXT NOT NULL,
        until INTEGER,
        kept TEXT NOT NULL,
        PRIMARY KEY (app, id)
    ) WITHOUT ROWID;
    CREATE TABLE connects (
        number INTEGER PRIMARY KEY,
        app TEXT NOT NULL,
        at INTEGER NOT NULL
    );
    CREATE INDEX connects_by_time ON connects (app, at);
    CREATE TABLE lives (
        app TEXT PRIMARY KEY,
        kept TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
]
