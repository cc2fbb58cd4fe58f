"""What a run tells while it is at it: with -v each page, with --wait what is waited for, and users by name and id."""

from __future__ import annotations

import re

from tests.operator import TIMELINE, Three


def test_each_page_is_told_and_what_is_waited_for_once(three: Three) -> None:
    three.fault("rate-limit", endpoint=TIMELINE, times=1)
    user = three.users()[0]
    told = three.capture("--user", user["id"], "--wait", "-v", check=0).stderr
    assert len(re.findall(r"waiting, as --wait says, until \d\d:\d\d:\d\d UTC \(\d+ s\); 1 user waits", told)) == 1
    pages = re.findall(rf"user {user['name']} \({user['id']}\): page of (\d+) tweets for \$\d\.\d\d\d, complete", told)
    assert pages == ["100", "20"]
    assert three.recorded("three", user["id"]) == set(three.truth(user["id"]))
