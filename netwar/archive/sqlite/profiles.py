"""Users as rows, in both dialects of X (`tweet_count` and `post_count`)."""

from __future__ import annotations

from typing import Any

from netwar.archive.sqlite import columns
from netwar.archive.sqlite.columns import Body, Kind, Row

COLUMNS = (
    *("id", "username", "name", "description", "location", "created"),
    *("followers", "following", "tweets", "listed", "verified", "protected", "version", "via"),
)
LIFTED = ((1, "username"), (2, "name"), (3, "description"), (4, "location"))
COUNTS = (("followers_count", ""), ("following_count", ""), ("tweet_count", "post_count"), ("listed_count", ""))


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
