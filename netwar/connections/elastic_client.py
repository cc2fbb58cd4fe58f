"""The library that speaks to all servers, with those of its steps replaced that would keep it from one of them.

It is elasticsearch-py 7.17, the last one that all of them understand. (tests/connections has a test for each server.)
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from netwar.connections.bounded import WholeAnswers
from netwar.connections.slim import without
from netwar.connections.tls import Trust
from netwar.records.parsing import parsed

# Its other side, for asyncio, takes 90 ms of the processor: aiohttp reads the system's CAs as it is imported. (asyncio itself has
# to be there: this side catches its CancelledError.)
with without("elasticsearch._async"):
    from elasticsearch import Elasticsearch, JSONSerializer, SerializationError, Transport, Urllib3HttpConnection

MAX_BYTES = 1 << 28  # of an answer, unpacked; a cluster takes no request of more than 100 MB as a rule

logging.getLogger("elasticsearch").setLevel(logging.ERROR)  # each failure is told once, by us


def client(hosts: Sequence[Mapping[str, Any]], trust: Trust, headers: Mapping[str, str]) -> Elasticsearch:
    """A client of these hosts, which tries each of them once. `trust` is for their certificates, `headers` say who we are."""
    secured = [{**one, **({"ssl_context": trust.context} if one["use_ssl"] else {})} for one in hosts]
    return Elasticsearch(
        secured,
        transport_class=_AnyProduct,
        connection_class=_Connection,
        serializer=_Orjson(),
        max_retries=len(hosts) - 1,
        retry_on_status=(),
        headers=headers,
    )


class _Orjson(JSONSerializer):
    """The library's own takes several times as long."""

    def loads(self, data: Any) -> Any:
        try:
            return parsed(data)  # old documents may have half a surrogate pair
        except ValueError as error:
            raise SerializationError(data, error) from error

    def dumps(self, data: Any) -> Any:
        return data if isinstance(data, str | bytes) else orjson.dumps(data).decode()  # its helpers want text


class _Connection(Urllib3HttpConnection):
    """What servers warn of (no security set up, old calls) is no news to the operator. Answers are bounded."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.pool: Any = WholeAnswers(self.pool, MAX_BYTES)

    def _raise_warnings(self, warning_headers: Any) -> None:
        pass

    def log_request_success(self, *given: Any, **more: Any) -> None:
        """Nobody listens, and it takes a copy of each body."""


class _AnyProduct(Transport):
    """Serves OpenSearch and the builds of Elasticsearch that have no licence, too: `Cluster` looks for itself."""

    def _do_verify_elasticsearch(self, headers: Any, timeout: Any) -> None:
        self._verified_elasticsearch = True
