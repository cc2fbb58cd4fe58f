"""The programs as click commands, without running them."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

from netwar.cli import click


def commands(folder: Path) -> dict[str, click.Command]:
    """The command of each program in a folder, by name."""
    return {path.name: _command(path) for path in sorted(folder.glob("tw-*"))}


def _command(path: Path) -> click.Command:
    loader = SourceFileLoader(path.name.replace("-", "_"), str(path))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    sys.modules[loader.name] = module  # the help is looked up there
    loader.exec_module(module)
    command: click.Command = module.main
    return command
