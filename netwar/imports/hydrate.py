"""Posts bought by their ids, a hundred a request. What X says is gone is recorded as gone: nobody asks for it again.

Of a post that is not to be had a document without content is kept, of the lowest version there is: it is known, so it is not
bought, and any copy of it that somebody has kept takes its place.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from netwar.archive.base import Archive, Store, Tally
from netwar.records.dialects import Object
from netwar.records.documents import LOWEST, TOMBSTONE, Document, tweets_index, users_index
from netwar.records.pages import Page, documents
from netwar.records.problems import Problem
from netwar.records.text import plural
from netwar.records.times import shown
from netwar.twitter.base import Answer, Twitter
from netwar.work.loop import check_fields

log = logging.getLogger("netwar.imports")

MAX_POSTS = 100  # docs.x.com, posts by ids: 1 to 100
VIA = "lookup"
EDITED = "edited"


@dataclass(slots=True)
class HydrationProgress:
    """What a run did: posts that came, what became of the others by X's word, those of which X said nothing, what it cost in
    micro-dollars, and what became of the documents."""

    posts: int = 0
    unavailable: Counter[str] = field(default_factory=Counter)
    silent: int = 0
    micro: int = 0
    tally: Tally = field(default_factory=Tally)


def wanted(archive: Archive, tweets: str, ids: Sequence[str], *, again: bool = False) -> list[str]:
    """Which of the ids are neither recorded nor known to be gone; `again` also those that are gone."""
    lacking = set(archive.missing(tweets, "id", ids))
    if again:
        known = [id for id in ids if id not in lacking]
        lacking |= set(known) - archive.get(tweets, known).keys()
    return [id for id in ids if id in lacking]


class Hydration:
    """Look-ups of posts for an index (its name, `brexit`).

    `told` is called for each post that does not come: its id, why (gone, suspended, protected, edited; empty where X says
    nothing of it), and X's words. `checked` are the fields whose absence from a whole answer means that X no longer knows
    ours.
    """

    def __init__(
        self,
        twitter: Twitter,
        store: Store,
        index: str,
        *,
        told: Callable[[str, str, str], None] = lambda id, why, words: None,
        checked: Iterable[str] = (),
    ) -> None:
        self.progress = HydrationProgress()
        self._twitter = twitter
        self._store = store
        self._index = index
        self._tweets, self._users = tweets_index(index), users_index(index)
        self._told = told
        self._checked = tuple(checked)

    def buy(self, ids: Sequence[str]) -> int:
        """Ask for up to a hundred posts, for fewer where the budget leaves no room; for how many of the first X was asked.

        Raises what Twitter and the store raise: what came until then is kept.
        """
        answer = self._twitter.posts(ids[:MAX_POSTS], index=self._index)
        asked = ids[: max(answer.asked, 1)]
        self.progress.micro += answer.micro
        absent = _absent(answer.page, asked)
        made = self._documents(answer) + [self._gone(id, why, answer.retrieved) for id, (why, _) in absent.items() if why]
        if made:
            self.progress.tally += self._store.write(f"posts of {self._tweets}", made)
        self.progress.posts += len(answer.page.posts)
        for id, (why, words) in absent.items():
            self.progress.unavailable[why] += bool(why)
            self.progress.silent += not why
            self._told(id, why, words)
        found = f"{plural(len(answer.page.posts), 'post')}, {len(absent):,} not to be had,"
        log.debug("look-up of %s: %s for $%.3f", self._tweets, found, answer.micro / 1e6)
        return len(asked)

    def _documents(self, answer: Answer) -> list[Document]:
        note = {"retrieved": answer.retrieved, "account": self._twitter.account, "via": VIA}
        if answer.page.posts:
            check_fields(answer.page.posts, self._checked)
        return documents(answer.page, tweets=self._tweets, users=self._users, **note)  # type: ignore[arg-type]

    def _gone(self, id: str, why: str, at: int) -> Document:
        ours = {"retrieved": shown(at), "account": self._twitter.account, "via": TOMBSTONE, "why": why}
        return Document(self._tweets, id, {"id": id, "netwar": ours}, False, LOWEST)


def _absent(page: Page, asked: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Why those that were asked for did not come, and X's words; empty for those of which it says nothing."""
    came = {str(post["id"]) for post in page.posts}
    newer = {id: str(post["id"]) for post in page.posts for id in _versions(post)}
    problems = {one.value: one for one in page.problems if _is_about(one)}
    absent = {}
    for id in asked:
        if id not in came and id in newer:
            absent[id] = EDITED, f"X shows the version {newer[id]}"
        elif id not in came:
            absent[id] = (problems[id].outcome or "", problems[id].detail) if id in problems else ("", "")
    return absent


def _is_about(problem: Problem) -> bool:
    """Whether it tells of a post that was asked for, and of the whole of it."""
    return problem.section not in ("includes", "data") and problem.parameter in ("id", "ids", "")


def _versions(post: Object) -> Iterator[str]:
    """The ids of all versions of a post that was edited."""
    history = post.get("edit_history_tweet_ids") or post.get("edit_history_post_ids")
    yield from map(str, history if isinstance(history, list) else ())
