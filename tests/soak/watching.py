"""What each run is judged by as it ends: its status, no traceback, nothing secret said, and that it ends at all."""

from __future__ import annotations

import re
import signal

from tests.desk import ROOT
from tests.soak.journal import Journal
from tests.soak.runs import Run
from tests.soak.troubles import Troubles

PATIENCE = 45.0  # seconds until a run that was asked to end must have ended
BUGS = ("Traceback (most recent call last)", "this is a bug in the program", "malformed", "is not a database", "Warning: ")


def statuses() -> frozenset[int]:
    """Those that README's table has; what 128 + n stands for is not among them."""
    rows = re.findall(r"(?m)^\| (\d+) \|", (ROOT / "README.md").read_text())
    return frozenset(map(int, rows))


class Watch:
    """`secrets` is what no program may say."""

    def __init__(self, journal: Journal, troubles: Troubles, secrets: set[str]) -> None:
        self._journal = journal
        self._troubles = troubles
        self._secrets = secrets
        self._table = statuses()

    def ended(self, run: Run, secrets: set[str]) -> None:
        """Judge a run; `secrets` are its account's own."""
        status = run.poll()
        met = ", ".join(sorted(self._troubles.met(run))) or "nothing"
        by = "".join(f", sent {signal.Signals(number).name}" for number in sorted(run.signalled))
        said = f": {run.last_words}" if status not in (0, 75) else ""
        sent = [signal.Signals(number).name for number in run.signalled]
        self._journal.step(f"{run} ended {status} after {run.lasted:.1f} s{by}{said}", f"ended {status}", *sent)
        if status not in self._table | {128 + n for n in run.signalled} | {-n for n in run.signalled}:
            self._journal.fault(f"{run} ended {status}, which README does not know: {run.last_words}")
        elif status not in self._troubles.expected(run) and not _before_our_first_line(run):
            self._journal.fault(f"{run} ended {status}, and {met} was wrong{by}: {run.last_words}")
        for bug in BUGS:
            if bug in run.stderr and not _before_our_first_line(run):
                self._journal.fault(f"{run} said {bug!r}: {run.last_words}")
        out = "" if run.command.shows_secrets else run.stdout
        if any(secret in run.stderr or secret in out for secret in self._secrets | secrets):
            self._journal.fault(f"{run} shows a secret")

    def hurry(self, run: Run) -> None:
        """Ask a run to end that has had its time; one that does not listen is a fault."""
        if run.lasted > run.command.longest + PATIENCE:
            self._journal.fault(f"{run} does not end: TERM had no effect in {PATIENCE:.0f} s")
            run.signal(signal.SIGKILL)
        elif run.lasted > run.command.longest and not run.signalled:
            self._journal.step(f"{run} has run for {run.command.longest:.0f} s and is sent TERM")
            run.signal(signal.SIGTERM)


def _before_our_first_line(run: Run) -> bool:
    """Whether Ctrl-C came while Python was starting, which then says so in a way that nobody can help."""
    said = run.stderr.rstrip()
    return signal.SIGINT in run.signalled and said.endswith("KeyboardInterrupt") and f"{ROOT}/netwar/" not in said
