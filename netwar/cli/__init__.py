"""What every program shares: options, services, errors, signals, progress.

Programs take `click` from here, so that a Python that lacks it is told what to do in one sentence.
"""

import atexit
import gc
import signal
import sys
from pathlib import Path

__all__ = ["click", "lacking"]

WRONG_PYTHON = 78  # as ConfigError has it
A_ROUND = 10_000  # objects that are new since Python last looked for garbage; its own 700 are fewer than most modules make


def lacking(library: str | None) -> str:
    """What to say where Python has not what `make venv` installs."""
    return f"{sys.executable} has no library {library}: run `make venv`, and put its .venv/bin first on PATH"


if Path(sys.argv[0]).name.startswith("tw-"):
    # Ctrl-C before a program is ready ends it without a traceback; netwar.cli.signals takes over from here.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # What is loaded is no garbage: looking for some in it again and again, and at the end, is up to a fifth of a short program.
    gc.set_threshold(A_ROUND, 10, 10)
    atexit.register(gc.freeze)

try:
    import click
except ModuleNotFoundError as error:
    print(f"{Path(sys.argv[0]).name}: {lacking(error.name)}", file=sys.stderr)
    raise SystemExit(WRONG_PYTHON) from None
