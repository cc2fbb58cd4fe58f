"""Steps that a family of back ends takes in Redis, written in Lua: each whole or not at all, and once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netwar.connections.redis import Server

SHARED = Path(__file__).with_name("steps.lua")


class Steps:
    """The steps of one Lua file, or of several, each of which may use those before it.

    A step that is sent twice, since its answer was lost or since the network let it echo, is done once, and answered alike.
    Raises ServiceDown and ConfigError as every Server does.
    """

    def __init__(self, server: Server, *files: Path) -> None:
        before, after = SHARED.read_text("utf-8").split("--STEPS--")
        self._script = server.register_script(before + "\n".join(file.read_text("utf-8") for file in files) + after)

    def once(self, step: str, keys: Sequence[str], *arguments: Any) -> Any:
        """Take a step."""
        return self._do("once", step, keys, arguments)

    def look(self, step: str, keys: Sequence[str], *arguments: Any) -> Any:
        """Take a step that changes nothing: its answer need not be kept."""
        return self._do("look", step, keys, arguments)

    def _do(self, mode: str, step: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        return self._script(keys=[f"tw:answer:{uuid.uuid4().hex}", *keys], args=[mode, step, *arguments])
