"""Programs as units of supervisord: who comes back after a pause, and who stays down until somebody sees to it.

supervisord restarts at once whoever ends with an unexpected status, and with `startsecs` above 0 also whoever ends soon with
an expected one. So a shell waits before it hands the status on; it passes TERM and HUP on to the program, and is a megabyte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from shlex import join, quote

from netwar.errors import ConfigError

SHELL = (
    "trap 'over=1; kill -TERM $run 2>/dev/null' TERM INT; trap 'kill -HUP $run 2>/dev/null' HUP; "
    "{program} & run=$!; while wait $run; status=$?; kill -0 $run 2>/dev/null; do :; done; "
    'if [ -z "$over" ]; then case $status in {down}) :;; *) sleep {pause} & run=$!; wait $run; esac; fi; exit $status'
)
UNIT = """\
[program:{name}]
command=/bin/sh -c {shell}
environment=PATH="{path}"
autostart=true
autorestart=unexpected
exitcodes={expected}
startsecs=0
stopsignal=TERM
stopwaitsecs=120
killasgroup=true
stdout_logfile={log}/%(program_name)s.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=5
redirect_stderr=true
"""
WRONG = (2, 78)  # a command line or a configuration that is wrong stays so until somebody mends it
COMMENT = re.compile(r"\s[;#]")
STOPPED = (0, 1, *WRONG)  # a capture also ends when it was switched off, or refused


@dataclass(frozen=True, slots=True)
class Unit:
    """A program that is kept running. `stays`: it runs for as long as it is wanted, and its status 0 is an end; else it comes
    again `pause` seconds after it has ended."""

    name: str
    words: tuple[str, ...]
    stays: bool = False
    pause: int = 60

    def written(self, path: str, log: str) -> str:
        """The section of supervisord's configuration; `path` is where programs are looked for, `log` the folder of logs."""
        down = STOPPED if self.stays else WRONG
        shell = SHELL.format(program=join(self.words), down="|".join(map(str, down)), pause=self.pause)
        known = {"name": self.name, "path": path, "log": log, "expected": ",".join(map(str, down))}
        return UNIT.format(shell=_escaped(quote(shell)), **{key: _unlike_formats(key, text) for key, text in known.items()})


def _escaped(text: str) -> str:
    """As it stands in a file where % begins a name. Raises ConfigError for what begins a comment there."""
    if found := COMMENT.search(text):
        raise ConfigError(f"a name with {found[0]!r} in it is half a comment to supervisord: rename the file")
    return text.replace("%", "%%")


def _unlike_formats(key: str, text: str) -> str:
    return text if key == "name" else text.replace("%", "%%")
