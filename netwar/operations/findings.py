"""What tw-doctor finds: a line for each thing that a host needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from netwar.errors import NetwarError

State = Literal["well", "wrong", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing is; `mend` says what to do where it is wrong, or how it could be known."""

    what: str
    state: State
    said: str
    mend: str = ""


def well(what: str, said: str) -> Finding:
    return Finding(what, "well", said)


def wrong(what: str, said: str, mend: str = "") -> Finding:
    return Finding(what, "wrong", said, mend)


def unknown(what: str, said: str, mend: str = "") -> Finding:
    return Finding(what, "unknown", said, mend)


Check = Callable[[], Iterable[Finding]]
OF_ANOTHER_SHAPE = (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError)  # what odd answers bring
NOT_UNDERSTOOD = "what answers there cannot be understood"


def found(what: str, check: Check) -> Iterator[Finding]:
    """What a check finds; what it cannot look at is wrong, and its error says why and what to do."""
    try:
        yield from check()
    except NetwarError as error:
        for said in error.said:
            yield wrong(what, said.strip(" -"))


def answered(what: str, check: Check) -> Iterator[Finding]:
    """What a check finds that asks a server, which may be one of another kind, or a proxy, with answers of another shape."""
    try:
        yield from found(what, check)
    except OF_ANOTHER_SHAPE:
        yield wrong(what, NOT_UNDERSTOOD, "see that the configuration names the right host and port")
