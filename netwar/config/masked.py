"""A configuration as it may be shown to others: its keys and their values, but no secret and none of its comments."""

from __future__ import annotations

import re
from pathlib import Path

from netwar.config import file
from netwar.config.settings import SECRETS, SECTIONS

PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")  # user:password@ of an address
LEFT_OUT = "(left out)"
KNOWN = {key for keys in SECTIONS.values() for key in keys} - {*SECRETS}  # a misspelt key may be that of a secret


def without_secrets(path: Path, *, shared: bool = False) -> str:
    """The sections and keys of a file as text. A comment may hold an old password, and so may a line that is none: both are left
    out. Empty for a file that is not there, or cannot be read."""
    lines = []
    for section, keys in file.read(path, [], shared=shared).items():
        lines.append(f"[{section}]")
        for key, value in keys.items():
            shown = key in KNOWN or not value
            lines.append(f"{key} = {PASSWORD.sub('', ' '.join(value.split())) if shown else LEFT_OUT}")
    return "".join(f"{line}\n" for line in lines)
