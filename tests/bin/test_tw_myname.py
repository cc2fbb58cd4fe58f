"""tw-myname: whose keys these are."""

from __future__ import annotations

from tests.desk import Desk, Sandbox
from tests.operator import Recorded


def test_it_is_the_user_who_signed_in(recorded: Recorded) -> None:
    name, number, *_ = recorded.run("tw-myname").stdout.split("\t")
    assert (name, number) == (recorded.user["name"], recorded.user["id"])


def test_it_is_booked_once_a_day(recorded: Recorded) -> None:
    recorded.run("tw-myname")
    before = recorded.spent()
    recorded.run("tw-myname")
    assert recorded.spent() == before == recorded.bill()["micro"]


def test_without_keys_it_says_what_to_run(desk: Desk, shared_sandbox: Sandbox) -> None:
    desk.configure(api=shared_sandbox.url, access_token_key="", consumer_key="sandbox-key")
    ended = desk.run("tw-myname", check=78)
    assert "has no consumer_secret, access_token_key, access_token_secret: run tw-auth" in ended.stderr
