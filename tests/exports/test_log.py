"""The export log: each export once, sums of what somebody was given, and lines that were cut off."""

from __future__ import annotations

import os
import resource
from dataclasses import asdict, replace
from pathlib import Path

from netwar.exports.log import DAY_MS, IDS_SHARED, LONGEST, OBJECTS_SHARED, Entry, ExportLog, Shared
from netwar.records.parsing import written

NOW = 1_795_000_000_000


def entry(key: str, form: str, count: int, days_ago: float, to: str = "Doe", index: str = "twa") -> Entry:
    at = NOW - int(days_ago * DAY_MS)
    return Entry(key, at - 1, index, form, {"words": "rain"}, "/x", to, at, count, 10, "ab")


def test_sums_are_of_thirty_days_and_of_one(tmp_path: Path) -> None:
    log = ExportLog(tmp_path / "data" / "exports.jsonl")
    assert log.entries() == []
    given = [
        entry("a", "ids", IDS_SHARED, 29.9),
        entry("b", "ids", 7, 30.1),
        entry("c", "csv", 3, 0.5),
        entry("d", "raw", 4, 1.1),
    ]
    given += [entry("e", "ids", 5, 0, to="Other"), entry("f", "ids", 9, 0, index="tua"), entry("g", "raw", 6, 0.1, index="tua")]
    for one in given:
        log.add(replace(one, ended=None, count=0))
        assert one.key not in {known.key for known in log.entries() if known.ended}
        log.add(one)
    assert log.entries() == sorted(given, key=lambda one: one.began)
    assert log.shared("Doe", NOW) == Shared(IDS_SHARED + 3 + 4, 3 + 6)
    assert log.shared("Doe", NOW).is_too_much
    assert log.shared("Other", NOW) == Shared(5, 0)
    for path in ("", "/x"):
        log.add(replace(entry(f"cut {path}", "ids", 8, 0, to="Third"), path=path, ended=None))
    assert log.shared("Third", NOW) == Shared(8, 0), "a printed one that was cut off was given, a file was not"
    assert not Shared(IDS_SHARED, OBJECTS_SHARED).is_too_much
    assert log.path.stat().st_mode & 0o077 == 0


def test_a_line_that_was_cut_off_is_no_export_and_spoils_no_other(tmp_path: Path) -> None:
    log = ExportLog(tmp_path / "exports.jsonl")
    log.add(entry("a", "ids", 1, 1))
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + whole[:-9])
    log.add(entry("b", "ids", 2, 0))
    assert [one.key for one in log.entries()] == ["a", "b"]


def test_what_another_user_puts_into_a_shared_log_is_no_export_and_takes_no_memory(tmp_path: Path) -> None:
    log = ExportLog(tmp_path / "exports.jsonl")
    log.add(entry("a", "ids", 1, 1))
    others = [{"began": "x"}, {"count": "9"}, {"count": None}, {"index": 5}, {"to": ["Doe"]}, {"query": 1}, {"key": {}}]
    for odd in others:
        log.path.write_bytes(log.path.read_bytes() + written(asdict(entry("odd", "ids", 1, 0)) | odd) + b"\n")
    with log.path.open("ab") as file:
        file.write(b"\0" * 3 * LONGEST + b"x" * LONGEST + written(asdict(entry("long", "ids", 1, 0))) + b"\n[]\nnull\n")
        file.truncate(1 << 36)  # what stands behind a hole is not to be read for minutes, nor to be kept in memory
    log.add(entry("b", "ids", 2, 0))
    os.truncate(log.path, 1 << 37)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 33, limits[1]))
    try:
        assert [one.key for one in log.entries()] == ["a", "b"]
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
    assert log.shared("Doe", NOW) == Shared(3)
