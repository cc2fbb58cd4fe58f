"""Who is who in the world: which users are silent, prolific, suspended, protected, gone, renamed."""

from __future__ import annotations

from dataclasses import dataclass, field

from netwar.sandbox.world.prng import mix

STATES = ("active", "suspended", "protected", "gone")
MAX_SERVED = 3_200
MOST_A_DAY = 2_400  # X's help centre, "About X limits": posts that an account may write in a day
_PACES = (0.125, 0.5, 1, 4)  # times the usual one: some post much, most do not


@dataclass(frozen=True, slots=True)
class Role:
    """What a scenario says of one user; None leaves it to chance."""

    posts: int | None = None
    posts_a_day: float | None = None
    followers: int | None = None
    following: int | None = None
    state: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Cast:
    """The mix of users. `suspended = 50` means one user in 50; 0 means none.

    Renamed users have left a name behind that nobody bears; of those `taken` counts, the name they
    left is borne by the next user now.
    """

    seed: int = 1
    suspended: int = 50
    protected: int = 50
    gone: int = 50
    renamed: int = 50
    taken: int = 50
    silent: int = 10
    prolific: int = 25
    most_posts: int = 300
    most_followers: int = 5_000
    posts_a_day: int = 0
    roles: dict[int, Role] = field(default_factory=dict)

    def state(self, index: int) -> str:
        role = self.roles.get(index)
        if role is not None:
            return role.state or "active"
        if _hits(index, self.suspended, 11):
            return "suspended"
        if _hits(index, self.protected, 24):
            return "protected"
        return "gone" if _hits(index, self.gone, 37) else "active"

    def posts(self, index: int) -> int:
        """How many posts a user had when the world began."""
        role = self.roles.get(index)
        if role is not None and role.posts is not None:
            return role.posts
        if _hits(index, self.prolific, 7):
            return 5_000 if index // self.prolific % 2 == 0 else MAX_SERVED + 1 + mix(self.seed, 21, index) % 1_000
        if _hits(index, self.silent, 3):
            return 0
        return mix(self.seed, 22, index) % (self.most_posts + 1)

    def pace(self, index: int) -> float:
        """How many posts a day a user writes while the clock runs, with pauses of equal length, more or less."""
        role = self.roles.get(index)
        if role is not None and role.posts_a_day is not None:
            return role.posts_a_day
        if _hits(index, self.silent, 3) and role is None:
            return 0
        return min(MOST_A_DAY, self.posts_a_day * _PACES[mix(self.seed, 25, index) & 3])

    def followers(self, index: int) -> int:
        role = self.roles.get(index)
        if role is not None and role.followers is not None:
            return role.followers
        return mix(self.seed, 23, index) % (self.most_followers + 1)

    def following(self, index: int) -> int:
        role = self.roles.get(index)
        if role is not None and role.following is not None:
            return role.following
        return mix(self.seed, 24, index) % 1_000

    def is_renamed(self, index: int) -> bool:
        return index not in self.roles and (_hits(index, self.renamed, 43) or self.is_taken(index))

    def is_taken(self, index: int) -> bool:
        """Whether the name that this user left is borne by the next one now."""
        return index not in self.roles and index + 1 not in self.roles and _hits(index, self.taken, 18)

    def is_taker(self, index: int) -> bool:
        return index > 0 and self.is_taken(index - 1)


def _hits(index: int, one_in: int, offset: int) -> bool:
    return one_in > 0 and index % one_in == offset % one_in
