"""How deep a timeline is read: what a user whom nobody recorded before may cost."""

from __future__ import annotations

from dataclasses import dataclass

from netwar.coverage import BOUNDED
from netwar.records.ids import first_id
from netwar.records.times import minute

PAGE, SMALLEST_PAGE = 100, 5  # docs.x.com, timelines: max_results


@dataclass(frozen=True, slots=True)
class Bounds:
    """The newest `most` posts of a user, and of those what was posted `since` then (ms); None: as far as X reaches.

    With `newcomers`, `most` is how deep a user is read of whom nothing is known; of the others all that is newer than what is
    known is read.
    """

    most: int | None = None
    since: int | None = None
    newcomers: bool = False

    @property
    def floor(self) -> int:
        """Posts with a higher id are asked for."""
        return 0 if self.since is None else max(first_id(self.since) - 1, 0)

    @property
    def words(self) -> str:
        """What the ledger says of a user who was read so far and no further; empty without bounds."""
        told = [f"--most {self.most}"] if self.most is not None else []
        told += [f"--since {minute(self.since).removesuffix(' 00:00')}"] if self.since is not None else []
        return BOUNDED + " ".join(told) if told else ""

    def page(self, above: int, *, known: bool = False) -> int:
        """How many posts to ask for next when so many of the newest are known; 0 where there is no room for the smallest page.
        `known` tells whether those are asked for that came after others that are known.

        All pages together bring no more than `most`: none is so large that less than a smallest one would be left for the last.
        """
        if self.most is None or (known and self.newcomers):
            return PAGE
        room = self.most - above
        if room < SMALLEST_PAGE:
            return 0
        return min(room, PAGE) if not PAGE < room < PAGE + SMALLEST_PAGE else room - SMALLEST_PAGE


UNBOUNDED = Bounds()
