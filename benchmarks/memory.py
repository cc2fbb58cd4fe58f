"""The most memory that another process has had, as the kernel tells it while the process runs.

What `wait4` tells afterwards counts the memory of the process that started it, too, and would show ours.
"""

from __future__ import annotations

import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

LOOK = 0.01  # seconds between looks: what is missed is what comes in the last of them


def peak(process: subprocess.Popen[Any]) -> int:
    """Wait for a process to end; the most memory that it had, in bytes (0 if it ended at once)."""
    status, most = Path(f"/proc/{process.pid}/status"), 0
    while process.poll() is None:
        with suppress(OSError):
            found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
            most = max(most, int(found[1]) * 1024) if found else most
        time.sleep(LOOK)
    return most
