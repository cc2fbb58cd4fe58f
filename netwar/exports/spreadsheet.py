"""What Excel and LibreOffice do to the cells of a CSV that they open, and how a cell is kept from it.

They keep 15 digits of a number, and X's ids have up to 19; they work out what begins like a formula, which a tweet's text may do
with somebody else's intent; they make dates of 3-4 and 1 May. A cell that begins with an apostrophe is a text to both, and stays
as it is, the apostrophe included: so what would be spoilt gets one, and so does what begins with one, so that whoever takes one
away has what was there.
"""

from __future__ import annotations

import re

GUARD = "'"
# Signs that begin a formula, in their wide forms, too (OWASP, "CSV Injection"), also behind blanks; and the guard itself.
FORMULA = re.compile(r"[\s\0]*[=+\-@＝＋－＠']|[\t\r\n]")
# Digits, signs and at most two short words: numbers, times, dates, amounts of money.
NUMBER_OR_DATE = re.compile(r"(?=.*\d)[\W\d_]*(?:[^\W\d_]{1,9}[\W\d_]*){0,2}", re.DOTALL)
LOGICAL = re.compile(r"\s*(?:true|false)\s*", re.IGNORECASE)


def guarded(cell: str, *, always: bool = False) -> str:
    """A cell that no spreadsheet takes for anything but a text; `always` for columns that are to look alike in all rows."""
    if cell and (always or FORMULA.match(cell) or LOGICAL.fullmatch(cell) or NUMBER_OR_DATE.fullmatch(cell)):
        return GUARD + cell
    return cell
