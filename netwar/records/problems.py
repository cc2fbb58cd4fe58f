"""What X says in `errors[]` of something that it did not send."""

from __future__ import annotations

from dataclasses import dataclass

from netwar.records.dialects import Object


@dataclass(frozen=True, slots=True)
class Problem:
    """One item of `errors[]`. `kind` is the last segment of its type: the host before it varies."""

    kind: str
    title: str
    detail: str
    value: str
    parameter: str
    section: str

    @property
    def outcome(self) -> str | None:
        """What it says of a user: suspended, gone or protected.

        The type alone merges suspended and gone: only the title tells them apart (seen in X's answers).
        """
        if self.kind == "not-authorized-for-resource":
            return "protected"
        if self.kind == "resource-not-found":
            return "suspended" if self.title == "Forbidden" or "suspended" in self.detail else "gone"
        return None


def problem(item: Object) -> Problem:
    """An item of `errors[]`, or the body of a refusal, which has the same keys."""
    return Problem(
        kind=str(item.get("type") or "").rstrip("/").rpartition("/")[2],
        title=str(item.get("title") or ""),
        detail=str(item.get("detail") or item.get("message") or ""),
        value=str(item.get("value") or item.get("resource_id") or ""),
        parameter=str(item.get("parameter") or ""),
        section=str(item.get("section") or ""),
    )
