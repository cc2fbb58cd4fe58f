"""Signing in to X by PIN, in one call or two, and writing the keys that it gives out into the configuration."""

from __future__ import annotations

from netwar.cli.metering import belongs
from netwar.cli.output import echo_lines
from netwar.cli.prompts import app_keys, asked_pin, checked_pin
from netwar.cli.services import Services


def sign_in(services: Services, pin: str | None, *, new_keys: bool) -> str:
    """Ask X for a PIN, or with one for the keys of its account; the outcome."""
    from netwar.config import write
    from netwar.twitter import auth

    settings = services.settings
    x = auth.way(settings)
    waiting = settings.path.with_name(settings.path.name + ".request")
    pin = checked_pin(pin) if pin else None
    token = auth.kept(waiting) if pin else None
    key, secret = app_keys(services, new_keys)
    if token is None:
        token = auth.request_token(x, key, secret)
        write(settings.path, {("API", "consumer_key"): key, ("API", "consumer_secret"): secret})
        auth.keep(waiting, token)
        echo_lines(f"Open this address, authorize the app, and note the PIN:\n\n  {auth.address(x, token)}\n")
        pin = asked_pin()
    if pin is None:
        return f"then run: {settings.tw_auth} PIN"
    bearer = auth.bearer_token(x, key, secret)  # before the PIN, which works only once
    services.hide(bearer)
    account = auth.account_keys(x, key, secret, token, pin)
    services.hide(account.key, account.secret)
    found = {"access_token_key": account.key, "access_token_secret": account.secret, "bearer_token": bearer}
    write(settings.path, {("API", name): value for name, value in {**found, "account": account.name or ""}.items()})
    waiting.unlink(missing_ok=True)
    belongs(services, bearer, key)
    return f"{settings.path} now has the keys of {account.name or account.user}"
