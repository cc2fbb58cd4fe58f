"""What an answer of X means, and what to tell the operator.

Facts: docs.x.com (response codes and errors; rate limits), and bodies seen in the wild, since X
answers with more forms than it documents. Types are matched by the last segment of their address.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from netwar.errors import BadRequest, ClockOff, ConfigError, KeysRefused, NotNow, OutOfCredit, RateLimited, TryLater, UsageCapped
from netwar.records.dialects import objects
from netwar.records.pages import next_page
from netwar.records.problems import Problem, problem
from netwar.twitter.base import QueryRefused, StaleToken, Unavailable

# X sends no reset time with some refusals; asking again sooner would only be refused again.
WAIT_WITHOUT_RESET = 60.0
# Of X's own words as much is repeated as a sentence can bear.
MAX_ITEMS, MAX_WORDS = 10, 300
LAST_YEAR = 2500  # what is dated later is no time; a document's version has room for 500 years
CLOCK_OFF = 120.0  # seconds; X takes no signature whose time is more than some minutes from its own


class Glitch(Exception):
    """An answer that is no answer: overload, HTML, an empty or cut body, no connection. Worth asking again.

    `billed` is true when X may have sent (and billed) an answer of which too little came through; `reply` is what came, where
    it came to its end; `arrived` is false when the request cannot have come to X.
    """

    def __init__(self, what: str, *, billed: bool = False, reply: Reply | None = None, arrived: bool = True) -> None:
        super().__init__(what)
        self.billed = billed
        self.reply = reply
        self.arrived = arrived


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer: status, headers in lower case, the parsed body (None if it is not JSON), and its bytes.

    `asked` is when it was asked for, on the clock of `time.monotonic`.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    content: bytes = b""
    asked: float = 0.0

    @property
    def date(self) -> datetime | None:
        """The time at X when it answered; None if it did not say."""
        return date_of(self.headers)

    @property
    def is_foreign(self) -> bool:
        """Trouble before X, or something in X's place, and neither an answer nor a refusal of X's."""
        return self.status >= 500 or 300 <= self.status < 400 or self.status in (408, 425)

    @property
    def problem(self) -> Problem:
        """The refusal that the body speaks of."""
        return problem(self.body if isinstance(self.body, dict) else {})

    @property
    def items(self) -> list[dict[str, Any]]:
        """The objects in `errors`."""
        return objects(self.body.get("errors")) if isinstance(self.body, dict) else []

    @property
    def codes(self) -> set[int]:
        """The numbers of X's old error format."""
        return {item["code"] for item in self.items if isinstance(item.get("code"), int)}

    @property
    def words(self) -> str:
        """What X says went wrong, in its own words."""
        said = [self.problem.detail or self.problem.title]
        said += [str(item.get("message") or item.get("detail") or item.get("title") or "") for item in self.items[:MAX_ITEMS]]
        return _fit("; ".join(dict.fromkeys(filter(None, said)))) or f"HTTP status {self.status}"


def _fit(said: str) -> str:
    """X's words as they may go to a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in said[:MAX_WORDS])


def judge(reply: Reply, *, wait: float | None = None, about_user: bool = False, listed: bool = False) -> None:
    """Return for an answer that can be read; raise what anything else means.

    `wait` is the seconds until the rate window opens, where the headers told. `about_user` when the
    question was about one user, whom a 403 or 404 may then speak of. `listed` when only `meta` tells the end of a list
    from a page of it. Raises Glitch for what passes.
    """
    status = reply.status
    if status >= 500 or status in (408, 425):
        raise Glitch(f"X answered with status {status}")
    if status < 300:
        if not _is_whole(reply.body):
            raise Glitch("X answered with something that is not whole", billed=True, reply=reply)
        if _only_trouble(reply):
            includes = reply.body.get("includes")
            raise Glitch(f"X answered with errors only ({reply.words})", billed=bool(includes), reply=reply if includes else None)
        if listed and not next_page(reply.body)[1] and (reply.body.get("data") or not reply.items):
            raise Glitch("X did not say whether its list continues", billed=True, reply=reply)
        return
    if about_user and status in (403, 404) and reply.problem.outcome:
        raise Unavailable(reply.problem.outcome, reply.words)
    try:
        REFUSALS.get(status, _unexpected)(reply, wait)
    except (BadRequest, KeysRefused, NotNow) as refusal:
        refusal.reason = f"X answered with status {status} ({reply.words})"
        raise


def _is_whole(body: Any) -> bool:
    """Whether an answer is one of X's: an object whose `data` is one, or a list. What is odd in these is for who reads it."""
    data = body.get("data") if isinstance(body, dict) else ""
    return data is None or isinstance(data, dict | list)


def _only_trouble(reply: Reply) -> bool:
    """Whether an answer brings nothing but errors, none of which speaks of a user: no end of a timeline, whatever its `meta`."""
    told = reply.body.get("data") or any(problem(item).outcome for item in reply.items)
    return bool(reply.items) and not told


def _too_many(reply: Reply, wait: float | None) -> None:
    kinds = {reply.problem.kind, *(problem(item).kind for item in reply.items)}
    if "usage-capped" in kinds:
        raise UsageCapped(
            f"X's cap for this app is reached ({reply.words}): nothing more until X's period ends; "
            "see tw-rates, or raise the cap in X's console"
        )
    if "streaming-connection" in kinds or reply.problem.title == "ConnectionException":
        raise TryLater(f"X has another stream of this app open ({reply.words}): end it, or try again in a minute")
    if wait is None:
        wait = WAIT_WITHOUT_RESET
    raise RateLimited(f"the rate window of this account is spent: run again in {wait:.0f} s, when it opens", wait)


def _payment(reply: Reply, wait: float | None) -> None:
    raise OutOfCredit(f"X has no credit left for this app ({reply.words}): buy credits in X's developer console, then run again")


def _unauthorized(reply: Reply, wait: float | None) -> None:
    if off := clock_off(reply.headers):
        raise ClockOff(f"X does not accept what was asked at this time ({reply.words}): {off}, then run again")
    raise KeysRefused(
        f"X does not accept these keys ({reply.words}): run tw-auth again; if that fails too, "
        "compare consumer_key and consumer_secret with X's console"
    )


def _forbidden(reply: Reply, wait: float | None) -> None:
    found, words = reply.problem, reply.words
    if found.kind == "spend-cap-reached":
        raise OutOfCredit(
            f"the spend cap of X's developer console is reached ({words}): raise it there, or wait for its next period"
        )
    if found.kind == "unsupported-authentication":
        raise KeysRefused(f"X does not take this kind of keys here ({words}): check the setting `auth`, or run tw-auth again")
    if found.kind == "client-forbidden" or 453 in reply.codes:
        raise KeysRefused(f"X does not let this app ask ({words}): enrol it in a Project with pay-per-use access in X's console")
    raise KeysRefused(f"X refuses this ({words}): check the app's permissions in X's console, then run tw-auth again")


def _not_found(reply: Reply, wait: float | None) -> None:
    raise KeysRefused(
        f"X does not know this address or does not show it to these keys ({reply.words}): "
        "check `api` and `auth` in the configuration"
    )


def _invalid(reply: Reply, wait: float | None) -> None:
    named = {name for item in reply.items if isinstance(item.get("parameters"), dict) for name in item["parameters"]}
    if named & {"pagination_token", "next_token"}:
        raise StaleToken(f"X does not take its page token any more ({reply.words})")
    if "query" in named:
        said = "; ".join(str(item.get("message") or "") for item in reply.items[:MAX_ITEMS])
        raise QueryRefused(f"X does not take this query ({_fit(said)})")
    _unexpected(reply, wait)


def _conflict(reply: Reply, wait: float | None) -> None:
    raise NotNow(
        f"X says that something else has to come first ({reply.words}): "
        "a stream needs rules, a running compliance job must end; then run again"
    )


def _unexpected(reply: Reply, wait: float | None) -> None:
    if 300 <= reply.status < 400:
        raise ConfigError(
            "what answers there is not X but something on the way, such as a portal that wants a sign-in first "
            f"(HTTP status {reply.status}): check `api` in the configuration, and the network"
        )
    raise BadRequest(f"X refused the request ({reply.words}): a wrong option, or a bug of this program; -v shows the request")


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The time in a Date header; None if there is none that can be read. The headers' names are in lower case, or of any."""
    try:
        at = parsedate_to_datetime(headers["date"]).astimezone(UTC)
        return at if at.year < LAST_YEAR else None
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def clock_off(headers: Mapping[str, str]) -> str:
    """That our clock is minutes from X's, by how much, and what to do; empty if it is not, or X did not say."""
    at = date_of(headers)
    ahead = time.time() - at.timestamp() if at else 0.0
    if abs(ahead) < CLOCK_OFF:
        return ""
    which = "ahead of" if ahead > 0 else "behind"
    return f"the clock of this host is {_span(abs(ahead))} {which} X's: set it (timedatectl set-ntp true)"


def _span(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}s"
    return f"{seconds / 60:,.0f} minutes"


def reason(error: BaseException) -> str:
    """Why a connection failed, in a few words: the innermost cause, since the outer ones repeat the whole address."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:200]


REFUSALS = {
    400: _invalid,
    401: _unauthorized,
    402: _payment,
    403: _forbidden,
    404: _not_found,
    409: _conflict,
    429: _too_many,
}
