"""Slugs: short names of lists, made of the names that people give them. X gave lists slugs once, and its API v2 has none."""

from __future__ import annotations

import re
import unicodedata


def slug(name: str) -> str:
    """`NSCE Brexit` -> `nsce-brexit`: in lower case, letters and digits of any script kept, a hyphen for each run of anything
    else but at the ends. Empty for a name without letters and digits."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else "-" for letter in folded)
    return re.sub("-+", "-", kept).strip("-")
