"""Who may use a secured server, and with which password."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

ADMIN, RECORDER, READER = "admin", "recorder", "reader"

AWKWARD = "/@:%?#"
"""Part of each password: what has to be quoted in an address."""


@dataclass(frozen=True)
class User:
    name: str
    password: str

    @property
    def role(self) -> str:
        """The role that conf/ has for this user; the administrator's is the server's own."""
        return "" if self.name == ADMIN else f"netwar_{self.name}"

    @property
    def hash(self) -> str:
        """The password as all of them keep it; few rounds, since nobody has to be kept out for long."""
        import bcrypt

        return bcrypt.hashpw(self.password.encode(), bcrypt.gensalt(rounds=4, prefix=b"2a")).decode()


def new_users() -> dict[str, User]:
    """An administrator, a recorder and a reader with new passwords."""
    return {name: User(name, secrets.token_urlsafe(9) + AWKWARD) for name in (ADMIN, RECORDER, READER)}
