"""What an observer does who keeps lists, and what is true of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from time import sleep
from typing import Any

from tests.desk import Ended
from tests.operator import ALL_OPEN, Operator

# Everybody is open, and posts; six members on two lists, two of them on both. To begin with nobody has more than so many posts.
MOST = "most_posts = 20\n"
WORLD = f"""
[world]
users = 40
lists = 2
members = 6
silent = 0
posts_a_day = 20
{ALL_OPEN}{MOST}"""
DAY = 86_400


@dataclass
class Lists(Operator):
    """An operator whose account keeps lists."""

    def track(self, *options: object, check: int | None = 0) -> Ended:
        """A run that looks at the lists, however short ago another one did."""
        return self.run("tw-tracklists", "brexit", "--relist", 1, *options, check=check)

    def pass_by(self, seconds: float) -> None:
        """Let so much time pass at X, and a second here: no run looks at the lists more often."""
        sleep(1)
        self.post("clock", {"advance": seconds})

    def lists(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.get("truth/lists"))
        return found

    def listed(self) -> dict[str, list[str]]:
        """The ids of the members, by list."""
        lists = [json.loads(self.get(f"truth/lists/{one['id']}")) for one in self.lists()]
        return {one["id"]: [member["id"] for member in one["members"]] for one in lists}

    def everybody(self) -> set[str]:
        """The ids of all members."""
        return {user for members in self.listed().values() for user in members}

    def put(self, list_id: str, *users: str) -> None:
        self.post(f"lists/{list_id}/members", {"add": list(users)})

    def take_off(self, list_id: str, *users: str) -> None:
        self.post(f"lists/{list_id}/members", {"remove": list(users)})

    def timelines(self) -> list[str]:
        """The users whose timelines were asked for, in order."""
        lines = [line for line in self.log() if line["method"] == "GET" and line["path"].startswith("/2/users/")]
        return [line["path"].split("/")[3] for line in lines if line["path"].endswith("/tweets")]

    def members(self) -> dict[str, dict[str, Any]]:
        """Who is on the roster, by id, as tw-showmywork has them."""
        shown = json.loads(self.run("tw-showmywork", "brexit", "--json").stdout)
        return {one["id"]: one for one in shown["members"]}

    def is_whole(self, users: set[str]) -> None:
        """What is recorded of these users is what they ever posted."""
        for user in users:
            assert self.recorded("brexit", user) == set(self.truth(user)), user

    def log_of(self, *lists: str) -> list[tuple[str, str]]:
        """The history of lists: what happened, to whom."""
        rows = [json.loads(line) for line in self.run("tw-listlog", "brexit", *lists, "--json").stdout.splitlines()]
        return [(row["change"], row["id"]) for row in rows]
