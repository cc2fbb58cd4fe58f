"""What a backup consists of, as its manifest.json says: every file with its length and hash, every database with its rows."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from netwar.connections.below import DEEPEST
from netwar.connections.folders import existing, opened
from netwar.errors import NetwarError

MANIFEST = "manifest.json"
FORMAT = 1
CHUNK = 1 << 20
HALF = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # half of a surrogate pair names no file; the others are bytes of names


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a backup, by its path there. `schema` and `rows` are of databases alone."""

    name: str
    bytes: int
    sha256: str
    schema: int | None = None
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A backup, made between `began` and `ended` (ms) on `host`, of what was recorded from `api`.

    `snapshots` are those of Elasticsearch, in the order in which they were taken; `keys` is how many keys of Redis there are.
    `left_out` says what is not in it that could be.
    """

    host: str
    api: str
    program: str
    began: int
    ended: int
    parts: tuple[Part, ...]
    snapshots: tuple[Mapping[str, Any], ...] = ()
    keys: int | None = None
    left_out: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Put it into the folder of the backup, on the disk when this returns. Raises OSError."""
        said = {"format": FORMAT, **asdict(self)}
        said["digest"] = _digest(said)
        with os.fdopen(opened(folder / MANIFEST, os.O_WRONLY | os.O_EXCL), "w") as file:
            json.dump(said, file, indent=1)
            file.flush()
            os.fsync(file.fileno())

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)

    def rows(self, table: str) -> int:
        """How many rows all databases have of a table."""
        return sum(part.rows.get(table, 0) for part in self.parts)


def read(folder: Path) -> Manifest:
    """The manifest of a backup. Raises NetwarError where there is none, or one that is damaged."""
    path = folder / MANIFEST
    try:
        with os.fdopen(existing(path), "rb") as file:
            said = json.loads(file.read())
        digest = said.pop("digest")
        if _digest(said) != digest:
            raise ValueError("its digest differs")
        if said.pop("format") != FORMAT:
            raise NetwarError(f"{path} was written by a newer version of this program: update the program")
        made = Manifest(**said)
        parts = tuple(Part(**part) for part in said["parts"])
        if not (_is_sound(made) and all(map(_is_sound_part, parts))):
            raise ValueError("it has a value that none of ours has")
        if not all(_is_below(part.name) for part in parts):
            raise ValueError("it names a file outside of the backup")
        return replace(made, parts=parts, snapshots=tuple(said["snapshots"]), left_out=tuple(said["left_out"]))
    except FileNotFoundError:
        raise NetwarError(f"{folder} is no backup: it has no {MANIFEST}") from None
    except OSError as error:
        raise NetwarError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NetwarError(f"{path} is damaged ({error}): take another backup of the folder") from error


def kept_by(server: str) -> str:
    """How `left_out` tells that what a server keeps is not in the backup."""
    return f"what {server} keeps"


def hashed(path: Path) -> tuple[int, str]:
    """Length and SHA-256 of a file, in hexadecimal digits. Raises OSError."""
    digest, size = sha256(), 0
    with os.fdopen(existing(path), "rb") as file:
        while portion := file.read(CHUNK):
            digest.update(portion)
            size += len(portion)
    return size, digest.hexdigest()


def _digest(said: Mapping[str, Any]) -> str:
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _is_sound(made: Manifest) -> bool:
    """Whoever may write to a backup can write any manifest: what is of another type is told, and is no traceback later."""
    texts = [made.host, made.api, made.program, *made.left_out]
    for one in made.snapshots:
        texts += [one["repository"], one["snapshot"], *one["indices"]]
    numbers = [made.began, made.ended, *([] if made.keys is None else [made.keys])]
    return _are_texts(texts) and _are(int, numbers)


def _is_sound_part(part: Part) -> bool:
    numbers = [part.bytes, *part.rows.values(), *([] if part.schema is None else [part.schema])]
    if not (_are_texts([part.name, part.sha256]) and _are(int, numbers)):
        return False
    return "\0" not in part.name and part.name.count("/") <= DEEPEST


def _are(kind: type, values: Iterable[object]) -> bool:
    return all(isinstance(one, kind) for one in values)


def _are_texts(values: Iterable[object]) -> bool:
    return all(isinstance(one, str) and not HALF.search(one) for one in values)


def _is_below(name: str) -> bool:
    return not os.path.isabs(name) and all(part not in ("", ".", "..") for part in name.split("/"))
