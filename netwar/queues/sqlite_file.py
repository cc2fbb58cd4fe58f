"""The file that queues and rosters share."""

from __future__ import annotations

from netwar.connections import clocks

# How many users are worked on: an entry that a claim made for itself is one of them again, unless the claim has no other.
CLAIMED = """
    SELECT coalesce(sum(max(own, 1)), 0)
    FROM (SELECT sum(NOT extra) AS own FROM entries WHERE queue = ? AND state = 'claimed' GROUP BY token)
"""

# `turn` is the place in the queue; `extra` marks an entry that a claim made for itself (another spelling of its
# user), so it goes when the claim does. A `roster` is OBSERVER:INDEX, and `kept` is what roster.written() makes of a member.
# `began` is milliseconds since 1970 at X; all other times are seconds since 1970 on the file's own steady clock.
MIGRATIONS = [
    """
    CREATE TABLE entries (
        turn INTEGER PRIMARY KEY,
        queue TEXT NOT NULL,
        user TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'claimed', 'failed')),
        queued REAL NOT NULL,
        failures INTEGER NOT NULL DEFAULT 0,
        reason TEXT,
        token TEXT,
        holder TEXT,
        until REAL,
        extra INTEGER NOT NULL DEFAULT 0
    );
    CREATE UNIQUE INDEX one_entry_a_user ON entries (queue, user);
    CREATE INDEX waiting_in_turn ON entries (queue) WHERE state = 'waiting';
    CREATE INDEX claimed_by_token ON entries (queue, token) WHERE state = 'claimed';
    CREATE INDEX failed_ones ON entries (queue) WHERE state = 'failed';
    """,
    "-- Nothing new: earlier programs could damage the file, and whatever is brought up to date is looked through first.",
    clocks.TABLE,
    """
    CREATE TABLE members (
        roster TEXT NOT NULL,
        user TEXT NOT NULL,
        kept TEXT NOT NULL,
        PRIMARY KEY (roster, user)
    ) WITHOUT ROWID;
    CREATE TABLE rounds (
        roster TEXT PRIMARY KEY,
        number INTEGER NOT NULL,
        began INTEGER NOT NULL,
        size INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE taken (
        roster TEXT NOT NULL,
        what TEXT NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (roster, what)
    ) WITHOUT ROWID;
    """,
]
