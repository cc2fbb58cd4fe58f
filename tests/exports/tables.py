"""What Excel and LibreOffice do to a cell of a CSV that they open: a model of their documented rules, apart from the program's.

LibreOffice Help, "Text Import"; Microsoft, "Excel specifications and limits" (15 digits) and "Keeping leading zeros and large
numbers".
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

FORMATS = ("%d %B", "%d %b", "%B %d", "%d-%m", "%m-%d", "%d/%m", "%d %B %Y", "%d/%m/%Y", "%Y-%m-%d", "%H:%M", "%b-%y", "%b %Y")


@cache  # of 77,000 cells of a table most are the same
def opened_by_spreadsheet(cell: str) -> str:
    """The cell as it is saved again."""
    stripped = cell.strip()
    if cell[:1] in ("=", "+", "-", "@"):
        return "#NAME?"
    if re.fullmatch(r"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?%?", stripped):
        digits = re.sub(r"\D", "", stripped)
        return (digits.lstrip("0")[:15] or "0") + "0" * (len(digits) - 15)
    if stripped.upper() in ("TRUE", "FALSE"):
        return stripped.upper()
    for format in FORMATS if len(stripped) < 20 and re.search(r"\d", stripped) else ():
        try:
            return (
                datetime.strptime(f"2000 {stripped}", f"%Y {format}").isoformat()
                if "%Y" not in format
                else (datetime.strptime(stripped, format).isoformat())
            )
        except ValueError:
            continue
    return cell


def unguarded(cell: str) -> str:
    """Without the apostrophe that keeps a cell as it is."""
    return cell.removeprefix("'")
