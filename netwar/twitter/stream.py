"""X's filtered stream as an app uses it: rules and connections asked for within their rate windows, and the stream itself.

Sources: docs.x.com, filtered stream, and X's OpenAPI description: the bearer token alone is taken here, and posts have the
words of the legacy dialect. Answers here have no ids, so they are judged by other rules than pages of posts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netwar.errors import RateLimited
from netwar.meter.base import Money, Windows
from netwar.records.dialects import LEGACY, Object, objects
from netwar.records.problems import problem
from netwar.records.times import milliseconds
from netwar.twitter.base import TransientError
from netwar.twitter.clock import XClock
from netwar.twitter.endpoints import (
    CLOSING,
    CONNECTIONS,
    STREAM,
    STREAM_CHANGES,
    STREAM_COUNTS,
    STREAM_RULES,
    Endpoint,
)
from netwar.twitter.opened import SILENCE, Opened, connect
from netwar.twitter.pacing import Pace
from netwar.twitter.problems import Glitch, Reply, judge
from netwar.twitter.streaming import (
    ConnectRefused,
    NoRules,
    RefusedRule,
    RuleCaps,
    RulesTaken,
    StreamConnection,
    StreamRule,
    TooManyConnections,
)
from netwar.twitter.transport import Transport
from netwar.twitter.way import way

if TYPE_CHECKING:
    from netwar.config import Settings

RULES = "/2/tweets/search/stream/rules"
CAP, LENGTH = 1_000, 1_024  # docs.x.com, filtered stream, pay-per-use
# Refusals that are about rules, and no faults of the request: X names them in an answer of 201, or refuses the whole.
OF_RULES = frozenset(("duplicate-rules", "invalid-rules", "noncompliant-rules", "rule-cap"))


class XStream:
    """Fills the contract `netwar.twitter.streaming.Streaming`. `silence`: seconds without a byte after which a connection is
    dead."""

    def __init__(self, settings: Settings, money: Money, windows: Windows, silence: float = SILENCE) -> None:
        self._settings = settings
        self._silence = silence
        self._transport = Transport(way(settings), timeout=settings.timeout, bearer_token=settings.bearer_token)
        self._clock = XClock(money, self._transport.look)
        self._pace = Pace(settings, windows, self._clock)

    def now(self) -> int:
        return self._clock.now()

    def rules(self) -> list[StreamRule]:
        found: list[StreamRule] = []
        params: dict[str, Any] = {}
        while True:
            body = self._ask(STREAM_RULES, "GET", RULES, params).body
            found += [_rule(one) for one in objects(body.get("data"))]
            token = (body.get("meta") or {}).get("next_token")
            if not token:
                return found
            params = {"pagination_token": token}

    def rule_caps(self) -> RuleCaps:
        """X tells how many; how long they may be depends on the kind of access, of which pay-per-use is the one."""
        data = self._ask(STREAM_COUNTS, "GET", f"{RULES}/counts").body.get("data") or {}
        try:
            return RuleCaps(min(int(data["cap_per_client_app"]), int(data["cap_per_project"])), LENGTH)
        except (KeyError, TypeError, ValueError):
            return RuleCaps(CAP, LENGTH)

    def add_rules(self, rules: Sequence[tuple[str, str]], *, dry_run: bool = False) -> RulesTaken:
        wanted = [{"value": value, **({"tag": tag} if tag else {})} for value, tag in rules]
        params = {"dry_run": "true"} if dry_run else {}
        reply = self._ask(STREAM_CHANGES, "POST", RULES, params, {"add": wanted})
        return _taken([value for value, _ in rules], reply)

    def delete_rules(self, ids: Sequence[str]) -> int:
        if not ids:
            return 0
        reply = self._ask(STREAM_CHANGES, "POST", RULES, {}, {"delete": {"ids": list(ids)}})
        summary = (reply.body.get("meta") or {}).get("summary") or {}
        deleted = summary.get("deleted")
        return deleted if isinstance(deleted, int) else len(ids)

    def connections(self) -> list[StreamConnection]:
        fields = "id,connected_at,endpoint_name"
        params = {"status": "active", "max_results": 100, "connection.fields": fields}
        data = self._ask(CONNECTIONS, "GET", "/2/connections", params).body.get("data")
        return [_connection(one) for one in objects(data)]

    def close_connection(self, id: str) -> bool:
        data = self._ask(CLOSING, "DELETE", "/2/connections", {}, {"uuids": [id]}).body.get("data") or {}
        return bool(data.get("successful_kills"))

    def open_stream(self, *, authors: bool = True) -> Opened:
        self._settings.require("bearer_token")
        self._pace.take(STREAM)
        try:
            response, reply = connect(self._transport, self._asked(authors=authors), self._silence)
            self._judge_connect(reply)
        except Glitch as glitch:
            advice = "X may be down, or the connection cut"
            if glitch.reply is not None:
                raise ConnectRefused(str(glitch), advice, glitch.reply.status) from glitch
            raise TransientError(str(glitch), advice) from glitch
        assert response is not None
        at, _ = self._clock.read(reply)
        return Opened(response, int(at.timestamp() * 1000) + 1000, self._silence)

    def _asked(self, *, authors: bool) -> dict[str, str]:
        params = LEGACY.timeline(full=self._settings.expand == "full")
        kept = [one for one in params["expansions"].split(",") if authors or not one.endswith(("author_id", ".username"))]
        return params | {"expansions": ",".join(kept)}

    def _judge_connect(self, reply: Reply) -> None:
        if reply.status == 200:
            return
        issue = reply.body.get("connection_issue") if isinstance(reply.body, dict) else None
        if reply.status == 429 and (issue == "TooManyConnections" or reply.problem.kind == "streaming-connection"):
            raise TooManyConnections(reply.words)
        if reply.status == 409:
            raise NoRules(reply.words)
        try:
            self._judge(STREAM, reply)
        except Glitch as glitch:
            raise Glitch(str(glitch), reply=reply) from glitch
        raise Glitch(f"X answered with status {reply.status}", reply=reply)

    def _ask(
        self, endpoint: Endpoint, method: str, route: str, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> Reply:
        """One request and its answer, an object. What is no GET is sent again only where it cannot have come to X."""
        self._settings.require("bearer_token")
        self._pace.take(endpoint)
        try:
            reply = self._transport.request(
                method, route, params=params, json=json, judge=lambda reply: self._judge(endpoint, reply)
            )
        except Glitch as glitch:
            advice = f"X is failing, or the connection to {self._settings.api} is cut; run again later"
            raise TransientError(str(glitch), advice) from glitch
        self._clock.read(reply)
        return reply

    def _judge(self, endpoint: Endpoint, reply: Reply) -> None:
        wait = self._pace.remember(endpoint, reply)
        if reply.status < 300:
            _check_whole(reply)
        elif reply.status == 404:  # nothing here is named that may be gone: it passes, and ends no capture
            raise Glitch(
                f"X answered with status 404 ({reply.words}): if that goes on, check `api` in the configuration", reply=reply
            )
        elif not (400 <= reply.status < 500 and _kinds(reply) & OF_RULES):
            try:
                judge(reply, wait=wait)
            except RateLimited as limited:
                self._pace.block(endpoint, limited.wait)
                raise


def _kinds(reply: Reply) -> set[str]:
    return {reply.problem.kind, *(problem(one).kind for one in reply.items)}


def _check_whole(reply: Reply) -> None:
    """Raises Glitch for an answer that tells nothing of what was asked: it is not that there is nothing."""
    if not isinstance(reply.body, dict) or not (reply.body.get("data") or isinstance(reply.body.get("meta"), dict)):
        raise Glitch("X answered with something that is not whole")
    meta = reply.body.get("meta")
    if reply.items and not reply.body.get("data") and not (isinstance(meta, dict) and "summary" in meta):
        raise Glitch(f"X answered with errors only ({reply.words})")


def _rule(one: Object) -> StreamRule:
    return StreamRule(str(one.get("id") or ""), str(one.get("value") or ""), str(one.get("tag") or ""))


def _connection(one: Object) -> StreamConnection:
    opened = milliseconds(one.get("connected_at")) or 0
    return StreamConnection(str(one.get("id") or ""), opened, str(one.get("endpoint_name") or ""))


def _taken(values: Sequence[str], reply: Reply) -> RulesTaken:
    """What became of each rule that was sent. That of others, or their number, was refused is no fault of one's own."""
    taken = tuple(_rule(one) for one in objects(reply.body.get("data")))
    refused = tuple(_refused(one) for one in reply.items if isinstance(one.get("value"), str))
    told = {one.value for one in taken} | {one.value for one in refused}
    why = reply.words if reply.items or reply.status >= 300 else "X did not say what became of them"
    return RulesTaken(taken, refused, "" if told.issuperset(values) else why)


def _refused(item: Object) -> RefusedRule:
    details = item.get("details")
    said = [str(one) for one in details] if isinstance(details, list) else []
    why = "; ".join(said) or str(item.get("detail") or item.get("title") or "X did not say why")
    known = str(item.get("id") or "") if problem(item).kind == "duplicate-rules" else ""
    return RefusedRule(item["value"], why, known)
