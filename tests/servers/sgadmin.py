"""Search Guard's own tool, with which operators put its configuration into a running cluster."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.servers import assembling, javas
from tests.servers.elastic import ElasticServer
from tests.servers.recipes import RECIPES


def sgadmin(server: ElasticServer, config: Path) -> str:
    """Load a folder of sg_*.yml into a server, as its administrator; what the tool said. Raises CalledProcessError."""
    java, folder = javas.find(*server.of.java), assembling.find(RECIPES[server.of.recipe])
    assert java
    assert folder
    assert server.certificates
    signed = server.certificates
    command: list[str | Path] = [
        java / "bin/java",
        *javas.QUICK,
        "-cp",
        f"{folder}/plugins/search-guard-6/*:{folder}/lib/*",
    ]
    command += ["com.floragunn.searchguard.tools.SearchGuardAdmin", "-cd", config, "-icl", "-nhnv"]
    command += ["-h", "127.0.0.1", "-p", str(server.transport_port)]
    command += ["-cacert", signed.ca, "-cert", signed.admin, "-key", signed.admin_key]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
