"""The versions that the tests run with, for versions.txt: libraries as they are locked, servers and tools as they are fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netwar import __version__
from tests.house import ROOT
from tests.servers.kinds import KINDS
from tests.servers.redis_program import PACKAGED

LOCKED = re.compile(r"(?m)^([a-z0-9.-]+)==([^ ]+)")


def locked(name: str) -> dict[str, str]:
    """The version of each library that a file of requirements pins."""
    return dict(LOCKED.findall((ROOT / name).read_text()))


def lines() -> Iterator[str]:
    """The lines of versions.txt."""
    yield f"netwar {__version__}"
    programs = locked("requirements.txt")
    checks = {name: version for name, version in locked("requirements-dev.txt").items() if name not in programs}
    yield from _part("What the programs need", programs)
    yield from _part("Servers", _servers())
    yield from _part("What checks the project", checks)
    yield from _part("Tools of others", locked("tests/tools.txt"))


def _part(heading: str, versions: dict[str, str]) -> Iterator[str]:
    yield ""
    yield f"# {heading}"
    for name, version in sorted(versions.items()):
        yield f"{name} {version}"


def _servers() -> dict[str, str]:
    """By kind and generation; Redis itself is the host's own, as operators have it."""
    found = {}
    for kind in KINDS.values():
        if kind.recipe:
            found[f"{kind.recipe.partition('-')[0]} {'.'.join(kind.version.split('.')[:2])}"] = kind.version
    for package, _, _ in PACKAGED.values():
        name, _, version = package.partition("==")
        found[f"{name.removesuffix('lite')} (of the package {name})"] = version
    return found
