"""Getting keys from X: OAuth 1.0a by PIN, and the app's bearer token.

The PIN way (`oob`) is in two steps, which may be two calls of a program: a request token and the
address to open, then the PIN that X shows there against the account's keys. The app needs user
authentication switched on and any callback address set in X's console (docs.x.com, OAuth 1.0a).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
import requests
import requests_oauthlib

from netwar.connections.folders import existing
from netwar.errors import ClockOff, ConfigError, KeysRefused, NetwarError, ServiceDown, TryLater
from netwar.records.dialects import objects
from netwar.records.entries import NAME
from netwar.twitter.problems import clock_off, reason
from netwar.twitter.way import Way as Way
from netwar.twitter.way import way as way

TIMEOUT = (10, 30)
CALLBACK_PROBLEMS = (415, 417)
WRONG_KEYS = (32, 99)
MAX_BYTES = 1 << 20  # an answer with a token has some hundred


class WrongPin(NetwarError):
    """X does not take the PIN."""


@dataclass(frozen=True, slots=True)
class RequestToken:
    """What links the address that the user opens with the PIN that they bring."""

    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class AccountKeys:
    """The keys of the account that gave the PIN; they do not expire."""

    key: str
    secret: str
    name: str | None
    user: str | None


def request_token(way: Way, consumer_key: str, consumer_secret: str) -> RequestToken:
    """The first step. Raises KeysRefused for wrong keys, or an app without user authentication."""
    session = _session(way, consumer_key, client_secret=consumer_secret, callback_uri="oob")
    given = _ask(way, lambda: session.fetch_request_token(f"{way.api}/oauth/request_token", timeout=TIMEOUT), _refused_app)
    return RequestToken(_token(given, "oauth_token"), _token(given, "oauth_token_secret"))


def address(way: Way, token: RequestToken) -> str:
    """The page on which the user lets the app in and is shown the PIN."""
    return f"{way.api}/oauth/authorize?oauth_token={token.key}"


def account_keys(way: Way, consumer_key: str, consumer_secret: str, token: RequestToken, pin: str) -> AccountKeys:
    """The second step. Raises WrongPin when X does not take it (a PIN works once)."""
    session = _session(
        way,
        consumer_key,
        client_secret=consumer_secret,
        resource_owner_key=token.key,
        resource_owner_secret=token.secret,
        verifier=pin,
    )
    given = _ask(way, lambda: session.fetch_access_token(f"{way.api}/oauth/access_token", timeout=TIMEOUT), _refused_pin)
    keys = _token(given, "oauth_token"), _token(given, "oauth_token_secret")
    return AccountKeys(*keys, _name(given.get("screen_name")), _word(given.get("user_id")))


def bearer_token(way: Way, consumer_key: str, consumer_secret: str) -> str:
    """The app's own token. Raises KeysRefused."""

    def ask() -> requests.Response:
        with requests.Session() as session:
            way.prepare(session, MAX_BYTES)
            return session.post(
                f"{way.api}/oauth2/token",
                auth=(consumer_key, consumer_secret),
                data={"grant_type": "client_credentials"},
                timeout=TIMEOUT,
                allow_redirects=False,
            )

    response: requests.Response = _ask(way, ask, _refused_app)
    if response.status_code != 200:
        raise _passing(response) or _refused_app(response)
    return _token(_json(response), "access_token")


def keep(path: Path, token: RequestToken) -> None:
    """Keep the request token between two calls: beside the configuration, for the owner alone, atomically."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # made 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(orjson.dumps(asdict(token)))
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def kept(path: Path) -> RequestToken:
    """The request token of the call before. Raises ConfigError if there is none, or none that this user has kept."""
    try:
        with os.fdopen(existing(path, own=True), "rb") as file:
            return RequestToken(**orjson.loads(file.read(MAX_BYTES)))
    except FileNotFoundError:
        raise ConfigError(
            "no sign-in is waiting for a PIN: run tw-auth without a PIN first, open the address it prints"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be used: {error.strerror or error}") from None
    except (ValueError, TypeError):
        path.unlink(missing_ok=True)
        raise ConfigError(f"{path} was no request token and is removed: run tw-auth without a PIN again") from None


def _ask(way: Way, ask: Callable[[], Any], refused: Callable[[requests.Response], NetwarError]) -> Any:
    """Ask X for a token; its refusals become the sentences of `refused`."""
    try:
        return ask()
    except requests_oauthlib.oauth1_session.TokenRequestDenied as denied:
        raise _passing(denied.response) or refused(denied.response) from None
    except requests.exceptions.RequestException as error:
        unreachable = ServiceDown(f"X cannot be reached ({_why(error)}): check the network, and `api` in the configuration")
        raise way.mistrusted(error) or unreachable from None
    except (ValueError, requests_oauthlib.oauth1_session.TokenMissing):
        raise ServiceDown("X answered with something that is no token: run tw-auth again later") from None


def _token(given: Mapping[str, Any], name: str) -> str:
    """A token out of an answer. Raises ServiceDown if it is none."""
    token = _word(given.get(name))
    if not token:
        raise ServiceDown("X answered with something that is no token: run tw-auth again later")
    return token


def _word(given: Any) -> str | None:
    """A value that can stand in a line of the configuration."""
    return given if isinstance(given, str) and given.isascii() and given.isprintable() and len(given.split()) == 1 else None


def _name(given: Any) -> str | None:
    """A screen name, where it is one: it is written into the configuration."""
    word = _word(given)
    return word if word and NAME.fullmatch(word) else None


def _why(error: requests.exceptions.RequestException) -> str:
    """Why there was no whole answer, in words: the libraries' own are at times a mere name of a class."""
    if isinstance(error, requests.exceptions.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "no secure connection"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy does not lead there: {reason(error)}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the answer broke off"
    said = reason(error)
    return said if " " in said else "the connection failed"


def _session(way: Way, consumer_key: str, **more: str) -> Any:
    session = requests_oauthlib.OAuth1Session(consumer_key, **more)
    way.prepare(session, MAX_BYTES)
    session.max_redirects = 0
    return session


def _passing(response: requests.Response) -> NetwarError | None:
    """The error for an answer that has nothing to do with the keys."""
    if response.status_code == 401 and (off := clock_off(response.headers)):
        return ClockOff(f"X takes no signature of this time: {off}, then run tw-auth again")
    if response.status_code >= 500:
        return ServiceDown("X fails to give out tokens: run tw-auth again later")
    if response.status_code == 429:
        return TryLater("X gives out no more tokens for now: run tw-auth again in a quarter of an hour")
    return None


def _refused_app(response: requests.Response) -> NetwarError:
    body = _json(response)
    errors = objects(body.get("errors"))
    said = "; ".join(str(item.get("message")) for item in errors if item.get("message")) or body.get("title") or response.reason
    codes = [item.get("code") for item in errors]
    if any(code in CALLBACK_PROBLEMS for code in codes):
        return KeysRefused(
            f"this app has no user authentication ({said}): switch it on in X's console, with any callback address, "
            "then run tw-auth again"
        )
    if response.status_code == 401 or any(code in WRONG_KEYS for code in codes):
        return KeysRefused(f"X does not know this consumer key and secret ({said}): compare both with X's console")
    return KeysRefused(f"X refuses this app ({said}): check its settings in X's console, then run tw-auth again")


def _refused_pin(response: requests.Response) -> NetwarError:
    return WrongPin("X does not take this PIN: it works once and not for long; run tw-auth without a PIN for a new one")


def _json(response: requests.Response) -> dict[str, Any]:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
