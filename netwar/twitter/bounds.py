"""Answers of X within bounds, for the library that signs in and the one that asks."""

from __future__ import annotations

from ssl import SSLContext
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from netwar.connections.bounded import POOLS, whole


class Endless(HTTPAdapter):
    """Answers may go on for ever, if something comes now and then. A context of ours checks certificates, if there is one."""

    def __init__(self, context: SSLContext | None = None) -> None:
        self._checked: dict[str, Any] = {"ssl_context": context} if context else {}
        super().__init__()

    def init_poolmanager(self, *given: Any, **more: Any) -> None:
        super().init_poolmanager(*given, **(more | self._checked))

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        return super().proxy_manager_for(proxy, **(more | self._checked))

    def build_connection_pool_key_attributes(self, *given: Any, **more: Any) -> Any:
        """Without the file of the CA: it would be read at each connection, unchecked, and what it has by then trusted, too."""
        host, way = super().build_connection_pool_key_attributes(*given, **more)
        return host, {name: value for name, value in way.items() if not (self._checked and name == "ca_certs")}

    def cert_verify(self, *given: Any, **more: Any) -> None:
        """The same, which requests does once more."""
        if not self._checked:
            super().cert_verify(*given, **more)  # type: ignore[no-untyped-call]


class Timed(Endless):
    """Answers are there within twice their time-out, headers and all."""

    def init_poolmanager(self, *given: Any, **more: Any) -> None:
        super().init_poolmanager(*given, **more)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **more)
        manager.pool_classes_by_scheme = POOLS
        return manager


class Bounded(Timed):
    """Answers are read at once, too, and have at most `most` bytes. Raises RequestException, as requests do."""

    def __init__(self, most: int, context: SSLContext | None = None) -> None:
        super().__init__(context)
        self._most = most

    def send(self, request: requests.PreparedRequest, *given: Any, **more: Any) -> requests.Response:
        more["stream"] = True
        response = super().send(request, *given, **more)
        try:
            response.raw = whole(response.raw, self._most)
        except urllib3.exceptions.ReadTimeoutError as error:
            raise requests.exceptions.ReadTimeout(error, request=request) from error
        except urllib3.exceptions.ProtocolError as error:
            raise requests.exceptions.ChunkedEncodingError(error, request=request) from error
        except urllib3.exceptions.HTTPError as error:
            raise requests.exceptions.ContentDecodingError(error, request=request) from error
        return response
