"""What an answer with a page of a timeline says to the walk that asked for it."""

from __future__ import annotations

from netwar.coverage import Record
from netwar.records.ids import first_id, number
from netwar.twitter.base import Answer
from netwar.walk import Walk

NAMELESS = "X sent posts without ids, kept in dead-letters: the next run asks once more"  # the detail of a user who is partial so
AHEAD_MS = 86_400_000  # an id that is further in the future than a day is none


def ends(answer: Answer, walk: Walk) -> bool:
    """Whether nothing follows a page that was read: X said so, or says nothing, and sent less than was asked for, which was all
    there before."""
    page = answer.page
    return page.ends or (page.untold and walk.barren > 0 and len(page.posts) + page.nameless < answer.asked)


def own_ids(answer: Answer) -> list[int]:
    """The ids of a page's own posts, as far as they can be ids of posts that exist; the archive may refuse the others."""
    newest = first_id(answer.clock + AHEAD_MS)
    found = [number(post["id"]) for post in answer.page.posts]
    return [one for one in found if one is not None and 0 < one < newest]


def conclusion(record: Record, posts: int) -> str:
    """The outcome of a user whose timeline was read to its end, and brought so many posts this time.

    All of them may be too fresh to be covered yet.
    """
    if not record.spans and not posts:
        return "empty"
    return "partial" if record.gaps or record.lost else "complete"
