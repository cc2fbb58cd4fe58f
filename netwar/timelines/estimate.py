"""What recording the waiting users would cost, before a dollar is spent.

Free: from profiles in the archive, those of usertest among them, and what is covered already. The low figure is
the new posts that a profile promises and nothing that comes along; the high one adds all that can come along, and
counts an unknown user as a whole reachable timeline. No profile tells how many posts are younger than some day: where that is
the bound, the low figure has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from netwar.archive.base import Archive, Body
from netwar.coverage import Record
from netwar.meter.base import Money
from netwar.profiles.identity import recorded_profiles
from netwar.profiles.status import CLOSED, retrieved
from netwar.records.dialects import posts_count
from netwar.records.documents import USERTEST, tweets_index, users_index
from netwar.records.idlists import portions
from netwar.records.text import plural
from netwar.timelines.bounds import UNBOUNDED, Bounds
from netwar.twitter.base import most_of

REACHABLE = 3_200  # docs.x.com, timelines: the newest posts of a user that X serves
BATCH_SIZE = 100  # users whose profiles are looked for at once: no more are bought at once either


@dataclass(slots=True)
class Estimate:
    """Users, posts and micro-dollars, low to high. `unknown` users have no profile in the archive; `full`: as `expand` says."""

    users: int = 0
    unknown: int = 0
    posts_low: int = 0
    posts_high: int = 0
    micro_low: int = 0
    micro_high: int = 0
    full: bool = False

    def __str__(self) -> str:
        mentioned = ", and the users whom these and it mention" if self.full else ""
        money = _range(f"${self.micro_low / 1e6:,.2f}", f"${self.micro_high / 1e6:,.2f}")
        posts = _range(f"{self.posts_low:,}", f"{self.posts_high:,}")
        return (
            f"{money} for {posts} new posts of {plural(self.users, 'user')}, {self.unknown:,} of them unknown "
            f"(the high figure: each post brings the two that it may quote and answer{mentioned})"
        )


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low}–{high}"


def estimate(
    users: Iterable[str], archive: Archive, money: Money, index: str, bounds: Bounds = UNBOUNDED, *, full: bool = False
) -> Estimate:
    """What recording these users (ids and names) into `index` would cost at today's prices; with `full`, as `expand = full`."""
    total = Estimate(full=full)
    for some in portions(users, BATCH_SIZE):
        profiles = _profiles(archive, users_index(index), some)
        records = archive.records_of(tweets_index(index), [str(profile["id"]) for profile in profiles.values()])
        for user in some:
            profile = profiles.get(user)
            record = records.get(str(profile["id"])) if profile else None
            _add(total, money, user, profile, record or Record(user), bounds)
    return total


def _add(total: Estimate, money: Money, user: str, profile: Body | None, known: Record, bounds: Bounds) -> None:
    promised = posts_count(profile) if profile else None
    unread = REACHABLE if promised is None else min(max(promised - known.posts, 0), REACHABLE)
    unread = unread if bounds.most is None else min(unread, bounds.most)
    asked = 0 if bounds.floor or promised is None or known.outcome in CLOSED else 1
    total.users += 1
    total.unknown += promised is None
    total.posts_low += unread * asked
    total.posts_high += unread
    total.micro_low += money.price({"post": unread * asked})
    looked_up = 0 if profile or user.isdigit() else 1
    total.micro_high += money.price(most_of(unread, authors=looked_up + 1, full=total.full))


def _profiles(archive: Archive, users: str, entries: Sequence[str]) -> dict[str, Body]:
    """The newest profiles of these users, out of the index or of usertest; who has none in either is left out."""
    newest = recorded_profiles(archive, users, entries)
    for entry, profile in recorded_profiles(archive, USERTEST, entries).items():
        newest[entry] = max(newest.get(entry, profile), profile, key=retrieved)
    return newest


def unknown(users: Iterable[str], archive: Archive, index: str) -> Iterator[str]:
    """The users of whom the archive has no profile."""
    for some in portions(users, BATCH_SIZE):
        known = _profiles(archive, users_index(index), some)
        yield from (user for user in some if user not in known)
