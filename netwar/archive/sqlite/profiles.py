"""Users as rows, in both dialects of X (`tweet_count` and `post_count`)."""

from __future__ import annotations

from typing import Any

from netwar.archive.sqlite import columns
from netwar.archive.sqlite.columns import Body, Kind, Row
from netwar.records import times

COLUMNS = (
    *("id", "username", "name", "description", "location", "created"),
    *("followers", "following", "tweets", "listed", "verified", "protected", "version", "via"),
)
LIFTED = ((1, "username"), (2, "name"), (3, "description"), (4, "location"))
COUNTS = (("followers_count", ""), ("following_count", ""), ("tweet_count", "post_count"), ("listed_count", ""))

# What can be told of a profile by its columns alone, and these; those from SURE on say nothing where the profile is odd.
TOLD = frozenset({"id", "username", "name", "description", "location", "public_metrics", "created_at", "verified", "protected"})
TELLING = "id, username, name, description, location, followers, following, tweets, listed, created, verified, protected"
SURE = 9


def told(row: Row) -> Body:
    """A profile in short out of the columns TELLING: what TOLD names, as X writes it."""
    id, username, name, description, location, *numbers, created, verified, protected = row
    body = {"id": str(id), "username": username, "name": name, "description": description, "location": location}
    metrics = {name: count for (name, _), count in zip(COUNTS, numbers, strict=True) if count is not None}
    return {key: value for key, value in body.items() if value is not None} | {
        "public_metrics": metrics,
        "created_at": times.shown(created * 1000),
        "verified": bool(verified),
        "protected": bool(protected),
    }


def _take(body: Body, id: int, version: int) -> tuple[Row, Body]:
    lifted = body.copy()
    columns.lift_number(lifted, "id")
    row = (
        id,
        *(columns.lift_text(lifted, key) for _, key in LIFTED),
        columns.lift_time(lifted, "created_at"),
        *columns.counts(body, COUNTS),
        _flag(body.get("verified")),
        _flag(body.get("protected")),
        version,
        columns.lift_ours(lifted, version),
    )
    return row, lifted


def _restore(body: Body, row: Row) -> None:
    columns.put_back(body, "id", row[0])
    for place, key in LIFTED:
        columns.put_back(body, key, row[place])
    columns.put_back_time(body, "created_at", row[5])
    columns.put_back_ours(body, row[12])


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _spoken(row: Row) -> str:
    return "\n".join(part or "" for part in row[1:4])


PROFILES = Kind("profile", COLUMNS, _take, _restore, _spoken)
