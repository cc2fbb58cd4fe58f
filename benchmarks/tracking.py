#!/usr/bin/env python3
"""What tracking 480 members of 6 lists asks of X and costs, and how soon a newcomer is recorded.

    python -m benchmarks.tracking [--members 480] [--posts 60]

A sandbox serves an observer's lists, whose members post. tw-tracklists records them as an operator runs it from cron. Then: a
newcomer who is put on a list while a round is going on; a day on which nobody posts; what that day cost. What is in the archive
is compared with the truth after each of them. Times are those of the sandbox.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.desk import Desk, sandbox
from tests.operator import ALL_OPEN

DAY = 86_400
WORLD = """
[world]
users = {users}
observers = 1
lists = 6
members = {members}
silent = 0
most_posts = {posts}
posts_a_day = 24
{open}
[limits]
window = 900
"/2/users/:id/tweets" = {window}
"""


class Tracking:
    """An observer at a desk, and what is true of the lists."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def run(self, *options: str) -> str:
        """A run as cron has it; what it said last."""
        process = self.desk.start("tw-tracklists", "brexit", "--relist", "20", *options)
        status, said = process.wait(), (self.desk.home / "said").read_text()
        assert status == 0, said
        return said.splitlines()[-1].partition(" ")[2]

    def pass_a_day(self) -> None:
        """A day later, as the recorder learns with its next request."""
        self.desk.post("clock", {"advance": DAY})
        assert self.desk.start("tw-myname").wait() == 0

    def everybody(self) -> set[str]:
        """The ids of all members."""
        lists = [self.desk.ask(f"truth/lists/{one['id']}") for one in self.desk.ask("truth/lists")]
        return {member["id"] for one in lists for member in one["members"]}

    def is_whole(self) -> None:
        """The archive is the truth, up to when each member was asked: X may show posts half a minute late."""
        from netwar.records.ids import posted

        with self.desk.archive() as archive:
            for user in self.everybody():
                until = archive.record("twbrexit", user).asked - 30_000
                truth = [id for id in self.desk.lines(f"truth/tweets/{user}") if id and (posted(int(id)) or 0) <= until]
                missing = archive.missing("twbrexit", "id", truth)
                assert not missing, f"{user}: {len(missing)} of {len(truth)} posts are missing"

    def asked(self, since: int) -> list[dict[str, Any]]:
        """The requests after number `since`."""
        return [one for one in self.desk.ask("log?last=100000") if one["number"] > since]

    def users(self) -> list[str]:
        """The ids of all users of the world."""
        return [json.loads(line)["id"] for line in self.desk.lines("truth/users?first=5000") if line]

    def settles(self) -> None:
        """Wait until timelines are no longer asked for."""
        before = -1
        while (now := sum(1 for one in self.asked(0) if one["path"].endswith("/tweets"))) != before:
            before = now
            time.sleep(10)

    def now(self) -> float:
        """The sandbox's time in seconds since 1970."""
        from netwar.records.times import milliseconds

        return (milliseconds(self.desk.ask("clock")["now"]) or 0) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=480)
    parser.add_argument("--posts", type=int, default=60)
    given = parser.parse_args()
    world = WORLD.format(users=given.members + 40, members=given.members, posts=given.posts, window=1_000_000, open=ALL_OPEN)
    with tempfile.TemporaryDirectory() as folder, sandbox(Path(folder), world) as url:
        measure(Tracking(Desk(Path(folder), url)))


def measure(tracking: Tracking) -> None:
    """One day after the other."""
    print("first  ", tracking.run())
    tracking.is_whole()
    newcomer(tracking)
    quiet(tracking)


def newcomer(tracking: Tracking) -> None:
    """A day later: somebody is put on a list while the round is going on."""
    desk = tracking.desk
    tracking.pass_a_day()
    first = desk.ask("truth/lists")[0]["id"]
    user = tracking.users()[-1]
    process = desk.start("tw-tracklists", "brexit", "--relist", "60", "--wait")
    time.sleep(5)  # the round is begun
    put = tracking.now()
    desk.post(f"lists/{first}/members", {"add": [user]})
    while not any(one["path"] == f"/2/users/{user}/tweets" for one in tracking.asked(0)):
        time.sleep(1)
        assert process.poll() is None, (desk.home / "said").read_text()
    print(f"newcomer asked for {tracking.now() - put:.0f} s after they were put on a list, while the round was going on")
    tracking.settles()
    process.terminate()
    process.wait()
    tracking.is_whole()


def quiet(tracking: Tracking) -> None:
    """A day on which nobody posts, and what it costs."""
    desk = tracking.desk
    for user in tracking.users():
        desk.post("pace", {"user": user, "posts_a_day": 0})
    tracking.pass_a_day()
    print("settled", tracking.run())
    tracking.pass_a_day()
    time.sleep(20)  # until the lists are looked at again
    before, number = desk.ask("bill")["micro"], desk.ask("")["requests"]
    print("quiet  ", tracking.run())
    asked = tracking.asked(number)
    timelines = [one for one in asked if one["path"].endswith("/tweets")]
    posts = sum(one["micro"] for one in timelines)
    others = desk.ask("bill")["micro"] - before - posts
    print(f"quiet day: {len(timelines)} timelines for ${posts / 1e6:.3f}, lists and members ${others / 1e6:.3f}")


if __name__ == "__main__":
    main()
