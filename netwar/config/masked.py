"""A configuration as it may be shown to others: its keys and their values, but no secret and none of its comments."""

from __future__ import annotations

from pathlib import Path

from netwar.config import file
from netwar.config.settings import SECRETS, SECTIONS
from netwar.config.values import without_password

LEFT_OUT = "(left out)"
KNOWN = {key for keys in SECTIONS.values() for key in keys} - {*SECRETS}  # a misspelt key may be that of a secret
COMMANDS = ("notify",)  # its arguments are tokens and addresses that are secrets as often as not


def without_secrets(path: Path, *, shared: bool = False) -> str:
    """The sections and keys of a file as text. A comment may hold an old password, and so may a line that is none: both are left
    out. Empty for a file that is not there, or cannot be read."""
    lines = []
    for section, keys in file.read(path, [], shared=shared).items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {_shown(key, ' '.join(value.split()))}" for key, value in keys.items()]
    return "".join(f"{line}\n" for line in lines)


def _shown(key: str, value: str) -> str:
    if key in COMMANDS and " " in value:
        return f"{value.split()[0]} {LEFT_OUT}"
    if key not in KNOWN and value:
        return LEFT_OUT
    return without_password(value)
