"""Apps, tokens and signatures: who is asking.

Every user of the world can sign in. A user's access token is computed from the seed, so it is the
same after a restart and need not be stored, and X too hands out the same one again. OAuth 1.0a
signatures are verified in earnest, with oauthlib. A nonce is taken once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus

from oauthlib.common import Request  # type: ignore[import-untyped]
from oauthlib.oauth1.rfc5849 import signature  # type: ignore[import-untyped]

from netwar.sandbox.problems import unauthorized
from netwar.sandbox.world.clock import Clock, real
from netwar.sandbox.world.world import World

CONSUMER_KEY = "sandbox-key"
CONSUMER_SECRET = "sandbox-secret"
BEARER = "AAAAAAAAAAAAAAAAAAAAAsandbox%2Bbearer%3Dtoken"  # with % signs as X's have: to be used as it is
_STALE_MS = 300_000
_NONCES = 20_000


@dataclass(frozen=True, slots=True)
class App:
    """An app of a developer; without `user_auth` nobody can sign in through it."""

    key: str
    secret: str
    bearer: str
    user_auth: bool = True


APPS = (
    App(CONSUMER_KEY, CONSUMER_SECRET, BEARER),
    App("sandbox-key-2", "sandbox-secret-2", BEARER + "2"),
    App("sandbox-key-app-only", "sandbox-secret-app-only", BEARER + "3", user_auth=False),
    *(App(f"sandbox-key-{number}", f"sandbox-secret-{number}", f"{BEARER}{number}") for number in range(4, 10)),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an app by its bearer token (`user` is None), or a user of the world through an app."""

    app: App
    user: int | None = None

    @property
    def token(self) -> str:
        """Stands for the token in books and logs, without being it."""
        return f"{self.app.key}/{'app' if self.user is None else self.user}"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed request taken apart: parameters of the protocol and of the question together."""

    method: str
    url: str
    parameters: dict[str, str]
    pairs: list[tuple[str, str]]

    def matches(self, consumer_secret: str, token_secret: str = "") -> bool:
        request = Request(self.url, self.method)
        request.signature = self.parameters.get("oauth_signature", "")
        request.params = [pair for pair in self.pairs if pair[0] != "oauth_signature"]
        return bool(signature.verify_hmac_sha1(request, consumer_secret, token_secret))


def take_apart(method: str, url: str, authorization: str, form: Sequence[tuple[str, str]] = ()) -> Signed:
    """Parameters of query, header and form. Raises Refused (401) for a header that cannot be read."""
    base, _, query = url.partition("?")
    try:
        pairs = signature.collect_parameters(query, None, {"Authorization": authorization}, exclude_oauth_signature=False)
    except ValueError:
        raise unauthorized() from None
    pairs = [*pairs, *form]
    return Signed(method, base, dict(pairs), pairs)


class Keys:
    """Every app and token there is.

    A time stamp is held against the machine's own time, so that a client works whatever the sandbox's clock says; if `strict`,
    against that clock, as X holds it against its own.
    """

    def __init__(self, world: World, clock: Clock, apps: Sequence[App] = APPS) -> None:
        self.strict = False
        self._clock = clock
        self._world = world
        self._apps = {app.key: app for app in apps}
        self._bearers = {app.bearer: app for app in apps}
        self._nonces: OrderedDict[tuple[str, str], None] = OrderedDict()

    def app(self, signed: Signed) -> App:
        """The app that signed, its nonce and time checked. Raises Refused (401)."""
        app = self._apps.get(signed.parameters.get("oauth_consumer_key", ""))
        stamp = signed.parameters.get("oauth_timestamp", "")
        if app is None or not stamp.isdigit() or abs(int(stamp) * 1000 - self._now()) > _STALE_MS:
            raise unauthorized()
        return app

    def _now(self) -> int:
        return self._clock.now() if self.strict else real()

    def once(self, signed: Signed) -> None:
        """Refuse (401) what was sent before."""
        nonce = (signed.parameters.get("oauth_nonce", ""), signed.parameters["oauth_timestamp"])
        if not nonce[0] or nonce in self._nonces:
            raise unauthorized()
        self._nonces[nonce] = None
        if len(self._nonces) > _NONCES:
            self._nonces.popitem(last=False)

    def caller(self, method: str, url: str, authorization: str) -> Caller:
        """Who asks. Raises Refused (401)."""
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() == "bearer" and rest in self._bearers:
            return Caller(self._bearers[rest])
        if scheme.lower() != "oauth":
            raise unauthorized()
        signed = take_apart(method, url, authorization)
        app = self.app(signed)
        token = signed.parameters.get("oauth_token", "")
        user = self._signed_in(app, token)
        if user is None or not app.user_auth or not signed.matches(app.secret, self._secret(app, user)):
            raise unauthorized()
        self.once(signed)
        return Caller(app, user)

    def basic(self, authorization: str) -> App | None:
        """The app that shows its key and secret by HTTP Basic authentication."""
        scheme, _, rest = authorization.partition(" ")
        try:
            key, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
        except ValueError:
            return None
        app = self._apps.get(unquote_plus(key))
        return app if scheme.lower() == "basic" and app is not None and app.secret == unquote_plus(secret) else None

    def access_token(self, app: App, user: int) -> tuple[str, str]:
        """Token and secret of a user who signed in through an app."""
        return f"{self._world.people.id(user)}-{self._mark('token', app, user)}", self._secret(app, user)

    def _secret(self, app: App, user: int) -> str:
        return self._mark("secret", app, user)

    def _signed_in(self, app: App, token: str) -> int | None:
        number, _, mark = token.partition("-")
        user = self._world.people.index(int(number)) if number.isdigit() and len(number) < 20 else None
        return user if user is not None and hmac.compare_digest(mark.encode(), self._mark("token", app, user).encode()) else None

    def _mark(self, what: str, app: App, user: int) -> str:
        return hashlib.blake2b(f"{self._world.seed}/{app.key}/{what}/{user}".encode(), digest_size=20).hexdigest()
