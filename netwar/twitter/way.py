"""The way to X: past whatever the environment says, through the proxy that is set, to a certificate that is checked."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

from netwar.config import Settings
from netwar.connections import tls
from netwar.errors import ServiceDown
from netwar.twitter.bounds import Bounded, Endless, Timed


@dataclass(frozen=True, slots=True)
class Way:
    """Where X is, the proxy that leads there, and the file with the CA that signs what answers, where they are set."""

    api: str
    proxy: str | None = None
    ca: Path | None = None

    def prepare(self, session: requests.Session, most: int | None = None, *, endless: bool = False) -> None:
        """Let a session take this way and no other, with answers that are read at once if `most` bytes bound them, or that may
        be `endless`.

        Raises ConfigError for a `ca` that is none.
        """
        session.trust_env = False  # it may name a proxy, or a netrc with other people's credentials: keys go to X alone
        if self.proxy:
            session.proxies = {"https": self.proxy}  # an API on this machine is asked without
        checked = None
        if self.ca:
            checked = tls.context(self.ca, "ca")
            session.verify = str(self.ca)
        for scheme in ("https://", "http://"):
            adapter = Timed(checked) if most is None else Bounded(most, checked)
            session.mount(scheme, Endless(checked) if endless else adapter)

    def mistrusted(self, error: BaseException) -> ServiceDown | None:
        """What to say of a certificate that is not to be trusted; None if it is not that what went wrong."""
        for cause in causes(error):
            if isinstance(cause, ssl.SSLCertVerificationError):
                place = f"X at {urlsplit(self.api).netloc}"
                return ServiceDown(tls.mistrust(place, cause.verify_message, "ca", "API"))
        return None


def way(settings: Settings) -> Way:
    """The way that the configuration says."""
    return Way(settings.api, settings.proxy, settings.ca)


def causes(error: BaseException) -> list[BaseException]:
    """An error and what lies beneath it; the libraries put some causes among the arguments."""
    found: list[BaseException] = []
    todo: list[object] = [error]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            todo += [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]
    return found
