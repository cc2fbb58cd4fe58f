"""What must be true when all has run dry: the archive is what X serves, but for what is known to be lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.soak.archives import Claimed
from tests.soak.world import REACHABLE, World

IN_DOUBT = 2_000  # posts: above that depth nothing can be out of X's reach
READ = ("complete", "partial", "empty")


def timeline(user: dict[str, Any], posts: list[int], claim: Claimed | None, there: set[int]) -> Iterator[str]:
    """What is wrong with what is recorded of a user; `claim` is the ledger's word on them, `there` are the ids in the archive."""
    if claim is None:
        yield f"user {user['id']} ({user['state']}) has no record in the ledger"
        return
    outcome = claim.record["outcome"]
    if user["state"] != "active":
        if outcome != user["state"]:
            yield f"user {user['id']} is {user['state']}, and the ledger says {outcome}"
        return
    if outcome not in READ:
        yield f"user {user['id']} is active, and the ledger says {outcome}"
    missing = [post for post in posts[:REACHABLE] if post not in there and not claim.lost(post)]
    if missing:
        about = f"user {user['id']} ({outcome})"
        yield f"{about}: {len(missing)} of {len(posts)} posts are neither there nor lost, such as {missing[0]}"
    lost = [post for post in posts[:REACHABLE] if claim.lost(post)]
    if lost and len(posts) <= IN_DOUBT:
        yield f"user {user['id']}: {len(lost)} of {len(posts)} posts are called lost, and X serves them"


def latest(claims: list[tuple[Claimed, set[int]]]) -> tuple[Claimed | None, set[int]]:
    """Of several archives' words on a user the newest, with what is in that archive."""
    return max(claims, key=lambda one: int(one[0].record["asked"]), default=(None, set()))


def profiles(users: list[dict[str, Any]], told: str) -> Iterator[str]:
    """What is wrong with the profiles, by what tw-tumsearch --both found of all ids."""
    found = dict(line.split(",") for line in told.splitlines())
    for user in users:
        if user["state"] in ("active", "protected") and found.get(user["id"]) != user["name"]:
            yield f"user {user['id']} is {user['name']}, and the profile that is recorded says {found.get(user['id'])}"


def circle(world: World, user: str, direction: str, told: str) -> Iterator[str]:
    """What is wrong with the ids of a list of followers."""
    truth, listed = world.circle(user, direction), set(told.split())
    if listed != truth:
        yield f"{direction} of {user}: {len(truth - listed)} are missing, {len(listed - truth)} do not belong there"


def lists(world: World, told: str) -> Iterator[str]:
    """Who is on each list by its history, against who is."""
    now: dict[str, set[str]] = {}
    for event in map(json.loads, told.splitlines()):
        members = now.setdefault(event["list_id"], set())
        (members.add if event["change"] == "+" else members.discard)(event["id"])
    for which, members in now.items():
        if members != (truth := world.members(which)):
            yield f"list {which}: not in its history {sorted(truth - members)}, no longer on it {sorted(members - truth)}"
