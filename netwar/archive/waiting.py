"""Which pages of the spool go on waiting while others are written: those of an index whose archive cannot be used."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from netwar.archive.spooled import SpooledPage
from netwar.errors import NetwarError, StoreDown, TryLater
from netwar.records.documents import IndexName

log = logging.getLogger("netwar.spool")


class Waiting:
    """Names (`brexit`) of which a page could not be written, and why: whatever comes after it and has one of them waits, too.

    So what is of one name is written in the order in which it was kept: a page may take back what one before it claims. What is
    wrong with one of the `needed` indices is raised, as whoever writes into them next would come before these pages; for None
    that of any.
    """

    def __init__(self, needed: Collection[str] | None) -> None:
        self._needed = None if needed is None else {IndexName.of(index).name for index in needed}
        self.why: dict[str, NetwarError] = {}

    def has(self, page: SpooledPage, write: Callable[[], object]) -> bool:
        """Write a page, unless it has to wait; whether it waits.

        Raises what is wrong with the whole store, or with an archive that is needed, and what else `write` raises.
        """
        names = dict.fromkeys(IndexName.of(one.index).name for one in (*page.documents, *page.marks))
        error = next((self.why[name] for name in names if name in self.why), None)
        if error is None:
            try:
                write()
                return False
            except StoreDown:
                raise
            except NetwarError as why:
                error = why
        if self._needed is None or not self._needed.isdisjoint(names):
            raise error
        self.why = {**dict.fromkeys(names, error), **self.why}
        return True

    def tell(self, told: set[str]) -> None:
        """Say which wait and why, but for what was `told`: a warning, unless it passes by itself."""
        for error in dict.fromkeys(self.why.values()):
            names = ", ".join(sorted(name for name, why in self.why.items() if why is error))
            said = f"what was paid for of {names} waits in the spool: {error.on_a_line}"
            if said not in told:
                log.log(logging.INFO if isinstance(error, TryLater) else logging.WARNING, "%s", said)
                told.add(said)
