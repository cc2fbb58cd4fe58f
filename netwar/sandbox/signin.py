"""Signing in by PIN (OAuth 1.0a, `oob`): request token, the page where the user agrees, access token."""

from __future__ import annotations

import hmac
import html
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from netwar.sandbox.keys import App, Keys, Signed
from netwar.sandbox.problems import Refused, old_style

_LIFE_MS = 900_000
_MOST_OPEN = 1_000

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sandbox: authorize an app</title></head>
<body><h1>The sandbox stands in for X</h1>
{content}
</body></html>
"""
_FORM = """<p>An app asks for access. As whom do you sign in?</p>
<form method="post" action="/oauth/authorize">
<input type="hidden" name="oauth_token" value="{token}">
<label>Screen name <input name="screen_name" value="{name}" autofocus></label>
<button type="submit">Authorize app</button>
</form>"""
_NOBODY = """<p>Nobody here who can sign in is called {refused}: try {name}, or a name that the programs show.</p>
"""
_DONE = """<p>You are @{name}. Go back to the app and enter this PIN:</p>
<p><kbd><code id="pin">{pin}</code></kbd></p>"""


@dataclass(slots=True)
class Pending:
    """A request token on its way to becoming an access token."""

    app: App
    secret: str
    until: int
    pin: str = ""
    user: int | None = None


class SignIn:
    """The request tokens that are open; old ones are dropped."""

    def __init__(self, keys: Keys, now: Callable[[], int]) -> None:
        self._keys = keys
        self._now = now
        self._open: OrderedDict[str, Pending] = OrderedDict()

    def request_token(self, signed: Signed) -> str:
        """The form-encoded answer. Raises Refused: 401 (code 32) for wrong keys, 403 (code 415) without user authentication."""
        app = self._app(signed, "")
        if not app.user_auth or signed.parameters.get("oauth_callback") != "oob":
            raise old_style(
                403,
                415,
                "Callback URL not approved for this client application. "
                "Approved callback URLs can be adjusted in your application settings",
            )
        token, secret = secrets.token_urlsafe(20), secrets.token_urlsafe(24)
        self._open[token] = Pending(app, secret, self._now() + _LIFE_MS)
        if len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)
        return urlencode({"oauth_token": token, "oauth_token_secret": secret, "oauth_callback_confirmed": "true"})

    def page(self, token: str, suggested: str, refused: str = "") -> str:
        """Where the user says who they are; `refused` is a name that nobody has who can sign in."""
        if self._pending(token) is None:
            raise Refused(403, {"html": _PAGE.format(content="<p>This request token is unknown or has expired.</p>")})
        names = {"name": html.escape(suggested), "refused": html.escape(refused)}
        content = (_NOBODY if refused else "") + _FORM
        return _PAGE.format(content=content.format(token=html.escape(token), **names))

    def agree(self, token: str, user: int, name: str) -> str:
        """The page with the PIN of seven digits."""
        pending = self._pending(token)
        if pending is None:
            return self.page(token, name)
        pending.user = user
        pending.pin = f"{secrets.randbelow(10_000_000):07d}"
        return _PAGE.format(content=_DONE.format(name=html.escape(name), pin=pending.pin))

    def access_token(self, signed: Signed, name: Callable[[int], str]) -> str:
        """The form-encoded access token for a PIN, once. Raises Refused (401) in X's words."""
        token = signed.parameters.get("oauth_token", "")
        pending = self._pending(token)
        if pending is None:
            raise Refused(401, {"text": "Invalid request token."})
        app = self._app(signed, pending.secret)
        pin = signed.parameters.get("oauth_verifier", "").strip()
        if app is not pending.app or pending.user is None or not hmac.compare_digest(pin.encode(), pending.pin.encode()):
            raise Refused(401, {"text": "Error processing your OAuth request: Invalid oauth_verifier parameter"})
        del self._open[token]
        key, secret = self._keys.access_token(app, pending.user)
        number = key.partition("-")[0]
        return urlencode({"oauth_token": key, "oauth_token_secret": secret, "user_id": number, "screen_name": name(pending.user)})

    def _app(self, signed: Signed, token_secret: str) -> App:
        try:
            app = self._keys.app(signed)
            if not signed.matches(app.secret, token_secret):
                raise old_style(401, 32, "Could not authenticate you.")
            self._keys.once(signed)
        except Refused:
            raise old_style(401, 32, "Could not authenticate you.") from None
        return app

    def _pending(self, token: str) -> Pending | None:
        pending = self._open.get(token)
        if pending is not None and pending.until < self._now():
            del self._open[token]
            return None
        return pending
