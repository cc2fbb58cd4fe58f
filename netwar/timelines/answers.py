"""What an answer with a page of a timeline says to the walk that asked for it."""

from __future__ import annotations

from netwar.records.ids import first_id, number
from netwar.twitter.base import Answer
from netwar.walk import Walk

AHEAD_MS = 86_400_000  # an id that is further in the future than a day is none


def ends(answer: Answer, walk: Walk) -> bool:
    """Whether nothing follows a page that was read: X said so, or says nothing, and sent less than was asked for, which was all
    there before."""
    return answer.page.ends or (answer.page.untold and walk.barren > 0 and len(answer.page.posts) < answer.asked)


def own_ids(answer: Answer) -> list[int]:
    """The ids of a page's own posts, as far as they can be ids of posts that exist; the archive may refuse the others."""
    newest = first_id(answer.clock + AHEAD_MS)
    found = [number(post["id"]) for post in answer.page.posts]
    return [one for one in found if one is not None and 0 < one < newest]
