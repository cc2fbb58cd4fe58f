"""Which hosts and addresses lead to this machine itself."""

from __future__ import annotations


def loopback_address(given: str) -> bool:
    """Does this address lead to this machine?"""
    from urllib.parse import urlsplit

    try:
        return loopback(urlsplit(given).hostname or "")
    except ValueError:
        return False


def loopback(host: str) -> bool:
    """Is this name of a host surely this machine?"""
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
