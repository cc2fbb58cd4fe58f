"""What an error of Elasticsearch means, in one sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from netwar.connections.tls import untrusted
from netwar.errors import ConfigError, NetwarError, ServiceDown, StoreDown

RECONNECT_SECONDS = 3
BUSY_SECONDS = 60
# Said with status 403, 429 or 503 by versions of all ages; the last three of shards that are just being made, or move.
BUSY = (
    "es_rejected_execution_exception",
    "rejected_execution_exception",
    "circuit_breaking_exception",
    "unavailable_shards_exception",
    "no_shard_available_action_exception",
    "illegal_index_shard_state_exception",
)
# What a search finds in an index whose shards are just being made.
UNREADY = (503, "search_phase_execution_exception")
# Said with status 500 of what was asked, and not of the cluster.
ASKED = ("repository_exception", "repository_verification_exception", "snapshot_restore_exception")
# What is not in a version or build, in the words of each kind of server.
UNKNOWN = ("no handler found for uri", "Incorrect HTTP method for uri")


class TransientError(StoreDown):
    """Worth asking again for `patience` seconds."""

    def __init__(self, message: str, patience: float) -> None:
        super().__init__(message)
        self.patience = patience


class Forbidden(ConfigError):
    """We lack a right, which `right` names as far as the server does."""

    def __init__(self, message: str, right: str) -> None:
        super().__init__(message)
        self.right = right


class NoAnswer(TransientError):
    """It was given no time enough to answer; what was asked for may go on there."""


@contextmanager
def translated(where: str, user: str, index: str) -> Iterator[None]:
    """Turn what the library raises into errors of ours."""
    from elasticsearch import exceptions

    try:
        yield
    except exceptions.SSLError as error:
        raise untrusted(where, str(error.info), "elksgca") from error
    except exceptions.ConnectionTimeout as error:
        raise NoAnswer(
            f"{where} gave no answer in time{_of(index)}; it may hang, have too much to do, or lack shards (tw-elk unassigned)", 0
        ) from error
    except exceptions.ConnectionError as error:
        raise TransientError(f"the connection to {where} is lost ({_cause(error)}): is it down?", RECONNECT_SECONDS) from error
    except exceptions.TransportError as error:
        status = error.status_code if isinstance(error.status_code, int) else 0
        found = refusal(_error(error.info), status, where, user, index)
        raise found or NetwarError(_refused(where, index, reason(_error(error.info)))) from error
    except exceptions.SerializationError as error:
        raise ConfigError(f"{where} does not speak JSON: it is no Elasticsearch; correct elksg") from error


def refusal(error: Mapping[str, Any], status: int, where: str, user: str, index: str) -> NetwarError | None:
    """What an error says of the cluster or of our rights; None if it speaks of the question itself."""
    kind, said = str(error.get("type") or ""), reason(error)
    if kind == "index_closed_exception" or said.endswith("/index closed];"):
        closed = str(error.get("index") or index)
        return ServiceDown(f"{closed or 'the index'} at {where} is closed: open it with  tw-elk open {closed or 'INDEX'}")
    if kind == "cluster_block_exception":
        return _blocked(where, index, said)
    if status == 401:
        return ConfigError(_unknown(where, user))
    if status == 403:
        return Forbidden(
            f"{user} lacks a right{_of(index)} at {where} ({_right(said)}): "
            "give them the role netwar_recorder, which conf/ has for each kind of cluster",
            _right(said),
        )
    if (status, kind) == UNREADY:
        return TransientError(lacking(where, index, said[:200]), BUSY_SECONDS)
    if status == 429 or kind in BUSY:
        return TransientError(f"{where} has more to do than it can ({said[:200]})", BUSY_SECONDS)
    if status >= 500 and kind not in ASKED:
        return TransientError(f"{where} cannot do it now ({status}: {said[:200]})", RECONNECT_SECONDS)
    return None


def lacking(where: str, index: str, said: str) -> str:
    """The sentence about shards that cannot be asked."""
    return f"{where} lacks shards{_of(index)} ({said}): tw-elk unassigned shows which, and why"


def _blocked(where: str, index: str, said: str) -> ServiceDown:
    if "read-only-allow-delete" in said or "read-only / allow delete" in said or "FORBIDDEN/12" in said:
        return StoreDown(
            f"{where} takes no more{_into(index)}: a disk of the cluster is nearly full (flood-stage watermark), so it made the "
            "index read-only. Make room there; if it stays so, run  tw-elk read-only-off"
        )
    return ServiceDown(f"{where} takes nothing{_into(index)} now: the index or the cluster is blocked ({said[:200]})")


def _unknown(where: str, user: str) -> str:
    if user == "nobody":
        return f"{where} wants to know who asks: write elksguser and elksgpass (or elksgkey) under [STREAM]"
    if user == "the API key":
        return f"{where} does not accept the API key: correct elksgkey"
    return f"{where} does not accept the password of {user}: correct elksguser and elksgpass"


def _right(said: str) -> str:
    """The action that was refused and the privileges that would allow it, where the server names them."""
    action = re.search(r"(?:action|no permissions for) \[([^\]]+)\]", said)
    grants = re.search(r"granted by the ([a-z]+ privileges \[[^\]]+\])", said)
    if action is None:
        return said[:200]
    return f"{action[1]}; it is granted by the {grants[1]}" if grants else action[1]


def _refused(where: str, index: str, said: str) -> str:
    if said.startswith(UNKNOWN):
        return f"{where} knows no such request: it is not in this version, or not in this build of it ({said})"
    return f"{where} refuses what it was asked{_of(index)}: {said}"


def _error(info: Any) -> Mapping[str, Any]:
    """The `error` of an answer, in any of its forms."""
    told = info.get("error", info) if isinstance(info, dict) else info
    return told if isinstance(told, dict) else {"reason": str(told or "no reason given")}


def reason(error: Mapping[str, Any]) -> str:
    """What the server says of an error, with what lies beneath; of what has several lines, the first."""
    said = str(error.get("reason") or error.get("type") or error).partition("\n")[0]
    cause = error.get("caused_by") or next(iter(error.get("root_cause") or ()), None)
    beneath = str(cause.get("reason") or "").partition("\n")[0] if isinstance(cause, dict) else ""
    return f"{said}: {beneath}" if beneath and beneath not in said else said


def _cause(error: Any) -> str:
    return str(error.info).partition(": ")[2] or str(error.error)


def _of(index: str) -> str:
    return f" on {index}" if index else ""


def _into(index: str) -> str:
    return f" into {index}" if index else ""
