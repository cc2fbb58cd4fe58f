"""Numbers of a run, read off whatever its worker counts with, also while that goes on counting."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any

from netwar.records.text import plural

SPELLED = {"posts": "tweets"}
READ = {"tweet": "tweets", "user": "profiles"}  # what `read` counts, where the worker says what that is
TOTALS = ("tweets", "profiles", "created", "updated", "rejected")  # that are added up over all runs


def figures(numbers: Any) -> dict[str, int]:
    """The whole numbers of a Summary, an EnumerationProgress and their like, those of its parts among them; a count of kinds is
    their sum. What is 0 is left out."""
    found: dict[str, int] = {}
    if is_dataclass(numbers):
        for name in (field.name for field in fields(numbers)):
            with suppress(RuntimeError):  # a dictionary that grew while it was read: the next look finds it
                found |= _figures(name, getattr(numbers, name, None), getattr(numbers, "what", ""))
    return {name: number for name, number in found.items() if number}


def _figures(name: str, value: Any, what: str) -> dict[str, int]:
    if isinstance(value, bool):
        return {}
    if isinstance(value, int):
        return {READ.get(what, name) if name == "read" else SPELLED.get(name, name): value}
    if isinstance(value, Mapping):
        numbers = [number for number in value.values() if isinstance(number, int)]
        return {name: sum(numbers)} if numbers else {}
    return figures(value) if is_dataclass(value) else {}


def totals(counts: Mapping[str, int]) -> dict[str, int]:
    """Those that are added up over all runs."""
    return {name: counts[name] for name in TOTALS if name in counts}


def grown(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    """By how much numbers grew since they were looked at before."""
    return {name: number - before.get(name, 0) for name, number in now.items() if number > before.get(name, 0)}


def told(counts: Mapping[str, int]) -> str:
    """The main ones in words: 3 users, 120 tweets, and dollars."""
    parts = [plural(counts[name], name.removesuffix("s")) for name in ("users", "tweets", "profiles") if counts.get(name)]
    return ", ".join([*parts, *([f"${counts['micro'] / 1e6:,.3f}"] if counts.get("micro") else [])])
