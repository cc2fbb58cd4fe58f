"""Users by name: recorded as they come, each told once."""

from __future__ import annotations

from collections.abc import Iterator

from netwar.archive.base import Store, Tally
from netwar.records.dialects import Object
from netwar.records.documents import USERTEST
from netwar.records.pages import documents
from netwar.twitter.base import TransientError, Twitter

PAGE = 100
BARREN_PAGES = 10  # empty ones in a row, of which X says that others follow
ADVICE = "this is a failure of X's; who was found is kept, and the same command begins anew"


class PeopleSearch:
    """Searches whose users are recorded into usertest. `seen` are their ids, `micro` is what they cost."""

    def __init__(self, twitter: Twitter, store: Store) -> None:
        self._twitter = twitter
        self._store = store
        self.seen: set[str] = set()
        self.micro = 0
        self.tally = Tally()

    def find(self, term: str, most: int) -> Iterator[Object]:
        """At most so many users whose names have a term; who came before is left out.

        Raises what Twitter does, and TransientError where X's answer cannot be read, or empty pages come without end.
        """
        token, left, barren = None, most, 0
        tokens: set[str] = set()
        while left > 0:
            answer = self._twitter.search_users(term, index=USERTEST, token=token, size=min(left, PAGE))
            self.micro += answer.micro
            page = answer.page
            made = documents(
                page, tweets=None, users=USERTEST, retrieved=answer.retrieved, account=self._twitter.account, via="search"
            )
            if made:
                self.tally += self._store.write(f"users {term}", made)
            for user in page.users:
                if str(user["id"]) not in self.seen:
                    self.seen.add(str(user["id"]))
                    yield user
            barren = 0 if page.users else barren + 1
            if page.unread or barren > BARREN_PAGES:
                sent = f"{BARREN_PAGES} empty pages in a row" if barren > BARREN_PAGES else "something that cannot be read"
                raise TransientError(f"X answered a search for users with {sent}", ADVICE)
            left -= len(page.users)
            token = page.next_token
            if token is None or token in tokens:  # X is known to hand out the same token for ever
                return
            tokens.add(token)
