"""An operator with a sandbox in which one user has followers."""

from tests.profiles.conftest import observer

__all__ = ["observer"]
