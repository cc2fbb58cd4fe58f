"""Programs as units of supervisord: who comes back after a pause, and who stays down until somebody sees to it.

supervisord restarts at once whoever ends with an unexpected status, and with `startsecs` above 0 also whoever ends soon with
an expected one. So a shell waits before it hands the status on; it passes TERM and HUP on to the program, and is a megabyte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from shlex import join, quote
from string import Template

from netwar.errors import ConfigError

SHELL = (
    "trap 'over=1; kill -TERM $run 2>/dev/null' TERM INT; trap 'kill -HUP $run 2>/dev/null' HUP; "
    "{program} & run=$!; while wait $run; status=$?; kill -0 $run 2>/dev/null; do :; done; "
    'if [ -z "$over" ]; then case $status in {down}) :;; *) sleep {pause} & run=$!; wait $run; esac; fi; exit $status'
)
TEMPLATE = Path(__file__).parent.parent / "data" / "supervisord.conf"
WRONG = (2, 78)  # a command line or a configuration that is wrong stays so until somebody mends it
COMMENT = re.compile(r"\s[;#]")
STOPPED = (0, 1, *WRONG)  # a capture also ends when it was switched off, or refused
PAUSE, CAPTURE_PAUSE = 60, 10  # seconds; conf/systemd has the same


@dataclass(frozen=True, slots=True)
class Unit:
    """A program that is kept running. `stays`: it runs for as long as it is wanted, and its status 0 is an end; else it comes
    again `pause` seconds after it has ended. Raises ConfigError for a word that is no part of one line."""

    name: str
    words: tuple[str, ...]
    stays: bool = False
    pause: int = PAUSE

    def __post_init__(self) -> None:
        for word in self.words:
            _check_shown(word)

    def written(self, template: str, path: str, log: str) -> str:
        """The section of supervisord's configuration, by the text of a template such as TEMPLATE.

        `path` is where programs are looked for, `log` the folder of logs. Raises ConfigError where it cannot be filled.
        """
        _check_shown(log)
        down = STOPPED if self.stays else WRONG
        shell = SHELL.format(program=join(self.words), down="|".join(map(str, down)), pause=self.pause)
        known = {"name": self.name, "shell": _escaped(quote(shell)), "expected": ",".join(map(str, down))}
        known |= {"path": path.replace("%", "%%"), "log": log.replace("%", "%%")}
        try:
            return Template(template[template.index("[program:") :]).substitute(known)
        except (KeyError, ValueError) as error:
            raise ConfigError(f"the template for units cannot be filled ({error}): see {TEMPLATE}") from None


def _check_shown(word: str) -> None:
    """Whoever may put a file into the folder chooses its name: a line end in it would begin a unit or a line of their own."""
    if not word.isprintable():
        raise ConfigError(f"{word!r} has a letter that no line of a configuration can have: rename the file")


def _escaped(text: str) -> str:
    """As it stands in a file where % begins a name. Raises ConfigError for what begins a comment there."""
    if found := COMMENT.search(text):
        raise ConfigError(f"a name with {found[0]!r} in it is half a comment to supervisord: rename the file")
    return text.replace("%", "%%")
