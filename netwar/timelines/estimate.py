"""What recording the waiting users would cost, before a dollar is spent.

Free: from profiles in the archive, those of usertest among them, and what is covered already. The low figure is
the new posts that a profile promises and nothing that comes along; the high one adds all that can come along, and
counts an unknown user as a whole reachable timeline. No profile tells how many posts are younger than some day: where that is
the bound, the low figure has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netwar.archive.base import Archive, Body, Within
from netwar.meter.base import Money
from netwar.profiles.status import CLOSED, retrieved
from netwar.records.dialects import posts_count
from netwar.records.documents import USERTEST, tweets_index, users_index
from netwar.records.text import plural
from netwar.timelines.bounds import UNBOUNDED, Bounds

REACHABLE = 3_200  # docs.x.com, timelines: the newest posts of a user that X serves


@dataclass(slots=True)
class Estimate:
    """Users, posts and micro-dollars, low to high. `unknown` users have no profile in the archive."""

    users: int = 0
    unknown: int = 0
    posts_low: int = 0
    posts_high: int = 0
    micro_low: int = 0
    micro_high: int = 0

    def __str__(self) -> str:
        money = _range(f"${self.micro_low / 1e6:,.2f}", f"${self.micro_high / 1e6:,.2f}")
        posts = _range(f"{self.posts_low:,}", f"{self.posts_high:,}")
        return (
            f"{money} for {posts} new posts of {plural(self.users, 'user')}, {self.unknown:,} of them unknown "
            "(the high figure: each post brings the two that it may quote and answer)"
        )


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low}–{high}"


def estimate(users: Iterable[str], archive: Archive, money: Money, index: str, bounds: Bounds = UNBOUNDED) -> Estimate:
    """What recording these users (ids and names) into `index` would cost at today's prices."""
    total = Estimate()
    for user in users:
        _add(total, user, archive, money, index, bounds)
    return total


def _add(total: Estimate, user: str, archive: Archive, money: Money, index: str, bounds: Bounds) -> None:
    profile = _profile(archive, users_index(index), user)
    promised = posts_count(profile) if profile else None
    known = archive.record(tweets_index(index), str(profile["id"]) if profile else user)
    unread = REACHABLE if promised is None else min(max(promised - known.posts, 0), REACHABLE)
    unread = unread if bounds.most is None else min(unread, bounds.most)
    asked = 0 if bounds.floor or promised is None or known.outcome in CLOSED else 1
    total.users += 1
    total.unknown += promised is None
    total.posts_low += unread * asked
    total.posts_high += unread
    total.micro_low += money.price({"post": unread * asked})
    looked_up = 0 if profile or user.isdigit() else 1
    total.micro_high += money.price({"post": 3 * unread, "user": looked_up + 1})


def _profile(archive: Archive, users: str, user: str) -> Body | None:
    """The newest one of the index or of usertest; of those who bear a name, that of who was seen with it last."""
    return max((body for index in (users, USERTEST) for body in _profiles(archive, index, user)), key=retrieved, default=None)


def _profiles(archive: Archive, index: str, user: str) -> Iterable[Body]:
    if user.isdigit():
        return archive.get(index, [user]).values()
    return archive.find(index, Within(name=user.removeprefix("@")))


def unknown(users: Iterable[str], archive: Archive, index: str) -> Iterator[str]:
    """The users of whom the archive has no profile."""
    return (user for user in users if _profile(archive, users_index(index), user) is None)
