#!/usr/bin/env python3
"""How long the programs take to start: each one's help, and a worker that finds its queue empty, also
if Python looks for garbage as often as it does by itself.

    python benchmarks/startup.py [--rounds 9]

Rounds are interleaved with `import click` and with bare Python, so that a busy machine slows all of
them alike; the ratio is what to look at.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
GARBAGE = """import gc, runpy, sys
gc.set_threshold = gc.freeze = lambda *given: None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")"""
# Nobody is asked anything: the queue is empty, and nothing listens there.
CONFIGURATION = """[API]
api = http://127.0.0.1:1
consumer_key = k
consumer_secret = s
access_token_key = 1-k
access_token_secret = s
"""


def run(argv: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall milliseconds and peak MB of one process, whose output is thrown away."""
    started = time.perf_counter()
    null = [(os.POSIX_SPAWN_OPEN, target, os.devnull, os.O_RDWR, 0) for target in (1, 2)]
    process = os.posix_spawn(argv[0], argv, environment, file_actions=null)
    _, status, usage = os.wait4(process, 0)
    wall = (time.perf_counter() - started) * 1000
    if status:
        raise SystemExit(f"{' '.join(argv)} ended with {os.waitstatus_to_exitcode(status)}")
    return wall, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    programs = sorted((ROOT / "bin").glob("tw-*"))
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.environ["PATH"]}
        (configuration := Path(home, ".twitter")).touch(mode=0o600)
        configuration.write_text(CONFIGURATION)
        cases = {"python": [sys.executable, "-c", "pass"], "import click": [sys.executable, "-c", "import click"]}
        cases |= {f"{program.name} -h": [sys.executable, str(program), "-h"] for program in programs}
        worker = [str(ROOT / "bin" / "tw-idu3elk"), "bench"]
        cases["tw-idu3elk, empty queue"] = [sys.executable, *worker]
        cases["the same, looking for garbage"] = [sys.executable, "-c", GARBAGE, *worker]
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
        for _ in range(rounds):
            for name, argv in cases.items():
                taken[name].append(run(argv, environment))
    click = statistics.median(wall for wall, _ in taken["import click"])
    print(f"{'what':<30}{'ms':>8}{'x click':>9}{'MB':>8}")
    for name, figures in taken.items():
        wall = statistics.median(figure[0] for figure in figures)
        print(f"{name:<30}{wall:>8.0f}{wall / click:>9.2f}{max(figure[1] for figure in figures):>8.0f}")


if __name__ == "__main__":
    main()
