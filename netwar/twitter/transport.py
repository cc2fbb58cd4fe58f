"""Requests to X: signed by tweepy, sent, timed out, tried again and judged by us.

tweepy's own `request` has no time-out, retries nothing, waits without end on a spent cap and writes
the Authorization header into its log, so it is the one method that is replaced (tweepy 4.17).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

import requests
import tenacity
import tweepy
import urllib3

from netwar.connections.bounded import PATIENCE, TooLarge, body
from netwar.records.parsing import parsed
from netwar.twitter.problems import Glitch, Reply, reason
from netwar.twitter.way import Way

log = logging.getLogger("netwar.twitter")

ATTEMPTS = 4
MAX_BYTES = 1 << 26  # a hundred posts with all that comes along are less than a hundredth of that


SHORTEST_KEY = 12  # characters; X's have 25 and more, and in no post by chance

FREE = "/2/usage/tweets"  # costs nothing, and without keys brings a refusal


class Transport(tweepy.Client):  # type: ignore[misc]  # tweepy has no types
    """A tweepy client whose answers are `Reply`s and whose address is a setting."""

    def __init__(self, way: Way, *, timeout: float, **keys: str | None) -> None:
        super().__init__(return_type=requests.Response, **keys)
        self.way = way
        self.timeout = timeout
        self.session.headers["Accept-Encoding"] = "gzip"
        way.prepare(self.session)
        self._told = ""  # what was said of the last attempt that failed

    def request(
        self,
        method: str,
        route: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        user_auth: bool = False,
        judge: Callable[[Reply], None] = lambda reply: None,
        once_billed: bool = False,
        ready: Callable[[], None] = lambda: None,
    ) -> Reply:
        """Send until an answer passes `judge`; its Glitches are tried again a few times, with growing pauses. What is no GET is
        sent again only if it cannot have come to X: otherwise it may be done, and who sent it must look. With `once_billed`,
        what X may have answered is not sent again either: each answer costs anew. `ready` is called before each attempt, and may
        raise.

        Raises the last Glitch when they are used up, and whatever else `judge` raises at once; with the
        attribute `billed` true where X may have billed an attempt.
        """
        billed = False

        def attempt() -> Reply:
            nonlocal billed
            try:
                ready()
                return self._attempt(method, route, params, json, user_auth, judge)
            except Exception as error:
                billed = billed or getattr(error, "billed", False)
                error.billed = billed  # type: ignore[attr-defined]
                raise

        return self._retrying(method, once_billed)(attempt)

    def _retrying(self, method: str, once_billed: bool) -> tenacity.Retrying:
        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=tenacity.wait_random_exponential(multiplier=0.25, max=8),
            retry=tenacity.retry_if_exception(partial(_is_safe_to_repeat, method, once_billed)),
            before_sleep=self._tell_of_retry,
            reraise=True,
        )

    def look(self) -> Reply:
        """The headers of an answer to a question that asks for nothing, shows no keys and costs nothing.

        Raises Glitch when none comes.
        """
        began = time.monotonic()
        try:
            with self.session.head(self.way.api + FREE, timeout=min(self.timeout, 10), allow_redirects=False) as response:
                reply = Reply(response.status_code, _lower(response.headers), None, asked=began)
        except requests.exceptions.SSLError as error:
            raise self.way.mistrusted(error) or Glitch(f"no secure connection to X: {reason(error)}") from error
        except requests.exceptions.RequestException as error:
            raise Glitch(f"X does not say what time it is: {reason(error)}") from error
        if reply.is_foreign:
            raise Glitch(f"X does not say what time it is, but answers with status {reply.status}")
        return reply

    def _tell_of_retry(self, state: tenacity.RetryCallState) -> None:
        """The same is said once, however often it happens before X answers."""
        said = str(state.outcome.exception()) if state.outcome else ""
        if said != self._told:
            log.info("%s; retrying", said)
        self._told = said

    def _attempt(self, method: str, route: str, params: Any, json: Any, user_auth: bool, judge: Callable[[Reply], None]) -> Reply:
        log.debug("asking X: %s %s %s", method, route, _said(params))
        try:
            reply = self._send(method, route, params, json, user_auth)
        except requests.exceptions.ConnectTimeout as error:
            raise Glitch("X could not be reached in time", arrived=False) from error
        except requests.exceptions.SSLError as error:
            raise self.way.mistrusted(error) or Glitch(f"no secure connection to X: {reason(error)}") from error
        except requests.exceptions.ProxyError as error:
            raise Glitch(f"the proxy {self.way.proxy} does not lead to X: {reason(error)}", arrived=False) from error
        except requests.exceptions.Timeout as error:
            raise Glitch(f"X did not answer within {self.timeout:.0f} s", billed=True) from error
        except requests.exceptions.RequestException as error:
            refused = _refused(error)
            said = f"no connection to {self.way.api} ({reason(error)})"
            raise Glitch(said, billed=not refused, arrived=not refused) from error
        log.debug("X answered %s, %s left in the window", reply.status, reply.headers.get("x-rate-limit-remaining", "?"))
        judge(reply)
        self._told = ""
        return reply

    def _send(self, method: str, route: str, params: Any, json: Any, user_auth: bool) -> Reply:
        headers = {"User-Agent": self.user_agent}
        auth = None
        if user_auth:
            keys = (self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret)
            auth = tweepy.OAuth1UserHandler(*keys).apply_auth()
        else:
            headers["Authorization"] = f"Bearer {self.bearer_token}"
        began = time.monotonic()
        with self.session.request(
            method,
            self.way.api + route,
            params=params,
            json=json,
            headers=headers,
            auth=auth,
            timeout=(min(self.timeout, 10), self.timeout),
            stream=True,
            allow_redirects=False,
        ) as response:
            content = self._content(response)
        content = self._without_keys(content)
        return Reply(response.status_code, _lower(response.headers), _json(content), content, began)

    def _without_keys(self, content: bytes) -> bytes:
        """An answer in which nobody repeats our keys: what X says of a user is kept where others may read it."""
        for key in (self.bearer_token, self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret):
            for form in {key, quote(key, safe="")} if key and len(key) >= SHORTEST_KEY else ():
                content = content.replace(form.encode(), b"***")
        return content

    def _content(self, response: requests.Response) -> bytes:
        """The body, within twice the time-out: a time-out per read alone lets a dripping answer last for ever.

        Raises Glitch when it does not come whole.
        """
        deadline = time.monotonic() + PATIENCE * self.timeout
        try:
            return body(response.raw, MAX_BYTES)
        except TooLarge as error:
            raise Glitch(f"X's answer is larger than {MAX_BYTES:,} bytes", billed=True) from error
        except urllib3.exceptions.ReadTimeoutError as error:
            if time.monotonic() >= deadline:
                raise Glitch(f"X's answer was not whole after {PATIENCE * self.timeout:.0f} s", billed=True) from error
            raise Glitch(f"X's answer stopped for {self.timeout:.0f} s after {_came(response)}", billed=True) from error
        except urllib3.exceptions.HTTPError as error:
            raise Glitch(f"X's answer broke off after {_came(response)}", billed=True) from error


def _said(params: Mapping[str, Any] | None) -> str:
    """What is asked for, without the lists of fields: those are long, and the same each time."""
    told = {name: value for name, value in (params or {}).items() if name != "expansions" and not name.endswith(".fields")}
    return " ".join(f"{name}={value}" for name, value in told.items())


def _is_safe_to_repeat(method: str, once_billed: bool, error: BaseException) -> bool:
    return isinstance(error, Glitch) and (method == "GET" or not error.arrived) and not (once_billed and error.billed)


def _came(response: requests.Response) -> str:
    return f"{response.raw.tell():,} bytes"


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _json(content: bytes) -> Any:
    try:
        return parsed(content)
    except ValueError:
        return None


def _refused(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ConnectionRefusedError):
            return True
        error = error.__cause__ or error.__context__
    return False
