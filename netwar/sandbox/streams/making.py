"""The lines that are due on a connection: matched, written out, and bent as its faults want it."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from netwar.sandbox.dialects import wanted
from netwar.sandbox.problems import NEW_HOST, OLD_HOST
from netwar.sandbox.state import Call
from netwar.sandbox.streams.connections import Connection
from netwar.sandbox.streams.faults import ENDS, QUIET, StreamFault
from netwar.sandbox.streams.lines import Lines, Sold
from netwar.sandbox.world.chorus import Sung

UNKNOWN_RULE = 1_000_000_007  # no rule of this sandbox has this id
_GARBAGE = b'{"data":{"id":"1","text":"this line has no e\r\n'
_PROBLEMS = (
    (
        b',"errors":[{"value":"1","detail":"Could not find tweet with referenced_tweets.id: [1].","title":"Not Found Error",'
        b'"resource_type":"tweet","parameter":"referenced_tweets.id","resource_id":"1","type":"' + OLD_HOST.encode()
    )
    + b'resource-not-found"},{"title":"Internal Error","detail":"Something broke on our side.","type":"'
    + (NEW_HOST.encode() + b'internal-error"}]')
)


@dataclass
class Out:
    """What is to be written at once: lines, and of the posts among them (offset of the end, id, what X bills). `ends`: why the
    connection is over after that, `quiet`: no keep-alives at present."""

    lines: list[bytes] = field(default_factory=list)
    posts: list[tuple[int, int, Sold]] = field(default_factory=list)
    size: int = 0
    ends: str = ""
    quiet: bool = False

    def say(self, line: bytes) -> None:
        self.lines.append(line)
        self.size += len(line)

    def post(self, line: bytes, post_id: int, sold: Sold) -> None:
        self.say(line)
        self.posts.append((self.size, post_id, sold))


@dataclass(frozen=True, slots=True)
class _Held:
    """A line that comes later: at a time (ms), or after so many posts."""

    line: bytes
    post: int
    sold: Sold
    at: int | None = None
    after: int = 0


class Making:
    """The lines of one connection, in turn."""

    def __init__(self, call: Call, connection: Connection) -> None:
        self._streams, self._world = call.box.streams, call.box.world
        self._rules = self._streams.of(call.caller.app.key).rules
        self._connection = connection
        self._lines = Lines(call.box.world, wanted(call.parameters))
        self._next = self._world.chorus.before(connection.opened)
        self._bent: dict[str, tuple[StreamFault, int]] = {}  # kind: the fault, and how many lines it still concerns
        self._held: list[_Held] = []
        self._silent_until = self._quiet_until = 0
        self._rest = b""

    def until(self, now: int) -> Out:
        """Everything since the last time, up to now (ms)."""
        out = Out()
        if self._rest:
            out.say(self._rest)
            self._rest = b""
        first, self._next = self._next, self._world.chorus.before(now)
        self._begin(out, now)
        for post in self._world.chorus.between(first, self._next):
            if out.ends:
                break
            rules = self._rules.marks(post.voice, post.id, post.time)
            if rules is not None and now >= self._silent_until and self._world.chorus.heard(post.author, post.time):
                self._post(out, post, rules, now)
                self._release(out, now)
        self._release(out, now)
        self._end(out, now)
        out.quiet = now < max(self._silent_until, self._quiet_until)
        return out

    def _begin(self, out: Out, now: int) -> None:
        if self._connection.asked_to_end:
            out.ends = self._connection.asked_to_end
        self._meet(out, now)

    def _meet(self, out: Out, now: int) -> None:
        """Faults whose time has come, with the post that comes next."""
        connection = self._connection
        for fault in self._streams.faults.due(connection.id, (now - connection.opened) / 1000, connection.delivered + 1):
            if fault.kind in ENDS:
                self._bent[fault.kind] = (fault, 1)
                if fault.kind != "half-line":  # that ends with the post that comes next
                    out.ends = out.ends or fault.kind
            elif fault.kind in QUIET:
                until = now + round(fault.seconds * 1000) if fault.seconds else 1 << 62
                self._quiet_until = until
                self._silent_until = until if fault.kind == "silence" else self._silent_until
            else:
                self._bent[fault.kind] = (fault, fault.posts)

    def _post(self, out: Out, post: Sung, rules: bytes, now: int) -> None:
        if self._streams.faults:
            self._meet(out, now)
            if out.ends or now < self._silent_until:
                return
        self._connection.delivered += 1
        bent = self._bent
        if not bent:
            line, sold = self._lines.line(post, rules)
            return out.post(line, post.id, sold)
        self._bend(out, post, rules, now)

    def _bend(self, out: Out, post: Sung, rules: bytes, now: int) -> None:
        if self._takes("no-tag"):
            rules = orjson.dumps([{"id": one["id"]} for one in orjson.loads(rules)])
        if self._takes("unknown-rule"):
            rules = b'[{"id":"%d","tag":"?"},' % UNKNOWN_RULE + rules[1:]
        problems = _PROBLEMS if self._takes("post-errors") else b""
        line, sold = self._lines.line(post, None if self._takes("no-matching-rules") else rules, problems)
        if self._takes("bad-json"):
            out.say(_GARBAGE)
        if self._takes("half-line"):
            out.ends = "half-line"
            return out.say(line[: len(line) // 2])
        if fault := self._takes("late"):
            return self._held.append(_Held(line, post.id, sold, at=now + round(fault.seconds * 1000)))
        if fault := self._takes("out-of-order"):
            return self._held.append(_Held(line, post.id, sold, after=self._connection.delivered + fault.posts))
        out.post(line, post.id, sold)
        if self._takes("duplicate"):
            out.post(line, post.id, sold)

    def _takes(self, kind: str) -> StreamFault | None:
        """The fault of a kind that bends this line."""
        fault, left = self._bent.get(kind, (None, 0))
        if fault is not None:
            if left > 1 and kind != "out-of-order":
                self._bent[kind] = (fault, left - 1)
            else:
                del self._bent[kind]
        return fault

    def _release(self, out: Out, now: int) -> None:
        """What was held back and comes now."""
        if self._held and not out.ends and now >= self._silent_until:
            due = [one for one in self._held if (one.at is None or one.at <= now) and self._connection.delivered >= one.after]
            self._held = [one for one in self._held if one not in due]
            for one in due:
                out.post(one.line, one.post, one.sold)

    def _end(self, out: Out, now: int) -> None:
        """The last words of a connection that is over; a line that is split in two."""
        if out.ends in ("operational-disconnect", "slow-reader") or out.ends == self._connection.asked_to_end != "":
            fault = self._bent.get(out.ends, (None, 0))[0]
            reason = "SlowReader" if out.ends == "slow-reader" else fault.reason if fault else "ForceDisconnect"
            out.say(disconnect(reason))
        if out.lines and out.lines[-1].endswith(b"\r\n") and not out.ends and self._takes("split-crlf"):
            out.lines[-1], self._rest = out.lines[-1][:-1], b"\n"


def disconnect(reason: str) -> bytes:
    """The line with which X announces that it ends a connection."""
    detail = "This stream has been disconnected for operational reasons."
    told = {"title": "operational-disconnect", "disconnect_type": reason, "detail": detail}
    return orjson.dumps({"errors": [told | {"type": OLD_HOST + "operational-disconnect"}]}) + b"\r\n"
