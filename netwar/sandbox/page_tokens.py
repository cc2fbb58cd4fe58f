"""Page tokens: opaque to the client, a position and a user to us."""

from __future__ import annotations

from netwar.sandbox.world.prng import mix

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_HEAD = "7140dibdnow9c7btw"


def page_token(purpose: str, owner: int, bound: int) -> str:
    """A token for what comes after `bound` in the list of `owner`."""
    return f"{_HEAD}{_base36(bound)}{_check(purpose, owner, bound)}"


def read_token(purpose: str, owner: int, token: str) -> int:
    """The bound of a token. Raises ValueError for one that was not made for this list."""
    body = token.removeprefix(_HEAD)
    if body == token or len(body) < 6:
        raise ValueError("not a page token")
    bound = int(body[:-5], 36)
    if page_token(purpose, owner, bound) != token:
        raise ValueError("a page token of another list")
    return bound


def _check(purpose: str, owner: int, bound: int) -> str:
    kind = int.from_bytes(purpose.encode()[:8], "big")
    return _base36(mix(kind, owner, bound) % 36**5).rjust(5, "0")


def _base36(number: int) -> str:
    digits = ""
    while number > 0:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
