"""What tw-elk tells of its recipes: the groups, those of a group or with a word, and one with its arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from netwar.cli import click
from netwar.cli.guarded import Whole
from netwar.errors import NetwarError

if TYPE_CHECKING:
    from netwar.recipes import Recipe

WIDTH = 80
WIDEST = 30  # of a usage beside which the help stands; that of a longer one begins on the next line
EVERYWHERE = {"elasticsearch", "opensearch"}


def groups(known: Iterable[Recipe]) -> str:
    """The groups, with how many recipes each has, and what they are about."""
    rows = []
    for name, mine in _by_group(known).items():
        about = next((one.about for one in mine if one.about), "")
        rows.append((f"{name:<10}{len(mine):>4}", about))
    told = _formatted(lambda text: text.write_dl(rows))
    return f"{told}\n\ntw-elk --list GROUP lists a group, tw-elk NAME -h explains a recipe."


def listing(known: Iterable[Recipe], word: str) -> str:
    """The recipes of a group, or those that have the word in their name, group or help."""
    by_group = _by_group(known)
    found = {word: by_group[word]} if word in by_group else _by_group(_with_word(known, word))
    if not found:
        raise NetwarError(f"no recipe has the word {word!r}: tw-elk --list lists all")

    def write(text: click.HelpFormatter) -> None:
        for name, mine in found.items():
            text.write_text(name)
            with text.indentation():
                text.write_dl([(one.usage, f"{one.help}{' (yours)' if one.own else ''}") for one in mine], col_max=WIDEST)
            text.write_paragraph()

    return _formatted(write)


def beginning(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """The recipes whose names begin so, for a shell to complete; none while the operator's own table has faults."""
    from netwar.recipes import recipes

    try:
        return [name for name in recipes() if name.startswith(typed)]
    except NetwarError:
        return []


def own_help(given: Mapping[str, str]) -> str | None:
    """The help of the recipe that a command line names, if it names one. Raises UsageError for one that there is not."""
    from netwar.commands.recipes import METHODS
    from netwar.recipes import find, recipes

    name = given.get("name")
    if name is None or name in METHODS:
        return None
    try:
        return details(find(recipes(), name))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def details(recipe: Recipe) -> str:
    """All about a recipe: what it does, takes and sends, and an example."""

    def write(text: click.HelpFormatter) -> None:
        text.write_usage("tw-elk", f"[OPTIONS] {recipe.usage}")
        text.write_paragraph()
        with text.indentation():
            text.write_text("\n\n".join(_sentences(recipe)))
        if recipe.arguments:
            with text.section("Arguments"):
                text.write_dl([(one.name.upper(), one.about) for one in recipe.arguments])
        with text.section("Example"):
            text.write_text(f"\b\ntw-elk {recipe.example}")
        with text.section("Request"):
            text.write_text("\b\n" + "\n".join(f"{shape.method} {shape.path}" for shape in recipe.shapes))

    return f"{_formatted(write)}\n\ntw-elk -h lists the options."


def _sentences(recipe: Recipe) -> Iterator[str]:
    yield recipe.help if recipe.help.endswith("?") else f"{recipe.help}."
    servers = dict.fromkeys(one.text for one in recipe.generations)
    if not servers.keys() >= EVERYWHERE:
        yield f"For {', '.join(servers)}."
    if recipe.asks:
        yield "It asks first; where there is no terminal, --yes must say so. --show shows the request."
    if any(shape.wait and not shape.wait.always for shape in recipe.shapes):
        yield "It goes on at the server; --wait waits for its end."


def _by_group(known: Iterable[Recipe]) -> dict[str, list[Recipe]]:
    found: dict[str, list[Recipe]] = {}
    for one in known:
        found.setdefault(one.group, []).append(one)
    return found


def _with_word(known: Iterable[Recipe], word: str) -> list[Recipe]:
    return [one for one in known if word.lower() in f"{one.name} {one.group} {one.help}".lower()]


def _formatted(write: Any) -> str:
    text = Whole(width=WIDTH)
    write(text)
    return text.getvalue().rstrip("\n")
