"""Pages that X has sent, imported, and what a program of a few lines finds in them, in our file and by Gephi."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests import gephi
from tests.desk import ROOT, Desk
from tests.interactions import corpus, readers
from tests.interactions.corpus import Edges

REAL = ROOT.parent / "shared" / "real-data"
PAGES = ("timeline-pages.jsonl", "search-pages.jsonl", "quoted-edit.jsonl", "geo-pages.jsonl")
KINDS = {"retweeted": "retweet", "quoted": "quote", "replied_to": "reply"}
OWN = re.compile(r"https://twitter\.com/\w+/status/(\d+)(/photo/\d|/video/\d)?")


def truth(pages: list[dict[str, Any]]) -> Edges:
    """The edges of every post on the pages, (kind, source, target), with their weights."""
    posts = {post["id"]: post for page in pages for post in (*page.get("data", []), *page.get("includes", {}).get("tweets", []))}
    edges: Edges = Counter()
    for post in posts.values():
        entities, refers = post.get("entities", {}), {one["type"]: one["id"] for one in post.get("referenced_tweets", [])}
        named = [one for one in entities.get("mentions", []) if "retweeted" in refers and one["start"] == 3]
        meant = {kind: posts[id]["author_id"] for kind, id in refers.items() if id in posts}
        meant |= {"retweeted": named[0]["id"]} if named else {}
        meant |= {"replied_to": post["in_reply_to_user_id"]} if "in_reply_to_user_id" in post else {}
        found = {(KINDS[kind], to) for kind, to in meant.items()}
        found |= {("mention", one["id"]) for one in entities.get("mentions", []) if one not in named}
        found |= {("tag", f"#{one['tag'].lower()}") for one in entities.get("hashtags", [])}
        for one in entities.get("urls", []):
            own = OWN.match(one["expanded_url"])
            if "media_key" not in one and not (own and (own[2] or own[1] == refers.get("quoted"))):
                found.add(("link", one["expanded_url"]))
        edges.update((kind, post["author_id"], to) for kind, to in found)
    return edges


@pytest.mark.skipif(not REAL.exists(), reason="captured pages of X are not on this machine")
def test_a_graph_of_what_x_has_sent(desk: Desk) -> None:
    files = [REAL / name for name in PAGES]
    desk.run("tw-import", *files, "real", check=0)
    desk.run("tw-gexf", "real", check=0)
    out: Path = desk.home / "real.gexf"
    edges = truth([json.loads(line) for file in files for line in file.read_text().splitlines()])
    readers.check(out)
    found = readers.read(out)
    assert readers.edges(found) == edges
    assert set(found) == corpus.degrees(edges).keys()
    if not gephi.why_not():
        told = gephi.sums(out)
        assert (told["issues"], told["nodes"], told["edges"], told["weight"]) == (0, len(found), len(edges), edges.total())
