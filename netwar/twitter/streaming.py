"""What the verbs ask of X's filtered stream: its rules, its connections, and the stream itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from netwar.twitter.base import TransientError


@dataclass(frozen=True, slots=True)
class StreamRule:
    """A rule as it stands at X."""

    id: str
    value: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class RefusedRule:
    """A rule that X did not take: why, in its words. `duplicate` is the id of the rule that has this value already, "" if X
    refused it for another reason."""

    value: str
    reason: str
    duplicate: str = ""


@dataclass(frozen=True, slots=True)
class RulesTaken:
    """What became of rules that were sent: those that stand now (with `dry_run`: would stand), and those refused.

    Rules may be in neither: X may take none of a request for the sake of one, or of their number; `unsaid` is its reason then.
    """

    taken: tuple[StreamRule, ...]
    refused: tuple[RefusedRule, ...] = ()
    unsaid: str = ""


@dataclass(frozen=True, slots=True)
class RuleCaps:
    """What X allows the app: how many rules, and of how many characters."""

    rules: int
    length: int


@dataclass(frozen=True, slots=True)
class StreamConnection:
    """A connection of the app as X knows it: its id, when it was opened (ms), which endpoint it is of."""

    id: str
    opened: int
    endpoint: str = ""


class OpenStream(Protocol):
    """A connection that delivers."""

    @property
    def connected(self) -> int:
        """When X took the connection, ms by its clock: the end of the second that it named, as posts of before are not sent."""

    def chunks(self) -> Iterator[bytes]:
        """Bytes as they come, until the connection ends. Raises TransientError when it is cut or says nothing for 30 seconds
        (a keep-alive comes every 20)."""

    def close(self) -> None:
        """End it, also from another thread while `chunks` waits."""


class Streaming(Protocol):
    """X's filtered stream of one app (bearer token). Rules and connections cost nothing; posts do, and are not booked here.

    Every method may raise RateLimited, OutOfCredit, KeysRefused, BadRequest and TransientError. What is not GET is never
    repeated blindly: after a TransientError it is unknown whether it was done.
    """

    def now(self) -> int:
        """What time it is at X (ms since 1970), as far as its answers told, carried on by a steady clock."""

    def rules(self) -> list[StreamRule]:
        """Every rule of the app, whoever put it there."""

    def rule_caps(self) -> RuleCaps:
        """What the app is allowed (GET .../rules/counts)."""

    def add_rules(self, rules: Sequence[tuple[str, str]], *, dry_run: bool = False) -> RulesTaken:
        """Add rules, (value, tag) each; with `dry_run` X only checks them. A part of them may be refused."""

    def delete_rules(self, ids: Sequence[str]) -> int:
        """Remove rules by their ids; how many X says it removed."""

    def connections(self) -> list[StreamConnection]:
        """The app's open stream connections."""

    def close_connection(self, id: str) -> bool:
        """End one connection of the app; whether X knew it."""

    def open_stream(self, *, authors: bool = True) -> OpenStream:
        """Connect; `authors` expands each post's author (which is billed). Tried once: raises TooManyConnections (another one is
        open), NoRules (the app has no rule), ConnectRefused (X's own trouble) and TransientError (the network's)."""


class ConnectRefused(TransientError):
    """X answered a connect with an HTTP status that passes by itself, `status`: it wants a longer pause after that than after
    trouble with the network."""

    def __init__(self, what: str, advice: str, status: int) -> None:
        super().__init__(what, advice)
        self.status = status


class TooManyConnections(Exception):
    """X has a connection of this app already, and takes no second one."""


class NoRules(Exception):
    """The app has no rules, so X opens no stream (409)."""
