"""python -m tests.soak: let the recorder run in a made-up world where everything goes wrong, and judge what is left.

Ends with status 1 on a fault, and prints the seed and the steps that led there. The same seed draws the same lots; what comes of
them depends on how quick the machine is, too.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.soak.soak import KINDS, Options, Soak
from tests.soak.stores import ALL


def options() -> tuple[Options, bool]:
    asked = argparse.ArgumentParser(prog="python -m tests.soak", description=(__doc__ or "").split("\n\n")[0])
    asked.add_argument(
        "--seed", type=int, default=random.SystemRandom().randrange(1 << 31), help="default: another one each time"
    )
    asked.add_argument("--minutes", type=float, default=1.0, help="until all is let run dry, which takes some time more")
    asked.add_argument("--stores", choices=ALL, default="files")
    asked.add_argument("--accounts", type=int, default=4)
    asked.add_argument("--hosts", type=int, default=1)
    asked.add_argument("--without", choices=KINDS, action="append", default=[], help="leave this out; may be given several times")
    asked.add_argument("--keep", action="store_true", help="leave the folder of the soak, as a fault does")
    given = asked.parse_args()
    without = frozenset(given.without)
    return Options(given.seed, given.minutes * 60, given.stores, given.accounts, given.hosts, without), given.keep


def main() -> int:
    chosen, keep = options()
    print(f"soak: seed {chosen.seed}, {chosen.seconds / 60:g} min on {chosen.stores}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="tw-soak-", dir="/tmp"))
    folder.chmod(0o755)
    with ExitStack() as closing:
        soak = Soak(chosen, folder, closing)
        soak.run()
    print(soak.journal.told(), flush=True)
    if not (keep or soak.journal.faults):
        shutil.rmtree(folder, ignore_errors=True)  # who has unshared their mounts meanwhile may still hold a disk of ours
    return 1 if soak.journal.faults else 0


if __name__ == "__main__":
    sys.exit(main())
