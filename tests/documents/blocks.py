"""The blocks of a document, and how its commands are run.

A block is indented by four blanks or more, or fenced. The paragraph before it may say that it "(needs ZFS)": then it is not run.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.desk import ROOT, Desk

DOCS = ROOT / "docs"
NEEDS = {"ZFS", "Docker", "Kibana", "systemd", "sysctl", "root", "the network", "OpenSearch's plugin for index management"}
OF_A_SHELL = re.compile(r"[$&|><;~]")  # a line without any of these is a program and its arguments
CRON = re.compile(r"(?:[-\d*/,]+ +){5}")


@dataclass(frozen=True)
class Block:
    """`lead` is the paragraph before it; `needs` what that says a test has not, or nothing; `language` that of a fence."""

    page: str
    lead: str
    text: str
    language: str = ""

    @property
    def needs(self) -> str:
        found = re.findall(r"\(needs ([^)]+)\)", self.lead)
        return found[-1] if found else ""

    @property
    def lines(self) -> list[str]:
        return [line for line in self.text.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    @property
    def shell(self) -> bool:
        """Whether it is typed, or stands in a crontab, rather than written into a file."""
        return not self.language and not re.match(r"\[[A-Z]+\]$", self.lines[0])

    @property
    def settings(self) -> dict[str, Any]:
        """Those of an elasticsearch.yml, whose values are words, numbers and lists of them."""
        pairs = (line.split(": ", 1) for line in self.lines)
        return {name: _value(value) for name, value in pairs}


def blocks(path: Path) -> list[Block]:
    return list(_blocks(path.relative_to(ROOT).as_posix(), path.read_text()))


def _blocks(page: str, text: str) -> Iterator[Block]:
    lead = ""
    for part in re.split(r"\n(?: *\n)+", text):
        if fenced := re.match(r"```(\w+)\n(.*)```", part, re.DOTALL):
            yield Block(page, lead, fenced[2], fenced[1])
        elif all(line.startswith("    ") for line in part.splitlines()):
            yield Block(page, lead, "\n".join(line.strip() for line in part.splitlines()))
        else:
            lead = part


def _value(text: str) -> Any:
    if text.startswith("["):
        return [one.strip().strip('"') for one in text[1:-1].split(",")]
    return text


def run(desk: Desk, block: Block, replaced: Mapping[str, str] | None = None) -> list[str]:
    """What the commands of a block print, each of which must end 0. Lines of a crontab are run as cron would."""
    said = []
    for line in block.lines:
        for before, after in (replaced or {}).items():
            line = line.replace(before, after)
        if CRON.match(line):
            line = CRON.sub("", line).replace("\\%", "%")
        if OF_A_SHELL.search(line):
            said.append(shell(line, desk.home, desk.environment))
        else:
            name, *arguments = shlex.split(line, comments=True)
            ended = desk.run(name, *arguments, check=0)
            said.append(ended.stdout + ended.stderr)
    return said


def shell(script: str, folder: Path, environment: Mapping[str, str], input: str = "") -> str:
    """Run in one shell, as pasted, and stopped by the first command that fails."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=dict(environment),
        input=input,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}"
    return done.stdout


def follow(page: str, steps: Mapping[str, Callable[[], object]], do: Callable[[Block], object]) -> None:
    """Do each block of a page that is to be run, in their order; before one that holds a word of `steps`, that step."""
    left = dict(steps)
    for block in blocks(DOCS / page):
        if block.needs or not block.shell:
            continue
        for word in [word for word in left if word in block.text]:
            left.pop(word)()
        do(block)
    assert not left, f"{page} has no block with {', '.join(left)}"


def read_json(block: Block) -> Any:
    return json.loads(block.text)
