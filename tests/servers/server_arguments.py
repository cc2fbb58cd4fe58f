"""What Elasticsearch 8 and 9 read from their input when they start.

Their launcher, a Java of its own that starts a second one, reads the settings, hands them over in the stream format of
Elasticsearch's own messages, and stays. Writing those few bytes here spares both: a start takes a quarter less time, and
the process that we stop, kill or pause is the server. The versions are fixed, and so is the format.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

Setting = str | list[str]

KEYSTORE = "org.elasticsearch.common.settings.KeyStoreWrapper"
KEYSTORE_FORMAT = 6


def server_arguments(settings: Mapping[str, Setting], config: Path, logs: Path) -> bytes:
    """`org.elasticsearch.bootstrap.ServerArgs`: in the foreground, talking, without a pid file, with an empty keystore."""
    flags = bytes([False, False, False])
    values = b"".join(_string(key) + _value(value) for key, value in sorted(settings.items()))
    return flags + _empty_keystore() + _number(len(settings)) + values + _string(str(config)) + _string(str(logs))


def _empty_keystore() -> bytes:
    """The class, its format, no password, no file's bytes, no entries, not closed."""
    return _string(KEYSTORE) + struct.pack(">i", KEYSTORE_FORMAT) + bytes([False, False]) + _number(0) + bytes([False])


def _value(value: Setting) -> bytes:
    """A string, or a list of them, after the byte that tells which."""
    if isinstance(value, str):
        return b"\x00" + _string(value)
    return b"\x07" + _number(len(value)) + b"".join(map(_value, value))


def _string(text: str) -> bytes:
    return _number(len(text)) + text.encode()


def _number(number: int) -> bytes:
    """Seven bits a byte, lowest first; the eighth tells that more follow."""
    if number < 0x80:
        return bytes([number])
    return bytes([number & 0x7F | 0x80]) + _number(number >> 7)
