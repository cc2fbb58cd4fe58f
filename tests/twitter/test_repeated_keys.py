"""What answers in X's place may repeat the keys that it was shown: they are kept nowhere, and told to nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.desk import Desk
from tests.rows import rows
from tests.serving import Answering, serving

pytestmark = pytest.mark.long

BEARER = "BearerOfTheApp%2B4711abcdefgh"
KEYS = {"consumer_key": "KeyOfTheApp4711", "consumer_secret": "SecretOfTheApp4711", "bearer_token": BEARER, "auth": "app"}
KEYS |= {"access_token_key": "7-TokenOfUser4711", "access_token_secret": "SecretOfUser4711"}
OF_KEYS = re.compile("OfTheApp|OfUser|4711abc")  # any part of them that no time and no process id can look like


@contextmanager
def repeating(status: int) -> Iterator[str]:
    """An X that knows who a user is, and repeats the header Authorization when it is asked for more; its address."""

    class Handler(Answering):
        def do_GET(self) -> None:
            header = self.headers.get("authorization", "")
            told = {"title": "Not Found", "detail": f"header [{header}]", "value": "4242", "parameter": "id"}
            told |= {
                "type": "https://api.x.com/2/problems/resource-not-found",
                "errors": [{**told, "message": f"header [{header}]"}],
            }
            known = "/users/by" in self.path or self.path.startswith("/2/users?")
            body = json.dumps({"data": [{"id": "4242", "username": "nasa", "name": "n"}]} if known else told).encode()
            self.answer(200 if known else status, body)

    with serving(Handler) as address:
        yield f"http://{address}"


@rows("status", [200, 400, 403, 404])
def test_keys_that_are_repeated_stand_nowhere(desk: Desk, status: int) -> None:
    data = desk.home / "data"
    with repeating(status) as api:
        desk.configure(**{**KEYS, "api": api, "data": data, "budget": 100, "maxcpu": 100, "maxmem": 100})
        desk.run("tw-quser2work", "-", input="nasa\n", check=0)
        runs = [desk.run("tw-idu3elk", "br") for _ in range(5)]
        runs += [desk.run(*words.split()) for words in ("tw-showwork --json", "tw-failed work", "tw-coverage br --json")]
        runs += [desk.run(*words.split()) for words in ("tw-perflog --json", "tw-status --json", "tw-count rain --yes -v")]
    told = "".join(ended.stdout + ended.stderr for ended in runs)
    assert "***" in told
    assert not OF_KEYS.search(told), OF_KEYS.search(told)
    kept = {path.name: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    assert any(b"header [Bearer ***]" in content for content in kept.values())
    assert not [name for name, content in kept.items() if OF_KEYS.search(content.decode(errors="replace"))]
