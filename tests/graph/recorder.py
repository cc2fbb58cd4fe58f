"""A recorder for tests of the graph: writes the pages of a world into the archive of ~/.twitter, each once it is on disk noted.

    python -m tests.graph.recorder SEED TWEETS HELD_BACK

Killed at any moment, the same command goes on, with the page that it may have written. The last HELD_BACK pages are left to a
run that holds back fewer.
"""

from __future__ import annotations

import sys
from pathlib import Path

from netwar.archive.marks import Cover
from netwar.cli.services import Services
from netwar.coverage import Span
from tests.graph.world import BEGAN, INDEX, world


def main() -> None:
    seed, tweets, held_back = map(int, sys.argv[1:])
    pages = world(seed, tweets).pages
    pages = pages[: len(pages) - held_back]
    services = Services("recorder", quiet=True)
    noted = Path.home() / "pages"
    done = int(noted.read_text()) if noted.exists() else 0
    for number, page in enumerate(pages[done:], done + 1):
        services.archive.write(page, [Cover(f"tw{INDEX}", "7", Span(0, number, 1), BEGAN)])
        noted.with_suffix(".new").write_text(str(number))
        noted.with_suffix(".new").replace(noted)
    services.close()
    print("all is recorded")


if __name__ == "__main__":
    main()
