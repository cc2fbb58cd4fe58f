"""Lines of the stream: what a voice says is written out once as bytes with holes; id and times go into them for each post."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import orjson

from netwar.sandbox.bodies import BodyBuilder
from netwar.sandbox.dialects import Wanted
from netwar.sandbox.world.chorus import Sung
from netwar.sandbox.world.clock import iso, real
from netwar.sandbox.world.post_times import Found
from netwar.sandbox.world.posts import Post
from netwar.sandbox.world.world import World

Sold = tuple[tuple[str, int], ...]

_FRESH = 60_000  # ms of the machine's time: profiles on the lines are as old as this at most
_IDS = (0, 1_000, 2_000, 4_000, 4_001, 4_002, 4_003)  # of a post, its card, its poll, its pictures: so much lower
_TIMES = (0, 300_000, 3_600_000, 86_400_000, 604_800_000)  # written, and ends of polls and of the time to edit: later
_written = lru_cache(4_096)(iso)  # a second has many posts


class Form(NamedTuple):
    """A line without `matching_rules` and its end: `text` has the holes. `sold`: what X bills besides the post. `made`: when."""

    text: bytes
    ids: tuple[tuple[bytes, int], ...]
    times: tuple[tuple[bytes, int], ...]
    sold: Sold
    made: int

    def filled(self, post: Sung) -> bytes:
        holes = {name: b"%d" % (post.id - below) for name, below in self.ids}
        for name, later in self.times:
            holes[name] = _written((post.time + later) // 1000 * 1000).encode()
        return self.text % holes


class Lines:
    """The lines of one connection, with what it asked for."""

    def __init__(self, world: World, wanted: Wanted) -> None:
        self._world = world
        self._wanted = wanted
        self._forms: dict[int, Form] = {}

    def line(self, post: Sung, rules: bytes | None, problems: bytes = b"") -> tuple[bytes, Sold]:
        """The bytes of a post with the rules it matched (a JSON list, None leaves it out), and all that X bills for it."""
        form = self._forms.get(post.voice)
        if form is None or real() - form.made > _FRESH:
            form = self._forms[post.voice] = self._form(post)
        matching = b"" if rules is None else b',"matching_rules":' + rules
        return form.filled(post)[:-1] + problems + matching + b"}\r\n", (("post", post.id), *form.sold)

    def _form(self, sung: Sung) -> Form:
        """Out of the newest post of a voice."""
        postings = self._world.postings
        post = Post(self._world, Found(sung.author, postings.count(sung.author) - 1, 0))
        builder = BodyBuilder(self._world, self._wanted, post.written)
        builder.add_post(post)
        text = orjson.dumps(builder.done(single=True)).replace(b"%", b"%%")
        text, ids = _holed(text, b"i%d", _IDS, lambda below: b"%d" % (post.id - below))
        text, times = _holed(text, b"t%d", _TIMES, lambda later: iso(post.written + later).encode())
        return Form(text, ids, times, tuple(one for one in builder.sold if one != ("post", post.id)), real())


def _holed(
    text: bytes, name: bytes, offsets: tuple[int, ...], shown: Callable[[int], bytes]
) -> tuple[bytes, tuple[tuple[bytes, int], ...]]:
    found = []
    for offset in offsets:
        if shown(offset) in text:
            found.append((name % offset, offset))
            text = text.replace(shown(offset), b"%(" + name % offset + b")b")
    return text, tuple(found)
