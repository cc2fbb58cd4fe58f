"""Documents as a person reads them, and as programs do."""

from __future__ import annotations

from typing import Any


def as_json(document: Any) -> str:
    """One line of JSON."""
    import orjson

    return orjson.dumps(document).decode()


def tweet(document: dict[str, Any], index: str) -> str:
    """One line: when, who, what, where it is. Line ends and control characters in the text become blanks."""
    from netwar.records.dialects import references, text

    kinds = ",".join(kind for kind, _ in references(document))
    words = _one_line(text(document))
    who = document.get("author_id", "?")
    when = str(document.get("created_at", ""))[:19]
    return "\t".join([when, str(document["id"]), f"user {who}", f"{index}{' ' + kinds if kinds else ''}", words])


def user(document: dict[str, Any]) -> str:
    """One line: number, screen name, name, description."""
    words = (_one_line(str(document.get(part) or "")) for part in ("username", "name", "description"))
    return "\t".join([str(document["id"]), *words])


def _one_line(text: str) -> str:
    """Without line ends and control characters, which could do things to a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
