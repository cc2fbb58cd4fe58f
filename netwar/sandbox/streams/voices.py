"""Which voices of the chorus a query has, found by a key index: a thousand rules against two thousand voices take no time."""

from __future__ import annotations

from dataclasses import replace

from netwar.sandbox.query.parser import Query
from netwar.sandbox.query.said import Said, said
from netwar.sandbox.query.terms import All, Any, Not, Sample, Term
from netwar.sandbox.world.post_times import Found
from netwar.sandbox.world.posts import Post
from netwar.sandbox.world.world import World


class Voices:
    """What each voice says, as a rule of the stream sees it, or without what it quotes. Screen names are those of the time when
    it was first asked."""

    def __init__(self, world: World, *, quoted: bool = True) -> None:
        self._world = world
        self._quoted = quoted
        self._roots: set[int] = set()
        self._said: list[Said] = []
        self._by_key: dict[str, list[int]] = {}

    def matching(self, query: Query) -> list[int]:
        """The voices whose posts a rule has, all of them if it takes a sample."""
        self._listen()
        keys = query.term.keys()
        found = range(len(self._said)) if keys is None else sorted({one for key in keys for one in self._by_key.get(key, ())})
        if sampled(query.term):
            return list(found)
        return [voice for voice in found if query.matches(self._said[voice])]

    def said(self, voice: int, post_id: int) -> Said:
        """A post of a voice, as queries see it."""
        self._listen()
        said = self._said[voice]
        return replace(said, id=post_id, keys=said.keys | {f"conversation_id:{post_id}"} if voice in self._roots else said.keys)

    def _listen(self) -> None:
        if self._said:
            return
        world = self._world
        world.chorus.gather(world.moment)
        for voice in range(world.chorus.voices):
            author = world.chorus.author(voice)
            post = Post(world, Found(author, world.chorus.first_post(author), 0))
            whole = said(post, quoted=self._quoted)
            spoken = whole
            if post.conversation == post.id:  # which is another one each time
                self._roots.add(voice)
                spoken = replace(whole, keys=whole.keys - {f"conversation_id:{post.id}"})
            self._said.append(spoken)
            for key in spoken.keys:
                self._by_key.setdefault(key, []).append(voice)


def sampled(term: Term) -> bool:
    """Whether it depends on the id of a post."""
    if isinstance(term, Any | All):
        return any(sampled(one) for one in term.terms)
    return isinstance(term, Sample) or (isinstance(term, Not) and sampled(term.term))
