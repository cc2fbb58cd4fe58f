"""A program for whoever keeps programs running: it ends with the status that it is called with, and tells what befell it."""

from __future__ import annotations

from pathlib import Path

PROGRAM = """#!/bin/sh
echo begun >> {folder}/$1.runs
trap 'echo asked >> {folder}/$1.runs; exit 143' TERM
trap 'echo reread >> {folder}/$1.runs' HUP
[ "$1" = stays ] && while :; do sleep 0.1; done
exit $1
"""


def ending(path: Path) -> Path:
    """Put it there; called with `stays` it ends when it is asked to. STATUS.runs beside it has a word for each thing."""
    path.write_text(PROGRAM.format(folder=path.parent))
    path.chmod(0o755)
    return path
