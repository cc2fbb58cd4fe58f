"""A stream that X has opened: bytes as they come, ended by another thread at any time.

A Python socket that timed out once cannot be read again, so its time-out is the silence after which the line is dead: X
sends a keep-alive each 20 seconds. Who ends the stream shuts the socket, and the read returns.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import IncompleteRead
from typing import Any

import requests
import urllib3

from netwar.connections.bounded import TooLarge, body
from netwar.records.parsing import parsed
from netwar.twitter.base import TransientError
from netwar.twitter.problems import Glitch, Reply, reason
from netwar.twitter.transport import Transport
from netwar.twitter.way import causes

ROUTE = "/2/tweets/search/stream"
SILENCE = 30.0
CONNECT = 10.0  # seconds
CHUNK = 1 << 16
MAX_REFUSAL = 1 << 20  # bytes of an answer that is no stream


def connect(transport: Transport, params: Mapping[str, Any], silence: float) -> tuple[requests.Response | None, Reply]:
    """Ask for the stream, once: what X answered, and the response that goes on if it took the connection. Raises Glitch."""
    way, began = transport.way, time.monotonic()
    session = requests.Session()
    way.prepare(session, endless=True)
    session.headers["Accept-Encoding"] = "identity"  # packed lines would wait for each other
    headers = {"Authorization": f"Bearer {transport.bearer_token}", "User-Agent": transport.user_agent}
    try:
        response = session.get(
            way.api + ROUTE, params=params, headers=headers, timeout=(CONNECT, silence), stream=True, allow_redirects=False
        )
        if response.status_code == 200:
            return response, Reply(200, _lower(response), {}, asked=began)
        with response:
            content = body(response.raw, MAX_REFUSAL)
    except requests.exceptions.SSLError as error:
        raise way.mistrusted(error) or Glitch(f"no secure connection to X: {reason(error)}") from error
    except requests.exceptions.Timeout as error:
        raise Glitch("X did not answer in time") from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, TooLarge) as error:
        raise Glitch(f"no connection to {way.api} ({reason(error)})") from error
    return None, Reply(response.status_code, _lower(response), _json(content), content, began)


class Opened:
    """Fills the contract `netwar.twitter.streaming.OpenStream`."""

    def __init__(self, response: requests.Response, connected: int, silence: float) -> None:
        self.connected = connected
        self._response = response
        self._silence = silence
        self._lock = threading.Lock()
        self._closed = self._reads = False

    def chunks(self) -> Iterator[bytes]:
        """Ends without a word when X ends the stream, or `close` is called."""
        with self._lock:
            if self._closed:
                return
            self._reads = True
        try:
            while chunk := self._response.raw.read1(CHUNK, decode_content=True):
                yield chunk
                if self._closed:  # a socket that is shut goes on giving what still comes in
                    return
        except urllib3.exceptions.ReadTimeoutError as error:
            if not self._closed:
                raise self._trouble(f"X's stream was silent for {self._silence:.0f} s") from error
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            if not self._closed:
                raise self._trouble(f"X's stream broke off: {_why(error)}") from error
        finally:
            with self._lock:
                self._reads = False
            self._response.close()

    def close(self) -> None:
        """End it, also from another thread while `chunks` waits."""
        with self._lock:
            self._closed = True
            if self._reads:
                with suppress(OSError, ValueError, RuntimeError):  # it has just ended by itself
                    self._response.raw.shutdown()
                return
        self._response.close()

    def _trouble(self, what: str) -> TransientError:
        return TransientError(what, "connect again")


def _why(error: BaseException) -> str:
    """In words, which the library has not for the end of a connection in the middle of an answer."""
    whole = not any(isinstance(one, IncompleteRead) for one in causes(error))
    return reason(error) if whole else "the connection ended in the middle"


def _lower(response: requests.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _json(content: bytes) -> Any:
    try:
        return parsed(content)
    except ValueError:
        return None
