"""What Neo4j and its driver say, as one sentence each that says what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from netwar.errors import ConfigError, NetwarError, ServiceDown


@contextmanager
def translated(where: str, user: str) -> Iterator[None]:
    """Turn what the driver says into one sentence. A bug of ours stays what it is."""
    from neo4j import exceptions as of

    try:
        yield
    except of.AuthError as error:
        if any(word in str(error.code) for word in ("Unauthorized", "RateLimit")):
            raise ConfigError(f"{where} does not accept {user} and the password: correct neo4juser and neo4jpass") from error
        raise ConfigError(f"{where} lets {user} not do that: {_said(error)}") from error
    except of.Neo4jError as error:
        raise _refusal(error, where) from error
    except (of.DriverError, OSError) as error:
        raise lost(where, error) from error


def lost(where: str, error: BaseException) -> ServiceDown:
    """The error about a server that is not there any more."""
    return ServiceDown(f"{where} was lost: {_said(error)}; the same command goes on when it is back")


def _refusal(error: Any, where: str) -> NetwarError:
    code = str(error.code)
    if "CredentialsExpired" in code:
        return ConfigError(f"{where} asks for a new password first: set one in its browser, and write it as neo4jpass")
    if "OutOfMemory" in code or "MemoryPool" in code:
        return ServiceDown(f"{where} has too little memory: {_said(error)}; raise what conf/neo4j sets")
    if code.startswith("Neo.TransientError") or "Database" in code.split(".")[1] or "Unavailable" in code:
        return ServiceDown(f"{where} cannot do that now: {_said(error)}")
    return NetwarError(f"{where} refused: {_said(error)}")


def _said(error: BaseException) -> str:
    first = (str(getattr(error, "message", None) or error).splitlines() or [type(error).__name__])[0]
    return first.partition(" (resolved to")[0][:200]
