"""Settings that say who is told of how the recorder is."""

from __future__ import annotations

from netwar.config.values import Place, Reader, text, word

STATSD_PORT = 8125


def statsd(given: str, place: Place) -> str | None:
    """The address of a statsd."""
    if word(given, place):
        parted(given)
    return given or None


def parted(given: str) -> tuple[str, int]:
    """The host and the port of a statsd; [::1]:8125 is one, too. Raises ValueError."""
    host, colon, port = given.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = given, str(STATSD_PORT)
    if not (host.strip("[]") and port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536):
        raise ValueError("must be HOST or HOST:PORT, such as 127.0.0.1:8125")
    return host.strip("[]"), int(port)


def command(given: str, place: Place) -> str | None:
    """A command line. It is run without a shell, so what only a shell would understand is a fault."""
    from shlex import split

    if not text(given, place):
        return None
    try:
        split(given)
    except ValueError as error:
        raise ValueError("has a quote that does not end") from error
    return given


KEYS: dict[str, Reader] = {"statsd": statsd, "notify": command}
