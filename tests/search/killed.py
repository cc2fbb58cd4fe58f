"""A search that is killed with -9 again and again: what is recorded is the truth, and nothing is paid for twice.

python -m tests.search.killed --kills 50 --posts 100000
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from tests.desk import BIN, Desk, running_sandbox
from tests.randomly import SEED
from tests.search.conftest import NOW, Searcher

KILLER = Path(__file__).parents[1] / "timelines" / "killer.py"
MOMENTS = ("billed", "before", "between")
AGAIN = 20 + 100  # posts that may come once more after a kill: those that prove nothing yet, and the page that was not written
EACH = 5_000  # posts of a user
WORLD = """
[world]
users = {users}
end = 2025-12-01T00:00:00Z
prolific = 0
suspended = 0
protected = 0
gone = 0
most_posts = 30
[mix]
plain = 1
[clock]
now = 2026-01-01T12:00:00Z
[limits]
"/2/tweets/search/recent" = 1000000
"""


def world(posts: int) -> str:
    return WORLD.format(users=max(3, -(-posts // EACH)))


def killed(one: Searcher, posts: int, kills: int) -> str:
    """The whole story; what must hold is asserted. What it came to, in words."""
    chance, users = random.Random(SEED), [user["id"] for user in one.users()]
    for user in users:
        one.post("posts", {"user": user, "count": posts // len(users)})
    query = " OR ".join(f"from:{user}" for user in users[:-1])
    one.write("lines.txt", f"{query}\nfrom:{users[-1]}\n")
    pages, done = max(1, posts // 100 // (kills + 1)), 0
    for _ in range(3 * kills):
        moment, page = chance.choice(MOMENTS), chance.randint(1, 2 * pages)
        arguments = (
            KILLER,
            moment,
            page,
            BIN / "tw-search2elk",
            "brexit",
            "lines.txt",
            "--yes",
            "-q",
            "--until",
            "2026-01-01T11:58:00",
        )
        status = one.run(*arguments, check=None, timeout=600).status
        if status == 0:
            break
        assert status == -9, status
        done += 1
    one.run("tw-search2elk", "brexit", "lines.txt", "--yes", "--until", "2026-01-01T11:58:00", timeout=3_000)
    truth = one.truth_of(f"({query}) OR from:{users[-1]}", until=NOW - 120_000)
    kept = one.kept()
    assert kept == truth, f"{len(truth - kept)} of {len(truth)} are missing, {len(kept - truth)} too many"
    bill = one.bill()
    returned, billed, spent = bill["returned"]["post"], bill["billed"]["post"], one.spent()
    assert returned <= billed + done * AGAIN, f"{returned} posts came for {billed}"
    assert bill["micro"] <= spent <= bill["micro"] + done * AGAIN * 5_000
    again = one.run("tw-search2elk", "brexit", "lines.txt", "--yes", "--until", "2026-01-01T11:58:00")
    assert "nothing is left" in again.stderr
    assert one.bill()["returned"]["post"] == returned
    money = f"bill ${bill['micro'] / 1e6:,.3f}, meter ${spent / 1e6:,.3f}"
    return f"{done} kills, {len(kept):,} posts, each of the truth; {returned - billed:,} came twice; {money}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--posts", type=int, default=100_000)
    asked, began = parser.parse_args(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        scenario = Path(folder) / "world.toml"
        scenario.write_text(world(asked.posts))
        desk = Desk(home)
        with running_sandbox(desk, "--scenario", scenario) as sandbox:
            desk.configure(sandbox.url, budget=1_000_000, maxcpu=100, maxmem=100)
            told = killed(Searcher(desk, sandbox), asked.posts, asked.kills)
            print(f"{told}; {time.perf_counter() - began:.0f} s (NETWAR_SEED={SEED})")


if __name__ == "__main__":
    main()
