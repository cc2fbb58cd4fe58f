"""python -m installing BIN PREFIX: write manual and completion of the programs in BIN below PREFIX; print what was written."""

from __future__ import annotations

import sys
from pathlib import Path, PurePath

from installing.completion import scripts
from installing.manual import page
from installing.programs import commands


def main(programs: Path, prefix: Path) -> None:
    """Write the files, and print their places below `prefix`."""
    for name, command in commands(programs).items():
        files = {PurePath("man/man1", f"{name}.1"): page(name, command), **scripts(name, command)}
        for place, text in files.items():
            path = prefix / "share" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)  # it may be a link, which would be written through
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(prefix))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
