"""Where configuration files are, there or not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from netwar.errors import ConfigError

SYSTEM_FILE = "/etc/netwar/netwar.conf"


def places(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> tuple[Path, Path]:
    """Where the user's own file is, and that of all users of the host. Raises ConfigError where there is no home folder."""
    named = path or environ.get("NETWAR_CONF")
    user = Path(os.path.abspath(named)) if named else home_of(environ) / ".twitter"
    return user, Path(environ.get("NETWAR_SYSTEM_CONF") or SYSTEM_FILE)


def home_of(environ: Mapping[str, str]) -> Path:
    """The home folder of this user. Raises ConfigError."""
    try:
        return Path(environ.get("HOME") or Path.home())
    except RuntimeError:  # a user whom the system does not know, as in some containers
        raise ConfigError("there is no home folder: set HOME") from None
