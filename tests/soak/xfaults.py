"""What goes wrong at X: single faults of tw-sandbox, and pairs that have cost something before."""

from __future__ import annotations

from random import Random
from typing import Any

Fault = dict[str, Any]

TIMELINE = "/2/users/:id/tweets"
PEOPLE = ("/2/users", "/2/users/by", "/2/users/:id/followers", "/2/users/:id/following")
LISTS = ("/2/users/:id/owned_lists", "/2/lists/:id/members")
STREAM = "/2/tweets/search/stream"
STREAMS = (STREAM, f"{STREAM}/rules", f"{STREAM}/rules", "/2/connections", "/2/tweets/search/recent")
PLACES = ("*", "*", TIMELINE, TIMELINE, TIMELINE, *PEOPLE, *LISTS, *STREAMS)
ENDS = ("credits-depleted", "spend-cap-reached", "rate-limit", "unauthorized", "server-error", "usage-capped", "hang", "cut")
OLD = 50_000_000_000_000_000  # the id of a post of March 2011
ONE_BY_ONE = """
    rate-limit rate-limit-no-reset usage-capped too-many-connections credits-depleted payment-required spend-cap-reached
    unauthorized client-not-enrolled unsupported-authentication code-453 invalid-request not-found not-authorized conflict
    internal-errors stale-token server-error short-page empty-page repeat-token tell-unavailable unknown-fields no-meta
    drop-fields half-emoji odd-elements odd-shapes unnamed-includes no-rate-headers list-gone members-short count-lies
    cut cut cut slow reset reset hang
"""

OF_STREAMS = """
    end reset half-line operational-disconnect slow-reader silence no-keep-alives bad-json no-tag no-matching-rules unknown-rule
    post-errors duplicate out-of-order late split-crlf
"""


def of_stream(chance: Random) -> list[Fault]:
    """What goes wrong on connections of the stream, each some seconds after it was taken."""
    kinds = chance.sample(OF_STREAMS.split(), chance.randint(1, 3))
    # What is said in a silence is lost, so it is one that can be noticed: X's keep-alive comes each second here.
    more = {"silence": {"seconds": 6}, "no-keep-alives": {"seconds": 3}, "late": {"seconds": 1}}
    often = {"every": True, "times": chance.choice((1, 3, 0))}
    return [{"kind": kind, "second": round(chance.uniform(0.5, 5), 1), **often, **more.get(kind, {})} for kind in kinds]


def drawn(chance: Random, strays: bool) -> list[Fault]:
    """One thing that goes wrong, or two that go wrong together."""
    how = chance.random()
    if how < 0.4 and strays:
        return stray_then_end(chance)
    if how < 0.5:
        return [{**_settings(chance, "cut"), "endpoint": TIMELINE, "times": 0, "probability": 0.3}]
    kind = chance.choice(ONE_BY_ONE.split())
    where = TIMELINE if kind in ("repeat-token", "stale-token", "empty-page") else chance.choice(PLACES)
    return [{**_settings(chance, kind), "endpoint": where, "after": chance.randrange(4), "times": chance.choice((1, 1, 2, 5, 0))}]


def stray_then_end(chance: Random) -> list[Fault]:
    """Pages of timelines end with a post that is older than all others, and then something ends the run."""
    stray = {
        "kind": "stray-post",
        "endpoint": TIMELINE,
        "times": 0,
        "probability": 0.6,
        "id": str(OLD + chance.randrange(1 << 40)),
    }
    end = {**_settings(chance, chance.choice(ENDS)), "endpoint": TIMELINE, "after": 1, "times": 0, "probability": 0.4}
    return [stray, end]


def _settings(chance: Random, kind: str) -> Fault:
    """A fault of this kind, short enough for a soak."""
    if kind == "no-rate-headers":  # who is never told takes a window for X's own, of 15 minutes
        return {"kind": kind, "probability": 0.5}
    if kind == "server-error":
        return {"kind": kind, "status": chance.choice((500, 502, 503, 504)), "body": chance.choice(("json", "html", "empty"))}
    if kind in ("slow", "hang"):
        return {"kind": kind, "seconds": 0.8, "billed": kind == "hang" and chance.random() < 0.5}
    if kind in ("reset", "odd-elements"):
        return {"kind": kind, "billed": chance.random() < 0.5}
    if kind == "drop-fields":
        return {"kind": kind, "fields": ["author_id", "username", "public_metrics", "meta.result_count"]}
    if kind in ("rate-limit", "usage-capped"):
        return {"kind": kind, "seconds": chance.choice((1, 3))}
    return {"kind": kind, "keep": chance.choice((1, 7))} if kind == "short-page" else {"kind": kind}
