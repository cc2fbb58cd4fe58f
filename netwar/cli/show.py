"""Documents as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netwar.archive.base import Documents


class Authors:
    """Who wrote what, in the users' index that goes with a tweets' index; each is looked up once."""

    def __init__(self, archive: Documents, index: str) -> None:
        self._archive = archive
        self._index = "tu" + index.removeprefix("tw")
        self._known: dict[str, str] = {}

    def name(self, document: dict[str, Any]) -> str:
        """@name where the archive knows it, else the number."""
        from netwar.records.dialects import username

        author = str(document.get("author_id") or "?")
        if author not in self._known:
            profile = self._archive.get(self._index, [author]).get(author) if author.isdigit() else None
            known = username(profile if profile else document)
            self._known[author] = f"@{known}" if known else author
        return self._known[author]


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
