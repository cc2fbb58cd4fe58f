"""Is a backup what it was when it was taken? Nothing is restored for that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from netwar.connections.below import below
from netwar.connections.sqlite_copying import check
from netwar.errors import ServiceDown
from netwar.operations.manifest import MANIFEST, Manifest, Part, hashed


def faults(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What is wrong with the files of a backup, as a sentence each. None of them is changed."""
    for part in manifest.parts:
        if said := _fault(folder / part.name, part):
            yield said
    known = {MANIFEST, *(part.name for part in manifest.parts)}
    try:
        there = below(folder)
    except OSError as error:
        yield f"{folder} cannot be looked through: {error.strerror or error}"
        return
    for path in there:
        if path.is_file() and (name := str(path.relative_to(folder))) not in known:
            yield f"{name} is not in the manifest: it was put there afterwards"


def _fault(path: Path, part: Part) -> str | None:
    try:
        size, digest = hashed(path)
    except FileNotFoundError:
        return f"{part.name} is missing"
    except OSError as error:
        return f"{part.name} cannot be read: {error.strerror or error}"
    if (size, digest) != (part.bytes, part.sha256):
        return f"{part.name} is not what was copied: it has {size:,} bytes of {part.bytes:,}, and another hash"
    if part.schema is None:
        return None
    try:
        found = check(path)
    except ServiceDown as error:
        return str(error)
    if (found.schema, found.rows) != (part.schema, dict(part.rows)):
        return f"{part.name} has other rows than the manifest says"
    return None
