"""Pages of the manual, in the language of man(7), out of what the programs' -h says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from netwar import __version__
from netwar.cli import click
from netwar.commands.help import TASKS

README = Path(__file__).parent.parent / "README.md"
STATUS = re.compile(r"^\| (\d+|128\+n) \| ([^|]+) \|", re.MULTILINE)
VERBATIM = "\b\n"  # begins a paragraph whose lines stay as they are
FILES = (
    ("~/.twitter", "keys, budget and all else that can be set, unless --config or NETWAR_CONF names another file"),
    ("/etc/netwar/netwar.conf", "what all accounts of a host share, read first"),
    ("~/.local/share/netwar", "queues, spending and what is recorded, unless the configuration names another folder"),
)


def page(name: str, command: click.Command) -> str:
    """The page of a program."""
    context = click.Context(command, info_name=name, **command.context_settings)
    sentence, *paragraphs = re.split(r"\n\n+", (command.help or "").strip())
    lines = [f'.TH {name.upper()} 1 "" "netwar {__version__}" "Netwar System Twitter Recorder"']
    lines += [".SH NAME", f"{_shown(name)} \\- {_shown(_flowing(sentence).removesuffix('.'))}"]
    lines += [".SH SYNOPSIS", f".B {_shown(name)}", _shown(" ".join(command.collect_usage_pieces(context)))]
    lines += [".SH DESCRIPTION", *(line for paragraph in paragraphs for line in _paragraph(paragraph))]
    lines += [".SH OPTIONS", *_options(command, context)]
    lines += [".SH EXIT STATUS", *_listed(STATUS.findall(README.read_text(encoding="utf-8")))]
    lines += [".SH FILES", *_listed(FILES), ".SH SEE ALSO", *_see_also(name)]
    return "\n".join(lines) + "\n"


def _paragraph(text: str) -> Iterator[str]:
    if text.startswith(VERBATIM):
        yield from (".PP", ".RS 4", ".nf", *map(_shown, text.removeprefix(VERBATIM).splitlines()), ".fi", ".RE")
    else:
        yield from (".PP", _shown(_flowing(text)))


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    yield from _listed([record for record in records if record and record[1]])


def _listed(pairs: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Terms, each with what it means."""
    for term, meaning in pairs:
        yield from (".TP", f".B {_shown(term)}", _shown(_flowing(meaning)))


def _see_also(name: str) -> Iterator[str]:
    """The other programs for the same task."""
    near = next((task.programs for task in TASKS if name in task.programs), ())
    others = [other for other in dict.fromkeys((*near, "tw-help")) if other != name]
    for other, end in zip(others, [","] * (len(others) - 1) + [""], strict=True):
        yield f".BR {_shown(other)} (1){end}"


def _flowing(text: str) -> str:
    return " ".join(text.split())


def _shown(text: str) -> str:
    """A line as it is to be read: no sign of it means anything to the formatter, hyphens can be copied into a shell."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("~", "\\(ti")
    plain = plain.replace("^", "\\(ha")
    return f"\\&{plain}" if plain.startswith(".") else plain
