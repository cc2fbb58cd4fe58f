"""Documents as a person reads them."""

from __future__ import annotations

from typing import Any


def tweet(document: dict[str, Any], author: str) -> str:
    """One line: when (UTC), who, address, what kind, text as a person reads it.

    Line ends and control characters in the text become blanks.
    """
    from html import unescape

    from netwar.records.dialects import references, text
    from netwar.records.text import row
    from netwar.records.times import usual

    kinds = ",".join(kind for kind, _ in references(document))
    address = f"https://x.com/{author.removeprefix('@') if author.startswith('@') else 'i'}/status/{document.get('id')}"
    when = f"{usual(document.get('created_at')) or ''}"[:19] + "Z"
    return row(when, author, address, kinds or "tweet", unescape(text(document)))


def user(document: dict[str, Any]) -> str:
    """One line: number, screen name, name, description."""
    from netwar.records.text import row

    return row(document.get("id"), *(document.get(part) or "" for part in ("username", "name", "description")))
