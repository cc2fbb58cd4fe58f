"""What exports share on the command line: which documents go out, and in which form."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netwar.cli import click
from netwar.cli.files import PACKED
from netwar.cli.forms import at_most_one
from netwar.cli.options import Decorator, to, together
from netwar.cli.param_types import Moment

if TYPE_CHECKING:
    from netwar.exports.forms import Form

KINDS = ("original", "retweet", "quote", "reply")
TABLES = {".csv": "csv", ".parquet": "parquet"}
SPREADSHEETS = (".xls", ".xlsx", ".ods")


@dataclass(frozen=True, slots=True)
class Wish:
    """Which tweets an operator wants: as on the command line."""

    query: str = ""
    since: datetime | None = None
    until: datetime | None = None
    user: str | None = None
    lang: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """How an export goes out: into a file or onto standard output (None), to whom; `resume` if a cut-off file goes on."""

    form: Form
    file: Path | None
    to: str
    resume: bool


def _gathered(options: Decorator, names: tuple[str, ...], name: str, make: Callable[..., Any]) -> Decorator:
    """Options that main gets as one argument `name`, which `make` makes of their values."""

    def decorated(main: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(main)
        def asked(*args: Any, **given: Any) -> Any:
            values = {one: given.pop(one) for one in names}
            return main(*args, **given, **{name: make(**values)})

        return options(asked)

    return decorated


query = click.option("--query", default="", metavar="WORDS", help="Only those whose text tw-search finds by these WORDS.")
selecting = _gathered(
    together(
        query,
        click.option("--since", type=Moment(), metavar="TIME", help="Only tweets from this day or time (UTC) on."),
        click.option("--until", type=Moment(), metavar="TIME", help="Only tweets from before this day or time (UTC)."),
        click.option("--user", help="Only tweets of this user, by screen name or number."),
        click.option("--lang", multiple=True, metavar="CODE", help="Only tweets in this language, as X names it; repeatable."),
        click.option("--kind", multiple=True, type=click.Choice(KINDS), help="Only tweets of this kind; repeatable."),
    ),
    ("query", "since", "until", "user", "lang", "kind"),
    "wish",
    Wish,
)


def _way(file: str | None, to: str, resume: bool, fields: str, spreadsheet: bool, **forms: bool) -> Way:
    from netwar.exports.forms import CSV, FLATTENED, PARQUET, RESUMED, Form

    at_most_one(**forms)
    name = next((name for name, asked in forms.items() if asked), FLATTENED)
    columns = tuple(one for part in fields.split(",") if (one := part.strip()))
    path = Path(file) if file not in (None, "-") else None
    if columns and name not in (CSV, PARQUET):
        raise click.UsageError("--fields goes with --csv or --parquet")
    if spreadsheet and name != CSV:
        raise click.UsageError("--spreadsheet goes with --csv")
    if resume and (path is None or name not in RESUMED):
        raise click.UsageError("--resume goes with a FILE of JSON lines or ids")
    if path and path.suffix.lower() in PACKED and path.suffix.lower() not in (".gz", ".zst"):
        raise click.UsageError(f"nothing is packed as {path.suffix}: name a FILE that ends in .gz or .zst, or in neither")
    if name == PARQUET and path and path.suffix in (".gz", ".zst"):
        raise click.UsageError("Parquet is packed already: name a FILE without .gz or .zst")
    if path and (fault := _misnamed(path, name)):
        raise click.UsageError(fault)
    printed = path is None
    return Way(Form(name, columns, spreadsheet, printed, printed and sys.stdout.isatty()), path, to, resume)


def _misnamed(path: Path, form: str) -> str:
    """What is wrong with a name that promises another form than the file would have; empty for nothing."""
    ending = next((one.lower() for one in reversed(path.suffixes) if one.lower() not in PACKED), "")
    if ending in SPREADSHEETS:
        return f"no {ending} is written: a spreadsheet opens a FILE that ends in .csv, written with --csv --spreadsheet"
    if ending in TABLES and form != TABLES[ending]:
        return f"{path} would be no table of the kind its name says: add --{TABLES[ending]}, or name a FILE that ends otherwise"
    return ""


ways = _gathered(
    together(
        click.argument("file", required=False),
        click.option("--raw", is_flag=True, help="Write documents as they are kept, with nothing put in."),
        click.option("--ids", is_flag=True, help="Write ids alone, one a line."),
        click.option("--twarc", is_flag=True, help="Leave out all that twarc-csv would refuse a file for."),
        click.option("--csv", is_flag=True, help="Write a table as CSV, with a heading."),
        click.option("--parquet", is_flag=True, help="Write a table for pandas, DuckDB and R (needs pyarrow)."),
        click.option("--fields", default="", metavar="A,B", help="Columns of a table: names, or paths such as author.location."),
        click.option("--spreadsheet", is_flag=True, help="With --csv: keep Excel and LibreOffice from changing ids and texts."),
        to,
        click.option("--resume", is_flag=True, help="Go on in a FILE that was cut off."),
    ),
    ("file", "raw", "ids", "twarc", "csv", "parquet", "fields", "spreadsheet", "to", "resume"),
    "way",
    _way,
)
