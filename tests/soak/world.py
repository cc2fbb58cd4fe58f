"""The world of a soak: a tw-sandbox in which people post, rename themselves, come and go, and its truth."""

from __future__ import annotations

import json
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

from netwar.records.ids import SNOWFLAKE_EPOCH as EPOCH
from tests.desk import Desk, running_sandbox

OBSERVED = 2  # users number 0 and 1 are there all the time: their followers are read
VOICES, RATE = 60, 9.0  # who post for the stream, and how many posts a second there are
WINDOW = 4  # seconds; X's are 900
MOST, COMING = 4_000, 8  # users that there can be, and who become known by and by
REACHABLE = 3_200  # posts of a timeline that X serves

SCENARIO = """
[world]
seed = {seed}
users = {users}
prolific = 0
most_posts = 260
most_followers = 0
{deep}
[[users]]
index = 0
posts = 130
followers = 90
following = 20

[[users]]
index = 1
posts = 40
followers = 25
following = 60

[[lists]]
owner = 0
name = "NSCE Soak"
members = {{ first = 2, count = 12 }}

[[lists]]
owner = 1
name = "NSCE Soak"
members = [0, 2, 3]

[limits]
window = {window}
"/2/users/:id/tweets" = {{ app = 60, user = 25 }}
"/2/users/:id/followers" = 20
"/2/users/:id/following" = 20

[stream]
voices = {voices}
rule_delay = 0.5
linger = 0.3
keep_alive = 1

[server]
trailing_page = {trailing}
compress = {compress}
"""
DEEP = "\n[[users]]\nindex = 2\nposts = 3250\n"


class World:
    """A sandbox of one's own; `users` is how many are known at first, `deep` puts one past X's limit among them."""

    def __init__(self, folder: Path, chance: Random, users: int, deep: bool) -> None:
        self._known = users
        self._chance = chance
        self._closing = ExitStack()
        self._names = 0
        self._seen = 0
        either = {name: chance.choice(("true", "false")) for name in ("trailing", "compress")}
        text = SCENARIO.format(
            seed=chance.randrange(1 << 30), users=MOST, deep=DEEP if deep else "", window=WINDOW, voices=VOICES, **either
        )
        (file := folder / "scenario.toml").write_text(text)
        sandbox = self._closing.enter_context(running_sandbox(Desk(folder), "--scenario", file))
        self.url, self.log = sandbox.url, folder / "sandbox.log"
        self.offset = 0.0
        self.next_day()
        self.tell("clock", {"strict": True})

    def close(self) -> None:
        self._closing.close()

    # -- time ------------------------------------------------------------------------------------

    def next_day(self) -> None:
        """Half past midnight (UTC) of the next day at X: a soak that steps from day to day meets no other midnight."""
        self.tell("stream", {"rate": 0})  # what was posted meanwhile would be there all the same
        now = self.now() / 1000
        self.tell("clock", {"advance": 86_400 - now % 86_400 + 1_800})
        self.offset = self.now() / 1000 - time.time()
        self.tell("stream", {"rate": RATE})

    def now(self) -> int:
        """What time it is at X (ms)."""
        return int(self.look("clock")["milliseconds"])

    @property
    def day(self) -> str:
        """The UTC day at X, as 2026-01-31."""
        return str(self.look("clock")["now"][:10])

    def come(self) -> list[str]:
        """More users become known; their ids."""
        self._known += COMING
        return [user["id"] for user in self.users()[-COMING:]]

    # -- truth -----------------------------------------------------------------------------------

    def users(self) -> list[dict[str, Any]]:
        """Those who are known so far."""
        return [json.loads(line) for line in self._get(f"truth/users?first={self._known}").splitlines()]

    def posts(self, user: str) -> list[int]:
        """Every id that a user ever posted, newest first."""
        return [int(line) for line in self._get(f"truth/tweets/{user}").split()]

    def circle(self, user: str, direction: str) -> set[str]:
        return set(self._get(f"truth/{direction}/{user}").split())

    def members(self, list_id: str) -> set[str]:
        """Who is on a list."""
        return {member["id"] for member in self.look(f"truth/lists/{list_id}")["members"]}

    def bill(self, app: str) -> dict[str, int]:
        """Micro-dollars by day."""
        return {day["day"]: day["micro"] for day in self.look(f"bill?app={app}")["days"]}

    def requests(self) -> list[dict[str, Any]]:
        """What was asked since the last time that this was called."""
        new = [entry for entry in self.look("log?last=5000") if entry["number"] > self._seen]
        self._seen = new[-1]["number"] if new else self._seen
        return new

    def name(self, index: int) -> str:
        """The screen name of anybody by number, also beyond those whom the truth lists."""
        return str(self.tell("state", {"user": index})["name"])

    def sung(self, query: str = "") -> dict[int, int]:
        """Posts of the stream that a rule would have, or all: id and time (ms)."""
        which = urlencode({"query": query} if query else {"all": 1})
        told = [json.loads(line) for line in self._get(f"truth/stream?{which}").splitlines()]
        return {int(one["id"]): int(one["ms"]) for one in told}

    def voices(self) -> list[str]:
        """Who post for the stream."""
        return sorted({json.loads(line)["author"] for line in self._get("truth/stream?all=1").splitlines()})

    def flushed(self, app: str) -> dict[int, int]:
        """What has left on an app's connections: id and time (ms)."""
        told = [json.loads(line) for line in self._get(f"truth/stream/flushed?app={app}").splitlines()]
        return {int(one["id"]): int(one["ms"]) for one in told}

    def connects(self, app: str) -> list[int]:
        """When an app tried to connect (ms)."""
        return [one["ms"] for one in self.look("truth/stream/connects") if one["caller"].split("/")[0] == app]

    def matching(self, query: str, since: int, until: int) -> set[int]:
        """Posts of a time (ms) that a search for this would find."""
        bounds = {name: (ms - EPOCH) << 22 for name, ms in (("since_id", since), ("until_id", until))}
        return {int(line) for line in self._get(f"truth/search?{urlencode({'query': query, **bounds})}").split()}

    # -- life ------------------------------------------------------------------------------------

    def live(self) -> str:
        """Let something happen to somebody; what it was."""
        user = self._chance.choice(self.users())
        happens = (
            [self._post] * 6
            + [self._rename] * 2
            + [self._follow] * 2
            + [self._list] * 2
            + [self._write_profile, self._change_state]
        )
        return self._chance.choice(happens)(user)

    def _post(self, user: dict[str, Any]) -> str:
        count = self._chance.choice((1, 2, 5, 30, 140, 140))
        self.tell("posts", {"user": user["index"], "count": count})
        return f"{user['id']} posts {count} more"

    def _rename(self, user: dict[str, Any]) -> str:
        """To a name that is new, or that somebody else has left."""
        left = [one["former_name"] for one in self.users() if one["former_name"] and one["index"] != user["index"]]
        self._names += 1
        name = self._chance.choice([*left, *[f"Renamed_{self._names}"] * 3])
        if name.lower() in {one["name"].lower() for one in self.users()}:
            name = f"Renamed_{self._names}"
        self.tell("state", {"user": user["index"], "name": name})
        return f"{user['id']} {user['name']} is {name} now"

    def _change_state(self, user: dict[str, Any]) -> str:
        if user["index"] < OBSERVED:
            return self._post(user)
        back = user["state"] != "active"
        state = "active" if back else self._chance.choice(("suspended", "protected", "gone"))
        self.tell("state", {"user": user["index"], "state": state})
        return f"{user['id']} is {state} now"

    def _write_profile(self, user: dict[str, Any]) -> str:
        self.tell("profile", {"user": user["index"], "description": f"number {self._chance.random()}"})
        return f"{user['id']} writes a profile anew"

    def _follow(self, user: dict[str, Any]) -> str:
        index, direction = self._chance.randrange(OBSERVED), self._chance.choice(("followers", "following"))
        members = sorted(self.circle(self.users()[index]["id"], direction))
        leaving = self._chance.sample(members, min(len(members), self._chance.randrange(6)))
        coming = self._chance.randrange(8)
        self.tell("follows", {"user": index, "direction": direction, "add": coming, "remove": leaving})
        return f"{direction} of number {index}: {coming} come, {len(leaving)} leave"

    def _list(self, user: dict[str, Any]) -> str:
        """Somebody is put on a list, and perhaps somebody is taken off it."""
        which = self._chance.choice(self.look("truth/lists"))["id"]
        leaving = self._chance.sample(sorted(self.members(which)), self._chance.randrange(2))
        self.tell(f"lists/{which}/members", {"add": [user["id"]], "remove": [one for one in leaving if one != user["id"]]})
        return f"{user['id']} is put on list {which}, {len(leaving)} taken off"

    # -- asking ----------------------------------------------------------------------------------

    def look(self, path: str) -> Any:
        return json.loads(self._get(path))

    def tell(self, path: str, body: object, method: str = "POST") -> Any:
        request = urllib.request.Request(f"{self.url}/sandbox/{path}", json.dumps(body).encode(), method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.url}/sandbox/{path}", timeout=60) as answer:
            return str(answer.read().decode())
