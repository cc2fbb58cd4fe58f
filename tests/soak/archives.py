"""What the archives hold and what their ledgers claim, as the programs tell it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.soak.world import World

Record = dict[str, Any]


@dataclass(frozen=True)
class Claimed:
    """The ledger's word on a user of an index."""

    record: Record

    @property
    def user(self) -> str:
        return str(self.record["user"])

    def complete(self, post: int) -> bool:
        return _within(post, self.record["spans"])

    def lost(self, post: int) -> bool:
        return _within(post, self.record["lost"])

    def missing(self, post: int) -> bool:
        """Whether the ledger says that it lacks this: a gap that the next run fills, or what came after the last run."""
        top = max((int(span["high"]) for span in self.record["spans"]), default=0)
        return post > top or _within(post, self.record["gaps"])


def ledger(told: str) -> list[Claimed]:
    """What tw-coverage --json printed."""
    return [Claimed(json.loads(line)) for line in told.splitlines()]


def recorded(told: str) -> set[int]:
    """The ids in what tw-search --json printed."""
    return {int(json.loads(line)["id"]) for line in told.splitlines()}


def buried(data: Path, index: str) -> set[int]:
    """Ids of tweets among the dead letters: they are kept, though not where they should be."""
    letters = [
        json.loads(line) for path in data.rglob("dead-letters*") if path.is_file() for line in path.read_bytes().splitlines()
    ]
    return {int(one["id"]) for one in letters if one["index"] == index and str(one["id"]).isdigit()}


def spooled(data: Path) -> list[Path]:
    """Files of pages that still wait for the archive, or were put aside; the export log is none."""
    return [path for path in data.rglob("*.jsonl") if path.stat().st_size and path != data / "exports.jsonl"]


def told(data: Path, secrets: set[str]) -> Iterator[Path]:
    """Files beside the databases that hold a secret."""
    for path in data.rglob("*"):
        if path.is_file() and ".sqlite" not in path.name:
            text = path.read_text(errors="replace")
            if any(secret in text for secret in secrets):
                yield path


def damages(folder: Path) -> Iterator[str]:
    """What SQLite finds wrong in copies of all databases below a folder; no program may be running."""
    for path in sorted(folder.rglob("*.sqlite")):  # several have the same name: each is copied into a folder of its own
        with tempfile.TemporaryDirectory(prefix="tw-soak-") as place:
            for part in path.parent.glob(path.name + "*"):
                shutil.copy(part, place)
            try:
                with closing(sqlite3.connect(Path(place) / path.name)) as db:
                    (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
            except sqlite3.Error as error:
                found = str(error)
            if found != "ok":
                yield f"{path}: {found}"


def silent_holes(world: World, claims: list[Claimed], there: set[int]) -> Iterator[str]:
    """Posts that a ledger calls complete and that are not there."""
    for claim in claims:
        if not claim.user.isdigit():
            continue
        posts = world.posts(claim.user)
        holes = [post for post in posts if claim.complete(post) and post not in there]
        if holes:
            about = f"{claim.user} ({claim.record['outcome']})"
            yield f"{about} lacks {len(holes)} of {len(posts)} posts that are called complete, such as {holes[0]}"


def _within(post: int, stretches: list[dict[str, str]]) -> bool:
    return any(int(part["low"]) < post <= int(part["high"]) for part in stretches)
