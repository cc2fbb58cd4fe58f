"""How rate windows are shown."""

from __future__ import annotations

import time
from collections.abc import Sequence

from netwar.cli.forms import Form
from netwar.cli.output import as_json, echo
from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.errors import NetwarError
from netwar.meter.base import Window
from netwar.reports.rates import age, described, month_of, usage_line

NOTHING = "nothing was asked with these keys yet"


def show(services: Services, form: Form, *, ask: bool) -> str | None:
    """Print the rate windows, and what X says of the month if it is asked; the outcome, where there is something to say."""
    windows = described(services.windows, services.settings.tokens)
    outcome = None if windows else NOTHING
    if form is not Form.JSON:
        WINDOWS.write(form, windows)
    usage = None
    if ask and form is not Form.CSV:
        try:
            usage = services.twitter.usage()
        except NetwarError as error:
            outcome = f"the month's usage could not be had ({error})"
    if form is Form.JSON:
        echo(as_json({"windows": list(map(WINDOWS.of, windows)), "month": month_of(usage) if usage is not None else None}))
    elif usage is not None:
        echo(usage_line(usage))
    return outcome


def _cells(one: tuple[str, Window]) -> Sequence[Cell]:
    who, window = one
    return window.endpoint, who, window.remaining, window.limit, _ms(window.reset), _ms(window.seen)


def _line(one: tuple[str, Window]) -> str:
    who, window = one
    left = f"{window.remaining:,} of {window.limit:,} left"
    resets = f"full again {until}" if (until := _until(_ms(window.reset))) else "full again"
    return f"{window.endpoint:<20} {who:<8} {left:<24} {resets:<24} seen {_since(_ms(window.seen))}"


def _until(ms: int) -> str:
    """How long until then; empty if it has come."""
    seconds = ms / 1000 - time.time()
    return f"in {age(seconds)}" if seconds > 0 else ""


def _since(ms: int) -> str:
    return f"{age(time.time() - ms / 1000)} ago"


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


WINDOWS: Table[tuple[str, Window]] = Table(
    [
        *map(Column, ("endpoint", "keys")),
        *(Column(name, Kind.COUNT) for name in ("remaining", "limit")),
        Column("full_again", Kind.TIME, shown=lambda ms: _until(ms) or "now"),
        Column("seen", Kind.TIME, shown=_since),
    ],
    _cells,
    line=_line,
)
