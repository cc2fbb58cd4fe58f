"""The bound of an observer's last run of tw-tracklists, kept with the archive, so that whoever looks need not be told it again.

The note tracking/OBSERVER of an index: {"within": seconds}.
"""

from __future__ import annotations

from netwar.archive.base import Ledger


def keep(ledger: Ledger, index: str, observer: str, seconds: float) -> None:
    """Note how long nobody shall wait, unless that is noted; `index` is a full name (`twbrexit`)."""
    if kept(ledger, index, observer) != seconds:
        ledger.change_note(index, _key(observer), lambda before: {**(before or {}), "within": seconds})


def kept(ledger: Ledger, index: str, observer: str) -> float | None:
    """What was noted last (seconds), None if nothing was."""
    note = ledger.note(index, _key(observer))
    seconds = note.get("within") if isinstance(note, dict) else None
    return float(seconds) if isinstance(seconds, int | float) else None


def _key(observer: str) -> str:
    return f"tracking/{observer}"
