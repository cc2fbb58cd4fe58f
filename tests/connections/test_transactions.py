"""A write transaction is whole or nothing, whatever ends it."""

from __future__ import annotations

import sqlite3

import pytest

from netwar.connections.sqlite import transaction


class Interrupted(sqlite3.Connection):
    """A signal comes just as BEGIN has been done."""

    times = 1

    def execute(self, sql, *args):  # type: ignore[no-untyped-def]
        done = super().execute(sql, *args)
        if sql.startswith("BEGIN") and self.times:
            self.times -= 1
            raise KeyboardInterrupt
        return done


def test_a_signal_as_it_begins_leaves_none_open() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=Interrupted)
    with pytest.raises(KeyboardInterrupt), transaction(connection):
        raise AssertionError("not reached")
    assert not connection.in_transaction
    with transaction(connection) as writing:
        writing.execute("CREATE TABLE t (x)")
    connection.close()
