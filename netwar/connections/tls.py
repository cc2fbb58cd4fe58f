"""Which of http and https a server speaks, and a certificate that is checked before anything is told to it."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from netwar.config import trusted
from netwar.connections.bounded import Answer
from netwar.errors import ConfigError, ServiceDown

CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Trust:
    """Whom we trust to sign certificates: the CA of the setting `key` if there is one, else those that the system trusts.

    Reading the system's takes 40 ms of the processor, more than all else at the start of a program: it is put off until a server
    speaks TLS.
    """

    ca: Path | None
    key: str

    @cached_property
    def context(self) -> ssl.SSLContext:
        """What checks certificates. Raises as `context` does."""
        return context(self.ca, self.key)

    @property
    def first(self) -> ssl.SSLContext:
        """What a server is greeted with that may not speak TLS: the CA, or nobody at all."""
        return self.context if self.ca else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def context(ca: Path | None, key: str) -> ssl.SSLContext:
    """What checks certificates: the CA of the setting `key` if there is one, else those that the system trusts.

    Raises ConfigError for a file that holds no certificate, or that others may write: they could be whoever they like.
    """
    try:
        made = _trusting(check_file(ca, key)) if ca else ssl.create_default_context()
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{key} = {ca} cannot be used: it must hold certificates in PEM form ({error})") from None
    # Python 3.13 refuses CAs without the extensions of RFC 5280, as home-made ones are. Signatures are checked all the same.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made


def _trusting(content: bytes) -> ssl.SSLContext:
    """What trusts the certificates of a file that has been read, by a copy in memory: OpenSSL reads more forms of files than it
    takes of texts."""
    handle = os.memfd_create("ca")
    with os.fdopen(handle, "wb") as copy:
        copy.write(content)
        copy.flush()
        return ssl.create_default_context(cafile=f"/proc/self/fd/{handle}")


def check_file(ca: Path, key: str) -> bytes:
    """What is in the file of a CA. Raises ConfigError for one that cannot be read, or that somebody else than root and this user
    may have put there."""
    try:
        return trusted.content(ca)
    except FileNotFoundError:
        raise ConfigError(f"{key} = {ca}: there is no such file") from None
    except OSError as error:
        raise ConfigError(f"{key} = {ca} cannot be read: {error.strerror or error}") from error
    except trusted.Untrusted as error:
        raise ConfigError(f"{key} = {ca} {error}") from None


def spoken(host: str, port: int, trust: Trust) -> str:
    """`https` or `http`, whichever the server speaks; nothing is sent to it but a greeting.

    Raises ServiceDown if nobody answers, ConfigError for a certificate that nobody signed whom we trust, and for http where a CA
    is named: while the server is down, whoever takes its port would be told the password.
    """
    place = f"{host}:{port}"
    try:
        _greet(host, port, trust)
        return "https"
    except ssl.SSLCertVerificationError as error:
        raise untrusted(place, error.verify_message, trust.key) from error
    except (ssl.SSLError, ConnectionResetError) as error:
        if _answers_plainly(host, port):
            if trust.ca:
                raise ConfigError(_in_clear(place, trust.key)) from error
            return "http"
        raise ServiceDown(f"{place} answers neither over https nor over http ({error})") from error
    except OSError as error:
        raise ServiceDown(f"{place} does not answer: {error.strerror or error}") from error


def _greet(host: str, port: int, trust: Trust) -> None:
    """Agree on TLS, and part."""

    def agreed(checked: ssl.SSLContext) -> None:
        plain = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
        with plain, checked.wrap_socket(plain, server_hostname=host):
            pass

    try:
        agreed(trust.first)
    except ssl.SSLCertVerificationError:
        if trust.ca:
            raise
        agreed(trust.context)


def untrusted(place: str, said: str, key: str) -> ConfigError:
    """The error about a certificate that nobody we trust has signed, or that names another host."""
    return ConfigError(mistrust(place, said, key, "STREAM"))


def mistrust(place: str, said: str, key: str, section: str) -> str:
    """What is wrong with a certificate, and that the CA that signed it belongs under `key` of a section."""
    if "mismatch" in said or "not valid for" in said:
        return f"the certificate of {place} is for another host ({said}): write the name that it is for"
    if "expired" in said or "not yet valid" in said:
        return f"the certificate of {place} cannot be used: {said}"
    return (
        f"the certificate of {place} is not signed by anybody trusted here ({said}): name the CA that signed it "
        f"(a self-signed certificate is its own) in the configuration under [{section}]:  {key} = FILE"
    )


def _in_clear(place: str, key: str) -> str:
    return (
        f"{place} speaks http, though {key} names who signs its certificate, so it was told nothing: see which program has the "
        f"port (ss -tlnp), start the right one, or take {key} out of the configuration if it is to be asked without TLS"
    )


def _answers_plainly(host: str, port: int) -> bool:
    asking = http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)
    asking.response_class = Answer
    try:
        asking.request("GET", "/")
        asking.getresponse()
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()
