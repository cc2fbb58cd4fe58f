"""Real pages of X, served again and recorded by the real client: nothing is missing and nothing is changed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REAL = Path(__file__).parents[3] / "shared" / "real-data"
FILES = ("timeline-pages.jsonl", "search-pages.jsonl")
QUIET = "[world]\nusers = 1\n"

pytestmark = pytest.mark.skipif(not REAL.exists(), reason="the real pages are not at hand")


def pages():
    for name in FILES:
        for line in (REAL / name).read_text().splitlines():
            yield json.loads(line)


@pytest.fixture(scope="module")
def expected():
    """Every post of the pages by id, those of `data` and the referenced ones, and what is attached to those of `data`."""
    posts, referenced, attached = {}, {}, {}
    for page in pages():
        includes = page.get("includes", {})
        there = {item["media_key"]: item for item in includes.get("media", ())}
        places = {item["id"]: item for item in includes.get("places", ())}
        polls = {item["id"]: item for item in includes.get("polls", ())}
        for post in page["data"]:
            posts[post["id"]] = post
            keys = post.get("attachments", {})
            found = {
                "media": [there[key] for key in keys.get("media_keys", ()) if key in there],
                "polls": [polls[key] for key in keys.get("poll_ids", ()) if key in polls],
                "places": [places[key] for key in [post.get("geo", {}).get("place_id")] if key in places],
            }
            attached[post["id"]] = {kind: items for kind, items in found.items() if items}
        for post in includes.get("tweets", ()):
            referenced.setdefault(post["id"], []).append(post)  # other pages may show it with later counts
    return posts, referenced, attached


def test_real_pages_end_up_in_the_archive_whole(operator, expected):
    posts, referenced, attached = expected
    one = operator(QUIET, *(option for name in FILES for option in ("--replay", REAL / name)))
    authors = sorted({post["author_id"] for post in posts.values()})
    # As addresses: one author's real id ends in three zeros, as ids do that a spreadsheet has damaged.
    one.queue(f"https://x.com/i/user/{author}" for author in authors)
    one.run("tw-idu3elk", "real")

    kept = {str(number): via for number, via in one.select("real", "SELECT id, via FROM tweets")}
    assert {number for number, via in kept.items() if via == "timeline"} == set(posts)
    assert set(kept) == set(posts) | set(referenced)

    scanned = {document["id"]: document for document in stored(one, "twreal")}
    assert set(scanned) == set(kept)
    with_things = 0
    for number, document in scanned.items():
        note = document.pop("netwar")
        sent = [posts[number]] if number in posts else referenced[number]
        assert document in sent, "every field, known or not, as it was sent"
        if number in posts:
            things = {kind: note[kind] for kind in ("media", "polls", "places") if kind in note}
            assert things == attached[number]
            with_things += bool(things)
    assert with_things > 50

    outcomes = {record["outcome"] for record in one.coverage("real").values()}
    assert outcomes == {"complete"}
    assert one.spent() == one.bill()["micro"]


def stored(operator, index):
    """Every document, by the archive's own scan in another process."""
    script = (
        "import sys, orjson; from pathlib import Path; from netwar.archive.sqlite.store import SqliteArchive;"
        "home = Path(sys.argv[1]) / '.local/share/netwar';"
        "[print(orjson.dumps(d).decode()) for d in SqliteArchive(home / 'archive', home / 'dead-letters').scan(sys.argv[2])]"
    )
    done = subprocess.run([sys.executable, "-c", script, operator.desk.home, index], capture_output=True, check=True)
    return map(json.loads, done.stdout.splitlines())
