"""Scripts by which shells complete the options of a program: click's own, without asking which bash there is."""

from __future__ import annotations

from pathlib import PurePath

from click.shell_completion import get_completion_class

from netwar.cli import click

# Where each shell looks, below PREFIX/share.
PLACES = {
    "bash": "bash-completion/completions/{}",
    "zsh": "zsh/site-functions/_{}",
    "fish": "fish/vendor_completions.d/{}.fish",
}


def scripts(name: str, command: click.Command) -> dict[PurePath, str]:
    """The scripts for a program, by their places."""
    found = {}
    variable = f"_{name}_COMPLETE".replace("-", "_").upper()  # as click looks for it
    for shell, place in PLACES.items():
        kind = get_completion_class(shell)
        assert kind
        made = kind(command, {}, name, variable)
        found[PurePath(place.format(name))] = made.source_template % made.source_vars()
    return found
