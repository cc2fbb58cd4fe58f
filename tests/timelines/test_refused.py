"""A user whom X refuses for ever is set aside, and nobody else pays for it: neither the other users nor our keys."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.operator import TIMELINE, Three, no_bug
from tests.rows import rows

pytestmark = pytest.mark.long


@rows(
    ("fault", "says"),
    [
        ({"kind": "invalid-request"}, "status 400 .*'since_id' must be a tweet id"),
        ({"kind": "unauthorized"}, r"status 401 \(Unauthorized\)"),
        ({"kind": "code-453"}, "status 403 .*subset of X API V2"),
        ({"kind": "server-error", "status": 451}, r"status 451 \(Error\)"),
        ({"kind": "server-error", "status": 503}, "status 503"),
        ({"kind": "conflict"}, "status 409"),
    ],
)
def test_is_set_aside_after_five_times_with_what_x_said(three: Three, fault: dict[str, Any], says: str) -> None:
    first, *others = three.ids()[:3]
    three.fault(endpoint=TIMELINE, user=first, **fault)
    ended = three.capture(check=1)
    no_bug(ended)
    [failed] = three.work()["failed"]
    assert (failed["user"], failed["times"]) == (first, 5)
    assert re.search(says, failed["reason"])
    assert "tw-auth" not in ended.stderr
    assert f"failed: {first} (5x)" in ended.stderr
    for user in others:
        assert three.recorded("three", user) == set(three.truth(user))
    assert [state for state, _ in three.entries()] == ["failed"]
    three.mend()
    three.queue([first])
    three.completes()


def test_so_is_one_whose_second_page_is_refused_each_time(three: Three) -> None:
    first = three.ids()[0]
    three.fault("invalid-request", endpoint=TIMELINE, user=first, after=1)
    ended, name = three.capture(check=1), three.users()[0]["name"]
    assert f"failed: {name} ({first}) (5x)" in ended.stderr
    assert f"user {name} ({first}): " in ended.stderr
    assert three.recorded("three", first) == set(three.truth(first)[:100])
    assert [state for state, _ in three.entries()] == ["failed"]


def test_keys_that_are_revoked_in_mid_run_are_no_fault_of_the_last_user(three: Three) -> None:
    three.fault("unauthorized", endpoint=TIMELINE, after=3)
    ended = three.capture(check=78)
    assert re.search(r"does not accept these keys .*run tw-auth again", ended.stderr.splitlines()[-1])
    assert three.entries() == [("waiting", three.ids()[2])]
    assert "failed:" not in ended.stderr
    three.completes()


def test_one_who_is_alone_in_being_refused_fails_once_a_run(three: Three) -> None:
    three.run("tw-wipework", "--yes")
    first = three.ids()[0]
    three.queue([first])
    three.fault("unauthorized", endpoint=TIMELINE)
    assert "run tw-auth again" in three.capture(check=78).stderr
    three.mend()
    three.fault("invalid-request", endpoint=TIMELINE)
    for times in range(1, 5):
        assert f"failed: {first} ({times}x); who fails 5 times in a row is set aside" in three.capture(check=1).stderr
        assert [state for state, _ in three.entries()] == ["waiting"]
    assert f"failed: {first} (5x), and set aside: tw-failed work shows why" in three.capture(check=1).stderr
    assert [state for state, _ in three.entries()] == ["failed"]


@rows("kind", ["invalid-request", "unauthorized", "server-error", "conflict"])
def test_a_name_that_makes_x_refuse_a_look_up_does_not_stop_the_others(three: Three, kind: str) -> None:
    """They are not blamed either, though X will not tell of them together with it."""
    three.run("tw-wipework", "--yes")
    *others, refused = (user["name"] for user in three.users()[:3])
    three.queue([*others, refused])
    three.fault(kind, endpoint="/2/users/by", user=f"@{refused}")
    ended = three.capture(check=1)
    no_bug(ended)
    assert f"failed: {refused.lower()} (5x)" in ended.stderr
    assert not any(f"user {other.lower()}" in ended.stderr for other in others)
    three.mend()
    three.queue([refused])
    three.completes()
