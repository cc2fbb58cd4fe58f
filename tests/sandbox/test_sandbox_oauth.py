"""Signing in by PIN, signatures, and who may ask what."""

from __future__ import annotations

import re
from typing import Any

import requests
from oauthlib.oauth1 import Client  # type: ignore[import-untyped]
from requests_oauthlib import OAuth1

from tests.rows import rows

from .conftest import APP, BEARER, Sandbox

TIMEOUT = 20


def request_token(box: Sandbox, key: str = APP[0], secret: str = APP[1], callback: str = "oob") -> requests.Response:
    return requests.post(f"{box.base}/oauth/request_token", auth=OAuth1(key, secret, callback_uri=callback), timeout=TIMEOUT)


def pending(box: Sandbox) -> dict[str, str]:
    return dict(pair.split("=") for pair in request_token(box).text.split("&"))


def exchange(box: Sandbox, token: dict[str, str], pin: str) -> requests.Response:
    auth = OAuth1(*APP, token["oauth_token"], token["oauth_token_secret"], verifier=pin)
    return requests.post(f"{box.base}/oauth/access_token", auth=auth, timeout=TIMEOUT)


def test_several_users_sign_in_and_are_who_they_are(box: Sandbox) -> None:
    for user in box.users()[:3]:
        me = box.get("/2/users/me", auth=box.sign_in(user["name"])).json()["data"]
        assert (me["id"], me["username"]) == (user["id"], user["name"])


def test_the_page_is_a_form_first(box: Sandbox) -> None:
    token = pending(box)["oauth_token"]
    page = requests.get(f"{box.base}/oauth/authorize", params={"oauth_token": token}, timeout=TIMEOUT)
    assert page.headers["Content-Type"].startswith("text/html")
    assert 'name="screen_name"' in page.text
    assert 'id="pin"' not in page.text
    unknown = requests.get(f"{box.base}/oauth/authorize", params={"oauth_token": "x"}, timeout=TIMEOUT)
    assert unknown.status_code == 403


def test_a_name_that_nobody_has_is_told_and_another_one_suggested(box: Sandbox) -> None:
    form = {"oauth_token": pending(box)["oauth_token"], "screen_name": "nobody_<b>"}
    page = requests.post(f"{box.base}/oauth/authorize", data=form, timeout=TIMEOUT).text
    assert f"Nobody here who can sign in is called nobody_&lt;b&gt;: try {box.users()[0]['name']}" in page
    assert 'name="screen_name"' in page


def test_a_pin_is_right_once(box: Sandbox) -> None:
    token = pending(box)
    form = {"oauth_token": token["oauth_token"], "screen_name": box.users()[0]["name"]}
    found = re.search(r'id="pin">(\d{7})<', requests.post(f"{box.base}/oauth/authorize", data=form, timeout=TIMEOUT).text)
    assert found
    wrong = exchange(box, token, "0000000" if found[1] != "0000000" else "1111111")
    assert (wrong.status_code, wrong.text) == (401, "Error processing your OAuth request: Invalid oauth_verifier parameter")
    assert exchange(box, token, found[1]).status_code == 200
    again = exchange(box, token, found[1])
    assert (again.status_code, again.text) == (401, "Invalid request token.")


def test_a_pin_before_anybody_agreed_is_wrong(box: Sandbox) -> None:
    assert exchange(box, pending(box), "").status_code == 401


def test_wrong_keys(box: Sandbox) -> None:
    for key, secret in (("nobody", "x"), (APP[0], "wrong")):
        answer = request_token(box, key, secret)
        assert answer.status_code == 401
        assert answer.json()["errors"][0] == {"code": 32, "message": "Could not authenticate you."}


def test_an_app_without_user_authentication(box: Sandbox) -> None:
    for answer in (
        request_token(box, "sandbox-key-app-only", "sandbox-secret-app-only"),
        request_token(box, callback="https://x.example/"),
    ):
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["code"] == 415
        assert answer.json()["errors"][0]["message"].startswith("Callback URL not approved for this client application.")


def test_wrong_tokens_are_401(box: Sandbox) -> None:
    good = box.sign_in(box.users()[0]["name"])
    token, secret = good.client.resource_owner_key, good.client.resource_owner_secret
    for auth in (
        OAuth1(*APP, token, "wrong"),
        OAuth1(APP[0], "wrong", token, secret),
        OAuth1(*APP, token[:-1] + "z", secret),
        OAuth1("sandbox-key-2", "sandbox-secret-2", token, secret),
    ):
        answer = box.get("/2/users/me", auth=auth)
        assert answer.status_code == 401
        assert answer.json()["title"] == "Unauthorized"
    for header in ("Bearer wrong", f"Bearer {BEARER.replace('%2B', '+')}", "Basic eDp5", "OAuth nonsense", ""):
        answer = requests.get(f"{box.base}/2/users/{box.users()[0]['id']}", headers={"Authorization": header}, timeout=TIMEOUT)
        assert answer.status_code == 401, header


def test_a_signature_holds_for_its_parameters_only_and_once(box: Sandbox) -> None:
    good = box.sign_in(box.users()[0]["name"]).client
    client = Client(*APP, good.resource_owner_key, good.resource_owner_secret)
    url = f"{box.base}/2/users/{box.users()[0]['id']}/tweets"
    signed, headers, _ = client.sign(f"{url}?max_results=5&tweet.fields=lang%2Ctext")
    assert requests.get(signed, headers=headers, timeout=TIMEOUT).status_code == 200
    assert requests.get(signed, headers=headers, timeout=TIMEOUT).status_code == 401, "the nonce was used"
    _, headers, _ = client.sign(f"{url}?max_results=5")
    assert requests.get(f"{url}?max_results=6", headers=headers, timeout=TIMEOUT).status_code == 401


def test_the_bearer_token(box: Sandbox) -> None:
    def ask(key: str, secret: str, grant: str = "client_credentials") -> requests.Response:
        return requests.post(f"{box.base}/oauth2/token", auth=(key, secret), data={"grant_type": grant}, timeout=TIMEOUT)

    assert ask(*APP).json() == {"token_type": "bearer", "access_token": BEARER}
    assert ask(APP[0], "wrong").status_code == 403
    assert ask(*APP, grant="password").status_code == 403


@rows(("path", "as_user"), [("/2/users/me", False), ("/2/usage/tweets", True)])
def test_the_wrong_kind_of_token(box: Sandbox, path: str, as_user: bool) -> None:
    answer = box.get(path, auth=box.sign_in(box.users()[0]["name"]) if as_user else None)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/unsupported-authentication")


def test_nothing_secret_is_in_the_log(box: Sandbox) -> None:
    auth = box.sign_in(box.users()[0]["name"])
    box.get("/2/users/me", auth=auth)
    log = str(box.look("log"))
    assert "/2/users/me" in log
    for secret in (APP[1], auth.client.resource_owner_key, auth.client.resource_owner_secret, BEARER):
        assert secret not in log


def test_a_strict_clock_wants_its_own_time_in_signatures(start: Any) -> None:
    box = start("--clock", "2026-03-01T12:00:00Z")
    auth = box.sign_in(box.users()[0]["name"])
    assert box.get("/2/users/me", auth=auth).status_code == 200
    box.tell("clock", {"strict": True})
    assert box.get("/2/users/me", auth=auth).status_code == 401
    box.tell("clock", {"strict": False})
    assert box.get("/2/users/me", auth=auth).status_code == 200
