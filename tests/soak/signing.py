"""Signing in with tw-auth: a first call prints an address, a browser shows a PIN there, a second call takes it."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request

from tests.soak.programs import Around
from tests.soak.runs import Command, Run


def begin(around: Around) -> Command:
    """The first call, which the second one follows. X may refuse both."""
    arguments = ["--config", str(around.account.config)]
    return Command("tw-auth", arguments, expected=frozenset({69, 78}), then=lambda run: _second(run, str(around.account.name)))


def _second(run: Run, name: str) -> Command | None:
    """The second call; None if the first one came to nothing."""
    address = re.search(r"^ +(http\S+)$", run.stdout, re.MULTILINE)
    if run.poll() != 0 or not address:
        return None
    shown = _shown(address[1], name)
    pin = re.search('id="pin">([0-9]+)<', shown)
    return Command("tw-auth", [pin[1], *run.command.arguments], expected=frozenset({69, 78})) if pin else None


def _shown(address: str, name: str) -> str:
    """What X's page shows to this user who agrees."""
    form = urllib.parse.urlencode({"screen_name": name, **dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))})
    try:
        with urllib.request.urlopen(address.partition("?")[0], form.encode(), timeout=30) as answer:
            return str(answer.read().decode(errors="replace"))
    except OSError:
        return ""
