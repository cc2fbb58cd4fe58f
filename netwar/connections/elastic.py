"""One way to talk to Elasticsearch 6.5 to 9 and OpenSearch: which of them answers is found out by asking.

Which library speaks to them, and what of it is replaced, stands in `netwar.connections.elastic_client`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from netwar.config import Settings
from netwar.config.loopback import loopback
from netwar.connections import tls
from netwar.connections.elastic_errors import TransientError, refusal, translated
from netwar.errors import ConfigError, NetwarError, ServiceDown

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

PORT = 9200
OLDEST = (6, 5, 0)
FIRST_SECONDS = 10  # to say who it is
SECONDS = 30  # for an answer: what takes longer hangs


class Cluster:
    """A cluster that has answered. `ask` speaks to it; `client` is the library's, for what it has words for.

    `product` is elasticsearch or opensearch, `version` three numbers, `user` who we are there.
    """

    def __init__(self, client: Elasticsearch, where: str, user: str) -> None:
        self.client = client
        self.where = where
        self.user = user
        told = self.ask("GET", "/", seconds=FIRST_SECONDS)
        version = told.get("version") if isinstance(told, dict) else None
        numbers = re.match(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})", str(version.get("number"))) if isinstance(version, dict) else None
        if not isinstance(version, dict) or numbers is None:
            raise ConfigError(f"{where} is no Elasticsearch and no OpenSearch: correct elksg")
        self.product = "opensearch" if version.get("distribution") == "opensearch" else "elasticsearch"
        self.version = (int(numbers[1]), int(numbers[2]), int(numbers[3]))
        if self.product == "elasticsearch" and self.version < OLDEST:
            raise ConfigError(f"{self} is too old: Elasticsearch 6.5 or newer, or OpenSearch, is needed")

    def __str__(self) -> str:
        name = "OpenSearch" if self.product == "opensearch" else "Elasticsearch"
        return f"{name} {'.'.join(map(str, self.version))} at {self.where}"

    @property
    def typed(self) -> bool:
        """Does each document have a type, as in 6.x?"""
        return self.product == "elasticsearch" and self.version < (7,)

    @property
    def composable(self) -> bool:
        """Does it know index templates of the newer kind?"""
        return self.product == "opensearch" or self.version >= (7, 8)

    @property
    def numbers_sequences(self) -> bool:
        """Are concurrent changes told apart by sequence numbers (else by versions)?"""
        return self.product == "opensearch" or self.version >= (6, 7)

    @cached_property
    def security(self) -> str:
        """What stands before it: searchguard, opensearch, xpack or none."""
        if self.product == "opensearch":
            return "opensearch" if self._there("/_plugins/_security/health") else "none"
        if self._there("/_searchguard/health"):
            return "searchguard"
        path = "/_xpack/security/_authenticate" if self.version < (7,) else "/_security/_authenticate"
        return "xpack" if self._there(path) else "none"

    @cached_property
    def folds(self) -> bool:
        """Has it the filters that take accents off and part words at signs? All but bare test builds have."""
        tried = {"tokenizer": "standard", "filter": ["asciifolding"], "text": "é"}
        answer = self.ask("POST", "/_analyze", tried, ignore=(400, 403))
        if answer.get("status") != 403:
            return "error" not in answer
        # Who may not try may still see what is in it.
        told = self.ask("GET", "/_nodes/plugins", params={"filter_path": "nodes.*.modules.name"}, ignore=(403,))
        modules = [{one["name"] for one in node["modules"]} for node in told.get("nodes", {}).values()]
        return all("analysis-common" in node for node in modules)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        ignore: Collection[int] = (),
        index: str = "",
        seconds: float = SECONDS,
        once: bool = False,
    ) -> Any:
        """The answer to one request. What passes by itself is asked again: a lost connection for some seconds, a busy
        cluster for a minute; not so `once`, for what must not be done twice. An answer whose status is in `ignore` is
        handed back with its `error`.

        Raises ServiceDown, and ConfigError if we may not do it; `index` is named there. NetwarError for what it refuses.
        """
        if once:
            return self._ask(method, path, body, params, ignore, index, seconds)
        return self.patiently(self._ask, method, path, body, params, ignore, index, seconds)

    def patiently(self, work: Callable[..., Any], *given: Any) -> Any:
        """Do something again, later and later, as long as what it raises is TransientError and its patience lasts."""
        from tenacity import Retrying, retry_if_exception_type, wait_random_exponential

        def enough(state: Any) -> bool:
            return bool(state.seconds_since_start >= state.outcome.exception().patience)

        passing, pause = retry_if_exception_type(TransientError), wait_random_exponential(0.2, max=8)
        return Retrying(retry=passing, stop=enough, wait=pause, reraise=True)(work, *given)

    def _ask(
        self,
        method: str,
        path: str,
        body: Any,
        params: Mapping[str, Any] | None,
        ignore: Collection[int],
        index: str,
        seconds: float,
    ) -> Any:
        given = {**(params or {}), "ignore": tuple(ignore), "request_timeout": seconds}
        headers = {"content-type": "application/x-ndjson" if isinstance(body, bytes) else "application/json"}
        with translated(self.where, self.user, index):
            return self.client.transport.perform_request(method, path, headers, given, body)

    def refusal(self, error: Mapping[str, Any], status: int, index: str) -> NetwarError | None:
        """What to raise for one item of a bulk: None if only this item is at fault."""
        return refusal(error, status, self.where, self.user, index)

    def close(self) -> None:
        """Let go of the connections."""
        self.client.close()

    def _there(self, path: str) -> bool:
        answer = self.ask("GET", path, ignore=(400, 401, 403, 404, 405, 500))
        return "error" not in answer if isinstance(answer, dict) else False


def connect(settings: Settings) -> Cluster:
    """The cluster that `elksg` names, asked who it is.

    Raises ServiceDown if it does not answer, ConfigError for a wrong password, a missing right, a certificate that is
    not trusted, and for a password that would travel openly.
    """
    from netwar.connections.elastic_client import client

    hosts, trust = _answering(settings)
    user = "the API key" if settings.elksgkey else settings.elksguser or "nobody"
    return Cluster(client(hosts, trust, _credentials(settings)), _address(hosts[0]), user)


def address(settings: Settings) -> str:
    """Where the cluster answers, such as https://search.example.org:9200. Raises what `connect` raises, but for rights."""
    return _address(_answering(settings)[0][0])


def api_key(given: str) -> str:
    """A key as it travels: Kibana shows it so, or as ID:KEY."""
    return _base64(given) if ":" in given else given


def _answering(settings: Settings) -> tuple[list[dict[str, Any]], tls.Trust]:
    """The hosts that answer and may be told who we are, and whom we trust to sign their certificates."""
    trust = tls.Trust(settings.elksgca, "elksgca")
    hosts = _reachable([_place(one) for one in (settings.elksg or "").split()], trust)
    open_ones = [one["host"] for one in hosts if one["scheme"] == "http" and not loopback(one["host"])]
    if open_ones and (settings.elksgpass or settings.elksgkey):
        raise ConfigError(
            f"{open_ones[0]} speaks http only, so everybody on the way could read the password: switch TLS on there, "
            "or reach it through a tunnel that ends on this machine"
        )
    return hosts, trust


def _address(host: Mapping[str, Any]) -> str:
    name = f"[{host['host']}]" if ":" in host["host"] else host["host"]
    return f"{host['scheme']}://{name}:{host['port']}"


def _place(given: str) -> tuple[str | None, str, int]:
    """The scheme (if it is told), host and port of an address that the configuration has checked."""
    parts = urlsplit(given if "://" in given else f"//{given}")
    return parts.scheme or None, parts.hostname or "", parts.port or PORT


def _reachable(given: list[tuple[str | None, str, int]], trust: tls.Trust) -> list[dict[str, Any]]:
    """Those hosts that answer, with what they speak. Raises what is wrong with the first one if none does."""
    hosts: list[dict[str, Any]] = []
    down: list[ServiceDown] = []
    for scheme, host, port in given:
        try:
            speaks = tls.spoken(host, port, trust)
        except ServiceDown as error:
            down.append(error)
            continue
        if scheme and scheme != speaks:
            raise ConfigError(f"{host}:{port} speaks {speaks}, not {scheme}: correct elksg")
        hosts.append({"host": host, "port": port, "scheme": speaks, "use_ssl": speaks == "https"})
    if not hosts:
        raise ServiceDown(f"Elasticsearch cannot be used: {down[0]} (elksg in the configuration names it)") from down[0]
    return hosts


def _credentials(settings: Settings) -> dict[str, str]:
    """The API key, as ID:KEY or already in base64, or user and password (in UTF-8; the library would send Latin-1)."""
    if settings.elksgkey:
        return {"authorization": f"ApiKey {api_key(settings.elksgkey)}"}
    if settings.elksguser:
        return {"authorization": f"Basic {_base64(f'{settings.elksguser}:{settings.elksgpass or str()}')}"}
    return {}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
