"""A real tw-sandbox in a process of its own, and a plain client for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1

from tests.desk import Desk, running_sandbox

PROGRAM = Path(__file__).parents[2] / "bin" / "tw-sandbox"
APP = ("sandbox-key", "sandbox-secret")
BEARER = "AAAAAAAAAAAAAAAAAAAAAsandbox%2Bbearer%3Dtoken"
TIMEOUT = 20

ALL_TWEET_FIELDS = (
    "article,attachments,author_id,card_uri,community_id,context_annotations,conversation_id,created_at,display_text_range,"
    "edit_controls,edit_history_tweet_ids,entities,geo,id,in_reply_to_user_id,lang,note_tweet,paid_partnership,"
    "possibly_sensitive,public_metrics,referenced_tweets,reply_settings,scopes,source,text,withheld"
)
ALL_USER_FIELDS = (
    "affiliation,created_at,description,entities,id,is_identity_verified,location,most_recent_tweet_id,name,parody,"
    "pinned_tweet_id,profile_banner_url,profile_image_url,protected,public_metrics,subscription_type,url,username,verified,"
    "verified_followers_count,verified_type,withheld"
)
OTHER_FIELDS = {
    "media.fields": "alt_text,duration_ms,height,media_key,preview_image_url,public_metrics,type,url,variants,width",
    "place.fields": "contained_within,country,country_code,full_name,geo,id,name,place_type",
    "poll.fields": "duration_minutes,end_datetime,id,options,voting_status",
}
LEGACY = {
    "tweet.fields": ALL_TWEET_FIELDS,
    "user.fields": ALL_USER_FIELDS,
    "expansions": "author_id,in_reply_to_user_id,referenced_tweets.id,referenced_tweets.id.author_id,attachments.media_keys,"
    "attachments.poll_ids,geo.place_id,entities.mentions.username,edit_history_tweet_ids",
    **OTHER_FIELDS,
}


class Sandbox:
    """The address of a running sandbox, and short ways to ask it."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.session = requests.Session()
        self.app = {"Authorization": f"Bearer {BEARER}"}

    def get(self, path: str, auth: OAuth1 | None = None, **parameters: Any) -> requests.Response:
        """Ask as the app, or with `auth` as a user."""
        query = {name.replace("__", "."): value for name, value in parameters.items()}
        headers = None if auth else self.app
        return self.session.get(self.base + path, params=query, headers=headers, auth=auth, timeout=TIMEOUT)

    def pages(self, user: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Page through a timeline to its end."""
        parameters = {"max_results": 100, **parameters}
        while True:
            answer = self.get(f"/2/users/{user}/tweets", **parameters)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            yield body
            token = body.get("meta", {}).get("next_token")
            if token is None:
                return
            parameters["pagination_token"] = token

    def timeline(self, user: str, **parameters: Any) -> list[str]:
        return [post["id"] for body in self.pages(user, **parameters) for post in body.get("data", [])]

    def truth(self, user: str) -> list[str]:
        return self.session.get(f"{self.base}/sandbox/truth/tweets/{user}", timeout=TIMEOUT).text.split()

    def users(self) -> list[dict[str, Any]]:
        lines = self.session.get(f"{self.base}/sandbox/truth/users", timeout=TIMEOUT).iter_lines()
        return [json.loads(line) for line in lines]

    def look(self, what: str) -> Any:
        return self.session.get(f"{self.base}/sandbox/{what}", timeout=TIMEOUT).json()

    def tell(self, what: str, body: Any = None) -> Any:
        answer = self.session.post(f"{self.base}/sandbox/{what}", json=body, timeout=TIMEOUT)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def calm(self) -> None:
        """No faults, fresh windows."""
        self.session.delete(f"{self.base}/sandbox/faults", timeout=TIMEOUT)
        self.tell("windows/reset")

    def sign_in(self, name: str, app: tuple[str, str] = APP) -> OAuth1:
        """The PIN way, as a user would go it."""
        answer = requests.post(f"{self.base}/oauth/request_token", auth=OAuth1(*app, callback_uri="oob"), timeout=TIMEOUT)
        assert answer.status_code == 200, answer.text
        token = dict(pair.split("=") for pair in answer.text.split("&"))
        form = {"oauth_token": token["oauth_token"], "screen_name": name}
        page = requests.post(f"{self.base}/oauth/authorize", data=form, timeout=TIMEOUT).text
        found = re.search(r'id="pin">(\d{7})<', page)
        assert found, page
        auth = OAuth1(*app, token["oauth_token"], token["oauth_token_secret"], verifier=found[1])
        answer = requests.post(f"{self.base}/oauth/access_token", auth=auth, timeout=TIMEOUT)
        assert answer.status_code == 200, answer.text
        got = dict(pair.split("=") for pair in answer.text.split("&"))
        assert got["screen_name"] == name
        return OAuth1(*app, got["oauth_token"], got["oauth_token_secret"])


def billed_kinds(box: Sandbox) -> dict[str, int]:
    """How many objects were billed, by kind, of those that were."""
    return {kind: count for kind, count in box.look("bill")["billed"].items() if count}


Start = Callable[..., Sandbox]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start sandboxes with options and a scenario; each must end cleanly on TERM."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    with ExitStack() as running:

        def begin(*options: str, scenario: str = "") -> Sandbox:
            if scenario:
                file = tmp_path_factory.mktemp("scenario") / "scenario.toml"
                file.write_text(scenario, encoding="utf-8")
                options = (*options, "--scenario", str(file))
            sandbox = Sandbox(running.enter_context(running_sandbox(desk, *options)).url)
            running.callback(sandbox.session.close)
            return sandbox

        yield begin


@pytest.fixture(scope="module")
def box(start: Start) -> Sandbox:
    """The usual world, shared by the tests of a module."""
    return start()


@pytest.fixture(autouse=True)
def _calm(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that share a sandbox leave no faults behind."""
    yield
    if "box" in request.fixturenames:
        request.getfixturevalue("box").calm()
